//! What an image or archive can be, and how each kind wants to be read.
//!
//! Order counts only where two could fit: a file system leaves its first KiB free, where something else may stand.

use std::io::Read;
use std::sync::Arc;

use tattletale_core::codec::stream::Packing;

use super::walker::{Trouble, Walk};
use super::{erofs, ext4, packed, payload, sparse, super_image, tar, zip};
use crate::source::Source;

/// Bytes from the start by which formats are known: the geometry of a super partition stands at 4096 and 8192.
pub(super) const HEAD: usize = 12 << 10;

/// One kind of image or archive.
pub(super) struct Format {
    /// What a person calls it.
    pub(super) name: &'static str,
    /// Whether these first bytes are one; there may be fewer than [`HEAD`] of them.
    pub(super) sniff: fn(&[u8]) -> bool,
    pub(super) open: Open,
}

/// A reader that goes back and forth; what it finds is told to the walk, below the path.
type Anywhere = fn(&Arc<dyn Source>, &str, &mut Walk<'_>) -> Result<(), Trouble>;
/// A reader from the first byte on.
type FromStart = fn(&mut dyn Read, &str, &mut Walk<'_>) -> Result<(), Trouble>;

/// How it is read.
pub(super) enum Open {
    /// In any order.
    Anywhere(Anywhere),
    /// From the first byte to the last.
    Stream(FromStart),
    /// Compressed; opened when something that is known comes out.
    Packed(Packing),
    /// A zip. Apps are zips too: those inside others are opened only by their name.
    Zip,
    /// Known, but not read.
    Unread,
    /// Known, but not read; other files of this kind hold no image, so the name has to say `.img` as well.
    UnreadImage,
}

/// All of them.
pub(super) static FORMATS: &[&Format] = &[
    &payload::FORMAT,
    &sparse::FORMAT,
    &super_image::FORMAT,
    &erofs::FORMAT,
    &ext4::FORMAT,
    &F2FS,
    &zip::FORMAT,
    &tar::FORMAT,
    &packed::GZIP,
    &packed::XZ,
    &packed::ZSTD,
    &packed::BZIP2,
    &LZ4,
];

/// The file system of user data; no system partition has it.
static F2FS: Format =
    Format { name: "f2fs", sniff: |head| head.get(1024..1028) == Some(&[0x10, 0x20, 0xf5, 0xf2]), open: Open::Unread };

/// What Samsung's firmware holds its images in (`super.img.lz4`): the LZ4 frame, and the frame before it was one.
static LZ4: Format = Format {
    name: "lz4",
    sniff: |head| head.starts_with(&[0x04, 0x22, 0x4d, 0x18]) || head.starts_with(&[0x02, 0x21, 0x4c, 0x18]),
    open: Open::UnreadImage,
};

/// The format of these first bytes. `outermost` is whether nothing is around it.
pub(super) fn recognise(head: &[u8], name: &str, outermost: bool) -> Option<&'static Format> {
    let format = FORMATS.iter().copied().find(|format| (format.sniff)(head))?;
    let archive = || name.to_ascii_lowercase().ends_with(".zip");
    match format.open {
        Open::Zip if !outermost && !archive() => None,
        Open::UnreadImage if !outermost && !name.to_ascii_lowercase().contains(".img") => None,
        _ => Some(format),
    }
}
