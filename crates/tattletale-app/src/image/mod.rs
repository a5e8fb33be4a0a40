//! Firmware images: every regular file inside, as a stream with its path.

use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::Fault;
use crate::source::Source;

/// One file inside an image or archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path as the image holds it, bytes made lossy UTF-8; never used as a path on this machine.
    pub path: String,
    /// Bytes, as the image says.
    pub size: u64,
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

/// Tells every regular file in an image; what could not be read comes back as faults.
///
/// # Errors
/// When it is no image, or the source itself fails.
pub fn walk(
    source: &dyn Source,
    each: &mut dyn FnMut(&Entry, &mut dyn Read) -> ControlFlow<()>,
) -> Result<Vec<Fault>, ImageError> {
    let _ = (source, each);
    Err(ImageError::Unknown)
}
