//! Snappy in its framing format; bare blocks are not tried.

use super::gzip::unpack;
use crate::codec::decompress::Compression;
use crate::decode::{Layer, Opening, View};

pub(super) struct Snappy;

impl Layer for Snappy {
    fn name(&self) -> &'static str {
        "snappy"
    }

    fn about(&self) -> &'static str {
        "Snappy's framing format (framing_format.txt), known by its stream identifier."
    }

    fn example(&self) -> &'static [u8] {
        b"\xff\x06\x00\x00\x73\x4e\x61\x50\x70\x59\x01\x12\x00\x00\xc8\xd9\xd2\x2d\x7b\x22\x75\x73\x65\x72\x22\x3a\x22\x7a\x6f\x65\x22\x7d"
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.starts_with(b"\xff\x06\x00\x00sNaPpY") {
            unpack(Compression::Snappy, view, out);
        }
    }
}
