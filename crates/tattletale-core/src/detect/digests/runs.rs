//! Runs of text that have the shape of a digest: hexadecimal, base64 or decimal digits and nothing else around.
//!
//! The scan tells members of these alphabets for blocks of 64 bytes, and finds in the mask where runs begin that have
//! the length of something, so that most words cost nothing: each run that is looked at is a branch that no processor
//! foresees. Digits are told eight at a time, in one word.

mod shape;

use super::Seen;
use crate::codec::base64;
use crate::codec::simd::{self, BLOCK, ByteSet, Masks};
use shape::{look, with_slashes};
use std::ops::Range;
use std::slice;

/// Shortest run that is looked at: the digits of a 32-bit digest.
const SHORTEST: usize = 8;

/// Letters of base64 that hold 64 bits.
const SHORTEST_LETTERS: usize = 11;

/// What may be a digest, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::detect) struct Run {
    /// Bytes in what was scanned.
    pub(in crate::detect) range: Range<usize>,
    /// What it says.
    pub(in crate::detect) what: What,
    /// True when it has the length of a whole digest and mixes its alphabet as one does: if nothing explains it, that
    /// is worth saying.
    pub(in crate::detect) shaped: bool,
}

/// What a run says. All of it is read only when its first 64 bits are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) enum What {
    /// Hexadecimal digits, perhaps with dashes: the first 64 bits.
    Hex(u64),
    /// Letters of base64: the first 64 bits.
    Letters(u64),
    /// A number of 64 bits.
    Number(u64),
    /// A number of 32 bits.
    Short(u32),
}

impl What {
    /// The first 64 bits, if there are as many.
    #[inline]
    pub(in crate::detect) fn key(self) -> Option<u64> {
        match self {
            Self::Hex(key) | Self::Letters(key) | Self::Number(key) => Some(key),
            Self::Short(_) => None,
        }
    }
}

impl Run {
    /// All that is written; `bytes` are those that were scanned. None for 32 bits.
    pub(in crate::detect) fn seen(&self, bytes: &[u8]) -> Option<Seen> {
        let run = &bytes[self.range.clone()];
        match self.what {
            What::Hex(_) if run.contains(&b'-') => {
                Seen::hex(&run.iter().copied().filter(|&byte| byte != b'-').collect::<Vec<u8>>())
            }
            What::Hex(_) => Seen::hex(run),
            // Letters of both alphabets in one are none of either.
            What::Letters(_) => {
                let letters = run.iter().position(|&byte| byte == b'=').map_or(run, |end| &run[..end]);
                base64::decode(letters).and_then(|decoded| Seen::bytes(&decoded))
            }
            What::Number(number) => Seen::bytes(&number.to_be_bytes()),
            What::Short(_) => None,
        }
    }
}

/// Calls `each` with everything in `bytes` that may be a digest; those of 32 bits only where `short` ones are sought.
pub(in crate::detect) fn scan(bytes: &[u8], short: bool, mut each: impl FnMut(Run)) {
    if bytes.len() < SHORTEST {
        return;
    }
    let mut blocks = Blocks::of(bytes);
    let (mut before, mut here) = (Masks::default(), blocks.next(0));
    for number in 0..=blocks.whole.len() {
        let next = blocks.next(number + 1);
        let around = Around { number, before, here, next };
        let masks = |number: usize| blocks.masks(number);
        around.runs(
            between_slashes,
            masks,
            |members| worth_a_look(members, short),
            |run| {
                look(bytes, run, &mut each);
            },
        );
        // A slash may be a letter of base64, too.
        if here.equal | next.equal != 0 || next.members == u64::MAX {
            let slashes = u128::from(next.equal) << 64 | u128::from(here.equal) | 1 << 127;
            let worth = |members: u128| of_letters(members) & filled(slashes & members, members);
            around.runs(members, masks, worth, |run| with_slashes(bytes, run, &mut each));
        }
        (before, here) = (here, next);
    }
}

/// Of the places where runs begin those that have a length with which they may be something; others are as may be.
#[inline]
fn worth_a_look(members: u128, short: bool) -> u128 {
    let eight = at_least_eight(members);
    // Below the sixteen digits of hexadecimal there are two lengths of base64.
    let long = of_letters(members);
    if short { long | eight & !(eight & eight >> 3) } else { long }
}

