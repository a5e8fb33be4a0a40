//! xz, known by its magic number.

use super::gzip::unpack;
use crate::codec::decompress::Compression;
use crate::decode::{Layer, Needs, Opening, View};

pub(super) struct Xz;

impl Layer for Xz {
    fn name(&self) -> &'static str {
        "xz"
    }

    fn about(&self) -> &'static str {
        "The .xz file format 1.2.0, known by its magic number."
    }

    fn example(&self) -> &'static [u8] {
        b"\xfd\x37\x7a\x58\x5a\x00\x00\x01\x69\x22\xde\x36\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f\xe5\xa3\x01\x00\x0d\x7b\x22\x75\x73\x65\x72\x22\x3a\x22\x7a\x6f\x65\x22\x7d\x00\x00\x00\xfb\x8f\x65\x7f\x00\x01\x22\x0e\x0c\xde\x8c\x60\x90\x42\x99\x0d\x01\x00\x00\x00\x00\x01\x59\x5a"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.first(b"\xfd")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.starts_with(b"\xfd7zXZ\x00") {
            unpack(Compression::Xz, view, out);
        }
    }
}
