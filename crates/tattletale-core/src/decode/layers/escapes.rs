//! Backslash escapes of JSON and JavaScript outside of any JSON: strings that were escaped twice, or cut out.

use crate::codec::json::unescape;
use crate::decode::look::BACKSLASH;
use crate::decode::{Layer, Needs, Opening, Proof, View};
use crate::model::url::hex_digit;
use std::borrow::Cow;

pub(super) struct Escapes;

impl Layer for Escapes {
    fn name(&self) -> &'static str {
        "escapes"
    }

    fn about(&self) -> &'static str {
        "String escapes (RFC 8259, 7; `\\xHH` of ECMAScript) without a string around them, as after escaping twice."
    }

    fn example(&self) -> &'static [u8] {
        br#"{\"mail\":\"zo\u0065@mail.test\"}"#
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().some(BACKSLASH)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if memchr::memchr(b'\\', view.bytes).is_none() || !view.look.text() || view.bytes.len() > out.room() {
            return;
        }
        if telling(view.bytes) {
            let bytes = hex_escapes(view.bytes);
            out.made(&unescape(&bytes), Proof::Sure);
        }
    }
}

/// Every backslash starts an escape, and one of them is no mere line break: `C:\\new` is a folder.
fn telling(bytes: &[u8]) -> bool {
    let mut telling = false;
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let hex = |from: usize, digits: usize| {
            rest.get(from..from + digits).is_some_and(|run| run.iter().all(|&digit| hex_digit(digit).is_some()))
        };
        let length = match rest.get(at + 1) {
            Some(b'"' | b'/') => 2,
            Some(b'u') if hex(at + 2, 4) => 6,
            Some(b'x') if hex(at + 2, 2) => 4,
            Some(b'n' | b'r' | b't' | b'b' | b'f' | b'\\') => {
                rest = &rest[at + 2..];
                continue;
            }
            _ => return false,
        };
        telling = true;
        rest = &rest[at + length..];
    }
    telling
}

/// `\xHH` is none of JSON's escapes: it becomes the `\u00HH` that means the same.
fn hex_escapes(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find(bytes, br"\x").is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut position = 0;
    while position < bytes.len() {
        let taken = match &bytes[position..] {
            [b'\\', b'x', ..] => {
                out.extend_from_slice(br"\u00");
                2
            }
            [b'\\', escaped, ..] => {
                out.extend_from_slice(&[b'\\', *escaped]);
                2
            }
            other => {
                out.push(other[0]);
                1
            }
        };
        position += taken;
    }
    Cow::Owned(out)
}
