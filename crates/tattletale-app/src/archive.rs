//! Zip archives as apps use them: the directory at the end, and one entry at a time in memory, under a limit.
//!
//! Written for this use because an app is read by random access from within images, and because every byte has to come
//! out of the core's bounded decompressor. What the directory says is believed as Android believes it: local headers
//! only tell where data begins, since packers write nonsense into them to mislead readers. Source: APPNOTE.TXT 6.3.10.

use std::io;

use tattletale_core::codec::inflate::{End, Framing, inflate};

use crate::source::Source;
use crate::{Fault, FaultKind};

/// Entries that are listed; more is a fault. The largest apps have about 30,000.
const MOST_ENTRIES: usize = 400_000;
/// Bytes of a directory that are read at all.
const MOST_DIRECTORY: u64 = 64 << 20;
/// The record at the end with the longest comment.
const LONGEST_END: u64 = 22 + 65_535;

/// One file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Name as stored, bytes made lossy UTF-8; never used as a path on this machine.
    pub name: String,
    /// Bytes when unpacked, as the directory says.
    pub size: u64,
    /// Bytes as stored.
    pub stored: u64,
    method: u16,
    header: u64,
}

/// The directory of an archive.
pub struct Archive<'s> {
    source: &'s dyn Source,
    /// All files, in the directory's order; folders are left out.
    pub members: Vec<Member>,
    /// What of the directory could not be read.
    pub faults: Vec<Fault>,
}

impl std::fmt::Debug for Archive<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("members", &self.members.len()).finish_non_exhaustive()
    }
}

/// Whether the bytes begin as a zip archive does.
pub fn is_archive(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
}

impl<'s> Archive<'s> {
    /// Reads the directory.
    ///
    /// # Errors
    /// A fault without entry when there is no directory, or the source fails.
    pub fn open(source: &'s dyn Source) -> Result<Self, Fault> {
        let failed = |error: io::Error| Fault::new(FaultKind::Truncated, "", format!("cannot be read: {error}"));
        let tail_start = source.len().saturating_sub(LONGEST_END);
        let mut tail = vec![0; (source.len() - tail_start) as usize];
        source.read_exact_at(tail_start, &mut tail).map_err(failed)?;
        let none = || Fault::new(FaultKind::Truncated, "", "the archive has no directory at its end");
        let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or_else(none)?;
        let (count, size, offset) = place(source, &tail[end..], tail_start + end as u64).ok_or_else(none)?;
        if offset > source.len() || size > MOST_DIRECTORY {
            return Err(Fault::new(FaultKind::Corrupt, "", "the archive's directory lies outside of it").at(offset));
        }
        let size = size.min(source.len() - offset);
        let mut directory = vec![0; size as usize];
        source.read_exact_at(offset, &mut directory).map_err(failed)?;
        let mut archive = Self { source, members: Vec::new(), faults: Vec::new() };
        archive.list(&directory, count, offset);
        Ok(archive)
    }

    fn list(&mut self, directory: &[u8], count: u64, offset: u64) {
        let mut rest = directory;
        while let Some((member, length)) = member(rest) {
            rest = rest.get(length..).unwrap_or_default();
            if self.members.len() == MOST_ENTRIES {
                self.faults.push(Fault::new(FaultKind::Limit, "", "the archive has more entries than are read"));
                return;
            }
            if !member.name.ends_with('/') {
                self.members.push(member);
            }
        }
        let read = (directory.len() - rest.len()) as u64;
        if !rest.is_empty() && (self.members.len() as u64) < count {
            let fault = Fault::new(FaultKind::Corrupt, "", "the archive's directory is damaged");
            self.faults.push(fault.at(offset + read));
        }
    }

