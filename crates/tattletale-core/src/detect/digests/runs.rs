//! Runs of text that have the shape of a digest: hexadecimal, base64 or decimal digits and nothing else around.
//!
//! The scan tells members of these alphabets for 64 bytes at a time in a form that compilers turn into vector code,
//! and finds in the mask where runs begin that have the length of something, so that most words cost nothing: each run
//! that is looked at is a branch that no processor foresees. Digits are told eight at a time, in one word.

use super::Seen;
use crate::codec::base64;
use std::ops::Range;

/// Shortest run that is looked at: the digits of a 32-bit digest.
const SHORTEST: usize = 8;

/// Hexadecimal digits of 64 bits.
const SHORTEST_HEX: usize = 16;

/// Digits of whole digests in hexadecimal, the common ones; where a longer run holds several.
const HEX_SIZES: [usize; 7] = [32, 40, 48, 56, 64, 96, 128];
const WHOLE_HEX: u128 = sizes(&HEX_SIZES);

/// Decimal digits of a number of 64 bits, but for one in ten thousand; times have fewer.
const SHORTEST_NUMBER: usize = 16;

/// Letters of base64 that hold 64 bits.
const SHORTEST_LETTERS: usize = 11;

/// Letters of digests in base64 without padding: of 8, 10, 12, 16, 20, 24, 28, 32, 48 and 64 bytes.
const BASE64_SIZES: u128 = sizes(&[11, 14, 16, 22, 27, 32, 38, 43, 64, 86]);

/// Of these, whole digests.
const WHOLE_BASE64: u128 = sizes(&[22, 27, 38, 43, 64, 86]);
const WHOLE_BASE64_SHORTEST: usize = 22;

/// Places in one long run of hexadecimal digits that are looked up.
const MOST_STARTS: usize = 64;

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
            while at + length == 128 && bytes.get(end).is_some_and(|&byte| is_member(byte)) {
                end += 1;
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
    /// Plain loops over arrays: what iterators are made of is not always inlined without link-time optimisation, and
    /// then nothing here becomes vector code.
    #[inline]
    fn of(block: &[u8; 64]) -> Self {
        let (mut flags, mut slash) = ([0u8; 64], 0);
        for at in 0..64 {
            flags[at] = u8::from(is_member(block[at]));
            slash |= u8::from(block[at] == b'/');
        }
        // Eight flags of 0 or 1 become eight bits of one byte: the product moves each to its place in the highest byte.
        let (words, mut members) = (flags.as_chunks::<8>().0, 0);
        for number in 0..8 {
            let bits = u64::from_le_bytes(words[number]).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            members |= bits << (number * 8);
        }
        Self { members, slash: slash != 0 }
    }
}

#[inline]
fn is_member(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // The digits and the slash before them; `+`, `-` and `_` stand alone.
    let digit = byte.wrapping_sub(b'/') < 11;
    letter | digit | (byte == b'+') | (byte == b'-') | (byte == b'_')
}

/// What a run may be, the cheapest questions first: most runs are words.
#[inline]
fn look(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    let run = &bytes[range.clone()];
    let negative = run[0] == b'-';
    if negative || run[0].is_ascii_digit() {
        let digits = &run[usize::from(negative)..];
        if digits.len() <= 20 && is_all(digits, not_digit) {
            return number(digits, negative, range, each);
        }
    }
    if run.len() == SHORTEST {
        return short(run, range, each);
    }
    if run.len() >= SHORTEST_HEX {
        return look_long(bytes, range, each);
    }
    if is_size(BASE64_SIZES, run.len()) {
        letters(bytes, range.clone(), each);
    }
    if run.len() > SHORTEST_LETTERS && !is_all(run, slash) {
        pieces(bytes, range, each);
    }
}

/// The same for what is long enough for hexadecimal digits.
fn look_long(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    let run = &bytes[range.clone()];
    if uuid(run, range.clone(), each) || hex(run, range.start, each) {
        return;
    }
    if is_size(BASE64_SIZES, run.len()) {
        letters(bytes, range.clone(), each);
    }
    if !is_all(run, slash) {
        pieces(bytes, range.clone(), each);
    }
    if run.len() > WHOLE_BASE64_SHORTEST
        && let Some(behind) = memchr::memchr2(b'-', b'_', run)
        && is_size(WHOLE_BASE64, run.len() - behind - 1)
    {
        letters(bytes, range.start + behind + 1..range.end, each);
    }
}

/// A slash may be a letter of base64 or lie between two words; a dash or an underscore behind a name, too.
fn pieces(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    let mut from = range.start;
    for at in range.start..=range.end {
        if at == range.end || bytes[at] == b'/' {
            if is_size(BASE64_SIZES, at - from) {
                letters(bytes, from..at, each);
            }
            from = at + 1;
        }
    }
}

