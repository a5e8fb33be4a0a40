//! The index of a compressed file: one record for each cluster of (mostly) 4 KiB, of which the heads begin a stretch
//! of compressed bytes. It is read once, from the first record to the last, and never held as a whole.
//!
//! The compact form packs two records into 8 bytes or sixteen into 32; each pack ends with the block before its first
//! head, from which the blocks of its heads are counted up.

use crate::image::erofs::FileSystem;
use crate::image::walker::Trouble;
use crate::le::{u16_at, u32_at};
use std::io;

/// Records that are read from the image at once, in bytes.
const WINDOW: usize = 4 << 10;

const BIG_CLUSTERS: u16 = 2 | 4;
const INLINE_TAIL: u16 = 8;
const INTERLACED: u16 = 0x10;
const FRAGMENTS: u16 = 0x20;
/// In a record behind a head: the number of its compressed blocks.
const COUNT_FLAG: u32 = 1 << 11;

/// One cluster that begins a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// First byte in the file.
    pub(super) start: u64,
    pub(super) compressed: bool,
    /// First block in the image.
    pub(super) block: u64,
    /// Compressed blocks.
    pub(super) blocks: u64,
}

/// From one head to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) head: Head,
    /// The byte of the file behind it.
    pub(super) end: u64,
    /// Offset and length of its compressed bytes, where they stand behind the index.
    pub(super) tail: Option<(u64, u64)>,
}

/// A record as it stands.
#[derive(Debug, Clone, Copy)]
struct Record {
    kind: u32,
    /// Offset in the cluster for a head, else distance or [`COUNT_FLAG`] with a count.
    low: u32,
    /// Block of a head.
    block: u64,
}

/// The index.
pub(super) struct Index<'f> {
    system: &'f FileSystem,
    /// Bytes of the file.
    pub(super) size: u64,
    compact: bool,
    advise: u16,
    pub(super) cluster_bits: u32,
    /// Bytes of compressed data behind the index, for the last stretch.
    tail: u64,
    /// Offset in the image of the next record or pack.
    at: u64,
    /// Records left to be read.
    left: u64,
    /// Records of four bytes before those of two.
    narrow_after: u64,
    /// Records of two bytes.
    narrow: u64,
    window: (u64, Vec<u8>),
    /// Records of the present pack, the last first.
    pack: Vec<Record>,
    /// Number of the next record.
    number: u64,
    /// The head that is not over yet.
    head: Option<Head>,
}

impl<'f> Index<'f> {
    /// The index behind an inode.
    pub(super) fn open(system: &'f FileSystem, behind: u64, size: u64, compact: bool) -> Result<Self, Trouble> {
        const HEADER: u64 = 8;
        let place = behind.checked_next_multiple_of(8).unwrap_or(u64::MAX);
        let mut header = [0; HEADER as usize];
        system.source.read_exact_at(place, &mut header).map_err(|error| Trouble::from(error).at(place))?;
        let advise = u16_at(&header, 4).unwrap_or_default();
        let (algorithms, bits) = (header[6], header[7]);
        if bits & 0x80 != 0 || advise & FRAGMENTS != 0 {
            return Err(Trouble::unread("is kept as a fragment of EROFS, which is not read").at(place));
        }
        if algorithms != 0 {
            let name = ["LZ4", "MicroLZMA", "deflate", "zstd"].get(usize::from(algorithms & 15)).unwrap_or(&"?");
            let message = format!("is compressed in a way of EROFS that is not read ({name}, {algorithms:#04x})");
            return Err(Trouble::unread(message).at(place));
        }
        let cluster_bits = system.block_bits + u32::from(bits & 7);
        if cluster_bits > 14 || (compact && cluster_bits < 12) {
            return Err(Trouble::unread(format!("clusters of 2^{cluster_bits} bytes are not read")).at(place));
        }
        let left = size.div_ceil(1 << cluster_bits);
        let mut at = place + HEADER;
        let (mut narrow_after, mut narrow) = (left, 0);
        if compact {
            if advise & 1 != 0 && cluster_bits == 12 {
                // Packs of sixteen begin where 32 bytes are aligned.
                let before = (at.next_multiple_of(32) - at) / 4;
                narrow_after = before.min(left);
                narrow = (left - narrow_after) / 16 * 16;
            }
        } else {
            // Eight bytes that once were a checksum.
            at += 8;
        }
        let tail = match advise & INLINE_TAIL {
            0 => 0,
            _ => u16_at(&header, 2).unwrap_or_default().into(),
        };
        let (window, pack) = ((0, Vec::new()), Vec::new());
        let (number, head) = (0, None);
        Ok(Self {
            system,
            size,
            compact,
            advise,
            cluster_bits,
            tail,
            at,
            left,
            narrow_after,
            narrow,
            window,
            pack,
            number,
            head,
        })
    }

    /// Whether uncompressed stretches stand rotated by their offset.
    pub(super) fn interlaced(&self) -> bool {
        self.advise & INTERLACED != 0
    }

