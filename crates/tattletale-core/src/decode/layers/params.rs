//! Lists of `name=value`: cookies with structure, parameters of headers, and what SDKs write by hand.
//!
//! A query is a form and is left to it; here the names must be plain and stand behind `;`, `,` or `|`.

use crate::decode::look::{BREAK, EQUALS, SEPARATOR};
use crate::decode::{At, Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Params;

impl Layer for Params {
    fn name(&self) -> &'static str {
        "params"
    }

    fn about(&self) -> &'static str {
        "Lists of name=value behind `;`, `,` or `|` (parameters of RFC 9110, 5.6.6; cookies of RFC 6265 with structure of their own), quoted or not."
    }

    fn example(&self) -> &'static [u8] {
        br#"uid=zoe-1; mail="zoe@mail.test""#
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().some(EQUALS).some(SEPARATOR).only(!BREAK)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !view.look.has(EQUALS) || !view.look.text() || view.look.has(BREAK) {
            return;
        }
        let bytes = view.bytes;
        let Some(separator) = b";|,".iter().copied().find(|separator| memchr::memchr(*separator, bytes).is_some())
        else {
            return;
        };
        if memchr::memchr(b'&', bytes).is_some() || !looks_like_one(bytes, separator) {
            return;
        }
        let mut start = 0;
        for end in memchr::memchr_iter(separator, bytes).chain([bytes.len()]) {
            field(bytes, start..end, out);
            start = end + 1;
        }
    }
}

/// Every field up to the fourth has a plain name; of a list with `;` the first may be a value alone.
fn looks_like_one(bytes: &[u8], separator: u8) -> bool {
    let mut named = 0;
    for (position, field) in bytes.split(|&byte| byte == separator).take(4).enumerate() {
        let field = field.trim_ascii();
        let name = memchr::memchr(b'=', field).map(|equals| &field[..equals]);
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.$-".contains(byte);
        match name {
            Some(name) if !name.is_empty() && name.len() <= 64 && name.iter().all(plain) => named += 1,
            None if field.is_empty() || (separator == b';' && position == 0 && !field.contains(&b' ')) => {}
            _ => return false,
        }
    }
    named > 0
}

fn field(bytes: &[u8], span: Range<usize>, out: &mut Opening<'_, '_>) {
    let field = &bytes[span.clone()];
    let start = span.start + field.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let (name, mut value) = match memchr::memchr(b'=', &bytes[start..span.end]) {
        Some(equals) => (&bytes[start..start + equals], start + equals + 1..span.end),
        None => (&bytes[..0], start..span.end),
    };
    if let [b'"', .., b'"'] = bytes[value.clone()] {
        value = value.start + 1..value.end - 1;
    }
    if !value.is_empty() {
        out.piece(At::Name(name), value);
    }
}
