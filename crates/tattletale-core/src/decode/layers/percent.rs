//! Percent-encoding outside of forms, and `+` for blanks where no real blank stands.

use super::embedded;
use crate::decode::look::{PERCENT, PLUS};
use crate::decode::{Layer, Needs, Opening, Proof, View};
use crate::model::url::percent_decode;

pub(super) struct Percent;

impl Layer for Percent {
    fn name(&self) -> &'static str {
        "percent"
    }

    fn about(&self) -> &'static str {
        "Percent-encoding (RFC 3986), once more for every level of it; `+` is a blank where there is no other."
    }

    fn example(&self) -> &'static [u8] {
        b"b%C3%B3l+w+klatce"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().some(PERCENT | PLUS)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !view.look.has(PERCENT | PLUS) || !view.look.text() {
            return;
        }
        let plus = is_phrase(view.bytes);
        let decoded = percent_decode(view.bytes, plus);
        if *decoded == *view.bytes {
            return;
        }
        // `+` alone may as well be a digit of base64: then the others are asked too, and what is that is left alone.
        if decoded.len() == view.bytes.len() && embedded::found(view.bytes).next().is_some() {
            return;
        }
        let proof = if decoded.len() < view.bytes.len() { Proof::Sure } else { Proof::Guess };
        out.made(&decoded, proof);
    }
}

/// Words that a form joined by `+`; not `image/svg+xml`, not a sum.
fn is_phrase(text: &[u8]) -> bool {
    let of_words = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || b"+%-_.,'!?()&".contains(byte);
    text.iter().all(of_words)
}
