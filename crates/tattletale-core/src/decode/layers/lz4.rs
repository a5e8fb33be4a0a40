//! LZ4, in its frame format and as blocks.
//!
//! A block has neither magic number nor length. It is opened behind a length that holds, as most libraries put it
//! there, or where a whole one becomes text.

use super::gzip::unpack;
use crate::codec::decompress::{Compression, decompress};
use crate::codec::inflate::End;
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Lz4;

const MAGIC: &[u8] = b"\x04\x22\x4d\x18";

/// What must come out of a block.
const ENOUGH: usize = 32;

impl Layer for Lz4 {
    fn name(&self) -> &'static str {
        "lz4"
    }

    fn about(&self) -> &'static str {
        "LZ4 frames (LZ4 frame format 1.6.4), known by their magic number, and blocks (LZ4 block format) behind their length, as Firefox' mozLz4 has it, or where a whole one becomes text."
    }

    fn example(&self) -> &'static [u8] {
        b"\x04\x22\x4d\x18\x64\x40\xa7\x0e\x00\x00\x80\x7b\x22\x75\x73\x65\x72\x22\x3a\x22\x7a\x6f\x65\x22\x7d\x00\x00\x00\x00\x36\xed\x30\xae"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(4).binary()
    }

    fn glance(&self, view: &View<'_>) -> bool {
        view.bytes.starts_with(MAGIC) || sized(view.bytes).is_some() || starts_with_text(view.bytes)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.starts_with(MAGIC) {
            return unpack(Compression::Lz4, view, out);
        }
        let mut bytes = Vec::new();
        if let Some((block, stated)) = sized(view.bytes)
            && stated <= out.room()
            && decompress(Compression::Lz4Block, block, &mut bytes, stated) == End::Complete
            && bytes.len() == stated
        {
            return out.made(&bytes, Proof::Sure);
        }
        bytes.clear();
        if !view.look.text()
            && starts_with_text(view.bytes)
            && decompress(Compression::Lz4Block, view.bytes, &mut bytes, out.room()) == End::Complete
            && bytes.len() >= ENOUGH
            && Look::of(&bytes).text()
        {
            out.made(&bytes, Proof::Sure);
        }
    }
}

/// A block behind its length, if that can be.
fn sized(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (length, block) = bytes.strip_prefix(b"mozLz40\0").unwrap_or(bytes).split_first_chunk()?;
    let stated = u32::from_le_bytes(*length) as usize;
    (ENOUGH..=block.len().saturating_mul(255)).contains(&stated).then_some((block, stated))
}

/// The first sequence of a block begins with literals, and those of a text are text: this spares the attempt.
fn starts_with_text(bytes: &[u8]) -> bool {
    let Some((&token, rest)) = bytes.split_first() else { return false };
    let literals = match token >> 4 {
        15 => rest.get(1..16),
        count => rest.get(..usize::from(count)),
    };
    literals.is_some_and(|literals| literals.len() >= 4 && literals.iter().all(|&byte| byte >= 0x20 && byte != 0x7f))
}
