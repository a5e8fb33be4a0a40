//! Zlib, declared or not.

use super::gzip::report;
use crate::codec::inflate::{End, Framing, inflate};
use crate::decode::{Layer, Needs, Opening, Proof, View};

pub(super) struct Zlib;

/// Two bytes of header prove little: so many bytes must come out of a stream that does not end well.
const ENOUGH: usize = 32;

impl Layer for Zlib {
    fn name(&self) -> &'static str {
        "zlib"
    }

    fn about(&self) -> &'static str {
        "Zlib streams (RFC 1950), known by their header check; what came out of a damaged one is kept."
    }

    fn example(&self) -> &'static [u8] {
        b"\x78\x9c\x4b\x4c\x4a\x4e\x49\x4d\x4b\xcf\x00\x00\x0e\x00\x03\x25"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(2).first(b"x").or_coded("deflate")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let declared = view.hint.encoded_as("deflate");
        if !has_header(view.bytes) {
            return;
        }
        let mut bytes = Vec::new();
        let end = inflate(Framing::Zlib, view.bytes, &mut bytes, out.room());
        if bytes.is_empty() || (!declared && end != End::Complete && bytes.len() < ENOUGH) {
            return;
        }
        report(&end, view.bytes.len(), bytes.len(), out);
        out.made(&bytes, Proof::Sure);
    }
}

/// Method 8, the usual window, and a check that makes the first two bytes a multiple of 31.
pub(super) fn has_header(bytes: &[u8]) -> bool {
    matches!(bytes, [0x78, flags, ..] if (0x7800 + u16::from(*flags)) % 31 == 0)
}
