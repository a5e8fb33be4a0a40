//! Base64 inside a longer text: behind a prefix, a version, a separator, or with letters cut off its end.
//!
//! Runs of base64 digits are everywhere (words, identifiers), so a run counts only when it decodes to text that
//! itself reads as such for long, or to something with a magic number; then it is a piece, and base64 opens it.

use crate::codec::base64;
use crate::decode::look::{DIGIT, HEX_LOWER, HEX_UPPER, LOWER, UPPER};
use crate::decode::{At, Layer, Look, Opening, View};
use std::ops::Range;

pub(super) struct Embedded;

const SHORTEST: usize = 20;

impl Layer for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn about(&self) -> &'static str {
        "Runs of base64 (RFC 4648) in a longer text, behind a prefix or between separators, as cookies and identifiers such as `v1.eyJ...` have them."
    }

    fn example(&self) -> &'static [u8] {
        b"v1.7~eyJ1c2VyIjoiem9lQG1haWwudGVzdCJ9~x"
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        // Radix-64 digits of any length hold letters in both cases.
        let cases = view.look.has(LOWER | HEX_LOWER) && view.look.has(UPPER | HEX_UPPER);
        if view.bytes.len() < SHORTEST || !cases || !view.look.has(!(LOWER | UPPER | HEX_LOWER | HEX_UPPER | DIGIT)) {
            return;
        }
        if !view.look.text() || view.bytes.len() > out.room() {
            return;
        }
        let mut number = 0;
        for run in runs(view.bytes) {
            if run.len() < view.bytes.len() && telling(&view.bytes[run.clone()]) {
                out.piece(At::Index(number), run);
                number += 1;
            }
        }
    }
}

/// Runs of digits with their padding, long enough.
fn runs(bytes: &[u8]) -> Vec<Range<usize>> {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    let mut runs = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && digit(bytes[at]) {
            at += 1;
        }
        let mut end = at;
        while end < bytes.len() && end < at + 2 && bytes[end] == b'=' {
            end += 1;
        }
        if at - start >= SHORTEST {
            runs.push(start..end);
        }
        at = end.max(start + 1);
    }
    runs
}

/// Small letters, capitals and digits, and what comes out is a text or starts as a compressed stream does.
fn telling(run: &[u8]) -> bool {
    if !Look::of(run).mixed() {
        return false;
    }
    let Some(decoded) = base64::decode(run) else { return false };
    let magic = matches!(decoded[..], [0x1f, 0x8b, 8, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..]);
    magic || Look::of(&decoded).text()
}