/// The same for base64.
#[inline]
fn of_letters(members: u128) -> u128 {
    let eight = at_least_eight(members);
    let (eleven, fourteen, sixteen) = (eight & eight >> 3, eight & eight >> 6, eight & eight >> 8);
    eleven & !(members >> 11) | fourteen & !(members >> 14) | sixteen
}

#[inline]
fn at_least_eight(members: u128) -> u128 {
    let two = members & members >> 1;
    let four = two & two >> 2;
    four & four >> 4
}

/// Of runs of members what lies at and before some of them: a fill in steps that double (chessprogramming.org,
/// Kogge-Stone algorithm).
#[inline]
fn filled(mut some: u128, mut members: u128) -> u128 {
    for step in [1, 2, 4, 8, 16, 32, 64] {
        some |= members & some >> step;
        members &= members >> step;
    }
    some
}

/// A block, and what is around it, so that a run that begins in it is seen to be long enough.
struct Around {
    number: usize,
    before: Masks,
    here: Masks,
    next: Masks,
}

impl Around {
    /// Calls `each` with the runs that begin in the block and are worth it. What they are runs `of` is told of each
    /// block, and `masks` are those of all.
    #[inline(always)]
    fn runs(
        &self,
        of: impl Fn(Masks) -> u64,
        masks: impl Fn(usize) -> Masks,
        worth: impl Fn(u128) -> u128,
        mut each: impl FnMut(Range<usize>),
    ) {
        let wide = u128::from(of(self.next)) << 64 | u128::from(of(self.here));
        let mut starts = (worth(wide) & !(wide << 1 | u128::from(of(self.before) >> 63))) as u64;
        while starts != 0 {
            let at = starts.trailing_zeros() as usize;
            let (start, length) = (self.number * BLOCK + at, (wide >> at).trailing_ones() as usize);
            let mut end = start + length;
            let (mut behind, mut whole) = (self.number + 2, at + length == 128);
            while whole {
                let more = of(masks(behind)).trailing_ones() as usize;
                (end, behind, whole) = (end + more, behind + 1, more == 64);
            }
            each(start..end);
            starts &= starts - 1;
        }
    }
}

/// What is scanned, in blocks; the last is filled up with zeros.
struct Blocks<'a> {
    whole: &'a [[u8; BLOCK]],
    last: [u8; BLOCK],
    /// Masks of blocks in a row, up to that one.
    told: [Masks; TOLD],
    end: usize,
}

/// Blocks whose masks are made together.
const TOLD: usize = 16;

impl<'a> Blocks<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let (whole, tail) = bytes.as_chunks();
        let mut last = [0; BLOCK];
        last[..tail.len()].copy_from_slice(tail);
        Self { whole, last, told: [Masks::default(); TOLD], end: 0 }
    }

    /// Masks of each block in turn.
    #[inline]
    fn next(&mut self, number: usize) -> Masks {
        if number >= self.end {
            debug_assert!(number.is_multiple_of(TOLD) || number >= self.whole.len());
            let rest = self.whole.get(number..).unwrap_or_default();
            if rest.is_empty() {
                return self.masks(number);
            }
            let some = &rest[..rest.len().min(TOLD)];
            masks(some, &mut self.told);
            self.end = number + some.len();
        }
        self.told[number % TOLD]
    }

    /// Masks of any block; none behind the last.
    fn masks(&self, number: usize) -> Masks {
        let block = match self.whole.get(number) {
            None if number > self.whole.len() => return Masks::default(),
            None => &self.last,
            Some(block) => block,
        };
        let mut told = [Masks::default()];
        masks(slice::from_ref(block), &mut told);
        told[0]
    }
}

/// Letters, digits, and what else base64 has.
static MEMBERS: ByteSet = {
    let mut set = ByteSet::NONE;
    let mut byte = 0u8;
    while byte < 0x80 {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_') {
            set = set.with(byte);
        }
        byte += 1;
    }
    set
};

/// Of a block: the members of the alphabets, and slashes.
fn masks(blocks: &[[u8; BLOCK]], masks: &mut [Masks]) {
    simd::masks(&MEMBERS, b'/', blocks, masks);
}

fn members(masks: Masks) -> u64 {
    masks.members
}

