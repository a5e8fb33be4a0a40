//! Bytes that can be read anywhere: a file of gigabytes or a slice, so that images and archives take bounded memory.

use std::fs::File;
use std::io::{self, Read};

/// Random access to bytes that do not change. Every reader of this crate stands on it.
pub trait Source: Send + Sync {
    /// Number of bytes.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads some bytes from an offset on; fewer than asked for only at the end, 0 at the end and behind it.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Fills `into` from an offset on, or fails with `UnexpectedEof`.
    fn read_exact_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        match self.read_at(offset, into)? == into.len() {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Source for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        Source::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.as_slice().read_at(offset, into)
    }
}

/// A file, or a block device of which the length is known.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
}

impl FileSource {
    /// The file with its present length; what is added later is not seen.
    pub fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(into.len());
        let mut filled = 0;
        while filled < room {
            match positioned(&self.file, offset + filled as u64, &mut into[filled..room]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

#[cfg(unix)]
fn positioned(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset)
}

#[cfg(windows)]
fn positioned(file: &File, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, offset)
}

/// A stretch of another source, as a source: a partition in an image, a stored entry in an archive.
#[derive(Clone, Copy)]
pub struct Stretch<'s> {
    of: &'s dyn Source,
    start: u64,
    len: u64,
}

impl<'s> Stretch<'s> {
    /// The stretch, cut to what the source has.
    pub fn new(of: &'s dyn Source, start: u64, len: u64) -> Self {
        let start = start.min(of.len());
        Self { of, start, len: len.min(of.len() - start) }
    }
}

impl std::fmt::Debug for Stretch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stretch").field("start", &self.start).field("len", &self.len).finish_non_exhaustive()
    }
}

impl Source for Stretch<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(into.len());
        match room {
            0 => Ok(0),
            room => self.of.read_at(self.start + offset, &mut into[..room]),
        }
    }
}

/// A source from its first byte to its last, as a stream.
pub struct Stream<'s> {
    of: &'s dyn Source,
    at: u64,
}

impl<'s> Stream<'s> {
    /// From the first byte on.
    pub fn new(of: &'s dyn Source) -> Self {
        Self { of, at: 0 }
    }
}

impl std::fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.of.read_at(self.at, into)?;
        self.at += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn the_same_bytes_from_a_file_a_slice_and_a_stretch() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let file = FileSource::new(file).unwrap();
        let padded = [&[9; 7][..], &bytes, &[9; 7]].concat();
        let sources: [&dyn Source; 3] = [&file, &bytes, &Stretch::new(&padded, 7, 1000)];
        for source in sources {
            assert_eq!(source.len(), 1000);
            for (offset, wanted, given) in [(0, 1000, 1000), (990, 20, 10), (1000, 1, 0), (u64::MAX, 5, 0)] {
                let mut into = vec![0; wanted];
                assert_eq!(source.read_at(offset, &mut into).unwrap(), given);
                assert_eq!(into[..given], bytes[(offset as usize).min(1000)..][..given]);
            }
            let mut all = Vec::new();
            Stream::new(source).read_to_end(&mut all).unwrap();
            assert_eq!(all, bytes);
        }
        assert_eq!(Stretch::new(&bytes, u64::MAX, u64::MAX).len(), 0);
    }
}