/// Decimal digits: 32 or 64 bits, with or without a sign.
fn number(digits: &[u8], negative: bool, range: Range<usize>, each: &mut impl FnMut(Run)) {
    if (SHORTEST_LETTERS..SHORTEST_NUMBER).contains(&digits.len()) {
        return;
    }
    let value = digits.iter().fold(0u128, |value, &digit| value * 10 + u128::from(digit - b'0'));
    let signed = |bits: u32| value <= 1 << (bits - 1);
    let fits = |bits: u32| if negative { signed(bits) } else { value < 1 << bits };
    let value = if negative { value.wrapping_neg() } else { value };
    if fits(32) {
        each(Run { range, what: What::Short(value as u32), shaped: false });
    } else if fits(64) {
        each(Run { range, what: What::Number(value as u64), shaped: false });
    }
}

/// Eight hexadecimal digits: 32 bits.
#[inline]
fn short(run: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    if let Some(digits) = run.first_chunk().filter(|digits| not_hex(u64::from_le_bytes(**digits)) == 0) {
        each(Run { range, what: What::Short(eight_of_hex(digits)), shaped: false });
    }
}

/// 128 bits written as a UUID, as name-based ids are.
fn uuid(run: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) -> bool {
    let Ok(run) = <&[u8; 36]>::try_from(run) else { return false };
    if run[8] != b'-' || run[13] != b'-' || run[18] != b'-' || run[23] != b'-' {
        return false;
    }
    let four = |at: usize| u64::from(u32::from_le_bytes([run[at], run[at + 1], run[at + 2], run[at + 3]]));
    let eight = |first: usize, second: usize| four(first) | four(second) << 32;
    let [first, second, third, fourth] = [eight(0, 4), eight(9, 14), eight(19, 24), eight(28, 32)];
    let is_one = not_hex(first) | not_hex(second) | not_hex(third) | not_hex(fourth) == 0;
    if is_one {
        let digits = |word: u64| u64::from(eight_of_hex(&word.to_le_bytes()));
        each(Run { range, what: What::Hex(digits(first) << 32 | digits(second)), shaped: false });
    }
    is_one
}

/// What the first sixteen hexadecimal digits say, in either case.
fn first_of_hex(digits: &[u8]) -> u64 {
    let [high, low, ..] = digits.as_chunks().0 else { return 0 };
    u64::from(eight_of_hex(high)) << 32 | u64::from(eight_of_hex(low))
}

/// What eight hexadecimal digits say, all at a time in one word.
#[inline]
fn eight_of_hex(digits: &[u8; 8]) -> u32 {
    let word = u64::from_be_bytes(*digits);
    // Letters have bit 6 set, and their low four bits begin with 1 for ten.
    let nibbles = (word & 0x0f0f_0f0f_0f0f_0f0f) + (word >> 6 & 0x0101_0101_0101_0101) * 9;
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    (pairs | pairs >> 16) as u32
}

/// Hexadecimal digits in a row anywhere in a run; true when they are most of it, so that it is nothing else.
fn hex(run: &[u8], base: usize, each: &mut impl FnMut(Run)) -> bool {
    let (mut found, mut from) = (0, 0);
    while let Some(sixteen) = run.get(from..).and_then(|rest| rest.first_chunk::<SHORTEST_HEX>()) {
        // Behind the last of the sixteen that is none, sixteen in a row may begin.
        let words = sixteen.as_chunks::<8>().0;
        let [low, high] = [not_hex(u64::from_le_bytes(words[0])), not_hex(u64::from_le_bytes(words[1]))];
        let behind = if high != 0 { high.leading_zeros() } else { 64 + low.leading_zeros() };
        let start = from + SHORTEST_HEX - behind as usize / 8;
        if start == from + SHORTEST_HEX {
            from = start;
            continue;
        }
        let end = from + SHORTEST_HEX + hex_digits(&run[from + SHORTEST_HEX..]);
        if end - start >= SHORTEST_HEX {
            found += end - start;
            digits(&run[start..end], base + start, each);
        }
        from = end + 1;
    }
    found * 2 > run.len()
}

/// How many hexadecimal digits there are at the start.
fn hex_digits(run: &[u8]) -> usize {
    let (words, rest) = run.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let others = not_hex(u64::from_le_bytes(*word));
        if others != 0 {
            return number * 8 + others.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
}

/// Whether none of the bytes is one of those that `others` marks, eight at a time.
#[inline]
fn is_all(bytes: &[u8], others: impl Fn(u64) -> u64) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        if others(u64::from_le_bytes(*word)) != 0 {
            return false;
        }
    }
    // The rest lies in the last eight, most of which were seen already.
    match bytes.last_chunk() {
        Some(last) => others(u64::from_le_bytes(*last)) == 0,
        None => rest.iter().all(|&byte| others(u64::from(byte) * EACH) == 0),
    }
}

