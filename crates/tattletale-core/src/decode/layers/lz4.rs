//! LZ4 in its frame format; bare blocks have neither magic number nor length and are not tried.

use super::gzip::unpack;
use crate::codec::decompress::Compression;
use crate::decode::{Layer, Opening, View};

pub(super) struct Lz4;

impl Layer for Lz4 {
    fn name(&self) -> &'static str {
        "lz4"
    }

    fn about(&self) -> &'static str {
        "LZ4 frames (LZ4 frame format 1.6.4), known by their magic number."
    }

    fn example(&self) -> &'static [u8] {
        b"\x04\x22\x4d\x18\x64\x40\xa7\x0e\x00\x00\x80\x7b\x22\x75\x73\x65\x72\x22\x3a\x22\x7a\x6f\x65\x22\x7d\x00\x00\x00\x00\x36\xed\x30\xae"
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.starts_with(b"\x04\x22\x4d\x18") {
            unpack(Compression::Lz4, view, out);
        }
    }
}
