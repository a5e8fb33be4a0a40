//! One buffer over a reader: what is being looked at, plus what must stay for going back or for being handed out.
//!
//! It stands here since importers cut files with it and the member reader goes back in it after damage.
//!
//! Bytes move at most once for every byte that their moving frees, and the buffer doubles otherwise, so the work is
//! linear in the input however the reader cuts it.

use std::io::{self, Read};

const FIRST_SIZE: usize = 256 << 10;

/// The buffered piece of the input.
pub(crate) struct Window<'r> {
    input: &'r mut dyn Read,
    buffer: Vec<u8>,
    /// End of what was read into `buffer`.
    filled: usize,
    /// First byte that was not passed yet.
    at: usize,
    /// Start of what must stay.
    kept: Option<usize>,
    /// Offset in the input of the buffer's first byte.
    base: u64,
}

impl<'r> Window<'r> {
    pub(crate) fn new(input: &'r mut dyn Read) -> Self {
        Self { input, buffer: vec![0; FIRST_SIZE], filled: 0, at: 0, kept: None, base: 0 }
    }

    /// What is buffered and not passed.
    pub(crate) fn ahead(&self) -> &[u8] {
        &self.buffer[self.at..self.filled]
    }

    /// Passes bytes of [`Self::ahead`].
    pub(crate) fn pass(&mut self, count: usize) {
        self.at = (self.at + count).min(self.filled);
    }

    /// Goes back over bytes of [`Self::kept`] or [`Self::behind`].
    pub(crate) fn back(&mut self, count: usize) {
        self.at = self.at.saturating_sub(count);
    }

    /// The last bytes that were passed, at most so many; fewer where the buffer has just moved on.
    pub(crate) fn behind(&self, most: usize) -> &[u8] {
        &self.buffer[self.at.saturating_sub(most)..self.at]
    }

    /// Offset in the input of the first byte of [`Self::ahead`].
    pub(crate) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Keeps what follows, and the byte before it.
    pub(crate) fn keep_from_last(&mut self) {
        self.kept = Some(self.at.saturating_sub(1));
    }

    /// Keeps what follows.
    pub(crate) fn keep(&mut self) {
        self.kept = Some(self.at);
    }

    /// Forgets what was kept.
    pub(crate) fn release(&mut self) {
        self.kept = None;
    }

    /// What was passed since it is kept; empty when nothing is.
    pub(crate) fn kept(&self) -> &[u8] {
        &self.buffer[self.kept.unwrap_or(self.at)..self.at]
    }

    /// Reads more; false at the end of the input.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        self.make_room();
        loop {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(count) => {
                    self.filled += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn make_room(&mut self) {
        let start = self.kept.unwrap_or(self.at);
        let needed = self.filled - start;
        if start == 0 || needed > start {
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            return;
        }
        self.buffer.copy_within(start..self.filled, 0);
        self.base += start as u64;
        self.at -= start;
        self.kept = self.kept.map(|_| 0);
        self.filled = needed;
    }
}
