//! A temporary file for what must be read in any order but comes as a stream. Zeros are not written, so that an image
//! which is mostly holes takes little room.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::source::FileSource;

const CHUNK: usize = 256 << 10;
const BLOCK: usize = 4 << 10;

/// The file while it is written.
pub(super) struct Spool {
    file: File,
    len: u64,
}

impl Spool {
    pub(super) fn new(file: File) -> Self {
        Self { file, len: 0 }
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Appends all that comes, at most so many bytes. Trouble of the input comes back as a value, for what came before
    /// it stands; trouble with the file is an error.
    pub(super) fn fill(
        &mut self,
        input: &mut dyn Read,
        most: u64,
        progress: &dyn Fn(u64),
    ) -> io::Result<Option<io::Error>> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let mut filled = 0;
            let mut end = None;
            while filled < CHUNK && end.is_none() {
                match input.read(&mut chunk[filled..]) {
                    Ok(0) => end = Some(None),
                    Ok(count) => filled += count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => end = Some(Some(error)),
                }
            }
            let room = usize::try_from(most.saturating_sub(self.len)).unwrap_or(usize::MAX);
            if filled > room {
                end = Some(Some(io::Error::new(io::ErrorKind::FileTooLarge, "more comes out than is allowed")));
                filled = room;
            }
            self.write_at(self.len, &chunk[..filled])?;
            progress(filled as u64);
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// Writes bytes to their place; what is never written reads as zeros.
    pub(super) fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let zero = |block: &[u8]| block.iter().all(|&byte| byte == 0);
        let mut at = 0;
        while at < bytes.len() {
            let next = |at: usize| (at + BLOCK).min(bytes.len());
            let start = at;
            at = next(at);
            if zero(&bytes[start..at]) {
                continue;
            }
            while at < bytes.len() && !zero(&bytes[at..next(at)]) {
                at = next(at);
            }
            self.file.seek(SeekFrom::Start(offset + start as u64))?;
            self.file.write_all(&bytes[start..at])?;
        }
        self.len = self.len.max(offset + bytes.len() as u64);
        Ok(())
    }

    /// Makes it so long, with zeros.
    pub(super) fn extend_to(&mut self, len: u64) {
        self.len = self.len.max(len);
    }

    /// The file, to be read.
    pub(super) fn finish(self) -> io::Result<FileSource> {
        self.file.set_len(self.len)?;
        FileSource::new(self.file)
    }
}
