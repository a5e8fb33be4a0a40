//! EROFS, the read-only file system of Android since 2019 (on-disk format: `erofs_fs.h` of Linux, erofs.docs.kernel.org):
//! plain, inline, chunked and LZ4-compressed files. A reader of our own, since no crate reads compressed ones.
//!
//! Other algorithms, fragments and files on other devices are stated as not read.

mod clusters;
mod index;
mod inode;

use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;

use super::format::{Format, Open};
use super::walker::{Trouble, Walk};
use crate::le::{u16_at, u32_at, u64_at};
use crate::source::Source;
use inode::{Inode, Kind};

const SUPERBLOCK: u64 = 1024;
const MAGIC: [u8; 4] = [0xe2, 0xe1, 0xf5, 0xe0];
/// Folders inside one another; Android has about ten.
const MOST_DEPTH: usize = 64;
/// A folder of 100,000 files with long names has 4 MB.
const MOST_FOLDER: u64 = 64 << 20;
/// `PATH_MAX` of Linux, with its zero.
const LONGEST_LINK: u64 = 4095;

/// The format.
pub(super) static FORMAT: Format =
    Format { name: "EROFS", sniff: |head| head.get(1024..1028) == Some(&MAGIC), open: Open::Anywhere(open) };

/// What the superblock says.
struct FileSystem {
    source: Arc<dyn Source>,
    block_bits: u32,
    /// Bytes of a block of a folder.
    folder_block: usize,
    /// Where inodes are counted from.
    inodes: u64,
    root: u64,
    /// The `h_algorithmtype` of files counts only where the superblock lists algorithms.
    padded: bool,
}

impl FileSystem {
    fn read(source: &Arc<dyn Source>) -> Result<Self, Trouble> {
        /// Zero padding, configurations (or big clusters), chunks, devices (or a second head), inline tails,
        /// fragments (or shared clusters), prefixes of attributes.
        const KNOWN: u32 = 0x7f;
        let mut bytes = [0; 128];
        source.read_exact_at(SUPERBLOCK, &mut bytes)?;
        let word = |at| u32_at(&bytes, at).unwrap_or_default();
        let features = word(0x50);
        if features & !KNOWN != 0 {
            let message = format!("has features of EROFS that are not read ({:#x})", features & !KNOWN);
            return Err(Trouble::unread(message).at(SUPERBLOCK + 0x50));
        }
        let block_bits = u32::from(bytes[12]);
        let folder_bits = block_bits + u32::from(bytes[0x5a]);
        if !(9..=16).contains(&block_bits) || folder_bits > 16 {
            return Err(Trouble::corrupt(SUPERBLOCK + 12, format!("blocks of 2^{block_bits} bytes")));
        }
        Ok(Self {
            source: Arc::clone(source),
            block_bits,
            folder_block: 1 << folder_bits,
            inodes: u64::from(word(0x28)) << block_bits,
            root: u16_at(&bytes, 14).unwrap_or_default().into(),
            padded: features & 1 != 0,
        })
    }

    /// Bytes that the superblock counts.
    fn stated_size(&self) -> Result<u64, Trouble> {
        let mut blocks = [0; 4];
        self.source.read_exact_at(SUPERBLOCK + 0x24, &mut blocks)?;
        Ok(u64::from(u32::from_le_bytes(blocks)) << self.block_bits)
    }

    fn block(&self) -> u64 {
        1 << self.block_bits
    }
}

fn open(source: &Arc<dyn Source>, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let system = FileSystem::read(source)?;
    let size = system.stated_size()?;
    if size > source.len() {
        let message = format!("ends {} bytes before the file system does", size - source.len());
        walk.fault(path, Trouble::truncated(source.len(), message));
    }
    let mut entered = HashSet::from([system.root]);
    let mut folders = vec![(path.to_owned(), system.root, 0)];
    while let Some((path, number, depth)) = folders.pop() {
        let mut entries = Vec::new();
        let listed = list(&system, number, &mut entries);
        walk.settle(&path, listed)?;
        for (name, number) in entries {
            let inner = format!("{path}/{name}");
            let inode = match Inode::read(&system, number) {
                Ok(inode) => inode,
                Err(trouble) => {
                    walk.fault(&inner, trouble);
                    continue;
                }
            };
            let result = match inode.kind {
                Kind::Folder if depth == MOST_DEPTH => {
                    Err(Trouble::unread(format!("more than {MOST_DEPTH} folders inside one another")))
                }
                Kind::Folder if !entered.insert(number) => {
                    Err(Trouble::corrupt(inode.place, "a folder that stands in two places"))
                }
                Kind::Folder => {
                    walk.count_entry(&inner)?;
                    folders.push((inner.clone(), number, depth + 1));
                    Ok(())
                }
                Kind::File => inode.stream(&system).and_then(|mut stream| walk.file(&inner, inode.size, &mut stream)),
                Kind::Link => link(&system, &inode).and_then(|target| walk.link(&inner, target)),
                Kind::Other => walk.count_entry(&inner),
            };
            walk.settle(&inner, result)?;
        }
    }
    Ok(())
}

/// The names and inode numbers of a folder; what stands before damage is listed.
fn list(system: &FileSystem, number: u64, entries: &mut Vec<(String, u64)>) -> Result<(), Trouble> {
    const ENTRY: usize = 12;
    let inode = Inode::read(system, number)?;
    if inode.kind != Kind::Folder {
        return Err(Trouble::corrupt(inode.place, "the root is no folder"));
    }
    if inode.size > MOST_FOLDER {
        return Err(Trouble::unread(format!("a folder of {} bytes", inode.size)).at(inode.place));
    }
    let mut stream = inode.stream(system)?;
    let mut left = inode.size as usize;
    let mut block = vec![0; system.folder_block];
    while left > 0 {
        let size = left.min(block.len());
        let block = &mut block[..size];
        stream.read_exact(block).map_err(|error| Trouble::from(error).at(inode.place))?;
        left -= size;
        let damaged = || Trouble::corrupt(inode.place, "a folder whose names do not fit their block");
        let names = usize::from(u16_at(block, 8).ok_or_else(damaged)?);
        if names % ENTRY != 0 || names == 0 || names > size {
            return Err(damaged());
        }
        for at in (0..names).step_by(ENTRY) {
            let number = u64_at(block, at).ok_or_else(damaged)?;
            let start = usize::from(u16_at(block, at + 8).ok_or_else(damaged)?);
            let end = match at + ENTRY < names {
                true => usize::from(u16_at(block, at + ENTRY + 8).ok_or_else(damaged)?),
                false => size,
            };
            let name = block.get(start..end).filter(|_| start >= names).ok_or_else(damaged)?;
            if !matches!(name, b"." | b"..") {
                let name = crate::le::text(name);
                if !matches!(name.as_str(), "" | "." | "..") {
                    entries.push((name, number));
                }
            }
        }
    }
    Ok(())
}

fn link(system: &FileSystem, inode: &Inode) -> Result<String, Trouble> {
    if inode.size > LONGEST_LINK {
        return Err(Trouble::corrupt(inode.place, format!("a link of {} bytes", inode.size)));
    }
    let mut target = vec![0; inode.size as usize];
    inode.stream(system)?.read_exact(&mut target).map_err(|error| Trouble::from(error).at(inode.place))?;
    Ok(String::from_utf8_lossy(&target).into_owned())
}
