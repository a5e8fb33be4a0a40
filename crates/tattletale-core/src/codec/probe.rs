//! Whether bytes may begin a stream of raw deflate that becomes text: a glance that spares the attempt.
//!
//! A decoder has tables of kilobytes to set up, and whatever is binary and short might be such a stream, so the
//! first block is looked at first, by the rules of RFC 1951, 3.2. Nothing that inflates to text is refused here.

/// Bytes that a block of fixed codes is followed for.
const FOLLOWED: usize = 64;

/// False if `input` is no complete stream of raw deflate that becomes at least `fewest` bytes of text.
pub fn may_be_deflated_text(input: &[u8], fewest: usize) -> bool {
    let mut bits = Bits { input, at: 0 };
    let (Some(last), Some(kind)) = (bits.take(1), bits.take(2)) else { return false };
    let may_be = match kind {
        0 => stored(input),
        1 => fixed(&mut bits, last == 1, fewest),
        2 => dynamic(&mut bits),
        _ => None,
    };
    may_be.unwrap_or(false)
}

/// A length and its complement.
fn stored(input: &[u8]) -> Option<bool> {
    let [_, a, b, c, d, content @ ..] = input else { return None };
    let (length, complement) = (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
    let content = content.get(..usize::from(length))?;
    Some(length == !complement && content.iter().all(|&byte| is_of_text(byte)))
}

/// Literals of a text, copies of what is there, and an end where the input ends.
fn fixed(bits: &mut Bits<'_>, last: bool, fewest: usize) -> Option<bool> {
    const LENGTHS: [(u16, u32); 29] = [
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 0),
        (7, 0),
        (8, 0),
        (9, 0),
        (10, 0),
        (11, 1),
        (13, 1),
        (15, 1),
        (17, 1),
        (19, 2),
        (23, 2),
        (27, 2),
        (31, 2),
        (35, 3),
        (43, 3),
        (51, 3),
        (59, 3),
        (67, 4),
        (83, 4),
        (99, 4),
        (115, 4),
        (131, 5),
        (163, 5),
        (195, 5),
        (227, 5),
        (258, 0),
    ];
    let mut made = 0usize;
    while made < FOLLOWED {
        let symbol = fixed_symbol(bits)?;
        match symbol {
            0..=255 if !is_of_text(symbol as u8) => return Some(false),
            0..=255 => made += 1,
            256 => return Some(!last || (made >= fewest && bits.at.div_ceil(8) == bits.input.len())),
            _ => {
                let (length, more) = *LENGTHS.get(usize::from(symbol - 257))?;
                let length = usize::from(length) + bits.take(more)? as usize;
                let code = bits.code(5)?;
                if code >= 30 {
                    return Some(false);
                }
                let more = (code / 2).saturating_sub(1);
                let base = if code < 4 { code + 1 } else { ((2 + (code & 1)) << more) + 1 };
                if (base + bits.take(more)?) as usize > made {
                    return Some(false);
                }
                made += length;
            }
        }
    }
    Some(true)
}

/// RFC 1951, 3.2.6.
fn fixed_symbol(bits: &mut Bits<'_>) -> Option<u16> {
    let seven = bits.code(7)?;
    if seven < 0b001_1000 {
        return Some(256 + seven as u16);
    }
    let eight = seven << 1 | bits.take(1)?;
    match eight {
        0b0011_0000..=0b1011_1111 => Some((eight - 0b0011_0000) as u16),
        0b1100_0000..=0b1100_0111 => Some((280 + eight - 0b1100_0000) as u16),
        _ => Some((144 + (eight << 1 | bits.take(1)?) - 0b1_1001_0000) as u16),
    }
}

/// Numbers of codes that can be, and code lengths for the code lengths that make a complete code.
fn dynamic(bits: &mut Bits<'_>) -> Option<bool> {
    let (literals, distances, lengths) = (bits.take(5)?, bits.take(5)?, bits.take(4)? + 4);
    let mut share = 0;
    for _ in 0..lengths {
        let length = bits.take(3)?;
        share += if length > 0 { 128 >> length } else { 0 };
    }
    Some(literals < 30 && distances < 30 && share == 128)
}

/// No control character.
fn is_of_text(byte: u8) -> bool {
    (byte >= b' ' && byte != 0x7f) || matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Bits from the lowest of each byte on.
struct Bits<'a> {
    input: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// A number of up to 16 bits, its lowest bit first.
    fn take(&mut self, count: u32) -> Option<u32> {
        let rest = self.input.get(self.at / 8..)?;
        let near = match rest.first_chunk() {
            Some(near) => u32::from_le_bytes(*near),
            None => rest.iter().rev().fold(0, |near, &byte| near << 8 | u32::from(byte)),
        };
        let end = self.at + count as usize;
        let value = near >> (self.at % 8) & ((1 << count) - 1);
        self.at = end;
        (end <= self.input.len() * 8).then_some(value)
    }

    /// A code of up to 16 bits, its highest bit first.
    fn code(&mut self, count: u32) -> Option<u32> {
        Some(self.take(count)?.reverse_bits() >> (u32::BITS - count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::inflate::{End, Framing, inflate};
    use flate2::{Compression, write::DeflateEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn is_text(bytes: &[u8]) -> bool {
        bytes.iter().all(|&byte| is_of_text(byte)) && std::str::from_utf8(bytes).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn what_inflates_to_text_is_let_through(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut out = Vec::new();
            let whole = inflate(Framing::Raw, &bytes, &mut out, 1 << 20) == End::Complete;
            if whole && out.len() >= 32 && is_text(&out) {
                prop_assert!(may_be_deflated_text(&bytes, 32));
            }
        }

        #[test]
        fn and_so_is_every_encoded_text(text in "[ -~ąż\n]{32,300}", level in 0u32..=9) {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
            encoder.write_all(text.as_bytes()).unwrap();
            prop_assert!(may_be_deflated_text(&encoder.finish().unwrap(), 32));
        }
    }

    #[test]
    fn most_binary_is_not() {
        let mut number = 1u64;
        let let_through = (0..10_000).filter(|_| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            may_be_deflated_text(&[number, number.rotate_left(17) ^ 0x5555].map(u64::to_le_bytes).concat(), 32)
        });
        assert!(let_through.count() < 1_000);
    }
}
