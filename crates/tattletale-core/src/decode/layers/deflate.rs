//! Raw deflate, which servers and clients often mean when they declare `deflate` (RFC 9110, 8.4.1.2, has a note on
//! it). It has neither magic number nor checksum, so it is only opened where it is declared.

use super::gzip::report;
use super::zlib::has_header;
use crate::codec::inflate::{Framing, inflate};
use crate::decode::{Layer, Opening, Proof, View};

pub(super) struct Deflate;

impl Layer for Deflate {
    fn name(&self) -> &'static str {
        "deflate"
    }

    fn about(&self) -> &'static str {
        "Raw deflate (RFC 1951) where `deflate` is declared but the zlib header is missing."
    }

    fn example(&self) -> &'static [u8] {
        b"\x4b\x4c\x4a\x4e\x49\x4d\x4b\xcf\x00\x00"
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !view.hint.encoded_as("deflate") || view.look.text() || has_header(view.bytes) {
            return;
        }
        let mut bytes = Vec::new();
        let end = inflate(Framing::Raw, view.bytes, &mut bytes, out.room());
        if !bytes.is_empty() {
            report(&end, view.bytes.len(), bytes.len(), out);
            out.made(&bytes, Proof::Sure);
        }
    }
}
