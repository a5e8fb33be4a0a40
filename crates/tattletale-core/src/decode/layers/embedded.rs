//! Base64 inside a longer text: behind a prefix, a version, a separator, or with letters cut off its end.
//!
//! Runs of base64 digits are everywhere (words, identifiers), so a run counts only when it decodes to text that
//! itself reads as such for long, or to something with a magic number; then it is a piece, and base64 opens it.
//! Letters that stand right before it are digits, too: then the text must go on to the end of the run, or begin as a
//! stream does.

use crate::codec::base64;
use crate::decode::look::{DIGIT, HEX_LOWER, HEX_UPPER, LOWER, UPPER};
use crate::decode::{At, Layer, Look, Needs, Opening, View, begins_stream};
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

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().from(SHORTEST).some(LOWER | HEX_LOWER).some(UPPER | HEX_UPPER).some(DIGIT)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        // Radix-64 digits of any length hold letters in both cases.
        let cases = view.look.has(LOWER | HEX_LOWER) && view.look.has(UPPER | HEX_UPPER);
        if view.bytes.len() < SHORTEST || !cases || !view.look.text() || view.bytes.len() > out.room() {
            return;
        }
        for (number, run) in found(view.bytes).enumerate() {
            out.piece(At::Index(number), run);
        }
    }
}

/// The runs that are base64 beyond doubt, and not the whole.
pub(super) fn found(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let whole = bytes.len();
    let telling = move |run: Range<usize>| match run.len() < whole && telling(&bytes[run.clone()]) {
        true => Some(run),
        false => {
            let inner = stream(&bytes[run.clone()]).or_else(|| shifted(&bytes[run.clone()]));
            inner.map(|inner| run.start + inner.start..run.start + inner.end)
        }
    };
    runs(bytes).into_iter().filter_map(telling).filter(move |run| run.len() < whole)
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
    Look::of(&decoded).text() || begins_stream(&decoded)
}

/// Where a stream begins in a run that has letters before it: by the letters of what gzip, zlib and zstd begin with.
///
/// Of each such place only so much is decoded as tells a stream, and of so many.
fn stream(run: &[u8]) -> Option<Range<usize>> {
    const HEAD: usize = 512;
    const MOST: usize = 16;
    if !Look::of(run).mixed() {
        return None;
    }
    let begins = |at: &usize| {
        let rest = &run[*at..];
        [b"H4sI".as_slice(), b"eJ", b"eN", b"eAE", b"eF", b"KLUv"].iter().any(|letters| rest.starts_with(letters))
    };
    let telling = |at: &usize| {
        let head = &run[*at..run.len().min(at + HEAD)];
        head.len() >= SHORTEST && base64::decode(head).is_some_and(|decoded| begins_stream(&decoded))
    };
    (1..run.len()).filter(begins).take(MOST).find(telling).map(|at| at..run.len())
}

/// Where text begins in a run that has letters before it or that lost its last one, if it then goes on to the end.
///
/// The end is tried first, in each of the four ways to cut a run into fours, so most runs cost four short decodings.
fn shifted(run: &[u8]) -> Option<Range<usize>> {
    /// What must become text, in bytes: chance gives 1.4 bits each.
    const ENOUGH: usize = 21;
    const TAIL: usize = ENOUGH / 3 * 4;
    if run.len() < TAIL || !Look::of(run).mixed() {
        return None;
    }
    let ways = (0..4).filter_map(|offset| {
        let cut = run.len() - usize::from((run.len() - offset) % 4 == 1 && !run.ends_with(b"="));
        let body = &run[offset..cut];
        let tail = body.len().saturating_sub(TAIL) / 4 * 4;
        let readable = |at: usize| base64::decode(&body[at..]).filter(|bytes| text_from(bytes) + 3 < bytes.len());
        readable(tail)?;
        let decoded = readable(0)?;
        let from = text_from(&decoded).div_ceil(3);
        (decoded.len() >= from * 3 + ENOUGH).then_some(offset + from * 4..cut)
    });
    // Monotonous text reads like text in a wrong way as well, but not for as long.
    ways.max_by_key(Range::len)
}

/// Where the text begins that goes on to the end.
fn text_from(bytes: &[u8]) -> usize {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || *byte == 0x7f;
    let mut from = bytes.iter().rposition(control).map_or(0, |at| at + 1);
    while let Err(error) = std::str::from_utf8(&bytes[from..]) {
        from += error.valid_up_to() + error.error_len().unwrap_or(1);
    }
    from
}
