//! A file's stream as the consumer gets it: what goes wrong while it is read is remembered, so that the walk states it
//! even when the consumer does not.

use std::io::{self, Read};

/// Bytes of one file.
pub(super) struct Told<'r> {
    inner: &'r mut dyn Read,
    progress: &'r dyn Fn(u64),
    /// Bytes that were handed out.
    pub(super) at: u64,
    size: u64,
    /// Bytes after which the walk as a whole has told enough.
    most: u64,
    /// The first trouble.
    pub(super) trouble: Option<(io::ErrorKind, String)>,
}

impl<'r> Told<'r> {
    pub(super) fn new(inner: &'r mut dyn Read, size: u64, most: u64, progress: &'r dyn Fn(u64)) -> Self {
        Self { inner, progress, at: 0, size, most, trouble: None }
    }
}

impl Read for Told<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, message)) = &self.trouble {
            return Err(io::Error::new(*kind, message.clone()));
        }
        let room = usize::try_from(self.size - self.at).unwrap_or(usize::MAX).min(into.len());
        if room == 0 {
            return Ok(0);
        }
        if self.at >= self.most {
            let message = "the files of this image hold more in all than is allowed".to_owned();
            self.trouble = Some((io::ErrorKind::FileTooLarge, message.clone()));
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let error = match self.inner.read(&mut into[..room]) {
            Ok(0) => io::Error::new(io::ErrorKind::UnexpectedEof, format!("ends before its {} bytes", self.size)),
            Ok(count) => {
                self.at += count as u64;
                (self.progress)(count as u64);
                return Ok(count);
            }
            Err(error) => error,
        };
        if error.kind() != io::ErrorKind::Interrupted {
            self.trouble = Some((error.kind(), error.to_string()));
        }
        Err(error)
    }
}
