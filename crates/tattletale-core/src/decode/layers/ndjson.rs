//! Several JSON values behind one another: newline-delimited JSON, and envelopes of headers and items.
//!
//! Where control characters end the values or stand before them, as no text has them, all of them must be JSON: then one
//! value is enough.

use super::json;
use crate::decode::look::{BREAK, CONTROL, OPENING};
use crate::decode::{At, Layer, Look, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Ndjson;

/// RFC 7464 has it before a value, SignalR behind one.
const SEPARATOR: u8 = 0x1e;

impl Layer for Ndjson {
    fn name(&self) -> &'static str {
        "ndjson"
    }

    fn about(&self) -> &'static str {
        "JSON values on lines of their own (NDJSON; Sentry's envelopes are made so); lines that are none are kept as they are. Also between record separators (JSON text sequences, RFC 7464; SignalR's hub protocol) and zero bytes."
    }

    fn example(&self) -> &'static [u8] {
        b"{\"type\":\"event\"}\n{\"user\":\"zoe\"}\n"
    }

    fn needs(&self) -> Needs {
        const SEPARATED: Needs = Needs::NOTHING.binary().some(CONTROL).some(OPENING).first(b"{[\x1e\0");
        Needs::NOTHING.some(BREAK).some(OPENING).first(b"{[\n").or(&SEPARATED)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        if !view.look.text() && are_records(bytes) {
            for (number, record) in records(bytes).enumerate() {
                out.piece(At::Index(number), record);
            }
            return;
        }
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

/// Whether there is nothing but values, at least one, with control characters before, between or behind them.
fn are_records(bytes: &[u8]) -> bool {
    let separated = memchr::memchr2(SEPARATOR, 0, bytes).is_some();
    separated && records(bytes).next().is_some() && records(bytes).all(|record| is_value(&bytes[record]))
}

/// What stands between the control characters, without what is empty.
fn records(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let ends = memchr::memchr2_iter(SEPARATOR, 0, bytes);
    split(bytes, ends).filter(|record| !bytes[record.clone()].trim_ascii().is_empty())
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

fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    split(bytes, memchr::memchr_iter(b'\n', bytes))
}

fn split<'b>(bytes: &'b [u8], ends: impl Iterator<Item = usize> + 'b) -> impl Iterator<Item = Range<usize>> + 'b {
    let mut start = 0;
    ends.chain([bytes.len()]).map(move |end| {
        let line = start..end;
        start = (end + 1).min(bytes.len());
        line
    })
}
