//! Base45, made for what stands in QR codes: health certificates are base45 around zlib around CBOR.

use crate::decode::look::{BREAK, CONTROL, HEX_LOWER, HIGH, LOWER};
use crate::decode::{Digits, Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Base45;

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const SHORTEST: usize = 18;
const ENOUGH: usize = 14;

impl Layer for Base45 {
    fn name(&self) -> &'static str {
        "base45"
    }

    fn about(&self) -> &'static str {
        "Base45 (RFC 9285), also behind the `HC1:` of EU health certificates; opened where it becomes text or opens further."
    }

    fn example(&self) -> &'static [u8] {
        b"NLF0 CB$DXEDC*56$CSUENLFB2"
    }

    fn digits(&self) -> Option<Digits> {
        Some(Digits { group: 3, read: decode })
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(SHORTEST).only(!(LOWER | HEX_LOWER | HIGH | CONTROL | BREAK))
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.len() < SHORTEST || view.look.has(LOWER | HEX_LOWER | HIGH | CONTROL | BREAK) {
            return;
        }
        if view.bytes.len() > out.room() || is_percent_encoded(view.bytes) {
            return;
        }
        let bytes = view.bytes.strip_prefix(b"HC1:").unwrap_or(view.bytes);
        let Some(decoded) = decode(bytes) else { return };
        let text = decoded.len() >= ENOUGH && Look::of(&decoded).text();
        out.made(&decoded, if text { Proof::Sure } else { Proof::Guess });
    }
}

/// Mostly escapes such as `%2F`, whose letters are all of this alphabet.
fn is_percent_encoded(text: &[u8]) -> bool {
    let escape = |triple: &&[u8]| triple[0] == b'%' && triple[1].is_ascii_hexdigit() && triple[2].is_ascii_hexdigit();
    text.windows(3).filter(escape).count() * 6 > text.len()
}

/// Three letters make two bytes, least significant letter first; two make the last one.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let value = |letter: &u8| ALPHABET.iter().position(|known| known == letter).map(|value| value as u32);
    let mut out = Vec::with_capacity(text.len() * 2 / 3);
    for group in text.chunks(3) {
        let mut number = 0;
        for letter in group.iter().rev() {
            number = number * 45 + value(letter)?;
        }
        match group.len() {
            3 => out.extend_from_slice(&u16::try_from(number).ok()?.to_be_bytes()),
            2 => out.push(u8::try_from(number).ok()?),
            _ => return None,
        }
    }
    Some(out)
}