const EACH: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each of eight letters of ASCII that is below a bound: adding lifts the others to that bit, and
/// letters of ASCII leave room for it.
#[inline]
fn below(word: u64, bound: u64) -> u64 {
    !(word + EACH * (0x80 - bound)) & (EACH * 0x80)
}

/// The same of each that is no decimal digit.
#[inline]
fn not_digit(word: u64) -> u64 {
    below(word, 0x30) | (below(word, 0x3a) ^ EACH * 0x80)
}

/// Of each that is no hexadecimal digit.
#[inline]
fn not_hex(word: u64) -> u64 {
    let small = word | (EACH * 0x20);
    not_digit(word) & (below(small, 0x61) | (below(small, 0x67) ^ EACH * 0x80))
}

/// Of each that is a slash.
#[inline]
fn slash(word: u64) -> u64 {
    below(word ^ EACH * u64::from(b'/'), 1)
}

/// Digits from the first on, those that end where they end, and where several digests stand in a row.
fn digits(piece: &[u8], base: usize, each: &mut impl FnMut(Run)) {
    let length = piece.len();
    let decimal = |byte: &u8| byte.is_ascii_digit();
    let shaped = is_size(WHOLE_HEX, length) && piece.iter().any(decimal) && !piece.iter().all(decimal);
    let mut at = |start: usize| {
        let key = first_of_hex(&piece[start..start + SHORTEST_HEX]);
        let range = base + start..base + start + (length - start).min(128);
        each(Run { range, what: What::Hex(key), shaped: shaped && start == 0 });
    };
    at(0);
    if matches!(length, 16 | 32 | 40) {
        return;
    }
    for size in HEX_SIZES.into_iter().filter(|size| *size < length) {
        at(length - size);
    }
    for size in [32, 40] {
        (size..=length - SHORTEST_HEX).step_by(size).take(MOST_STARTS).for_each(&mut at);
    }
}

/// Letters of base64, of a length that digests have.
fn letters(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    let run = &bytes[range.clone()];
    let Some(letters) = run.first_chunk::<SHORTEST_LETTERS>() else { return };
    // Ten letters are sixty bits, and four come from the eleventh.
    let bits = |at: usize| u64::from(VALUES[usize::from(letters[at])]);
    let mut key = 0;
    for at in 0..SHORTEST_LETTERS - 1 {
        key = key << 6 | bits(at);
    }
    let key = key << 4 | bits(SHORTEST_LETTERS - 1) >> 2;
    let mut shaped = false;
    if is_size(WHOLE_BASE64, run.len()) {
        let classes = run.iter().fold(0, |classes, &letter| classes | class(letter));
        // The two alphabets differ in two letters; a text has those of one.
        if classes & (STANDARD | FOR_URLS) == STANDARD | FOR_URLS {
            return;
        }
        shaped = classes & (DIGIT | CAPITAL | SMALL) == DIGIT | CAPITAL | SMALL;
    }
    let padding = bytes[range.end..].iter().take(2).take_while(|&&byte| byte == b'=').count();
    each(Run { range: range.start..range.end + padding, what: What::Letters(key), shaped });
}

/// Lengths up to 128, as bits.
const fn sizes(lengths: &[usize]) -> u128 {
    let (mut set, mut at) = (0, 0);
    while at < lengths.len() {
        set |= 1 << (lengths[at] - 1);
        at += 1;
    }
    set
}

/// Whether a length is one of those.
#[inline]
fn is_size(sizes: u128, length: usize) -> bool {
    (1..=128).contains(&length) && sizes >> (length - 1) & 1 == 1
}

/// What each letter of base64 stands for.
static VALUES: [u8; 256] = {
    let mut values = [0; 256];
    let mut letter = 0;
    while letter < 256 {
        values[letter] = value(letter as u8);
        letter += 1;
    }
    values
};

/// In either alphabet.
const fn value(letter: u8) -> u8 {
    match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    }
}

const DIGIT: u8 = 1;
const CAPITAL: u8 = 2;
const SMALL: u8 = 4;
const STANDARD: u8 = 8;
const FOR_URLS: u8 = 16;

/// Which kind of letter of base64.
fn class(letter: u8) -> u8 {
    match letter {
        b'0'..=b'9' => DIGIT,
        b'A'..=b'Z' => CAPITAL,
        b'a'..=b'z' => SMALL,
        b'+' | b'/' => STANDARD,
        _ => FOR_URLS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
