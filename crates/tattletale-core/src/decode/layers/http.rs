//! HTTP inside of HTTP: batches and proxied messages.

use crate::decode::look::BREAK;
use crate::decode::{At, Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Http;

const METHODS: [&[u8]; 7] = [b"GET ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"HEAD ", b"OPTIONS "];

impl Layer for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn about(&self) -> &'static str {
        "HTTP/1.1 messages (RFC 9112; application/http) inside a body, as batch endpoints take them: target, headers and body."
    }

    fn example(&self) -> &'static [u8] {
        b"POST /v1/users?mail=zoe%40mail.test HTTP/1.1\r\nHost: a.test\r\n\r\n{\"user\":\"zoe\"}"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.some(BREAK).first(b"GPDHO")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let request = METHODS.iter().any(|method| bytes.starts_with(method));
        if !(request || bytes.starts_with(b"HTTP/1.")) || !view.look.has(BREAK) {
            return;
        }
        let Some(first) = memchr::memchr(b'\n', bytes) else { return };
        let line = bytes[..first].trim_ascii_end();
        if request {
            let Some(target) = target(line) else { return };
            out.piece(At::Word("target"), target);
        }
        let mut at = first + 1;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found);
            if bytes[at..end].trim_ascii().is_empty() {
                at = (end + 1).min(bytes.len());
                break;
            }
            header(bytes, at..end, out);
            at = (end + 1).min(bytes.len());
        }
        if at < bytes.len() {
            out.piece(At::Word("body"), at..bytes.len());
        }
    }
}

/// Between the method and the version, if that is what the line has.
fn target(line: &[u8]) -> Option<Range<usize>> {
    let start = line.iter().position(|&byte| byte == b' ')? + 1;
    let end = line.iter().rposition(|&byte| byte == b' ')?;
    (start < end && line[end + 1..].starts_with(b"HTTP/")).then_some(start..end)
}

fn header(bytes: &[u8], span: Range<usize>, out: &mut Opening<'_, '_>) {
    let line = &bytes[span.clone()];
    let Some(colon) = memchr::memchr(b':', line) else { return };
    let value = &line[colon + 1..];
    let start = span.start + colon + 1 + (value.len() - value.trim_ascii_start().len());
    let end = start + value.trim_ascii().len();
    if start < end {
        out.piece(At::Name(&line[..colon]), start..end);
    }
}