    /// The bytes of an entry, at most `limit`; what came out before damage is given up.
    ///
    /// # Errors
    /// The fault names the entry.
    pub fn read(&self, member: &Member, limit: u64) -> Result<Vec<u8>, Fault> {
        let fault = |kind, message: &str| Fault::new(kind, &*member.name, message);
        if member.size > limit || member.stored > limit {
            return Err(fault(FaultKind::Limit, "is larger than what is read of one entry"));
        }
        let start =
            self.data(member).ok_or_else(|| fault(FaultKind::Truncated, "its data lies outside of the archive"))?;
        if start.saturating_add(member.stored) > self.source.len() {
            return Err(fault(FaultKind::Truncated, "its data ends behind the archive").at(self.source.len()));
        }
        let mut stored = vec![0; member.stored as usize];
        let read = self.source.read_exact_at(start, &mut stored);
        read.map_err(|error| fault(FaultKind::Truncated, &format!("cannot be read: {error}")))?;
        match member.method {
            8 => {}
            0 => return Ok(stored),
            // Android takes every method that it does not know for "stored", and packers rely on that.
            _ if member.stored == member.size => return Ok(stored),
            method => return Err(fault(FaultKind::Corrupt, &format!("compression {method} is not one that apps use"))),
        }
        let mut out = Vec::with_capacity(member.size.min(member.stored.saturating_mul(1032)) as usize);
        match inflate(Framing::Raw, &stored, &mut out, limit as usize) {
            End::Complete => Ok(out),
            // A stream that ends before its stored bytes do is whole if it gave what was promised.
            End::Corrupt { .. } if out.len() as u64 == member.size => Ok(out),
            End::Truncated => Err(fault(FaultKind::Truncated, "its compressed data ends too early")),
            End::Corrupt { offset } => {
                Err(fault(FaultKind::Corrupt, "its compressed data is damaged").at(start + offset as u64))
            }
            End::Limit => Err(fault(FaultKind::Limit, "more comes out than is read of one entry")),
        }
    }

    /// Where an entry is stored as it is, so that it can be read in place: offset and bytes.
    pub fn stored(&self, member: &Member) -> Option<(u64, u64)> {
        (member.method == 0).then(|| Some((self.data(member)?, member.stored)))?
    }

    /// Where the data of an entry begins.
    fn data(&self, member: &Member) -> Option<u64> {
        let mut header = [0; 30];
        self.source.read_exact_at(member.header, &mut header).ok()?;
        let names = u64::from(number16(&header, 26)?) + u64::from(number16(&header, 28)?);
        header.starts_with(b"PK\x03\x04").then(|| member.header.saturating_add(30 + names))
    }
}

/// Count, size and offset of the directory, by the record at the end or its 64-bit successor.
fn place(source: &dyn Source, end: &[u8], end_at: u64) -> Option<(u64, u64, u64)> {
    let small = (u64::from(number16(end, 10)?), u64::from(number32(end, 12)?), u64::from(number32(end, 16)?));
    if small.0 != 0xffff && small.1 != 0xffff_ffff && small.2 != 0xffff_ffff {
        return Some(small);
    }
    let mut locator = [0; 20];
    source.read_exact_at(end_at.checked_sub(20)?, &mut locator).ok()?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Some(small);
    }
    let mut large = [0; 56];
    source.read_exact_at(number64(&locator, 8)?, &mut large).ok()?;
    large.starts_with(b"PK\x06\x06").then_some(())?;
    Some((number64(&large, 32)?, number64(&large, 40)?, number64(&large, 48)?))
}

/// The first entry of a directory, and how long it is there.
fn member(directory: &[u8]) -> Option<(Member, usize)> {
    if !directory.starts_with(b"PK\x01\x02") {
        return None;
    }
    let lengths = [28, 30, 32].map(|at| number16(directory, at).map(usize::from));
    let [name, extra, comment] = [lengths[0]?, lengths[1]?, lengths[2]?];
    let mut member = Member {
        name: String::from_utf8_lossy(directory.get(46..46 + name)?).into_owned(),
        size: u64::from(number32(directory, 24)?),
        stored: u64::from(number32(directory, 20)?),
        method: number16(directory, 10)?,
        header: u64::from(number32(directory, 42)?),
    };
    large(&mut member, directory.get(46 + name..46 + name + extra).unwrap_or_default());
    Some((member, 46 + name + extra + comment))
}

/// Takes sizes and offset from the 64-bit extra field where the directory has none.
fn large(member: &mut Member, mut extra: &[u8]) {
    while let (Some(id), Some(length)) = (number16(extra, 0), number16(extra, 2)) {
        let field = extra.get(4..4 + usize::from(length)).unwrap_or_default();
        if id == 1 {
            let mut at = 0;
            for value in [&mut member.size, &mut member.stored, &mut member.header] {
                if let (0xffff_ffff, Some(number)) = (*value, number64(field, at)) {
                    *value = number;
                    at += 8;
                }
            }
        }
        extra = extra.get(4 + usize::from(length)..).unwrap_or_default();
    }
}

fn number16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn number64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}
