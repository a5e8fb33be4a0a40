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
            What::Letters(_) => {
                let letters = run.iter().position(|&byte| byte == b'=').map_or(run, |end| &run[..end]);
                base64::decode(letters).and_then(|decoded| Seen::bytes(&decoded))
            }
            What::Number(number) => Seen::bytes(&number.to_be_bytes()),
            What::Short(_) => None,
        }
    }
}

/// Calls `each` with everything in `bytes` that may be a digest.
pub(in crate::detect) fn scan(bytes: &[u8], mut each: impl FnMut(Run)) {
    let mut start = 0;
    let (blocks, tail) = bytes.as_chunks::<64>();
    for (number, block) in blocks.iter().enumerate() {
        let base = number * 64;
        let mut gaps = !mask(block, is_member);
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

/// One bit for each byte of the block that is one of those.
#[inline]
fn mask(block: &[u8; 64], of: impl Fn(u8) -> bool) -> u64 {
    let mut flags = [0u8; 64];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        *flag = u8::from(of(byte));
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
    let key = [&run[..8], &run[9..13], &run[14..18]].into_iter().flatten();
    let key = key.fold(0, |key, &digit| key << 4 | nibble(digit));
    if digits == 32 {
        each(Run { range, what: What::Hex(key), shaped: false });
    }
    digits == 32
}

/// Value of a hexadecimal digit in either case.
#[inline]
fn nibble(digit: u8) -> u64 {
    u64::from(digit & 15) + if digit > b'9' { 9 } else { 0 }
}

/// Hexadecimal digits in a row anywhere in a run; true when they are most of it, so that it is nothing else.
fn hex(run: &[u8], base: usize, each: &mut impl FnMut(Run)) -> bool {
    if run.len() < SHORTEST_HEX || !has_hex(run) {
        return false;
    }
    let (mut found, mut start) = (0, 0);
    for end in 0..=run.len() {
        if end < run.len() && run[end].is_ascii_hexdigit() {
            continue;
        }
        if end - start >= SHORTEST_HEX {
            found += end - start;
            digits(&run[start..end], base + start, each);
        }
        start = end + 1;
    }
    found * 2 > run.len()
}

/// Whether there are so many hexadecimal digits in a row anywhere: of a long text in base64, a glance tells.
fn has_hex(run: &[u8]) -> bool {
    const BLOCK: usize = 64;
    if run.len() < 2 * BLOCK {
        return true;
    }
    // Bits of the block before stand below those of this one; sixteen in a row leave one that all shifts agree on.
    let mut before = 0u64;
    let (blocks, rest) = run.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let in_row = |digits: u128| {
        let two = digits & digits >> 1;
        let four = two & two >> 2;
        let eight = four & four >> 4;
        eight & eight >> 8 != 0
    };
    blocks.iter().chain([&last]).any(|block| {
        let digits = mask(block, |byte| byte.wrapping_sub(b'0') < 10 || (byte | 0x20).wrapping_sub(b'a') < 6);
        let whole = u128::from(digits) << BLOCK | u128::from(before);
        before = digits;
        in_row(whole)
    })
}

/// Digits from the first on, those that end where they end, and where several digests stand in a row.
fn digits(piece: &[u8], base: usize, each: &mut impl FnMut(Run)) {
    let length = piece.len();
    let decimal = piece.iter().filter(|byte| byte.is_ascii_digit()).count();
    let shaped = HEX_SIZES.contains(&length) && decimal > 0 && decimal < length;
    let mut at = |start: usize| {
        let key = piece[start..start + SHORTEST_HEX].iter().fold(0, |key, &digit| key << 4 | nibble(digit));
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
    if !BASE64_SIZES.contains(&range.len()) {
        return;
    }
    let run = &bytes[range.clone()];
    // The two alphabets differ in two letters; a text has those of one.
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    if has(|letter| matches!(letter, b'+' | b'/')) && has(|letter| matches!(letter, b'-' | b'_')) {
        return;
    }
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    };
    let first = run[..11].iter().fold(0u128, |bits, &letter| bits << 6 | u128::from(value(letter)));
    let key = (first >> 2) as u64;
    let whole = WHOLE_BASE64.contains(&run.len());
    let shaped = whole && has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let padding = bytes[range.end..].iter().take(2).take_while(|&&byte| byte == b'=').count();
    each(Run { range: range.start..range.end + padding, what: What::Letters(key), shaped });
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
        let text = b"kAFQmDzST7DWlj99KOF/cg== 90015098-3cd2-4fb0-d696-3f7d28e17f72 900150983CD24FB0D6963F7D28E17F72";
        scan(text, |run| found.push((run.what, run.seen(text))));
        let seen = Seen::hex(b"900150983cd24fb0d6963f7d28e17f72");
        let key = 0x9001_5098_3cd2_4fb0;
        assert_eq!(found, [(What::Letters(key), seen), (What::Hex(key), seen), (What::Hex(key), seen)]);
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
        fn a_glance_overlooks_no_digits(before in "[A-Za-z0-9+/]{0,300}", digits in "[0-9a-fA-F]{16}", after in "[A-Za-z0-9+/]{0,300}") {
            prop_assert!(has_hex(format!("{before}{digits}{after}").as_bytes()));
        }

        #[test]
        fn any_bytes_are_scanned_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            scan(&bytes, |run| assert!(run.range.end <= bytes.len()));
        }
    }
}
