//! Zip over random access (APPNOTE 6.3.10 with zip64): the outside of updates and of apps. Nothing of it is in memory
//! but the central directory; encrypted entries and archives in several parts are faults.

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use tattletale_core::codec::stream::{Crc, Packing, unpack};

use super::format::{Format, Open};
use super::le::{u16_at, u32_at, u64_at};
use super::mapped::Mapped;
use super::packed::Counted;
use super::transfer;
use super::walker::{Trouble, Walk};
use crate::source::{Source, Stretch};

/// Central directories above this are refused; 100,000 entries have about 10 MB.
const MOST_DIRECTORY: u64 = 128 << 20;

/// The format.
pub(super) static FORMAT: Format = Format {
    name: "zip",
    sniff: |head| head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06"),
    open: Open::Zip,
};

/// One entry of the central directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// As the archive holds it, bytes made lossy UTF-8.
    pub(super) name: String,
    method: u16,
    encrypted: bool,
    crc: u32,
    packed: u64,
    /// Unpacked bytes, as stated.
    pub(super) size: u64,
    /// Of its local header.
    offset: u64,
}

/// The entries, in the order of the directory.
pub(super) fn entries(source: &dyn Source) -> Result<Vec<Entry>, Trouble> {
    let (count, size, start) = directory(source)?;
    if size > MOST_DIRECTORY {
        return Err(Trouble::unread(format!("a directory of {size} bytes")).at(start));
    }
    let mut bytes = vec![0; size.min(source.len()) as usize];
    source.read_exact_at(start, &mut bytes).map_err(|error| Trouble::from(error).at(start))?;
    let mut entries = Vec::new();
    let mut at = 0;
    while (entries.len() as u64) < count {
        let (entry, length) = entry(bytes.get(at..).unwrap_or_default())
            .ok_or_else(|| Trouble::corrupt(start + at as u64, "the directory of the archive is damaged"))?;
        entries.push(entry);
        at += length;
    }
    Ok(entries)
}

/// Number of entries, size and offset of the central directory.
fn directory(source: &dyn Source) -> Result<(u64, u64, u64), Trouble> {
    const END: usize = 22;
    const LOCATOR: usize = 20;
    const LONGEST: u64 = (END + 0xffff + LOCATOR) as u64;
    let base = source.len().saturating_sub(LONGEST);
    let mut tail = vec![0; (source.len() - base) as usize];
    source.read_exact_at(base, &mut tail)?;
    let missing = || Trouble::truncated(source.len(), "the directory at the end of the archive is missing");
    let end = tail.windows(END).rposition(|end| end.starts_with(b"PK\x05\x06")).ok_or_else(missing)?;
    let short = (|| {
        let number = |at| u32_at(&tail, end + at).map(u64::from);
        Some((u16_at(&tail, end + 10).map(u64::from)?, number(12)?, number(16)?))
    })();
    let short = short.ok_or_else(missing)?;
    let locator = end.checked_sub(LOCATOR).filter(|&at| tail[at..].starts_with(b"PK\x06\x07"));
    let Some(place) = locator.and_then(|at| u64_at(&tail, at + 8)) else { return Ok(short) };
    let mut long = [0; 56];
    source.read_exact_at(place, &mut long).map_err(|error| Trouble::from(error).at(place))?;
    match (long.starts_with(b"PK\x06\x06"), u64_at(&long, 32), u64_at(&long, 40), u64_at(&long, 48)) {
        (true, Some(count), Some(size), Some(start)) => Ok((count, size, start)),
        _ => Err(Trouble::corrupt(place, "the end of the archive points to no zip64 record")),
    }
}

/// The entry at the start of these bytes, and how many of them it takes.
fn entry(bytes: &[u8]) -> Option<(Entry, usize)> {
    const FIXED: usize = 46;
    if !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let half = |at| u16_at(bytes, at).map(usize::from);
    let (name, extra, comment) = (half(28)?, half(30)?, half(32)?);
    let mut wide = [u32_at(bytes, 24)?, u32_at(bytes, 20)?, u32_at(bytes, 42)?].map(u64::from);
    let mut fields = bytes.get(FIXED + name..FIXED + name + extra)?;
    while fields.len() >= 4 {
        let (kind, length) = (u16_at(fields, 0)?, usize::from(u16_at(fields, 2)?));
        let Some(field) = fields.get(4..4 + length) else { break };
        if kind == 1 {
            // Zip64: only what does not fit above, in this order.
            let full = wide.iter_mut().filter(|number| **number == 0xffff_ffff);
            for (index, number) in full.enumerate() {
                *number = u64_at(field, 8 * index)?;
            }
        }
        fields = &fields[4 + length..];
    }
    let [size, packed, offset] = wide;
    let entry = Entry {
        name: String::from_utf8_lossy(bytes.get(FIXED..FIXED + name)?).into_owned(),
        method: u16_at(bytes, 10)?,
        encrypted: u16_at(bytes, 8)? & 1 != 0,
        crc: u32_at(bytes, 16)?,
        packed,
        size,
        offset,
    };
    Some((entry, FIXED + name + extra + comment))
}

impl Entry {
    /// Offset of the entry's data.
    fn data(&self, source: &dyn Source) -> Result<u64, Trouble> {
        const FIXED: u64 = 30;
        let mut header = [0; FIXED as usize];
        source.read_exact_at(self.offset, &mut header).map_err(|error| Trouble::from(error).at(self.offset))?;
        let lengths = u16_at(&header, 26).zip(u16_at(&header, 28)).filter(|_| header.starts_with(b"PK\x03\x04"));
        let (name, extra) = lengths.ok_or_else(|| Trouble::corrupt(self.offset, "the directory points to no entry"))?;
        Ok(self.offset + FIXED + u64::from(name) + u64::from(extra))
    }