    /// The next stretch of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Stretch>> {
        loop {
            let Some(record) = self.record()? else {
                let Some(head) = self.head.take() else { return Ok(None) };
                let tail = (self.advise & INLINE_TAIL != 0).then_some((self.at, self.tail));
                return Ok(Some(Stretch { head, end: self.size, tail }));
            };
            let number = self.number;
            self.number += 1;
            if record.kind == 2 {
                if let Some(head) = self.head.as_mut().filter(|_| record.low & COUNT_FLAG != 0)
                    && self.advise & BIG_CLUSTERS != 0
                {
                    head.blocks = u64::from(record.low & (COUNT_FLAG - 1));
                }
                continue;
            }
            let start = (number << self.cluster_bits) + u64::from(record.low);
            if start >= self.size && self.head.is_some() {
                // Files with an inline tail may close with a head that begins nothing.
                continue;
            }
            let blocks = 1 << (self.cluster_bits - self.system.block_bits);
            let head = Head { start, compressed: record.kind != 0, block: record.block, blocks };
            let Some(last) = self.head.replace(head) else {
                if start != 0 {
                    return Err(damaged("an index that does not begin with its first byte"));
                }
                continue;
            };
            if start <= last.start {
                return Err(damaged("an index whose stretches are not in order"));
            }
            return Ok(Some(Stretch { head: last, end: start, tail: None }));
        }
    }

    fn record(&mut self) -> io::Result<Option<Record>> {
        if self.pack.is_empty() && self.left > 0 {
            match self.compact {
                true => self.unpack()?,
                false => {
                    let bytes: [u8; 8] = self.bytes(self.at)?;
                    self.at += 8;
                    self.left -= 1;
                    let number = |at| u16_at(&bytes, at).map(u32::from).unwrap_or_default();
                    let kind = number(0) & 3;
                    let low = if kind == 2 { number(4) } else { number(2) };
                    if kind != 2 && low >> self.cluster_bits != 0 {
                        return Err(damaged("an index with an offset beyond its cluster"));
                    }
                    let block = u32_at(&bytes, 4).unwrap_or_default().into();
                    self.pack.push(Record { kind, low, block });
                }
            }
        }
        Ok(self.pack.pop())
    }

    /// Takes the records of the next pack apart.
    fn unpack(&mut self) -> io::Result<()> {
        // The low part has at least the bits that a count takes.
        let low_bits = self.cluster_bits.max(12);
        let wide = self.narrow_after > 0 || self.narrow == 0;
        let (count, bits) = if wide { (2, 16) } else { (16, 14) };
        let mut bytes = [0; 32];
        let length = if wide { 8 } else { 32 };
        match wide {
            true => bytes[..8].copy_from_slice(&self.bytes::<8>(self.at)?),
            false => bytes = self.bytes(self.at)?,
        }
        self.at += length as u64;
        let take = self.left.min(count);
        self.left -= take;
        match wide {
            true => self.narrow_after = self.narrow_after.saturating_sub(take),
            false => self.narrow -= take,
        }
        let raw = |index: u64| {
            let bit = index as usize * bits;
            let value = u32_at(&bytes, bit / 8).unwrap_or_default() >> (bit % 8);
            (value >> low_bits & 3, value & ((1 << low_bits) - 1))
        };
        let big = self.advise & BIG_CLUSTERS != 0;
        let mut block = u64::from(u32_at(&bytes, length - 4).unwrap_or_default());
        for index in 0..take {
            let (kind, low) = raw(index);
            let mut of_head = 0;
            if kind != 2 {
                if !big {
                    // The base is the block before, whatever file it belongs to.
                    block = (block + 1) & u64::from(u32::MAX);
                }
                of_head = block;
                if big && (index + 1 == count || raw(index + 1).0 != 2) {
                    block += 1;
                }
                if low >> self.cluster_bits != 0 {
                    return Err(damaged("an index with an offset beyond its cluster"));
                }
            } else if big && low & COUNT_FLAG != 0 {
                block += u64::from(low & (COUNT_FLAG - 1));
            }
            self.pack.push(Record { kind, low, block: of_head });
        }
        self.pack.reverse();
        Ok(())
    }

    /// Bytes of the index, through a window.
    fn bytes<const N: usize>(&mut self, place: u64) -> io::Result<[u8; N]> {
        let (start, window) = &mut self.window;
        let inside = |start: u64, window: &[u8]| {
            let from = usize::try_from(place.checked_sub(start)?).ok()?;
            window.get(from..from.checked_add(N)?)?.try_into().ok()
        };
        if let Some(bytes) = inside(*start, window) {
            return Ok(bytes);
        }
        window.resize(WINDOW, 0);
        let count = self.system.source.read_at(place, window)?;
        window.truncate(count);
        *start = place;
        inside(*start, window).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// An error of the index.
pub(super) fn damaged(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
