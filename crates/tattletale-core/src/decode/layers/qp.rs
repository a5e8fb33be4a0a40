//! Quoted-printable, in mail and in multipart bodies that mail libraries made.

use crate::decode::look::EQUALS;
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};
use crate::model::url::hex_digit;

pub(super) struct QuotedPrintable;

impl Layer for QuotedPrintable {
    fn name(&self) -> &'static str {
        "qp"
    }

    fn about(&self) -> &'static str {
        "Quoted-printable (RFC 2045, 6.7), known by bytes above ASCII written as `=XX`, or by soft line breaks with other escapes."
    }

    fn example(&self) -> &'static [u8] {
        b"b=C3=B3l g=C5=82owy 7f3a91"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().some(EQUALS)
    }

    fn glance(&self, view: &View<'_>) -> bool {
        let first = memchr::memchr(b'=', view.bytes).map(|at| &view.bytes[at + 1..]);
        match first {
            Some([b'\r', b'\n', ..] | [b'\n', ..]) => true,
            Some([a, b, ..]) => [a, b].iter().all(|digit| digit.is_ascii_digit() || (b'A'..=b'F').contains(*digit)),
            _ => false,
        }
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !self.glance(view) || !view.look.text() || view.bytes.len() > out.room() {
            return;
        }
        if let Some(decoded) = decode(view.bytes) {
            out.made(&decoded, Proof::Sure);
        }
    }
}

/// None unless every `=` is an escape or a soft break, and the escapes are such as nobody writes by chance.
fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut rest, mut high, mut soft, mut escapes) = (bytes, 0, 0, 0);
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => {
                soft += 1;
                after
            }
            [a, b, after @ ..] if !a.is_ascii_lowercase() && !b.is_ascii_lowercase() => {
                let byte = hex_digit(*a)? << 4 | hex_digit(*b)?;
                high += usize::from(byte >= 0x80);
                escapes += 1;
                out.push(byte);
                after
            }
            _ => return None,
        };
    }
    out.extend_from_slice(rest);
    let telling = high >= 2 || (soft > 0 && escapes > 0);
    (telling && Look::of(&out).text()).then_some(out)
}
