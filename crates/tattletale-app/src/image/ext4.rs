//! ext4 (and ext2) through `ext4-view`, which reads and checks everything but the numbers that decide how much memory
//! it takes: those are looked at here first.
//!
//! A folder is never entered twice in a sound file system; since the crate shows no inode numbers, a cycle is known by
//! more folders than there are inodes, and depth and entries are bounded besides.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;

use ext4_view::{Ext4, Ext4Error, Ext4Read, File, FileType, PathBuf};

use super::format::{Format, Open};
use super::walker::{Trouble, Walk};
use crate::FaultKind;
use crate::le::{u16_at, u32_at};
use crate::source::Source;

const SUPERBLOCK: u64 = 1024;
/// 64 KiB, the largest that Linux mounts.
const LARGEST_LOG_BLOCK: u32 = 6;
/// Folders inside one another; Android has about ten.
const MOST_DEPTH: usize = 64;
/// `PATH_MAX` of Linux, with its zero.
const LONGEST_LINK: u64 = 4095;

/// The format.
pub(super) static FORMAT: Format = Format {
    name: "ext4",
    sniff: |head| {
        head.get(1024 + 56..1024 + 58) == Some(&[0x53, 0xef])
            && u32_at(head, 1024 + 24).is_some_and(|size| size <= LARGEST_LOG_BLOCK)
    },
    open: Open::Anywhere(open),
};

/// A source as the crate wants it.
struct Reader(Arc<dyn Source>);

impl Ext4Read for Reader {
    fn read(&mut self, start: u64, into: &mut [u8]) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.read_exact_at(start, into)?)
    }
}

fn open(source: &Arc<dyn Source>, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let limits = check(&**source, path, walk)?;
    let image = Ext4::load(Box::new(Reader(Arc::clone(source)))).map_err(|error| trouble(&error))?;
    let mut folders = VecDeque::from([(PathBuf::new("/"), 0)]);
    let mut entered = 0;
    while let Some((folder, depth)) = folders.pop_front() {
        entered += 1;
        let inner = join(path, &folder);
        if entered > limits.folders {
            let message = "has more folders than inodes: they contain one another";
            return Err(Trouble::corrupt(SUPERBLOCK, message));
        }
        let entries = match image.read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                walk.fault(&inner, trouble(&error));
                continue;
            }
        };
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    walk.fault(&inner, trouble(&error));
                    break;
                }
            };
            if entry.file_name() == "." || entry.file_name() == ".." {
                continue;
            }
            let place = entry.path();
            let inner = join(path, &place);
            let result = match entry.file_type() {
                Ok(FileType::Directory) if depth == MOST_DEPTH => {
                    Err(Trouble::unread(format!("more than {MOST_DEPTH} folders inside one another")))
                }
                Ok(FileType::Directory) => {
                    walk.count_entry(&inner)?;
                    folders.push_back((place, depth + 1));
                    Ok(())
                }
                Ok(FileType::Regular) => file(&image, &place, limits.file, &inner, walk),
                Ok(FileType::Symlink) => link(&image, &place, &inner, walk),
                Ok(_) => walk.count_entry(&inner),
                Err(error) => Err(trouble(&error)),
            };
            walk.settle(&inner, result)?;
        }
    }
    Ok(())
}

/// What a sound file system of these measures has at most.
struct Limits {
    folders: u64,
    /// Bytes of one file, as far as a map of direct and indirect blocks goes.
    file: u64,
}

/// Refuses what would take memory out of proportion, and states a missing end.
fn check(source: &dyn Source, path: &str, walk: &mut Walk<'_>) -> Result<Limits, Trouble> {
    const DESCRIPTOR: u64 = 32;
    let mut bytes = [0; 1024];
    source.read_exact_at(SUPERBLOCK, &mut bytes)?;
    let word = |at| u64::from(u32_at(&bytes, at).unwrap_or_default());
    let (log_block, per_group) = (word(24), word(32));
    let wide = word(96) & 0x80 != 0;
    let blocks = word(4) | if wide { word(0x150) << 32 } else { 0 };
    if log_block > u64::from(LARGEST_LOG_BLOCK) || per_group == 0 {
        return Err(Trouble::corrupt(SUPERBLOCK, "a superblock whose blocks or groups make no sense"));
    }
    let descriptor = u64::from(u16_at(&bytes, 254).unwrap_or_default()).max(DESCRIPTOR);
    if (blocks / per_group).saturating_mul(if wide { descriptor } else { DESCRIPTOR }) > source.len() {
        return Err(Trouble::corrupt(SUPERBLOCK, "a superblock with more groups than there are bytes for"));
    }
    let size = blocks.saturating_mul(1024 << log_block);
    if size > source.len() {
        let message = format!("ends {} bytes before the file system does", size - source.len());
        walk.fault(path, Trouble::truncated(source.len(), message));
    }
    let block = 1024_u64 << log_block;
    let indirect = block / 4;
    let file = block * (12 + indirect + indirect.pow(2)).saturating_add(indirect.pow(3)).min(u64::from(u32::MAX));
    Ok(Limits { folders: word(0), file })
}

fn file(image: &Ext4, place: &PathBuf, most: u64, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let file = image.open(place).map_err(|error| trouble(&error))?;
    let size = file.metadata().len();
    if size > most {
        // The crate panics where a file is longer than its map of blocks can say.
        return Err(Trouble::new(FaultKind::Corrupt, format!("a file of {size} bytes")));
    }
    walk.file(path, size, &mut Blocks { file, failed: None })
}

fn link(image: &Ext4, place: &PathBuf, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let size = image.symlink_metadata(place).map_err(|error| trouble(&error))?.len();
    if size > LONGEST_LINK {
        return Err(Trouble::new(FaultKind::Corrupt, format!("a link of {size} bytes")));
    }
    let target = image.read_link(place).map_err(|error| trouble(&error))?;
    walk.link(path, String::from_utf8_lossy(target.as_ref()).into_owned())
}

/// A file as a stream that fills what it is given, since the crate gives a block at a time. The crate panics when it
/// is asked again behind an error, so it is not.
struct Blocks {
    file: File,
    failed: Option<(io::ErrorKind, String)>,
}

impl Read for Blocks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < into.len() && self.failed.is_none() {
            match self.file.read_bytes(&mut into[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) => self.failed = Some((kind_of(&error), error.to_string())),
            }
        }
        match &self.failed {
            Some((kind, message)) if filled == 0 => Err(io::Error::new(*kind, message.clone())),
            _ => Ok(filled),
        }
    }
}

fn kind_of(error: &Ext4Error) -> io::ErrorKind {
    match error {
        Ext4Error::Io(inner) => inner.downcast_ref().map_or(io::ErrorKind::InvalidData, io::Error::kind),
        Ext4Error::Encrypted | Ext4Error::Incompatible(_) | Ext4Error::PathTooLong => io::ErrorKind::Unsupported,
        _ => io::ErrorKind::InvalidData,
    }
}

fn trouble(error: &Ext4Error) -> Trouble {
    Trouble::from(io::Error::new(kind_of(error), error.to_string()))
}

/// The place inside the image as a text; it begins with `/`.
fn join(path: &str, place: &PathBuf) -> String {
    let place: &[u8] = place.as_ref();
    match place {
        b"/" => path.to_owned(),
        _ => format!("{path}{}", String::from_utf8_lossy(place)),
    }
}
