//! Several JSON values behind one another: newline-delimited JSON, and envelopes of headers and items.

use super::json;
use crate::decode::look::{BREAK, OPENING};
use crate::decode::{At, Layer, Needs, Opening, View};

pub(super) struct Ndjson;

impl Layer for Ndjson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn about(&self) -> &'static str {
        "JSON values on lines of their own (NDJSON; Sentry's envelopes are made so); lines that are none are kept as they are."
    }

    fn example(&self) -> &'static [u8] {
        b"{\"type\":\"event\"}\n{\"user\":\"zoe\"}\n"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.some(BREAK).some(OPENING).first(b"{[\n")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let first = lines(bytes).find(|line| !line.is_empty());
        let second = lines(bytes).filter(|line| !line.is_empty()).nth(1);
        let (Some(first), Some(_)) = (first, second) else { return };
        let is_value = |line: &[u8]| json::value(line).is_ok_and(|end| line[end..].iter().all(u8::is_ascii_whitespace));
        if !matches!(bytes[first.clone()].first(), Some(b'{' | b'[')) || !is_value(&bytes[first]) {
            return;
        }
        for (number, line) in lines(bytes).filter(|line| !line.is_empty()).enumerate() {
            out.piece(At::Index(number), line);
        }
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
    ends.map(move |end| {
        let line = start..end;
        start = (end + 1).min(bytes.len());
        line
    })
}
