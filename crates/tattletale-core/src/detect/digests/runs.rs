//! Runs of text that have the shape of a digest: hexadecimal, base64 or decimal digits and nothing else around.
//!
//! The scan tells members of these alphabets for 64 bytes at a time, and finds in the mask where runs begin that have
//! the length of something, so that most words cost nothing: each run that is looked at is a branch that no processor
//! foresees. Digits are told eight at a time, in one word.

mod shape;

use super::Seen;
use crate::codec::base64;
use shape::look;
use std::ops::Range;
use wide::u8x16;

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
    let (blocks, tail) = bytes.as_chunks::<64>();
    let mut padded = [0; 64];
    padded[..tail.len()].copy_from_slice(tail);
    let masks = |number: usize| match blocks.get(number) {
        Some(block) => Masks::of(block),
        None if number == blocks.len() => Masks::of(&padded),
        None => Masks::default(),
    };
    // Two blocks side by side, so that a run that begins in the first is seen to be long enough.
    let (mut before, mut here) = (0, masks(0));
    for number in 0..=blocks.len() {
        let next = masks(number + 1);
        let wide = u128::from(next.members) << 64 | u128::from(here.members);
        let worth = worth_a_look(wide, here.slash | next.slash, short);
        let mut starts = (worth & !(wide << 1 | before)) as u64;
        while starts != 0 {
            let at = starts.trailing_zeros() as usize;
            let (start, length) = (number * 64 + at, (wide >> at).trailing_ones() as usize);
            let mut end = start + length;
            let (mut behind, mut whole) = (number + 2, at + length == 128);
            while whole && behind <= blocks.len() {
                let more = masks(behind).members.trailing_ones() as usize;
                (end, behind, whole) = (end + more, behind + 1, more == 64);
            }
            look(bytes, start..end, &mut each);
            starts &= starts - 1;
        }
        (before, here) = (u128::from(here.members >> 63), next);
    }
}

/// Of the places where runs begin those that have a length with which they may be something; others are as may be.
#[inline]
fn worth_a_look(members: u128, slash: bool, short: bool) -> u128 {
    let two = members & members >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let eleven = eight & four >> 7;
    let fourteen = eight & eight >> 6;
    let sixteen = eight & eight >> 8;
    // Below the sixteen digits of hexadecimal there are two lengths of base64, and pieces of those lengths.
    let long = match slash {
        true => eleven,
        false => eleven & !(members >> 11) | fourteen & !(members >> 14) | sixteen,
    };
    if short { long | eight & !eleven } else { long }
}

/// What a block of 64 bytes has.
#[derive(Debug, Clone, Copy, Default)]
struct Masks {
    /// One bit for each byte that belongs to any of the alphabets.
    members: u64,
    /// Whether there is a slash.
    slash: bool,
}

impl Masks {
    #[inline]
    fn of(block: &[u8; 64]) -> Self {
        let each = u8x16::splat;
        let within = |bytes: u8x16, from: u8, count: u8| {
            let place = bytes - each(from);
            place.min(each(count - 1)).simd_eq(place)
        };
        let (mut members, mut slashes) = (0, each(0));
        for (number, bytes) in block.as_chunks().0.iter().enumerate() {
            let bytes = u8x16::from(*bytes);
            // Letters, the digits and the slash before them; `+`, `-` and `_` stand alone.
            let member = within(bytes | each(0x20), b'a', 26)
                | within(bytes, b'/', 11)
                | bytes.simd_eq(each(b'+'))
                | bytes.simd_eq(each(b'-'))
                | bytes.simd_eq(each(b'_'));
            members |= u64::from(member.to_bitmask()) << (number * 16);
            slashes |= bytes.simd_eq(each(b'/'));
        }
        Self { members, slash: slashes.to_bitmask() != 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_member(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"/+-_".contains(&byte)
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
        scan(text, true, |run| found.push((run.what, run.seen(text))));
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
            let mut from = 0;
            for run in text.as_bytes().split(|&byte| !is_member(byte)) {
                if run.len() >= if short { SHORTEST } else { SHORTEST_LETTERS } {
                    look(text.as_bytes(), from..from + run.len(), &mut |run| expected.push(run));
                }
                from += run.len() + 1;
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_bytes_are_scanned_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            scan(&bytes, true, |run| assert!(run.range.end <= bytes.len()));
        }
    }
}
