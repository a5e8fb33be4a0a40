//! Zstandard, declared or not: the magic number decides.

use super::gzip::unpack;
use crate::codec::decompress::Compression;
use crate::decode::{Layer, Needs, Opening, View};

pub(super) struct Zstd;

impl Layer for Zstd {
    fn name(&self) -> &'static str {
        "zstd"
    }

    fn about(&self) -> &'static str {
        "Zstandard frames (RFC 8878), any number of them, known by their magic number whether `zstd` is declared or not."
    }

    fn example(&self) -> &'static [u8] {
        b"\x28\xb5\x2f\xfd\x04\x58\x71\x00\x00\x7b\x22\x75\x73\x65\x72\x22\x3a\x22\x7a\x6f\x65\x22\x7d\x26\x3b\x06\x3f"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.first(b"\x28")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.starts_with(b"\x28\xb5\x2f\xfd") {
            unpack(Compression::Zstd, view, out);
        }
    }
}
