//! An entry as a stream, with its checksum.

use std::io::{self, BufReader, Read};

use tattletale_core::codec::stream::{Crc, Packing, unpack};

use super::{DEFLATED, Member, STORED, WRONG_SUM};
use crate::source::{Source, Stretch};
use crate::{Fault, FaultKind};

/// What an entry holds, no more of it than the directory says. Ask for the [`Self::verdict`] behind the last byte.
pub struct Contents<'s> {
    inner: Box<dyn Read + 's>,
    crc: Crc,
    name: String,
    left: u64,
    stated: u32,
}

impl std::fmt::Debug for Contents<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").field("name", &self.name).field("left", &self.left).finish_non_exhaustive()
    }
}

impl<'s> Contents<'s> {
    pub(super) fn new(source: &'s dyn Source, member: &Member, start: u64, most: u64) -> Result<Self, Fault> {
        let packed = Pinned { packed: Stretch::new(source, start, member.packed), at: 0 };
        let stream = BufReader::with_capacity(64 << 10, packed);
        let inner: Box<dyn Read + 's> = match member.method {
            _ if member.encrypted && (member.method != STORED || member.packed != member.size) => {
                return Err(Fault::new(FaultKind::Limit, &*member.name, "is encrypted").at(start));
            }
            STORED => Box::new(stream),
            DEFLATED => unpack(Packing::Deflate, stream, most),
            // Android takes every method that it does not know for "stored", and packers rely on that.
            _ if member.packed == member.size => Box::new(stream),
            12 => unpack(Packing::Bzip2, stream, most),
            93 => unpack(Packing::Zstd, stream, most),
            95 => unpack(Packing::Xz, stream, most),
            method => {
                let message = format!("compression {method} of zip is not read");
                return Err(Fault::new(FaultKind::Limit, &*member.name, message).at(start));
            }
        };
        Ok(Self { inner, crc: Crc::new(), name: member.name.clone(), left: member.size, stated: member.crc })
    }

    /// What is wrong with what was read, if all of it was: the checksum, or that more comes out than there should.
    pub fn verdict(&mut self) -> Option<Fault> {
        let fault = |message: &str| Some(Fault::new(FaultKind::Corrupt, &*self.name, message));
        match self.left {
            0 if self.crc.sum() != self.stated => fault(WRONG_SUM),
            0 if !matches!(self.inner.read(&mut [0]), Ok(0)) => fault("has not the size that the archive says"),
            _ => None,
        }
    }
}

impl Read for Contents<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        if room == 0 {
            return Ok(0);
        }
        let count = self.inner.read(&mut into[..room])?;
        if count == 0 {
            let message = format!("ends {} bytes before the size that the archive says", self.left);
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        self.crc.update(&into[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}

/// An error in reading as a fault of the entry.
pub(super) fn fault(member: &Member, error: &io::Error) -> Fault {
    let kind = match error.kind() {
        io::ErrorKind::UnexpectedEof => FaultKind::Truncated,
        io::ErrorKind::FileTooLarge => FaultKind::Limit,
        _ => FaultKind::Corrupt,
    };
    Fault::new(kind, &*member.name, error.to_string())
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
