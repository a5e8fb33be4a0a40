//! Server-sent events: lines of `data:`, as streams answer and as some clients log.

use crate::decode::look::{BREAK, COLON};
use crate::decode::{At, Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Sse;

const FIELDS: [&[u8]; 5] = [b"data:", b"event:", b"id:", b"retry:", b":"];

impl Layer for Sse {
    fn name(&self) -> &'static str {
        "sse"
    }

    fn about(&self) -> &'static str {
        "Server-sent events (HTML, 9.2): the data of every event."
    }

    fn example(&self) -> &'static [u8] {
        b"event: user\ndata: {\"user\":\"zoe\"}\n\n"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().some(BREAK).some(COLON).first(b"deir:")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let starts = FIELDS.iter().any(|field| bytes.starts_with(field));
        if !starts || !view.look.has(BREAK) || !view.look.text() {
            return;
        }
        let ours = |line: &[u8]| line.is_empty() || line == b"\r" || FIELDS.iter().any(|field| line.starts_with(field));
        if !bytes.split(|&byte| byte == b'\n').all(ours) {
            return;
        }
        // Lines of data that follow one another are one text with line breaks (the standard's dispatch of an event).
        let (mut start, mut number) = (0, 0);
        let mut data: Vec<Range<usize>> = Vec::new();
        for line in bytes.split(|&byte| byte == b'\n').chain([&b""[..]]) {
            let content = content(line).map(|content| start + content.start..start + content.end);
            match content {
                Some(content) if line.starts_with(b"data") => data.push(content),
                content => {
                    flush(bytes, &mut data, &mut number, out);
                    if let Some(content) = content {
                        flush(bytes, &mut vec![content], &mut number, out);
                    }
                }
            }
            start += line.len() + 1;
        }
    }
}

/// What stands behind the name of a field and one blank.
fn content(line: &[u8]) -> Option<Range<usize>> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let blank = usize::from(line.get(colon + 1) == Some(&b' '));
    Some(colon + 1 + blank..line.trim_ascii_end().len().max(colon + 1 + blank))
}

fn flush(bytes: &[u8], lines: &mut Vec<Range<usize>>, number: &mut usize, out: &mut Opening<'_, '_>) {
    match lines.as_slice() {
        [] => return,
        [line] if line.is_empty() => {}
        [line] => out.piece(At::Index(*number), line.clone()),
        [first, .., last] => {
            let joined = lines.iter().map(|line| &bytes[line.clone()]).collect::<Vec<_>>().join(&b'\n');
            out.unescaped(At::Index(*number), first.start..last.end, &joined);
        }
    }
    *number += lines.len();
    lines.clear();
}
