//! Snappy, in its framing format and as bare blocks.
//!
//! A block has no magic number, but it says how much comes out of it: it is opened where that holds, and beyond
//! doubt where a text comes out.

use super::gzip::unpack;
use crate::codec::decompress::{Compression, decompress};
use crate::codec::inflate::End;
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Snappy;

/// What must come out of a block.
const ENOUGH: usize = 24;

impl Layer for Snappy {
    fn name(&self) -> &'static str {
        "snappy"
    }

    fn about(&self) -> &'static str {
        "Snappy's framing format (framing_format.txt), known by its stream identifier, and bare blocks (format_description.txt), as Prometheus' remote write sends them (remote write 1.0), where their stated length holds."
    }

    fn example(&self) -> &'static [u8] {
        b"\xff\x06\x00\x00\x73\x4e\x61\x50\x70\x59\x01\x12\x00\x00\xc8\xd9\xd2\x2d\x7b\x22\x75\x73\x65\x72\x22\x3a\x22\x7a\x6f\x65\x22\x7d"
    }

    fn needs(&self) -> Needs {
        const FRAMED: Needs = Needs::NOTHING.from(2).binary().first(b"\xff");
        Needs::NOTHING.from(ENOUGH).binary().or(&FRAMED)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.starts_with(b"\xff\x06\x00\x00sNaPpY") {
            return unpack(Compression::Snappy, view, out);
        }
        if view.look.text() || !may_be_block(view.bytes) {
            return;
        }
        let mut bytes = Vec::new();
        if decompress(Compression::SnappyBlock, view.bytes, &mut bytes, out.room()) == End::Complete {
            out.made(&bytes, if Look::of(&bytes).text() { Proof::Sure } else { Proof::Guess });
        }
    }
}

/// A length that can be, then a literal: a first copy would have nothing to copy from.
fn may_be_block(bytes: &[u8]) -> bool {
    let head = bytes.iter().take(5).take_while(|&&byte| byte >= 0x80).count();
    let length = bytes.iter().take(head + 1).rev().fold(0usize, |length, &byte| length << 7 | usize::from(byte & 0x7f));
    bytes.len() >= ENOUGH && length >= ENOUGH && head < 5 && bytes.get(head + 1).is_some_and(|tag| tag & 3 == 0)
}
