//! DNS messages, as DNS over HTTPS sends them in bodies and in `dns=`: the names that are asked for.

use crate::decode::{At, Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Dns;

const HEAD: usize = 12;

impl Layer for Dns {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn about(&self) -> &'static str {
        "DNS queries (RFC 1035, 4) as DNS over HTTPS sends them (RFC 8484): the names asked for, by number of the question."
    }

    fn example(&self) -> &'static [u8] {
        b"\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x06clinic\x04test\x00\x00\x01\x00\x01"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(12).binary()
    }

    /// A query or response of the ordinary kind with one question and few records.
    fn glance(&self, view: &View<'_>) -> bool {
        matches!(view.bytes, [_, _, _, _, 0, 1, 0, 0..=32, 0, 0..=32, 0, 0..=8, ..])
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let (true, [_, _, flags, rcode, ..]) = (self.glance(view), view.bytes) else { return };
        if flags & 0b0111_1000 != 0 || rcode & 0b0100_1111 > 5 || view.look.text() {
            return;
        }
        let Some((span, name)) = name(view.bytes) else { return };
        let after = &view.bytes[span.end..];
        // A known kind of record, of the class for the Internet; a query has room for options behind it only.
        let ([kind_high, kind, 0, 1, ..], plain_query) = (after, flags & 0x80 == 0) else { return };
        let known = matches!((*kind_high, *kind), (0, 1..=65 | 255) | (1, 0 | 1));
        if known && (!plain_query || after.len() < 1024) {
            out.unescaped(At::Index(0), span, &name);
        }
    }
}

/// The first question's name, with dots, and where it stands.
fn name(bytes: &[u8]) -> Option<(Range<usize>, Vec<u8>)> {
    let mut name = Vec::new();
    let mut at = HEAD;
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        let label = bytes.get(at..at + length).filter(|_| length < 64)?;
        if !label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return None;
        }
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend_from_slice(label);
        at += length;
    }
    (name.len() >= 4 && name.contains(&b'.')).then_some((HEAD..at, name))
}
