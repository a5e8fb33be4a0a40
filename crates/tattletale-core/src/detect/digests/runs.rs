//! Runs of text that have the shape of a digest: hexadecimal, base64 or decimal digits and nothing else around.
//!
//! The scan tells members of these alphabets for 64 bytes at a time in a form that compilers turn into vector code,
//! and finds in the mask where long runs begin, so that short words cost nothing. What is looked up is decided by
//! length first: an ordinary word is no digest in base64.

use super::Seen;
use crate::codec::base64;
use std::ops::Range;

/// Shortest run that is looked at: the digits of a 32-bit digest.
const SHORTEST: usize = 8;

/// Hexadecimal digits of 64 bits.
const SHORTEST_HEX: usize = 16;

/// Digits of whole digests in hexadecimal, the common ones; where a longer run holds several.
const HEX_SIZES: [usize; 7] = [32, 40, 48, 56, 64, 96, 128];

/// Decimal digits of a number of 64 bits, but for one in ten thousand; times have fewer.
const SHORTEST_NUMBER: usize = 16;

/// Letters of base64 that hold 64 bits.
const SHORTEST_LETTERS: usize = 11;

/// Letters of digests in base64 without padding: of 8, 10, 12, 16, 20, 24, 28, 32, 48 and 64 bytes.
const BASE64_SIZES: [usize; 10] = [11, 14, 16, 22, 27, 32, 38, 43, 64, 86];

/// Of these, whole digests.
const WHOLE_BASE64: [usize; 6] = [22, 27, 38, 43, 64, 86];

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
    let mask = |number: usize| match blocks.get(number) {
        Some(block) => members(block),
        None if number == blocks.len() => members(&padded),
        None => 0,
    };
    // Two blocks side by side, so that a run that begins in the first is seen to be long enough.
    let (mut before, mut here) = (0, mask(0));
    for number in 0..=blocks.len() {
        let next = mask(number + 1);
        let wide = u128::from(next) << 64 | u128::from(here);
        let eight = in_a_row(wide);
        let long = if short { eight } else { eight & eight >> (SHORTEST_LETTERS - SHORTEST) };
        let mut starts = (long & !(wide << 1 | before)) as u64;
        while starts != 0 {
            let at = starts.trailing_zeros() as usize;
            let (start, length) = (number * 64 + at, (wide >> at).trailing_ones() as usize);
            let beyond = if at + length == 128 { &bytes[start + length..] } else { &[] };
            let end = start + length + beyond.iter().take_while(|&&byte| is_member(byte)).count();
            // What stands behind a percent sign is read once that is resolved.
            if start == 0 || bytes[start - 1] != b'%' {
                look(bytes, start..end, &mut each);
            }
            starts &= starts - 1;
        }
        (before, here) = (u128::from(here >> 63), next);
    }
}

/// Where eight members begin.
fn in_a_row(mask: u128) -> u128 {
    let two = mask & mask >> 1;
    let four = two & two >> 2;
    four & four >> 4
}

/// One bit for each byte that belongs to any of the alphabets.
#[inline]
fn members(block: &[u8; 64]) -> u64 {
    let mut flags = [0u8; 64];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(is_member(byte));
    }
    // Eight flags of 0 or 1 become eight bits of one byte: the product moves each to its place in the highest byte.
    let (words, _) = flags.as_chunks::<8>();
    words.iter().enumerate().fold(0, |mask, (number, word)| {
        mask | (u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (number * 8)
    })
}

#[inline]
fn is_member(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // The digits and the slash before them; `+`, `-` and `_` stand alone.
    let digit = byte.wrapping_sub(b'/') < 11;
    letter | digit | (byte == b'+') | (byte == b'-') | (byte == b'_')
}

