//! Sentry's envelopes: a header in JSON, then items, each with a header in JSON and as many bytes as that says.
//!
//! Envelopes whose items are all JSON on one line are newline-delimited JSON too, and are left to that layer: this
//! one is for payloads that are not (attachments, minidumps, replays, compressed profiles).

use super::json;
use crate::codec::json::{Kind, Token, Tokens};
use crate::decode::look::BREAK;
use crate::decode::{At, Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Envelope;

impl Layer for Envelope {
    fn name(&self) -> &'static str {
        "envelope"
    }

    fn about(&self) -> &'static str {
        "Sentry envelopes (develop.sentry.dev/sdk/envelopes) with items of a stated length: headers and payloads, binary ones included."
    }

    fn example(&self) -> &'static [u8] {
        b"{\"event_id\":\"1\"}\n{\"type\":\"attachment\",\"length\":14}\nzoe@mail.test\n\n"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.some(BREAK).first(b"{")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        if bytes.first() != Some(&b'{') {
            return;
        }
        let Some((pieces, true)) = items(bytes) else { return };
        for (number, piece) in pieces.into_iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
            out.piece(At::Index(number), piece);
        }
    }
}

/// Headers and payloads in turn, and whether some payload is more than a line of JSON; none if it is no envelope.
fn items(bytes: &[u8]) -> Option<(Vec<Range<usize>>, bool)> {
    let line = |from: usize| from..memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |found| from + found);
    let whole = |span: &Range<usize>| json::value(&bytes[span.clone()]).is_ok_and(|end| end == span.len());
    let head = line(0);
    if !whole(&head) {
        return None;
    }
    let mut at = (head.end + 1).min(bytes.len());
    let mut pieces = vec![head];
    let mut beyond_lines = false;
    while at < bytes.len() {
        let header = line(at);
        if header.is_empty() && header.end + 1 >= bytes.len() {
            break;
        }
        if !whole(&header) {
            return None;
        }
        let start = (header.end + 1).min(bytes.len());
        let stated = length(&bytes[header.clone()]);
        let payload = match stated {
            Some(length) => start..start.checked_add(length).filter(|&end| end <= bytes.len())?,
            None => line(start),
        };
        let ended = matches!(bytes.get(payload.end), None | Some(b'\n'));
        if !ended {
            return None;
        }
        beyond_lines |= stated.is_some() && (line(start) != payload || !whole(&payload));
        at = (payload.end + 1).min(bytes.len());
        pieces.push(header);
        pieces.push(payload);
    }
    (pieces.len() > 1).then_some((pieces, beyond_lines))
}

/// The member `length` of an item header, at its outermost level.
fn length(header: &[u8]) -> Option<usize> {
    let mut tokens = Tokens::new(header);
    let (mut depth, mut ours) = (0, false);
    while let Ok(Some(Token { kind, span })) = tokens.next_token() {
        match kind {
            Kind::ObjectStart | Kind::ArrayStart => depth += 1,
            Kind::ObjectEnd | Kind::ArrayEnd => depth -= 1,
            Kind::Key => ours = depth == 1 && &header[span] == b"length",
            Kind::Number if ours => return std::str::from_utf8(&header[span]).ok()?.parse().ok(),
            _ => ours = false,
        }
    }
    None
}
