//! Zip archives, of apps and of firmware: the directory at the end, and entries as bytes or as a stream, under limits.
//!
//! Written for this use because an app is read by random access from within images, and because every byte has to come
//! out of the core's bounded decompressors. What the directory says is believed as Android believes it; local headers
//! only tell where data begins, since packers write nonsense into them to mislead readers, and where they tell another
//! story that is a fault. Contents are under CRC-32: what does not have it is looked at all the same, and the fault
//! says so. Source: APPNOTE.TXT 6.3.10, with zip64.

mod directory;
mod stream;

pub use stream::Contents;

use tattletale_core::codec::inflate::{End, Framing, inflate};
use tattletale_core::codec::stream::Crc;

use crate::le::u16_at;
use crate::source::{Source, Stream, Stretch};
use crate::{Fault, FaultKind};
use std::io::Read;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// One file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Name as stored, bytes made lossy UTF-8; never used as a path on this machine.
    pub name: String,
    /// Bytes when unpacked, as the directory says.
    pub size: u64,
    /// Bytes in the archive.
    pub packed: u64,
    method: u16,
    encrypted: bool,
    crc: u32,
    header: u64,
}

/// What was read of an entry.
#[derive(Debug)]
pub struct Entry {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What is wrong with them; each names the entry.
    pub faults: Vec<Fault>,
}

/// The directory of an archive.
pub struct Archive<'s> {
    source: &'s dyn Source,
    /// All files, in the directory's order; folders are left out.
    pub members: Vec<Member>,
    /// What is wrong with the directory.
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
        let (members, faults) = directory::read(source)?;
        Ok(Self { source, members, faults })
    }

    /// The entry of this name; of several the first, as Android takes it.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The bytes of an entry, at most `limit`; what came out before damage is given up, what has another checksum is
    /// not.
    ///
    /// # Errors
    /// The fault names the entry.
    pub fn read(&self, member: &Member, limit: u64) -> Result<Entry, Fault> {
        let fault = |kind, message: &str| Fault::new(kind, &*member.name, message);
        if member.size > limit || member.packed > limit {
            return Err(fault(FaultKind::Limit, "is larger than what is read of one entry"));
        }
        let (start, other) = self.data(member)?;
        let mut read = Entry { bytes: Vec::new(), faults: other.into_iter().collect() };
        if member.method != DEFLATED {
            let mut contents = self.stream(member, limit)?;
            contents.read_to_end(&mut read.bytes).map_err(|error| stream::fault(member, &error))?;
            read.faults.extend(contents.verdict());
            return Ok(read);
        }
        let mut packed = vec![0; member.packed as usize];
        let got = self.source.read_exact_at(start, &mut packed);
        got.map_err(|error| fault(FaultKind::Truncated, &format!("cannot be read: {error}")))?;
        read.bytes.reserve_exact(member.size.min(member.packed.saturating_mul(1032)) as usize);
        match inflate(Framing::Raw, &packed, &mut read.bytes, limit as usize) {
            End::Complete => {}
            // A stream that ends before its stored bytes do is whole if it gave what was promised.
            End::Corrupt { .. } if read.bytes.len() as u64 == member.size => {}
            _ if member.encrypted => return Err(fault(FaultKind::Limit, "is encrypted")),
            End::Truncated => return Err(fault(FaultKind::Truncated, "its compressed data ends too early")),
            End::Corrupt { offset } => {
                return Err(fault(FaultKind::Corrupt, "its compressed data is damaged").at(start + offset as u64));
            }
            End::Limit => return Err(fault(FaultKind::Limit, "more comes out than is read of one entry")),
        }
        if read.bytes.len() as u64 != member.size {
            read.faults.push(fault(FaultKind::Corrupt, "has not the size that the archive says"));
        }
        let mut crc = Crc::new();
        crc.update(&read.bytes);
        if crc.sum() != member.crc {
            read.faults.push(fault(FaultKind::Corrupt, WRONG_SUM));
        }
        Ok(read)
    }

    /// What an entry holds as a stream, at most `most` bytes of it.
    ///
    /// # Errors
    /// The fault names the entry.
    pub fn stream(&self, member: &Member, most: u64) -> Result<Contents<'s>, Fault> {
        let (start, _) = self.data(member)?;
        Contents::new(self.source, member, start, most)
    }

    /// Where an entry stands as it is, so that it can be read in place: offset and bytes. None when it is compressed.
    pub fn stored(&self, member: &Member) -> Option<(u64, u64)> {
        let plain = member.method == STORED && !member.encrypted && member.packed == member.size;
        plain.then(|| self.data(member).ok()).flatten().map(|(start, _)| (start, member.packed))
    }

    /// Whether an entry that is read in place is what the archive says, by its checksum and its own header.
    pub fn check(&self, member: &Member) -> Vec<Fault> {
        let (start, other) = match self.data(member) {
            Ok(found) => found,
            Err(fault) => return vec![fault],
        };
        let mut faults: Vec<Fault> = other.into_iter().collect();
        let (mut crc, mut chunk) = (Crc::new(), vec![0; 256 << 10]);
        let inside = Stretch::new(self.source, start, member.packed);
        let mut stream = Stream::new(&inside);
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => crc.update(&chunk[..count]),
                Err(error) => {
                    faults.push(stream::fault(member, &error));
                    return faults;
                }
            }
        }
        if crc.sum() != member.crc {
            faults.push(Fault::new(FaultKind::Corrupt, &*member.name, WRONG_SUM));
        }
        faults
    }

    /// Where the data of an entry begins, and what its own header says against the directory.
    fn data(&self, member: &Member) -> Result<(u64, Option<Fault>), Fault> {
        const FIXED: u64 = 30;
        let fault = |kind, message: &str| Fault::new(kind, &*member.name, message).at(member.header);
        let mut header = [0; FIXED as usize];
        let read = self.source.read_exact_at(member.header, &mut header);
        read.map_err(|_| fault(FaultKind::Truncated, "its data lies outside of the archive"))?;
        let half = |at| u16_at(&header, at).unwrap_or_default();
        if !header.starts_with(b"PK\x03\x04") {
            return Err(fault(FaultKind::Corrupt, "the directory points to no entry"));
        }
        let start = member.header.saturating_add(FIXED + u64::from(half(26)) + u64::from(half(28)));
        if start.saturating_add(member.packed) > self.source.len() {
            return Err(fault(FaultKind::Truncated, "its data ends behind the archive").at(self.source.len()));
        }
        let mut name = vec![0; usize::from(half(26))];
        let same = self.source.read_exact_at(member.header + FIXED, &mut name).is_ok()
            && String::from_utf8_lossy(&name) == member.name;
        let other = match (same, half(8) == member.method) {
            (true, true) => None,
            (false, _) => Some("has another name in its own header than in the directory, and readers differ"),
            (true, false) => {
                Some("is compressed otherwise by its own header than by the directory, and readers differ")
            }
        };
        Ok((start, other.map(|message| fault(FaultKind::Corrupt, message))))
    }
}

const WRONG_SUM: &str = "has not the checksum that the archive says";

#[cfg(test)]
mod tests;
