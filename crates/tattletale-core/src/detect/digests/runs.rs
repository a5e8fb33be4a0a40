//! Runs of text that have the shape of a digest: hexadecimal, base64 or decimal digits and nothing else around.
//!
//! The scan tells members of these alphabets for 64 bytes at a time in a form that compilers turn into vector code,
//! and then goes from gap to gap, so that text with short words costs a few operations a word. What is looked up is
//! decided by length first: an ordinary word is no digest in base64.

use super::Seen;
use crate::codec::base64;
use std::ops::Range;

/// Shortest run that is looked at: the digits of a 32-bit digest.
const SHORTEST: usize = 8;

/// Hexadecimal digits of 64 bits.
const SHORTEST_HEX: usize = 16;

/// Digits of whole digests in hexadecimal, the common ones; where a longer run holds several.
const HEX_SIZES: [usize; 7] = [32, 40, 48, 56, 64, 96, 128];

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

/// What a run says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) enum What {
    /// At least 64 bits.
    Bits(Seen),
    /// A number of 32 bits.
    Short(u32),
}

/// Calls `each` with everything in `bytes` that may be a digest.
pub(in crate::detect) fn scan(bytes: &[u8], mut each: impl FnMut(Run)) {
    let mut start = 0;
    let (blocks, tail) = bytes.as_chunks::<64>();
    for (number, block) in blocks.iter().enumerate() {
        let base = number * 64;
        let mut gaps = !members(block);
        while gaps != 0 {
            let at = base + gaps.trailing_zeros() as usize;
            if at - start >= SHORTEST {
                look(bytes, start..at, &mut each);
            }
            start = at + 1;
            gaps &= gaps - 1;
        }
    }
    let base = blocks.len() * 64;
    for (at, &byte) in tail.iter().enumerate() {
        if !is_member(byte) {
            if base + at - start >= SHORTEST {
                look(bytes, start..base + at, &mut each);
            }
            start = base + at + 1;
        }
    }
    if bytes.len().saturating_sub(start) >= SHORTEST {
        look(bytes, start..bytes.len(), &mut each);
    }
}

/// One bit for each byte that belongs to any of the alphabets.
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

fn is_member(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `+`, `-`, `/`, `_` and the digits; `.` and `,` lie between them.
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'+') | (byte == b'-') | (byte == b'/') | (byte == b'_')
}

fn look(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    let run = &bytes[range.clone()];
    let negative = run[0] == b'-';
    let digits = &run[usize::from(negative)..];
    if digits.len() <= 20 && digits.iter().all(u8::is_ascii_digit) {
        return number(digits, negative, range, each);
    }
    if run.len() == SHORTEST {
        return short(run, range, each);
    }
    if uuid(run, range.clone(), each) || hex(run, range.start, each) {
        return;
    }
    letters(bytes, range.clone(), each);
    // A slash may be a letter of base64 or lie between two words; a dash or an underscore behind a name, too.
    let mut from = 0;
    for piece in run.split(|&byte| byte == b'/').filter(|_| run.contains(&b'/')) {
        let start = range.start + from;
        from += piece.len() + 1;
        letters(bytes, start..start + piece.len(), each);
    }
    if let Some(behind) = run.iter().position(|&byte| matches!(byte, b'-' | b'_'))
        && WHOLE_BASE64.contains(&(run.len() - behind - 1))
    {
        letters(bytes, range.start + behind + 1..range.end, each);
    }
}

