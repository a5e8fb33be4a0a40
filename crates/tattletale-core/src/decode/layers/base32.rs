//! Base32: like hex, mostly identifiers; what becomes text was hidden.

use crate::decode::look::{DIGIT, EQUALS, HEX_LOWER, HEX_UPPER, LOWER, UPPER};
use crate::decode::{Digits, Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Base32;

/// Text by chance takes 1.4 bits a byte, and capitals with few digits are common.
const SHORTEST: usize = 16;
const ALPHABET: u32 = DIGIT | HEX_UPPER | UPPER | HEX_LOWER | LOWER | EQUALS;
const ENOUGH: usize = 14;

impl Layer for Base32 {
    fn name(&self) -> &'static str {
        "base32"
    }

    fn about(&self) -> &'static str {
        "Base32 (RFC 4648, 6) in one case, padded or not, as host names and one-time-password URLs carry it."
    }

    fn example(&self) -> &'static [u8] {
        b"PJXWKQDNMFUWYLTUMVZXIID2N5SQ===="
    }

    fn digits(&self) -> Option<Digits> {
        Some(Digits { group: 8, read: decode })
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(SHORTEST).some(LOWER | UPPER).only(ALPHABET)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let one_case =
            view.look.only(DIGIT | HEX_UPPER | UPPER | EQUALS) || view.look.only(DIGIT | HEX_LOWER | LOWER | EQUALS);
        if view.bytes.len() < SHORTEST || !one_case || !view.look.has(UPPER | LOWER) || view.bytes.len() > out.room() {
            return;
        }
        let Some(decoded) = decode(view.bytes) else { return };
        let text = decoded.len() >= ENOUGH && Look::of(&decoded).text();
        out.made(&decoded, if text { Proof::Sure } else { Proof::Guess });
    }
}

fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.iter().rposition(|&byte| byte != b'=')? + 1;
    // Lengths that no number of bytes has.
    if bytes.len() - end > 6 || matches!(end % 8, 1 | 3 | 6) {
        return None;
    }
    let mut out = Vec::with_capacity(end * 5 / 8);
    let (mut bits, mut held) = (0u16, 0);
    for &byte in &bytes[..end] {
        let value = match byte.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u16::from(value);
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // What is left of the last character means nothing and is zero.
    (bits == 0).then_some(out)
}
