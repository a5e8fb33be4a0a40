//! The segments of a path: trackers put encoded values between the slashes.

use crate::codec::base64;
use crate::decode::look::{BREAK, DIGIT, HEX_LOWER, HEX_UPPER, LOWER, PLUS, SLASH, SPACE, UPPER};
use crate::decode::{At, Layer, Look, Needs, Opening, View};
use crate::model::url::percent_decode;
use std::borrow::Cow;

pub(super) struct Path;

/// Shorter segments cannot hold anything that the path as a whole does not show.
const SHORTEST_SEGMENT: usize = 8;

impl Layer for Path {
    fn name(&self) -> &'static str {
        "path"
    }

    fn about(&self) -> &'static str {
        "The segments of a URL path (RFC 3986) that are long enough to hold an encoded value."
    }

    fn example(&self) -> &'static [u8] {
        b"/collect/eyJhIjoiYiJ9/p.gif"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().first(b"/").only(!(SPACE | BREAK))
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.first() != Some(&b'/') || view.look.has(SPACE | BREAK) || !view.look.text() {
            return;
        }
        if is_number(view) {
            return;
        }
        let mut start = 1;
        for (number, segment) in view.bytes[1..].split(|&byte| byte == b'/').enumerate() {
            if segment.len() >= SHORTEST_SEGMENT {
                out.piece(At::Index(number), start..start + segment.len());
            }
            start += segment.len() + 1;
        }
        if let Cow::Owned(decoded) = percent_decode(view.bytes, false) {
            out.again("percent", &decoded);
        }
    }
}

/// Random bytes in base64 that begin with its digit `/`: an identifier, not a path. What tells them apart are words
/// between the slashes, and segments that open on their own.
fn is_number(view: &View<'_>) -> bool {
    const DIGITS: u32 = DIGIT | HEX_LOWER | HEX_UPPER | LOWER | UPPER | PLUS | SLASH;
    let digits = view.bytes.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    let (digits, padding) = view.bytes.split_at(digits);
    let look = Look::of(digits);
    let random = look.mixed() || !padding.is_empty();
    if !look.only(DIGITS) || !random || padding.len() > 2 || !view.bytes.len().is_multiple_of(4) {
        return false;
    }
    let mut segments = digits.split(|&byte| byte == b'/');
    !segments.any(|segment| (padding.is_empty() && is_word(segment)) || opens(segment))
}

/// As people name folders: small letters, the first maybe a capital.
fn is_word(segment: &[u8]) -> bool {
    const SHORTEST_WORD: usize = 4;
    segment.len() >= SHORTEST_WORD
        && segment[0].is_ascii_alphabetic()
        && segment[1..].iter().all(u8::is_ascii_lowercase)
}

/// As base64, to more text than chance makes, or to the start of a gzip stream.
fn opens(segment: &[u8]) -> bool {
    const ENOUGH: usize = 12;
    let decoded = (segment.len() >= SHORTEST_SEGMENT).then(|| base64::decode(segment)).flatten();
    decoded
        .is_some_and(|bytes| (bytes.len() >= ENOUGH && Look::of(&bytes).text()) || bytes.starts_with(b"\x1f\x8b\x08"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Hint;

    #[test]
    fn identifiers_that_begin_with_a_slash_are_no_paths() {
        let is_number = |text: &str| {
            is_number(&View { bytes: text.as_bytes(), look: Look::of(text.as_bytes()), hint: Hint::default() })
        };
        for identifier in ["/sjt2hZ8PQmYy3/9kx4wVw==", "/sjt2hZ8PQmYy3k9kx4wVfa8", "/bcDefGHIjkLMnopQRstuv=="] {
            assert!(is_number(identifier), "{identifier}");
        }
        // A word, a segment that is base64 of text, one of gzip, and what base64 does not have.
        for path in [
            "/collect/aB3dEf6hJk9mNoPqRs9",
            "/xyz/eyJ1c2VyIjoiem9lIn0",
            "/x1A/H4sIAAAAAAACA8tIz",
            "/a-B3/d.js",
            "/1234567",
        ] {
            assert!(!is_number(path), "{path}");
        }
    }
}
