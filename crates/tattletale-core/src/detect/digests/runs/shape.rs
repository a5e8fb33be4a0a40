//! What one run may be: a number, hexadecimal digits, a UUID, letters of base64.

use super::{Run, SHORTEST, SHORTEST_LETTERS, What};
use crate::codec::digits::{eight_of_hex, first_of_hex, hex_digits, is_all, not_digit, not_hex};
use std::ops::Range;

/// Hexadecimal digits of 64 bits.
const SHORTEST_HEX: usize = 16;

/// Digits of whole digests in hexadecimal, the common ones; where a longer run holds several.
const HEX_SIZES: [usize; 7] = [32, 40, 48, 56, 64, 96, 128];
const WHOLE_HEX: u128 = sizes(&HEX_SIZES);

/// Decimal digits of a number of 64 bits, but for one in ten thousand; times have fewer.
const SHORTEST_NUMBER: usize = 16;

/// Letters of digests in base64 without padding: of 8, 10, 12, 16, 20, 24, 28, 32, 48 and 64 bytes.
const BASE64_SIZES: u128 = sizes(&[11, 14, 16, 22, 27, 32, 38, 43, 64, 86]);

/// Of these, whole digests.
const WHOLE_BASE64: u128 = sizes(&[22, 27, 38, 43, 64, 86]);
const WHOLE_BASE64_SHORTEST: usize = 22;

/// Places in one long run of hexadecimal digits that are looked up.
const MOST_STARTS: usize = 64;

/// What a run may be, the cheapest questions first: most runs are words.
#[inline]
pub(super) fn look(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
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
        letters(bytes, range, each);
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
    // A dash or an underscore may lie behind a name.
    if run.len() > WHOLE_BASE64_SHORTEST
        && let Some(behind) = memchr::memchr2(b'-', b'_', run)
        && is_size(WHOLE_BASE64, run.len() - behind - 1)
    {
        letters(bytes, range.start + behind + 1..range.end, each);
    }
}

/// What a run may be that has slashes in it: letters of base64.
pub(super) fn with_slashes(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    if is_size(BASE64_SIZES, range.len()) && bytes[range.clone()].contains(&b'/') {
        letters(bytes, range, each);
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
