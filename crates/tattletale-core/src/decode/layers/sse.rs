//! Server-sent events: lines of `data:`, as streams answer and as some clients log.

use crate::decode::look::BREAK;
use crate::decode::{At, Layer, Opening, View};

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
        let (mut start, mut number) = (0, 0);
        for line in bytes.split(|&byte| byte == b'\n') {
            if let Some(colon) = line.iter().position(|&byte| byte == b':') {
                let blank = usize::from(line.get(colon + 1) == Some(&b' '));
                let content = start + colon + 1 + blank..start + line.trim_ascii_end().len();
                if content.start < content.end {
                    out.piece(At::Index(number), content);
                }
                number += 1;
            }
            start += line.len() + 1;
        }
    }
}
