//! Brotli, which has neither magic number nor checksum.
//!
//! Where it is declared it is believed. Elsewhere the stream must end exactly with the bytes and must have been a
//! text, which random bytes do not come to be: nearly all of them break the format within a few bytes.

use super::gzip::report;
use crate::codec::decompress::{Compression, decompress};
use crate::codec::inflate::End;
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Brotli;

/// Text that must come out of a stream that nobody declared.
const ENOUGH: usize = 16;

/// A decoder's state costs far more than a look: short binary that nobody declares is an identifier, not a stream.
const SHORTEST_UNDECLARED: usize = 18;

impl Layer for Brotli {
    fn name(&self) -> &'static str {
        "brotli"
    }

    fn about(&self) -> &'static str {
        "Brotli (RFC 7932) where `br` is declared, and undeclared where a whole stream becomes text."
    }

    fn example(&self) -> &'static [u8] {
        b"\x30\x01\x10\x7b\x22\x75\x73\x65\x72\x22\x3a\x22\x7a\x6f\x65\x22\x2c\x22\x6e\x22\x3a\x31\x7d\x03"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(SHORTEST_UNDECLARED).binary().or_coded("br")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let declared = view.hint.encoded_as("br");
        if !declared && (view.look.text() || view.bytes.len() < SHORTEST_UNDECLARED) {
            return;
        }
        let mut bytes = Vec::new();
        let end = decompress(Compression::Brotli, view.bytes, &mut bytes, out.room());
        let read = end == End::Complete && bytes.len() >= ENOUGH && Look::of(&bytes).text();
        if bytes.is_empty() || !(declared || read) {
            return;
        }
        report(&end, view.bytes.len(), bytes.len(), out);
        out.made(&bytes, Proof::Sure);
    }
}