fn between_slashes(masks: Masks) -> u64 {
    masks.members & !masks.equal
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_member(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"/+-_".contains(&byte)
    }

    fn between(bytes: &[u8], other: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
        let mut from = 0;
        let runs = bytes.split(|&byte| other(byte)).map(|run| {
            from += run.len() + 1;
            from - run.len() - 1..from - 1
        });
        runs.collect()
    }

    fn runs(text: &str) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        scan(text.as_bytes(), true, |run| found.push((text[run.range].to_owned(), run.shaped)));
        found
    }

    #[test]
    fn digests_in_every_spelling_and_nothing_in_plain_words() {
        const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";
        let alone = |text: &str, shaped| vec![(text.to_owned(), shaped)];
        assert_eq!(runs(MD5), alone(MD5, true));
        assert_eq!(runs(&format!("{{\"id\":\"{MD5}\"}}")), alone(MD5, true));
        assert_eq!(runs(&format!("v-{MD5}")), alone(MD5, true));
        assert_eq!(runs("a=kAFQmDzST7DWlj99KOF/cg==&b"), alone("kAFQmDzST7DWlj99KOF/cg==", true));
        assert_eq!(runs("/i/kAFQmDzST7DWlj99KOF_cg/x.gif"), alone("kAFQmDzST7DWlj99KOF_cg", true));
        assert_eq!(runs("90015098-3cd2-4fb0-d696-3f7d28e17f72"), alone("90015098-3cd2-4fb0-d696-3f7d28e17f72", false));
        assert_eq!(runs("/u/90015098-3cd2-4fb0-d696-3f7d28e17f72/"), runs("90015098-3cd2-4fb0-d696-3f7d28e17f72"));
        assert_eq!(
            runs("[-4953706369002393500,3127628307]"),
            [("-4953706369002393500".to_owned(), false), ("3127628307".to_owned(), false)]
        );
        assert!(runs("The properties of electromagnetic interpretations, and of 2026-11-21T12:00:00.000Z").is_empty());
    }

    #[test]
    fn base64_is_what_it_decodes_to() {
        let mut found = Vec::new();
        let text = b"kAFQmDzST7DWlj99KOF/cg== 90015098-3cd2-4fb0-d696-3f7d28e17f72 900150983CD24FB0D6963F7D28E17F72";
        scan(text, true, |run| found.push((run.range.start, run.what, run.seen(text))));
        found.sort_by_key(|(start, ..)| *start);
        let found: Vec<_> = found.into_iter().map(|(_, what, seen)| (what, seen)).collect();
        let seen = Seen::hex(b"900150983cd24fb0d6963f7d28e17f72");
        let key = 0x9001_5098_3cd2_4fb0;
        assert_eq!(found, [(What::Letters(key), seen), (What::Hex(key), seen), (What::Hex(key), seen)]);
    }

    proptest! {
        #[test]
        fn a_digest_is_found_wherever_it_stands(before in "[ -~]{0,200}", digest in "[0-9a-f]{63}1", after in "[ -~]{0,200}") {
            let text = format!("{before}\"{digest}\"{after}");
            let mut found = false;
            scan(text.as_bytes(), true, |run| found |= run.range == (before.len() + 1..before.len() + 65));
            prop_assert!(found);
        }

        /// What is not looked at by its length would have been nothing.
        #[test]
        fn nothing_is_passed_over(text in "([a-f0-9]{0,20}|[a-zA-Z0-9]{1,24}|-?[0-9]{6,21}|[-/_+.: ]{1,2}){0,24}", short: bool) {
            let (mut found, mut expected) = (Vec::new(), Vec::new());
            scan(text.as_bytes(), short, |run| found.push(run));
            let bytes = text.as_bytes();
            for run in between(bytes, |byte| !is_member(byte) || byte == b'/') {
                if run.len() >= if short { SHORTEST } else { SHORTEST_LETTERS } {
                    look(bytes, run, &mut |run| expected.push(run));
                }
            }
            for run in between(bytes, |byte| !is_member(byte)) {
                with_slashes(bytes, run, &mut |run| expected.push(run));
            }
            found.sort_by_key(|run| (run.range.start, run.range.end));
            expected.sort_by_key(|run| (run.range.start, run.range.end));
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_bytes_are_scanned_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            scan(&bytes, true, |run| assert!(run.range.end <= bytes.len()));
        }
    }
}