/// What a run may be, the cheapest questions first: most runs are words.
fn look(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    let run = &bytes[range.clone()];
    let negative = run[0] == b'-';
    let digits = &run[usize::from(negative)..];
    if digits.len() <= 20 && digits[0].is_ascii_digit() && digits.iter().all(u8::is_ascii_digit) {
        return number(digits, negative, range, each);
    }
    if run.len() < SHORTEST_LETTERS {
        if run.len() == SHORTEST {
            short(run, range, each);
        }
        return;
    }
    if uuid(run, range.clone(), each) || hex(run, range.start, each) {
        return;
    }
    letters(bytes, range.clone(), each);
    // A slash may be a letter of base64 or lie between two words; a dash or an underscore behind a name, too.
    if run.len() > SHORTEST_LETTERS && memchr::memchr(b'/', run).is_some() {
        let mut from = range.start;
        for piece in run.split(|&byte| byte == b'/') {
            letters(bytes, from..from + piece.len(), each);
            from += piece.len() + 1;
        }
    }
    if run.len() > WHOLE_BASE64[0]
        && let Some(behind) = memchr::memchr2(b'-', b'_', run)
        && WHOLE_BASE64.contains(&(run.len() - behind - 1))
    {
        letters(bytes, range.start + behind + 1..range.end, each);
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
fn short(run: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    let text = std::str::from_utf8(run).ok().and_then(|text| u32::from_str_radix(text, 16).ok());
    if let Some(value) = text.filter(|_| run.iter().all(u8::is_ascii_hexdigit)) {
        each(Run { range, what: What::Short(value), shaped: false });
    }
}

/// 128 bits written as a UUID, as name-based ids are.
fn uuid(run: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) -> bool {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    if run.len() != 36 || DASHES.iter().any(|&at| run[at] != b'-') {
        return false;
    }
    let digits = run.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    let key = [&run[..8], &run[9..13], &run[14..18]].concat();
    let key = first_of_hex(&key);
    if digits == 32 {
        each(Run { range, what: What::Hex(key), shaped: false });
    }
    digits == 32
}

/// What the first sixteen hexadecimal digits say, in either case; eight at a time in one word.
fn first_of_hex(digits: &[u8]) -> u64 {
    let (words, _) = digits.as_chunks::<8>();
    words.iter().take(2).fold(0, |key, word| {
        let word = u64::from_be_bytes(*word);
        // Letters have bit 6 set, and their low four bits begin with 1 for ten.
        let nibbles = (word & 0x0f0f_0f0f_0f0f_0f0f) + (word >> 6 & 0x0101_0101_0101_0101) * 9;
        let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
        let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
        key << 32 | (pairs | pairs >> 16) & 0xffff_ffff
    })
}

/// Hexadecimal digits in a row anywhere in a run; true when they are most of it, so that it is nothing else.
fn hex(run: &[u8], base: usize, each: &mut impl FnMut(Run)) -> bool {
    let (mut found, mut from) = (0, 0);
    while let Some(sixteen) = run.get(from..).and_then(|rest| rest.first_chunk::<SHORTEST_HEX>()) {
        // Behind the last of the sixteen that is none, sixteen in a row may begin.
        let others = sixteen.as_chunks::<8>().0.iter().rev().map(|word| not_hex(u64::from_le_bytes(*word)));
        let others = others.fold(0, |all, others| all << 64 | u128::from(others));
        let start = from + SHORTEST_HEX - others.leading_zeros() as usize / 8;
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

/// The highest bit of each of eight letters of ASCII that is no hexadecimal digit.
#[inline]
fn not_hex(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Adding lifts what is at or above a bound to the highest bit; letters of ASCII leave room for it.
    let from = |word: u64, bound: u64| word + EACH * (0x80 - bound);
    let small = word | (EACH * 0x20);
    let digit = from(word, 0x30) & !from(word, 0x3a);
    let letter = from(small, 0x61) & !from(small, 0x67);
    !(digit | letter) & (EACH * 0x80)
}

/// Digits from the first on, those that end where they end, and where several digests stand in a row.
fn digits(piece: &[u8], base: usize, each: &mut impl FnMut(Run)) {
    let length = piece.len();
    let decimal = |byte: &u8| byte.is_ascii_digit();
    let shaped = is_size(&HEX_SIZES, length) && piece.iter().any(decimal) && !piece.iter().all(decimal);
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
    if !is_size(&BASE64_SIZES, range.len()) {
        return;
    }
    let run = &bytes[range.clone()];
    // Ten letters are sixty bits, and four come from the eleventh.
    let bits = |letter: u8| u64::from(VALUES[usize::from(letter)]);
    let first = run[..SHORTEST_LETTERS - 1].iter().fold(0, |first, &letter| first << 6 | bits(letter));
    let key = first << 4 | bits(run[SHORTEST_LETTERS - 1]) >> 2;
    let mut shaped = false;
    if is_size(&WHOLE_BASE64, run.len()) {
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

/// Whether a length is one of those, all up to 128.
fn is_size(sizes: &[usize], length: usize) -> bool {
    let set = sizes.iter().fold(0u128, |set, &size| set | 1 << (size - 1));
    (1..=128).contains(&length) && set >> (length - 1) & 1 == 1
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

        #[test]
        fn any_bytes_are_scanned_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            scan(&bytes, true, |run| assert!(run.range.end <= bytes.len()));
        }
    }
}
