//! Compressed files of EROFS: stretch after stretch of the index, each unpacked into one buffer.

use std::io::{self, Read};

use tattletale_core::codec::lz4;

use super::FileSystem;
use super::index::{Head, Index, Stretch, damaged};

/// What one stretch may unpack to, and take packed (`Z_EROFS_PCLUSTER_MAX_DSIZE` and `_MAX_SIZE`).
const MOST_UNPACKED: u64 = 12 << 20;
const MOST_PACKED: u64 = 1 << 20;

/// A compressed file as a stream.
pub(super) struct Clusters<'f> {
    system: &'f FileSystem,
    index: Index<'f>,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
    /// Bytes of `unpacked` that were handed out.
    given: usize,
}

impl<'f> Clusters<'f> {
    pub(super) fn new(system: &'f FileSystem, index: Index<'f>) -> Self {
        Self { system, index, packed: Vec::new(), unpacked: Vec::new(), given: 0 }
    }

    /// Unpacks the next stretch; false at the end.
    fn advance(&mut self) -> io::Result<bool> {
        let Some(Stretch { head, end, tail }) = self.index.next()? else { return Ok(false) };
        let size = end - head.start;
        let (place, length) =
            tail.unwrap_or((head.block << self.system.block_bits, head.blocks << self.system.block_bits));
        if size > MOST_UNPACKED || length > MOST_PACKED || length == 0 {
            return Err(damaged("a stretch that is longer than EROFS allows"));
        }
        self.packed.resize(length as usize, 0);
        self.system.source.read_exact_at(place, &mut self.packed)?;
        self.unpacked.clear();
        self.unpacked.resize(size as usize, 0);
        self.given = 0;
        match head.compressed {
            true => self.decompress(place),
            false => self.copy(head, tail.is_some()),
        }
    }

    fn decompress(&mut self, place: u64) -> io::Result<bool> {
        let block = match self.system.padded {
            // Padding stands in front, so that the last byte of the block is the last one of LZ4.
            true => &self.packed[self.packed.iter().take_while(|&&byte| byte == 0).count()..],
            false => &self.packed,
        };
        match lz4::fill_from_block(block, &mut self.unpacked) {
            true => Ok(true),
            false => {
                self.unpacked.clear();
                Err(damaged(&format!("compressed bytes at {place} of the file system are damaged")))
            }
        }
    }

    fn copy(&mut self, head: Head, inline: bool) -> io::Result<bool> {
        let size = self.unpacked.len();
        if size > self.packed.len() {
            self.unpacked.clear();
            return Err(damaged("an uncompressed stretch that is longer than its blocks"));
        }
        let rotated = match self.index.interlaced() && !inline {
            true => (head.start & (self.system.block() - 1)) as usize,
            false => 0,
        };
        let first = size.min(self.packed.len() - rotated);
        self.unpacked[..first].copy_from_slice(&self.packed[rotated..rotated + first]);
        self.unpacked[first..].copy_from_slice(&self.packed[..size - first]);
        Ok(true)
    }
}

impl Read for Clusters<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.unpacked.len() {
            if into.is_empty() || !self.advance()? {
                return Ok(0);
            }
        }
        let count = into.len().min(self.unpacked.len() - self.given);
        into[..count].copy_from_slice(&self.unpacked[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}
