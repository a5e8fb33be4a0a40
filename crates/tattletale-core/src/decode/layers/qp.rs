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
        is_telling(view.bytes)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !is_telling(view.bytes) || !view.look.text() || view.bytes.len() > out.room() {
            return;
        }
        let decoded = decode(view.bytes);
        if Look::of(&decoded).text() {
            out.made(&decoded, Proof::Sure);
        }
    }
}

/// What stands behind a `=`.
enum Sign<'a> {
    /// A byte.
    Escape(u8, &'a [u8]),
    /// The end of a line that goes on.
    Soft(&'a [u8]),
    /// Anything else.
    Other,
}

impl<'a> Sign<'a> {
    fn of(behind: &'a [u8]) -> Self {
        let digit = |digit: u8| hex_digit(digit).filter(|_| !digit.is_ascii_lowercase());
        match behind {
            [b'\r', b'\n', after @ ..] | [b'\n', after @ ..] => Self::Soft(after),
            [a, b, after @ ..] => match (digit(*a), digit(*b)) {
                (Some(high), Some(low)) => Self::Escape(high << 4 | low, after),
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// Whether every `=` is an escape or a soft break, and the escapes are such as nobody writes by chance.
fn is_telling(bytes: &[u8]) -> bool {
    let (mut rest, mut high, mut soft, mut escapes) = (bytes, 0, 0, 0);
    while let Some(at) = memchr::memchr(b'=', rest) {
        rest = match Sign::of(&rest[at + 1..]) {
            Sign::Soft(after) => {
                soft += 1;
                after
            }
            Sign::Escape(byte, after) => {
                high += usize::from(byte >= 0x80);
                escapes += 1;
                after
            }
            Sign::Other => return false,
        };
    }
    high >= 2 || (soft > 0 && escapes > 0)
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = match Sign::of(&rest[at + 1..]) {
            Sign::Soft(after) => after,
            Sign::Escape(byte, after) => {
                out.push(byte);
                after
            }
            Sign::Other => break,
        };
    }
    out.extend_from_slice(rest);
    out
}
