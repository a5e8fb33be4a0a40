//! Letters of ASCII eight at a time, in one word: what tells digits apart without a branch for each.

/// What the first sixteen hexadecimal digits say, in either case.
#[inline]
pub(crate) fn first_of_hex(digits: &[u8]) -> u64 {
    let [high, low, ..] = digits.as_chunks().0 else { return 0 };
    u64::from(eight_of_hex(high)) << 32 | u64::from(eight_of_hex(low))
}

/// What eight hexadecimal digits say, all at a time in one word.
#[inline]
pub(crate) fn eight_of_hex(digits: &[u8; 8]) -> u32 {
    let word = u64::from_be_bytes(*digits);
    // Letters have bit 6 set, and their low four bits begin with 1 for ten.
    let nibbles = (word & 0x0f0f_0f0f_0f0f_0f0f) + (word >> 6 & 0x0101_0101_0101_0101) * 9;
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    (pairs | pairs >> 16) as u32
}

/// How many hexadecimal digits there are at the start.
#[inline]
pub(crate) fn hex_digits(run: &[u8]) -> usize {
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
pub(crate) fn is_all(bytes: &[u8], others: impl Fn(u64) -> u64) -> bool {
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
pub(crate) fn not_digit(word: u64) -> u64 {
    below(word, 0x30) | (below(word, 0x3a) ^ (EACH * 0x80))
}

/// Of each that is no hexadecimal digit.
#[inline]
pub(crate) fn not_hex(word: u64) -> u64 {
    let small = word | (EACH * 0x20);
    not_digit(word) & (below(small, 0x61) | (below(small, 0x67) ^ (EACH * 0x80)))
}

/// Of each byte that is no printable letter of ASCII; the bytes may be any.
#[inline]
pub(crate) fn not_printable(word: u64) -> u64 {
    let ascii = word & !(EACH * 0x80);
    (word | below(ascii, 0x20) | !below(ascii, 0x7f)) & (EACH * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte in each place of a word, between bytes that carry the furthest.
    #[test]
    fn a_byte_is_told_wherever_it_stands() {
        for byte in 0..=255u8 {
            for (place, around) in (0..8).flat_map(|place| [(place, b' '), (place, b'~')]) {
                let mut word = [around; 8];
                word[place] = byte;
                let word = u64::from_le_bytes(word);
                let marked = |others: u64| others >> (place * 8) & 0xff == 0x80;
                assert_eq!(marked(not_printable(word)), !(b' '..=b'~').contains(&byte), "{byte:#x} {place}");
                if byte.is_ascii() {
                    assert_eq!(marked(not_digit(word)), !byte.is_ascii_digit(), "{byte:#x} {place}");
                    assert_eq!(marked(not_hex(word)), !byte.is_ascii_hexdigit(), "{byte:#x} {place}");
                }
            }
        }
    }
}