/// Decimal digits: 32 or 64 bits, with or without a sign.
fn number(digits: &[u8], negative: bool, range: Range<usize>, each: &mut impl FnMut(Run)) {
    let value = digits.iter().fold(0u128, |value, &digit| value * 10 + u128::from(digit - b'0'));
    let signed = |bits: u32| value <= 1 << (bits - 1);
    let fits = |bits: u32| if negative { signed(bits) } else { value < 1 << bits };
    let value = if negative { value.wrapping_neg() } else { value };
    if fits(32) {
        each(Run { range, what: What::Short(value as u32), shaped: false });
    } else if fits(64)
        && let Some(seen) = Seen::bytes(&(value as u64).to_be_bytes())
    {
        each(Run { range, what: What::Bits(seen), shaped: false });
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
    let digits: Vec<u8> = run.iter().copied().filter(|&byte| byte != b'-').collect();
    let seen = (digits.len() == 32).then(|| Seen::hex(&digits)).flatten();
    if let Some(seen) = seen {
        each(Run { range, what: What::Bits(seen), shaped: false });
    }
    seen.is_some()
}

/// Hexadecimal digits in a row anywhere in a run; true when they are most of it, so that it is nothing else.
fn hex(run: &[u8], base: usize, each: &mut impl FnMut(Run)) -> bool {
    if run.len() < SHORTEST_HEX {
        return false;
    }
    let (mut found, mut from) = (0, 0);
    for piece in run.split(|byte| !byte.is_ascii_hexdigit()) {
        let start = from;
        from += piece.len() + 1;
        if piece.len() < SHORTEST_HEX {
            continue;
        }
        found += piece.len();
        let mixed = piece.iter().any(u8::is_ascii_digit) && !piece.iter().all(u8::is_ascii_digit);
        let shaped = mixed && HEX_SIZES.contains(&piece.len());
        // From its start, up to its end, and where several stand in a row.
        let ends = HEX_SIZES.iter().filter(|&&size| size < piece.len()).map(|size| piece.len() - size);
        let rows = [32usize, 40].into_iter().flat_map(|size| (size..piece.len().saturating_sub(15)).step_by(size));
        let mut starts: Vec<usize> = match piece.len() {
            16 | 32 | 40 => vec![0],
            _ => [0].into_iter().chain(ends).chain(rows).take(MOST_STARTS).collect(),
        };
        starts.sort_unstable();
        starts.dedup();
        for at in starts {
            if let Some(seen) = Seen::hex(&piece[at..]) {
                let range = base + start + at..base + start + at + (piece.len() - at).min(128);
                each(Run { range, what: What::Bits(seen), shaped: shaped && at == 0 });
            }
        }
    }
    found * 2 > run.len()
}

/// Letters of base64, of a length that digests have.
fn letters(bytes: &[u8], range: Range<usize>, each: &mut impl FnMut(Run)) {
    if !BASE64_SIZES.contains(&range.len()) {
        return;
    }
    let run = &bytes[range.clone()];
    let Some(seen) = base64::decode(run).and_then(|decoded| Seen::bytes(&decoded)) else { return };
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let padding = bytes[range.end..].iter().take(2).take_while(|&&byte| byte == b'=').count();
    let shaped = mixed && WHOLE_BASE64.contains(&run.len());
    each(Run { range: range.start..range.end + padding, what: What::Bits(seen), shaped });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn runs(text: &str) -> Vec<(String, bool)> {
        let mut found = Vec::new();
        scan(text.as_bytes(), |run| found.push((text[run.range].to_owned(), run.shaped)));
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
        scan(b"kAFQmDzST7DWlj99KOF/cg==", |run| found.push(run.what));
        assert_eq!(found, [What::Bits(Seen::hex(b"900150983cd24fb0d6963f7d28e17f72").unwrap())]);
    }

    proptest! {
        #[test]
        fn a_digest_is_found_wherever_it_stands(before in "[ -~]{0,200}", digest in "[0-9a-f]{63}1", after in "[ -~]{0,200}") {
            let text = format!("{before}\"{digest}\"{after}");
            let mut found = false;
            scan(text.as_bytes(), |run| found |= run.range == (before.len() + 1..before.len() + 65));
            prop_assert!(found);
        }

        #[test]
        fn any_bytes_are_scanned_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            scan(&bytes, |run| assert!(run.range.end <= bytes.len()));
        }
    }
}
