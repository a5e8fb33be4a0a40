//! Android sparse images: a raw image as chunks of data, fills and holes (`sparse_format.h` of libsparse, 1.0).

use std::sync::Arc;

use super::format::{Format, Open};
use super::mapped::From;
use super::split::{self, Part};
use super::walker::{Trouble, Walk};
use crate::le::{u16_at, u32_at};
use crate::source::Source;

const MAGIC: [u8; 4] = [0x3a, 0xff, 0x26, 0xed];
const HEADER: usize = 28;
const CHUNK_HEADER: usize = 12;
/// Chunks beyond these are refused; an image of 16 GB in chunks of 64 KB has a quarter of them.
const MOST_CHUNKS: u32 = 1 << 20;
const MOST_BLOCK: u32 = 1 << 20;

const RAW: u16 = 0xcac1;
const FILL: u16 = 0xcac2;
/// "Don't care": whatever was there before, which is zeros, or what another part of the image holds.
const HOLE: u16 = 0xcac3;
const CHECKSUM: u16 = 0xcac4;

/// The format.
pub(super) static FORMAT: Format =
    Format { name: "sparse image", sniff: |head| head.starts_with(&MAGIC), open: Open::Anywhere(open) };

/// What the chunks of one file say.
#[derive(Debug)]
pub(super) struct Layout {
    /// Bytes of a block of the raw image.
    pub(super) block: u64,
    /// Bytes of the raw image.
    pub(super) len: u64,
    /// What is not a hole: start, length and where it comes from, in order and without overlaps.
    pub(super) pieces: Vec<(u64, u64, From)>,
}

impl Layout {
    /// From the first to behind the last byte that is no hole.
    pub(super) fn covered(&self) -> (u64, u64) {
        let first = self.pieces.first().map_or(self.len, |piece| piece.0);
        let last = self.pieces.last().map_or(0, |piece| piece.0 + piece.1);
        (first.min(last), last)
    }
}

fn open(source: &Arc<dyn Source>, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let (layout, trouble) = layout(&**source)?;
    if let Some(trouble) = trouble {
        walk.fault(path, trouble);
    }
    let part = Part { path: path.to_owned(), source: Arc::clone(source), layout };
    match part.may_be_one_of_several() {
        true => walk.wait(part).map_or(Ok(()), |part| split::open(vec![part], walk)),
        false => split::open(vec![part], walk),
    }
}

/// The chunks, and what ended their list early.
fn layout(source: &dyn Source) -> Result<(Layout, Option<Trouble>), Trouble> {
    let mut header = [0; HEADER];
    source.read_exact_at(0, &mut header)?;
    let half = |at| u64::from(u16_at(&header, at).unwrap_or_default());
    let word = |at| u32_at(&header, at).unwrap_or_default();
    let (major, header_size, chunk_header_size) = (half(4), half(8), half(10));
    let (block, blocks, chunks) = (word(12), word(16), word(20));
    if major != 1 || header_size < HEADER as u64 || chunk_header_size < CHUNK_HEADER as u64 {
        return Err(Trouble::corrupt(4, format!("a sparse image of version {major} with headers that do not fit")));
    }
    if block == 0 || block % 4 != 0 || block > MOST_BLOCK {
        return Err(Trouble::corrupt(12, format!("a sparse image in blocks of {block} bytes")));
    }
    if chunks > MOST_CHUNKS {
        return Err(Trouble::unread(format!("a sparse image of {chunks} chunks")).at(20));
    }
    let block = u64::from(block);
    let mut raw = Layout { block, len: block * u64::from(blocks), pieces: Vec::new() };
    let (mut at, mut made) = (header_size, 0);
    for _ in 0..chunks {
        let mut chunk = [0; CHUNK_HEADER + 4];
        let read = source.read_at(at, &mut chunk)?;
        if read < CHUNK_HEADER {
            return Ok((raw, Some(Trouble::truncated(at, "ends inside its list of chunks"))));
        }
        let kind = u16_at(&chunk, 0).unwrap_or_default();
        let size = u64::from(u32_at(&chunk, 4).unwrap_or_default()) * block;
        let total = u64::from(u32_at(&chunk, 8).unwrap_or_default());
        let data = at + chunk_header_size;
        let inside = made + size <= raw.len;
        let (fits, from) = match kind {
            RAW => (total == chunk_header_size + size && inside, Some(From::Source(data))),
            FILL => {
                let mut pattern = [0; 4];
                source.read_exact_at(data, &mut pattern).map_err(|error| Trouble::from(error).at(data))?;
                (total == chunk_header_size + 4 && inside, Some(From::Fill(pattern)))
            }
            HOLE => (total == chunk_header_size && inside, None),
            CHECKSUM => (total == chunk_header_size + 4, None),
            _ => (false, None),
        };
        if !fits {
            return Ok((raw, Some(Trouble::corrupt(at, format!("a chunk of kind {kind:#06x} that does not fit")))));
        }
        raw.pieces.extend(from.filter(|_| size > 0).map(|from| (made, size, from)));
        made += if kind == CHECKSUM { 0 } else { size };
        at += total;
    }
    let trouble = match at > source.len() {
        true => {
            Some(Trouble::truncated(source.len(), format!("ends {} bytes before its chunks do", at - source.len())))
        }
        false if made < raw.len => Some(Trouble::truncated(at, "its chunks hold less than the image")),
        false => None,
    };
    Ok((raw, trouble))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sparse(chunks: &[(u16, u32, &[u8])], blocks: u32) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[1, 0, 0, 0, 28, 0, 12, 0]].concat();
        for number in [8, blocks, chunks.len() as u32, 0] {
            bytes.extend(number.to_le_bytes());
        }
        for (kind, size, data) in chunks {
            bytes.extend(kind.to_le_bytes());
            bytes.extend([0, 0]);
            bytes.extend(size.to_le_bytes());
            bytes.extend((12 + data.len() as u32).to_le_bytes());
            bytes.extend(*data);
        }
        bytes
    }

    fn read(bytes: Vec<u8>) -> (Vec<u8>, Option<Trouble>) {
        let (layout, trouble) = layout(&bytes).unwrap();
        let raw = split::joined(&[Part { path: String::new(), source: Arc::new(bytes), layout }]).0;
        let mut all = vec![7; raw.len() as usize];
        raw.read_exact_at(0, &mut all).unwrap();
        (all, trouble)
    }

    #[test]
    fn chunks_of_every_kind() {
        let chunks: [(u16, u32, &[u8]); 4] =
            [(0xcac1, 1, b"datadata"), (0xcac3, 1, b""), (0xcac2, 2, b"abcd"), (0xcac4, 0, b"crc.")];
        let (all, trouble) = read(sparse(&chunks, 4));
        assert_eq!(all, b"datadata\0\0\0\0\0\0\0\0abcdabcdabcdabcd");
        assert!(trouble.is_none());
        let (all, trouble) = read(sparse(&chunks, 5));
        assert_eq!(all.len(), 40);
        assert!(matches!(trouble, Some(Trouble::Fault { .. })), "one block is missing");
        let (_, trouble) = read(sparse(&chunks, 3));
        assert!(trouble.is_some(), "a chunk beyond the end");
    }

    #[test]
    fn what_is_cut_says_so() {
        let whole = sparse(&[(0xcac1, 1, b"datadata"), (0xcac3, 1, b"")], 2);
        for length in HEADER..whole.len() {
            let cut = whole[..length].to_vec();
            assert!(layout(&cut).is_err() || layout(&cut).unwrap().1.is_some(), "cut at {length}");
        }
    }
}
