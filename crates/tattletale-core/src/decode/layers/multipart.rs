//! multipart bodies: parts between boundary lines, each with headers and content, nested or not.
//!
//! The boundary is taken from the body itself, whose first line must be one: it is there even where the header was
//! lost.

use crate::decode::look::BREAK;
use crate::decode::{At, Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Multipart;

impl Layer for Multipart {
    fn name(&self) -> &'static str {
        "multipart"
    }

    fn about(&self) -> &'static str {
        "multipart bodies (RFC 2046, 5.1; form-data: RFC 7578): contents by field name, and what their headers say (file names)."
    }

    fn example(&self) -> &'static [u8] {
        b"--x1\r\nContent-Disposition: form-data; name=\"mail\"\r\n\r\nzoe@mail.test\r\n--x1--\r\n"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(12).first(b"-").some(BREAK)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let Some(line) = first_line(bytes) else { return };
        let boundary = &bytes[..line];
        let mut starts = memchr::memmem::find_iter(bytes, boundary).filter(|&at| at == 0 || bytes[at - 1] == b'\n');
        let Some(mut from) = starts.next().map(|at| at + boundary.len()) else { return };
        for (number, at) in starts.chain([bytes.len()]).enumerate() {
            part(bytes, from..at, number, out);
            from = (at + boundary.len()).min(bytes.len());
            if bytes[from..].starts_with(b"--") {
                return;
            }
        }
    }
}

/// Length of a first line that is a boundary and is followed by a header.
fn first_line(bytes: &[u8]) -> Option<usize> {
    const LONGEST: usize = 80;
    if !bytes.starts_with(b"--") {
        return None;
    }
    let end = bytes.iter().take(LONGEST).position(|&byte| byte == b'\n')?;
    let rest = &bytes[end + 1..];
    let header = rest.get(..8)?.eq_ignore_ascii_case(b"content-");
    let line = bytes[..end].trim_ascii_end().len();
    (header && line > 2).then_some(line)
}

/// One part from behind its boundary to before the next.
fn part(bytes: &[u8], span: Range<usize>, number: usize, out: &mut Opening<'_, '_>) {
    let part = &bytes[span.clone()];
    let blank = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|blank| memchr::memmem::find(part, blank).map(|at| (at, blank.len())));
    let Some((head, gap)) = blank.min() else { return };
    let name = parameter(&part[..head], b"name=\"");
    let at = match &name {
        Some(name) if !name.is_empty() => At::Name(&part[name.clone()]),
        _ => At::Index(number),
    };
    let file = parameter(&part[..head], b"filename=\"").filter(|file| !file.is_empty());
    if let Some(file) = file {
        out.name(at, span.start + file.start..span.start + file.end, None);
    }
    let mut end = part.len();
    for ending in [b'\n', b'\r'] {
        if end > head + gap && part[end - 1] == ending {
            end -= 1;
        }
    }
    if head + gap < end {
        out.piece(at, span.start + head + gap..span.start + end);
    }
}

/// What is quoted behind `key`, which must not be the end of a longer word.
fn parameter(head: &[u8], key: &[u8]) -> Option<Range<usize>> {
    let alone = |at: &usize| *at == 0 || !head[at - 1].is_ascii_alphanumeric();
    let start = memchr::memmem::find_iter(head, key).find(alone)? + key.len();
    Some(start..start + memchr::memchr(b'"', &head[start..])?)
}
