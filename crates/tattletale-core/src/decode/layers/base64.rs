//! Base64 in all its spellings. An alphabet proves nothing, so what comes out decides.

use crate::codec::base64::decode;
use crate::decode::look::{BREAK, DASH, DIGIT, EQUALS, HEX_LOWER, HEX_UPPER, LOWER, PLUS, SLASH, SPACE, UPPER};
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Base64;

const SHORTEST: usize = 8;
const ALPHABET: u32 = DIGIT | HEX_LOWER | HEX_UPPER | LOWER | UPPER | PLUS | SLASH | DASH | EQUALS | BREAK | SPACE;

impl Layer for Base64 {
    fn name(&self) -> &'static str {
        "base64"
    }

    fn about(&self) -> &'static str {
        "Base64 and base64url (RFC 4648), padded or not, wrapped, and with `+` turned into blanks by a form decoder."
    }

    fn example(&self) -> &'static [u8] {
        b"eyJ1c2VyIjoiem9lIn0="
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(SHORTEST).only(ALPHABET)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.len() < SHORTEST || !view.look.only(ALPHABET) {
            return;
        }
        if view.bytes.len() > out.room() {
            return out.made(view.bytes, Proof::Guess);
        }
        let Some(decoded) = decode(view.bytes) else { return };
        let text = Look::of(&decoded).text();
        out.made(&decoded, if text { Proof::Sure } else { Proof::Guess });
    }
}
