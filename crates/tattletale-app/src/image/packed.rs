//! Compressed files: opened when an image or archive comes out of them, else told as they are.

use std::cell::Cell;
use std::io::{self, BufReader, Read};

use tattletale_core::codec::stream::{Packing, unpack};

use super::format::{self, Format, HEAD, Open};
use super::walker::{Trouble, Walk};

/// So many first bytes are enough to see what comes out: a block of bzip2 has up to 900 kB, and comes whole.
pub(super) const HEAD_FOR_KNOWING: usize = 1 << 20;
/// What may come out to see what it is.
const MOST_FOR_KNOWING: u64 = 1 << 30;

/// RFC 1952.
pub(super) static GZIP: Format =
    Format { name: "gzip", sniff: |head| head.starts_with(&[0x1f, 0x8b, 8]), open: Open::Packed(Packing::Gzip) };

/// The .xz file format.
pub(super) static XZ: Format =
    Format { name: "xz", sniff: |head| head.starts_with(b"\xfd7zXZ\0"), open: Open::Packed(Packing::Xz) };

/// RFC 8878.
pub(super) static ZSTD: Format = Format {
    name: "zstd",
    sniff: |head| head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]),
    open: Open::Packed(Packing::Zstd),
};

/// bzip2, with the digits of pi that begin a block.
pub(super) static BZIP2: Format = Format {
    name: "bzip2",
    sniff: |head| head.starts_with(b"BZh") && head.get(4..10) == Some(&[0x31, 0x41, 0x59, 0x26, 0x53, 0x59]),
    open: Open::Packed(Packing::Bzip2),
};

/// Whether something comes out of these first bytes that the walk opens.
pub(super) fn holds_image(packing: Packing, head: &[u8], path: &str) -> bool {
    let mut inner = Vec::new();
    // The head ends before its stream does; what came out until then is what counts.
    let _missing_end = unpack(packing, head, MOST_FOR_KNOWING).take(HEAD as u64).read_to_end(&mut inner);
    format::recognise(&inner, path, false).is_some()
}

/// Opens what comes out.
pub(super) fn open(packing: Packing, input: &mut dyn Read, path: &str, walk: &mut Walk<'_>) -> Result<(), Trouble> {
    let counted = Cell::new(0);
    let input = BufReader::with_capacity(64 << 10, input);
    let mut inner = Counted { inner: unpack(packing, input, walk.most_unpacked()), count: &counted };
    let faults = walk.faults();
    let result = walk.stream(&mut inner, None, path).and_then(|()| {
        // The checksum stands behind the end of what is inside; a fault is told once.
        if walk.faults() == faults {
            io::copy(&mut inner, &mut io::sink())?;
        }
        Ok(())
    });
    walk.count_unpacked(counted.get());
    result
}

/// Counts what passes, for the limit on what may be unpacked.
pub(super) struct Counted<'c, R> {
    pub(super) inner: R,
    pub(super) count: &'c Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}
