//! Inodes of EROFS and the files whose bytes stand as they are: plain, with an inline tail, or in chunks.

use std::io::{self, Read};

use super::FileSystem;
use super::clusters::Clusters;
use super::index::Index;
use crate::image::walker::Trouble;
use crate::le::{u16_at, u32_at, u64_at};

/// What an inode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    Link,
    Other,
}

/// How the bytes of a file stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Plain,
    /// All but the last block stand elsewhere, that one behind the inode.
    Inline,
    Chunks,
    /// Compressed, with an index of 8 bytes a cluster.
    Full,
    /// Compressed, with an index of 2 or 4 bytes a cluster.
    Compact,
}

/// One inode.
#[derive(Debug, Clone)]
pub(super) struct Inode {
    pub(super) kind: Kind,
    pub(super) size: u64,
    layout: Layout,
    /// First block, or the format of chunks.
    start: u32,
    /// Offset in the image.
    pub(super) place: u64,
    /// Offset of what follows the inode and its attributes.
    behind: u64,
}

impl Inode {
    pub(super) fn read(system: &FileSystem, number: u64) -> Result<Self, Trouble> {
        const SLOT: u64 = 32;
        let place = number.checked_mul(SLOT).and_then(|offset| offset.checked_add(system.inodes));
        let place = place.ok_or_else(|| Trouble::corrupt(0, format!("inode {number} lies beyond everything")))?;
        let mut bytes = [0; 64];
        // An inode of the short form may be the last thing in an image.
        let count = system.source.read_at(place, &mut bytes).map_err(|error| Trouble::from(error).at(place))?;
        let format = u16_at(&bytes, 0).unwrap_or_default();
        let long = format & 1 != 0;
        let length = if long { 64 } else { 32 };
        if count < length {
            return Err(Trouble::truncated(place, format!("ends before inode {number}")));
        }
        let layout = match format >> 1 & 7 {
            0 => Layout::Plain,
            1 => Layout::Full,
            2 => Layout::Inline,
            3 => Layout::Compact,
            4 => Layout::Chunks,
            other => return Err(Trouble::corrupt(place, format!("an inode of layout {other}"))),
        };
        let attributes = match u64::from(u16_at(&bytes, 2).unwrap_or_default()) {
            0 => 0,
            count => 12 + 4 * (count - 1),
        };
        let size = match long {
            true => u64_at(&bytes, 8).unwrap_or_default(),
            false => u32_at(&bytes, 8).unwrap_or_default().into(),
        };
        let kind = match u16_at(&bytes, 4).unwrap_or_default() >> 12 {
            4 => Kind::Folder,
            8 => Kind::File,
            10 => Kind::Link,
            _ => Kind::Other,
        };
        let start = u32_at(&bytes, 16).unwrap_or_default();
        if size > i64::MAX as u64 {
            return Err(Trouble::corrupt(place, format!("a file of {size} bytes")));
        }
        Ok(Self { kind, size, layout, start, place, behind: place.saturating_add(length as u64 + attributes) })
    }

    /// The bytes of the file, from the first on.
    pub(super) fn stream<'f>(&self, system: &'f FileSystem) -> Result<Box<dyn Read + 'f>, Trouble> {
        let raw = |map| Box::new(Raw { system, map, at: 0, size: self.size });
        Ok(match self.layout {
            Layout::Plain => raw(Map::Plain { start: u64::from(self.start) << system.block_bits, tail: None }),
            Layout::Inline => {
                let tail = self.size.saturating_sub(1) >> system.block_bits << system.block_bits;
                // A tail never crosses the block that its inode ends in.
                if (self.behind & (system.block() - 1)) + (self.size - tail) > system.block() {
                    return Err(Trouble::corrupt(self.place, "an inline tail that crosses its block"));
                }
                let start = u64::from(self.start) << system.block_bits;
                raw(Map::Plain { start, tail: Some((tail, self.behind)) })
            }
            Layout::Chunks => {
                let bits = system.block_bits + (self.start & 0x1f);
                let wide = self.start & 0x20 != 0;
                let unit = if wide { 8 } else { 4 };
                if self.start & 0xffff & !0x3f != 0 || bits > 40 {
                    return Err(Trouble::unread("chunks of a newer format are not read").at(self.place));
                }
                raw(Map::Chunks { table: self.behind.next_multiple_of(unit), bits, wide })
            }
            Layout::Full | Layout::Compact => {
                let index = Index::open(system, self.behind, self.size, self.layout == Layout::Compact)?;
                Box::new(Clusters::new(system, index))
            }
        })
    }
}

/// Where the bytes are.
enum Map {
    Plain { start: u64, tail: Option<(u64, u64)> },
    Chunks { table: u64, bits: u32, wide: bool },
}

/// A file whose bytes stand as they are.
struct Raw<'f> {
    system: &'f FileSystem,
    map: Map,
    at: u64,
    size: u64,
}

impl Raw<'_> {
    /// Offset in the image of the next byte, none in a hole, and how many bytes follow it there.
    fn place(&self) -> io::Result<(Option<u64>, u64)> {
        let left = self.size - self.at;
        match self.map {
            Map::Plain { tail: Some((from, inline)), .. } if self.at >= from => {
                Ok((Some(inline + (self.at - from)), left))
            }
            Map::Plain { start, tail } => {
                let end = tail.map_or(self.size, |(from, _)| from);
                Ok((start.checked_add(self.at), end - self.at))
            }
            Map::Chunks { table, bits, wide } => {
                let inside = self.at & ((1 << bits) - 1);
                let left = left.min((1 << bits) - inside);
                let unit = if wide { 8 } else { 4 };
                let mut entry = [0; 8];
                let entry = &mut entry[..unit];
                let place = (self.at >> bits).checked_mul(unit as u64).and_then(|offset| offset.checked_add(table));
                self.system.source.read_exact_at(place.unwrap_or(u64::MAX), entry)?;
                let device = if wide { u16_at(entry, 2) } else { None };
                if device.is_some_and(|device| device != 0) {
                    let message = "a chunk on another device, which is not here";
                    return Err(io::Error::new(io::ErrorKind::Unsupported, message));
                }
                match u32_at(entry, unit - 4).unwrap_or(u32::MAX) {
                    u32::MAX => Ok((None, left)),
                    block => Ok((Some((u64::from(block) << self.system.block_bits) + inside), left)),
                }
            }
        }
    }
}

impl Read for Raw<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || into.is_empty() {
            return Ok(0);
        }
        let (place, left) = self.place()?;
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let into = &mut into[..count];
        match place {
            Some(place) => self.system.source.read_exact_at(place, into)?,
            None => into.fill(0),
        }
        self.at += count as u64;
        Ok(count)
    }
}
