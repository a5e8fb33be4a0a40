//! The bytes of one message until they are recorded: in memory while it is small, in an unlinked file beyond.
//!
//! All spools of a proxy share one [`Memory`], so that two thousand messages at once cost no more than a few. A file
//! is compressed while it is written, ready for the recording, as long as there are few enough of them that the
//! compressors fit into memory too; else it is compressed when it is recorded. A file that nobody can open by name is
//! gone when the process is, whatever ends it.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tattletale_core::export::warc::{Packed, Packer};

/// A message that is longer goes into a file, in bytes.
const MOST_IN_MEMORY: usize = 256 << 10;
/// So much any message may keep in memory, however many there are, in bytes.
const ALWAYS_IN_MEMORY: usize = 4 << 10;
/// Compressors at work at once; each takes about 400 KiB.
const MOST_PACKERS: usize = 16;

/// What all spools together may keep in memory.
#[derive(Debug)]
pub(crate) struct Memory {
    held: AtomicUsize,
    packers: AtomicUsize,
    most: usize,
    folder: PathBuf,
}

impl Memory {
    /// `most` bytes, and files in `folder` beyond.
    pub(crate) fn new(most: usize, folder: PathBuf) -> Arc<Self> {
        Arc::new(Self { held: AtomicUsize::new(0), packers: AtomicUsize::new(0), most, folder })
    }

    pub(super) fn file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.folder)
    }
}

/// One message.
#[derive(Debug)]
pub(crate) struct Spool {
    memory: Arc<Memory>,
    place: Place,
    /// Bytes of the heads at its start.
    head: usize,
    length: u64,
}

#[derive(Debug)]
enum Place {
    Memory(Vec<u8>),
    Packing(Box<Packer<File>>),
    File(File),
}

/// A message that is complete, for the writer.
#[derive(Debug)]
pub(super) enum Held {
    Memory(Vec<u8>),
    Packed(Packed, File),
}

impl Spool {
    pub(crate) fn new(memory: &Arc<Memory>) -> Self {
        Self { memory: Arc::clone(memory), place: Place::Memory(Vec::new()), head: 0, length: 0 }
    }

    /// Start line and fields; an interim response may come before the final one. All before any of the body.
    pub(crate) fn head(&mut self, bytes: &[u8]) {
        if let Place::Memory(held) = &mut self.place {
            held.extend_from_slice(bytes);
            self.head = held.len();
            self.memory.held.fetch_add(bytes.len(), Ordering::Relaxed);
            self.length += bytes.len() as u64;
        }
    }

    /// More of the body. A failure is one of the disk, and means that this message cannot be recorded whole.
    ///
    /// The file is written where we stand: it goes to the page cache, which takes less than handing it to a thread.
    pub(crate) fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Place::Memory(held) = &self.place
            && !self.fits(held.len(), bytes.len())
        {
            self.move_out()?;
        }
        match &mut self.place {
            Place::Memory(held) => {
                held.extend_from_slice(bytes);
                self.memory.held.fetch_add(bytes.len(), Ordering::Relaxed);
            }
            Place::Packing(packer) => packer.body(bytes)?,
            Place::File(file) => file.write_all(bytes)?,
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn fits(&self, held: usize, more: usize) -> bool {
        let all = self.memory.held.load(Ordering::Relaxed) + more;
        let length = held + more;
        length <= self.head + ALWAYS_IN_MEMORY || length <= MOST_IN_MEMORY && all <= self.memory.most
    }

    fn move_out(&mut self) -> io::Result<()> {
        let Place::Memory(held) = &mut self.place else { return Ok(()) };
        let held = std::mem::take(held);
        self.memory.held.fetch_sub(held.len(), Ordering::Relaxed);
        let mut file = self.memory.file()?;
        let free = self.memory.packers.fetch_add(1, Ordering::Relaxed) < MOST_PACKERS;
        self.place = if free {
            let (head, body) = held.split_at(self.head);
            let mut packer = Box::new(Packer::new(file, head)?);
            packer.body(body)?;
            Place::Packing(packer)
        } else {
            self.memory.packers.fetch_sub(1, Ordering::Relaxed);
            file.write_all(&held)?;
            Place::File(file)
        };
        Ok(())
    }

    /// Bytes so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that it keeps in memory.
    pub(crate) fn held(&self) -> usize {
        match &self.place {
            Place::Memory(held) => held.len(),
            Place::Packing(_) | Place::File(_) => 0,
        }
    }

    /// The message, ready to be written.
    pub(super) fn finish(mut self) -> io::Result<Held> {
        let place = std::mem::replace(&mut self.place, Place::Memory(Vec::new()));
        match place {
            Place::Memory(held) => {
                self.memory.held.fetch_sub(held.len(), Ordering::Relaxed);
                Ok(Held::Memory(held))
            }
            Place::Packing(packer) => {
                self.memory.packers.fetch_sub(1, Ordering::Relaxed);
                let (packed, mut file) = packer.finish()?;
                file.rewind()?;
                Ok(Held::Packed(packed, file))
            }
            Place::File(mut file) => {
                file.rewind()?;
                let mut head = vec![0; self.head];
                io::Read::read_exact(&mut file, &mut head)?;
                let mut packer = Packer::new(self.memory.file()?, &head)?;
                let mut piece = vec![0; 64 << 10];
                loop {
                    match io::Read::read(&mut file, &mut piece)? {
                        0 => break,
                        count => packer.body(&piece[..count])?,
                    }
                }
                let (packed, mut file) = packer.finish()?;
                file.rewind()?;
                Ok(Held::Packed(packed, file))
            }
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        match &self.place {
            Place::Memory(held) => _ = self.memory.held.fetch_sub(held.len(), Ordering::Relaxed),
            Place::Packing(_) => _ = self.memory.packers.fetch_sub(1, Ordering::Relaxed),
            Place::File(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_shared_and_given_back() {
        const HEAD: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 30720\r\n\r\n";
        let whole = HEAD.len() as u64 + (30 << 10);
        let memory = Memory::new(100 << 10, std::env::temp_dir());
        let mut spools: Vec<Spool> = (0..40).map(|_| Spool::new(&memory)).collect();
        for (at, spool) in spools.iter_mut().enumerate() {
            spool.head(HEAD);
            for _ in 0..30 {
                spool.body(&vec![at as u8; 1 << 10]).unwrap();
            }
        }
        assert!(memory.held.load(Ordering::Relaxed) <= (100 << 10) + 40 * 64);
        let kinds = |wanted: fn(&Place) -> bool| spools.iter().filter(|spool| wanted(&spool.place)).count();
        assert_eq!(kinds(|place| matches!(place, Place::Packing(_))), MOST_PACKERS);
        assert!(
            kinds(|place| matches!(place, Place::File(_))) > 0 && kinds(|place| matches!(place, Place::Memory(_))) > 0
        );
        for (at, spool) in spools.into_iter().enumerate() {
            assert_eq!(spool.length(), whole, "{at}");
            match spool.finish().unwrap() {
                Held::Memory(bytes) => assert_eq!(bytes.len() as u64, whole),
                Held::Packed(packed, file) => {
                    assert_eq!(packed.length, whole);
                    assert_eq!(packed.packed, file.metadata().unwrap().len());
                }
            }
        }
        assert_eq!((memory.held.load(Ordering::Relaxed), memory.packers.load(Ordering::Relaxed)), (0, 0));
    }
}
