//! Hex digits in pairs.

use crate::decode::look::{DIGIT, HEX_LOWER, HEX_UPPER};
use crate::decode::{Layer, Look, Opening, Proof, View};
use crate::model::url::hex_digit;

pub(super) struct Hex;

const SHORTEST: usize = 8;

impl Layer for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn about(&self) -> &'static str {
        "Pairs of hex digits (base16, RFC 4648) in either case; what does not become text is most likely an identifier."
    }

    fn example(&self) -> &'static [u8] {
        b"7a6f65406578616d706c652e6f7267"
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        if bytes.len() < SHORTEST || !bytes.len().is_multiple_of(2) || !view.look.only(DIGIT | HEX_LOWER | HEX_UPPER) {
            return;
        }
        if bytes.len() > out.room() {
            return out.made(bytes, Proof::Guess);
        }
        let value = |&digit: &u8| hex_digit(digit).unwrap_or_default();
        let decoded: Vec<u8> = bytes.chunks_exact(2).map(|pair| value(&pair[0]) << 4 | value(&pair[1])).collect();
        // Decimal digits alone become text by chance far too often.
        let text = Look::of(&decoded).text() && view.look.has(HEX_LOWER | HEX_UPPER);
        out.made(&decoded, if text { Proof::Sure } else { Proof::Guess });
    }
}