    /// Where the entry stands as it is, if it is not compressed.
    pub(super) fn stored(&self, source: &dyn Source) -> Result<Option<(u64, u64)>, Trouble> {
        match self.method {
            0 if !self.encrypted && self.packed == self.size => Ok(Some((self.data(source)?, self.size))),
            _ => Ok(None),
        }
    }

    /// What the entry holds, at most `most` bytes, under its checksum.
    pub(super) fn stream<'s>(&self, source: &'s dyn Source, most: u64) -> Result<Box<dyn Read + 's>, Trouble> {
        if self.encrypted {
            return Err(Trouble::unread("is encrypted").at(self.offset));
        }
        let packed = Stretch::new(source, self.data(source)?, self.packed);
        if packed.len() < self.packed {
            return Err(Trouble::truncated(self.offset, "ends inside this entry"));
        }
        let stream = BufReader::with_capacity(64 << 10, Pinned { packed, at: 0 });
        let inner: Box<dyn Read + 's> = match self.method {
            0 => Box::new(stream),
            8 => unpack(Packing::Deflate, stream, most),
            12 => unpack(Packing::Bzip2, stream, most),
            93 => unpack(Packing::Zstd, stream, most),
            95 => unpack(Packing::Xz, stream, most),
            method => return Err(Trouble::unread(format!("compression {method} of zip is not read")).at(self.offset)),
        };
        Ok(Box::new(Checked { inner, crc: Crc::new(), left: self.size, stated: self.crc }))
    }
}

/// A stretch as a stream that owns it.
struct Pinned<'s> {
    packed: Stretch<'s>,
    at: u64,
}

impl Read for Pinned<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.packed.read_at(self.at, into)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Holds the checksum and the stated size.
struct Checked<'s> {
    inner: Box<dyn Read + 's>,
    crc: Crc,
    left: u64,
    stated: u32,
}

impl Read for Checked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let count = self.inner.read(&mut into[..room])?;
        self.crc.update(&into[..count]);
        self.left -= count as u64;
        if self.left == 0 && count > 0 && self.crc.sum() != self.stated {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum of this entry is wrong"));
        }
        Ok(count)
    }
}

/// Walks an archive: images in it are opened, everything else is told.
pub(super) fn open(source: &Arc<dyn Source>, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let entries = entries(&**source)?;
    let lists = transfer::lists(&entries);
    for entry in &entries {
        let inner = format!("{path}/{}", entry.name);
        if entry.name.ends_with('/') {
            walk.count_entry(&inner)?;
            continue;
        }
        let result = match transfer::list_of(entry, &lists) {
            Some(list) => transfer::open(source, entry, list, &inner, walk),
            None => member(source, entry, &inner, walk),
        };
        walk.settle(&inner, result)?;
    }
    Ok(())
}

fn member(source: &Arc<dyn Source>, entry: &Entry, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    if let Some((start, size)) = entry.stored(&**source)? {
        let image: Arc<dyn Source> = Arc::new(Mapped::stretch(source, start, size));
        if walk.opens(&*image, path) {
            if image.len() < size {
                walk.fault(path, Trouble::truncated(start + image.len(), "ends inside this entry"));
            }
            return walk.image(&image, path);
        }
    }
    let counted = Cell::new(0);
    let mut stream = Counted { inner: entry.stream(&**source, walk.most_unpacked())?, count: &counted };
    let result = walk.stream(&mut stream, Some(entry.size), path);
    walk.count_unpacked(counted.get());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip64 archive with one stored entry, as the specification lays it out.
    #[test]
    fn long_numbers_are_taken_from_their_records() {
        let data = b"inside";
        let mut bytes = [&b"PK\x03\x04"[..], &[0; 22], &[1, 0, 0, 0], b"a", data].concat();
        let start = bytes.len() as u64;
        let full = u32::MAX.to_le_bytes();
        let mut crc = Crc::new();
        crc.update(data);
        let crc = crc.sum().to_le_bytes();
        bytes
            .extend([&b"PK\x01\x02"[..], &[0; 12], &crc, &full, &full, &[1, 0, 28, 0], &[0; 10], &full, b"a"].concat());
        bytes.extend([1, 0, 24, 0]);
        for number in [6_u64, 6, 0] {
            bytes.extend(number.to_le_bytes());
        }
        let size = bytes.len() as u64 - start;
        let record = bytes.len() as u64;
        bytes.extend([&b"PK\x06\x06"[..], &[0; 28]].concat());
        for number in [1, size, start] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([&b"PK\x06\x07\0\0\0\0"[..], &record.to_le_bytes(), &[1, 0, 0, 0]].concat());
        bytes.extend([&b"PK\x05\x06"[..], &[0xff; 16], &[0; 2]].concat());
        let entries = entries(&bytes).unwrap();
        assert_eq!(entries[0].name, "a");
        let mut out = String::new();
        entries[0].stream(&bytes, 100).unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(out, "inside");
        let at = bytes.windows(6).position(|window| window == data).unwrap();
        bytes[at] ^= 1;
        assert!(entries[0].stream(&bytes, 100).unwrap().read_to_string(&mut out).is_err(), "the checksum");
    }
}
