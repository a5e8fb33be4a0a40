//! Several JSON values behind one another: newline-delimited JSON, and envelopes of headers and items.

use super::json;
use crate::decode::look::{BREAK, OPENING};
use crate::decode::{At, Layer, Look, Needs, Opening, View};

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
        if !is_value(&bytes[first]) {
            return;
        }
        let end = binary_end(view);
        let whole = (end < bytes.len()).then_some(end..bytes.len());
        for (number, line) in lines(&bytes[..end]).filter(|line| !line.is_empty()).chain(whole).enumerate() {
            out.piece(At::Index(number), line);
        }
    }
}

/// A whole object or array.
fn is_value(line: &[u8]) -> bool {
    let container = matches!(line.first(), Some(b'{' | b'['));
    container && json::value(line).is_ok_and(|end| line[end..].iter().all(u8::is_ascii_whitespace))
}

/// Where binary begins behind the last value, or the end: what a line feed means in there nobody knows, as in Sentry's
/// replays, which are a line of JSON and a stream of zlib.
fn binary_end(view: &View<'_>) -> usize {
    let bytes = view.bytes;
    if view.look.text() {
        return bytes.len();
    }
    let last = lines(bytes).filter(|line| is_value(&bytes[line.clone()])).last().map_or(0, |line| line.end);
    let mut behind = lines(bytes).filter(|line| line.start >= last);
    behind.find(|line| !Look::of(&bytes[line.clone()]).text()).map_or(bytes.len(), |line| line.start)
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
