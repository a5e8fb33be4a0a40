//! bzip2, known by its signature.

use super::gzip::unpack;
use crate::codec::decompress::Compression;
use crate::decode::{Layer, Needs, Opening, View};

pub(super) struct Bzip2;

impl Layer for Bzip2 {
    fn name(&self) -> &'static str {
        "bzip2"
    }

    fn about(&self) -> &'static str {
        "bzip2 streams, known by their signature."
    }

    fn example(&self) -> &'static [u8] {
        b"\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x8a\xdc\x78\xf1\x00\x00\x06\x19\x80\x10\x00\x00\x10\x02\x00\x9a\x1a\x20\x00\x22\x03\xd4\x34\x10\x03\x01\x50\x5e\x21\x5b\x74\x78\xbb\x92\x29\xc2\x84\x84\x56\xe3\xc7\x88"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(4).first(b"B")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.starts_with(b"BZh") {
            unpack(Compression::Bzip2, view, out);
        }
    }
}
