//! Firmware images: every regular file inside, as a stream with its path, whatever it is wrapped in.
//!
//! A phone's system comes as archives around partition images around file systems: a zip with `payload.bin`, a tgz
//! with `super.img`, sparse, split into logical partitions, ext4 or EROFS in each. [`walk`] opens what it meets by its
//! bytes, from the outside in, until there are files; those of a file system are told as they are and not opened
//! again. Everything is hostile: a path inside an image is a text and never a place on this machine, what must be
//! read out of order goes into a nameless temporary file, and whatever cannot be read is a [`Fault`].
//!
//! A new format is one file and two lines: its `mod` here and its member of [`format::FORMATS`].

mod erofs;
mod ext4;
mod format;
mod mapped;
mod packed;
mod payload;
mod protobuf;
mod sparse;
mod split;
mod spool;
mod super_image;
mod tar;
mod told;
mod transfer;
mod walker;
mod zip;

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::Fault;
use crate::source::Source;

/// One file inside an image or archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name of the image and behind `/` the places inside it, as `super.img/system_a/app/Browser/Browser.apk`;
    /// bytes made lossy UTF-8, never used as a path on this machine.
    pub path: String,
    /// Bytes, as the image says.
    pub size: u64,
    /// Where a link points, as the image says. It is listed with an empty stream and never followed.
    pub link: Option<String>,
}

/// Who is told of the files; `Break` ends the walk.
pub type Each<'e> = dyn FnMut(&Entry, &mut dyn Read) -> ControlFlow<()> + 'e;

/// Limits of a walk and what it may use.
pub struct Options<'o> {
    /// Bytes that may come out of compression in all, and that may be told of in all. Images of phones hold up to
    /// about 20 GB.
    pub most_unpacked: u64,
    /// Files, folders and links in all. Images of phones hold a few ten thousand.
    pub most_entries: u64,
    /// A new file to write to and read back, best without a name and readable by its owner only.
    pub scratch: &'o dyn Fn() -> io::Result<File>,
    /// Told of bytes that were unpacked or handed out since the last call.
    pub progress: &'o dyn Fn(u64),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { most_unpacked: 64 << 30, most_entries: 1 << 20, scratch: &tempfile::tempfile, progress: &|_| {} }
    }
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("most_unpacked", &self.most_unpacked)
            .field("most_entries", &self.most_entries)
            .finish_non_exhaustive()
    }
}

/// Why an image could not be walked at all.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The file itself could not be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// No format that is known.
    #[error("is no image or archive that is known")]
    Unknown,
}

/// Tells every regular file and link in an image; what could not be read comes back as faults. `name` is what the
/// paths begin with.
///
/// # Errors
/// When it is no image, or the source itself fails at its first bytes.
pub fn walk(
    source: Arc<dyn Source>,
    name: &str,
    options: &Options<'_>,
    each: &mut Each<'_>,
) -> Result<Vec<Fault>, ImageError> {
    walk_together(vec![(source, name.to_owned())], options, each)
}

/// The same for images that lie beside one another and have a name each: parts of a split image are joined.
///
/// # Errors
/// When one of them is no image, or its source fails at its first bytes.
pub fn walk_together(
    images: Vec<(Arc<dyn Source>, String)>,
    options: &Options<'_>,
    each: &mut Each<'_>,
) -> Result<Vec<Fault>, ImageError> {
    walker::Walk::new(options, each).whole(images)
}

/// The name that the parts of a split image have in common, and the number of this one: `super.img.` and 3 for
/// `super.img.3`. A folder before it belongs to the name.
pub fn series(name: &str) -> Option<(&str, u32)> {
    split::series(name)
}

/// Whether these first bytes are an image and not only an archive or a compressed file, which may hold anything.
///
/// # Errors
/// When the source cannot be read.
pub fn is_bare_image(source: &dyn Source) -> io::Result<bool> {
    let format = format::recognise(&walker::head_of(source)?, "", true);
    Ok(format.is_some_and(|format| matches!(format.open, format::Open::Anywhere(_) | format::Open::Unread)))
}

/// Whether [`walk`] would know what this is, by its first bytes and its name.
///
/// # Errors
/// When the source cannot be read.
pub fn is_image(source: &dyn Source, name: &str) -> io::Result<bool> {
    Ok(format::recognise(&walker::head_of(source)?, name, true).is_some())
}
