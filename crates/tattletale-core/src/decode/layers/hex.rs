//! Hexadecimal: digests, identifiers, and texts that someone wanted to look like those.

use crate::codec::digits::eight_of_hex;
use crate::decode::look::{COLON, DASH, DIGIT, HEX_LOWER, HEX_UPPER, LOWER, PUNCTUATION, SPACE, UPPER};
use crate::decode::{At, Digits, Layer, Look, Needs, Opening, Proof, View};
use crate::model::url::hex_digit;

pub(super) struct Hex;

const SHORTEST: usize = 8;
/// What is decoded without memory of its own, in bytes: digests are.
const SHORT: usize = 64;
const DIGITS: u32 = DIGIT | HEX_LOWER | HEX_UPPER;

impl Layer for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn about(&self) -> &'static str {
        "Pairs of hex digits (base16, RFC 4648) in either case, behind `0x` or with `:`, `-` or blanks between them as tools print them; what does not become text is most likely an identifier."
    }

    fn example(&self) -> &'static [u8] {
        b"7a6f65406578616d706c652e6f7267"
    }

    fn digits(&self) -> Option<Digits> {
        Some(Digits { group: 2, read: pairs })
    }

    fn needs(&self) -> Needs {
        const PREFIXED: Needs = Needs::NOTHING
            .from(SHORTEST)
            .first(b"0")
            .some(LOWER | UPPER)
            .only(DIGITS | LOWER | UPPER | COLON | DASH | SPACE)
            .or(&SEPARATED);
        const SEPARATED: Needs =
            Needs::NOTHING.from(LONGEST_ADDRESS + 1).some(COLON | DASH | SPACE).only(DIGITS | COLON | DASH | SPACE);
        Needs::NOTHING.from(SHORTEST).only(DIGITS).or(&PREFIXED)
    }

    fn glance(&self, view: &View<'_>) -> bool {
        !view.look.only(DIGITS) || view.bytes.len().is_multiple_of(2)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        // The `x` of `0x`, and what may stand between pairs.
        if bytes.len() < SHORTEST || !view.look.only(DIGITS | LOWER | UPPER | PUNCTUATION | DASH | SPACE) {
            return;
        }
        let prefixed = bytes[0] == b'0' && matches!(bytes[1], b'x' | b'X');
        if !view.look.only(DIGITS) && !prefixed && !view.look.has(PUNCTUATION | DASH | SPACE) {
            return;
        }
        let bytes = bytes.strip_prefix(b"0x").or_else(|| bytes.strip_prefix(b"0X")).unwrap_or(bytes);
        let plain = view.look.only(DIGITS) || Look::of(bytes).only(DIGITS);
        if plain && !bytes.len().is_multiple_of(2) || !plain && !is_separated(bytes) {
            return;
        }
        if bytes.len() > out.room() {
            return out.made(view.bytes, Proof::Guess);
        }
        let (mut short, mut long): ([u8; SHORT], Vec<u8>);
        let decoded = match bytes.len().div_ceil(if plain { 2 } else { 3 }) {
            length @ ..=SHORT => {
                short = [0; SHORT];
                &mut short[..length]
            }
            length => {
                long = vec![0; length];
                &mut long[..]
            }
        };
        if plain {
            of_digits(bytes, decoded);
        } else {
            bytes.chunks(3).zip(&mut *decoded).for_each(|(pair, byte)| *byte = of_pair(pair));
        }
        let decoded = &*decoded;
        // Decimal digits alone become text by chance far too often.
        let look = Look::of(decoded);
        let text = look.text() && (view.look.has(HEX_LOWER | HEX_UPPER) || !plain);
        out.made_that_looks(At::Whole, decoded, look, if text { Proof::Sure } else { Proof::Guess });
    }
}

/// Digits without anything between them: eight at a time.
fn of_digits(digits: &[u8], out: &mut [u8]) {
    let (eights, rest) = digits.as_chunks::<8>();
    let (fours, tail) = out.split_at_mut(eights.len() * 4);
    for (eight, four) in eights.iter().zip(fours.as_chunks_mut().0) {
        *four = eight_of_hex(eight).to_be_bytes();
    }
    rest.chunks(2).zip(tail).for_each(|(pair, byte)| *byte = of_pair(pair));
}

fn of_pair(digits: &[u8]) -> u8 {
    let value = |at: usize| hex_digit(digits[at]).unwrap_or_default();
    value(0) << 4 | value(1)
}

fn pairs(digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; digits.len() / 2];
    of_digits(digits, &mut bytes);
    digits.iter().all(u8::is_ascii_hexdigit).then_some(bytes)
}

/// Pairs with a separator between them are more than a MAC address has.
const LONGEST_ADDRESS: usize = 17;

/// Pairs with one and the same separator between them; more of them than a MAC address has.
fn is_separated(bytes: &[u8]) -> bool {
    let &[_, _, separator @ (b':' | b'-' | b' '), ..] = bytes else { return false };
    let digit = |byte: &u8| byte.is_ascii_hexdigit();
    bytes.len() > LONGEST_ADDRESS
        && bytes.len() % 3 == 2
        && bytes.chunks(3).all(|pair| pair[..2].iter().all(digit) && pair.get(2).is_none_or(|&byte| byte == separator))
}
