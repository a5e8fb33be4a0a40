//! Character references of HTML and XML in values: what went through a page or a template keeps them.

use crate::decode::look::AMPERSAND;
use crate::decode::{Layer, Needs, Opening, Proof, View};
use std::borrow::Cow;

pub(super) struct Entities;

impl Layer for Entities {
    fn name(&self) -> &'static str {
        "entities"
    }

    fn about(&self) -> &'static str {
        "Character references (HTML, 13.5; XML 1.0, 4.1): the common names, and every number in decimal or hex."
    }

    fn example(&self) -> &'static [u8] {
        b"zoe&#64;mail.test &amp; Zo&euml;"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().some(AMPERSAND)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if memchr::memchr(b'&', view.bytes).is_none() || !view.look.text() {
            return;
        }
        if let Cow::Owned(decoded) = decode(view.bytes) {
            out.made(&decoded, Proof::Sure);
        }
    }
}

/// Names that encoders write; the full list of HTML has 2,231 and nobody sends the others.
const NAMES: [(&[u8], char); 18] = [
    (b"amp", '&'),
    (b"lt", '<'),
    (b"gt", '>'),
    (b"quot", '"'),
    (b"apos", '\''),
    (b"nbsp", '\u{a0}'),
    (b"commat", '@'),
    (b"euml", 'ë'),
    (b"eacute", 'é'),
    (b"egrave", 'è'),
    (b"oacute", 'ó'),
    (b"auml", 'ä'),
    (b"ouml", 'ö'),
    (b"uuml", 'ü'),
    (b"szlig", 'ß'),
    (b"ccedil", 'ç'),
    (b"ntilde", 'ñ'),
    (b"aacute", 'á'),
];

/// Every reference resolved; what is none stays as it is. Borrowed when there is none.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut kept = 0;
    for at in memchr::memchr_iter(b'&', bytes) {
        if at < kept {
            continue;
        }
        if let Some((c, length)) = reference(&bytes[at + 1..]) {
            out.extend_from_slice(&bytes[kept..at]);
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            kept = at + 1 + length;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(bytes);
    }
    out.extend_from_slice(&bytes[kept..]);
    Cow::Owned(out)
}

/// The character of `name;` or `#number;` at the start, and the length with the semicolon.
fn reference(bytes: &[u8]) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let end = bytes.iter().take(LONGEST).position(|&byte| byte == b';')?;
    let c = match &bytes[..end] {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        name => NAMES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((c, end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<char> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
    char::from_u32(u32::from_str_radix(text, radix).ok()?)
}
