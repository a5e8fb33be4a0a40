//! A reader that counts and hashes what passes, and lets its start be looked at first.
//!
//! The hash names the capture in every finding, so it covers the input as it is, not what an importer makes of it.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// The input, its count and its hash so far.
pub(super) struct Metered<R> {
    input: R,
    hash: Sha256,
    passed: u64,
    head: Vec<u8>,
    /// How much of `head` has been handed out.
    given: usize,
}

impl<R: Read> Metered<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, hash: Sha256::new(), passed: 0, head: Vec::new(), given: 0 }
    }

    /// Up to `limit` first bytes; they will still be read.
    pub(super) fn peek(&mut self, limit: usize) -> io::Result<&[u8]> {
        self.input.by_ref().take(limit as u64).read_to_end(&mut self.head)?;
        Ok(&self.head)
    }

    /// Reads to the end.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        io::copy(self, &mut io::sink()).map(|_| ())
    }

    /// Bytes handed out so far.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// Of the bytes handed out, lower-case hex.
    pub(super) fn sha256(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.head.get(self.given..) {
            Some(head) if !head.is_empty() => {
                let count = head.len().min(buffer.len());
                buffer[..count].copy_from_slice(&head[..count]);
                self.given += count;
                count
            }
            _ => self.input.read(buffer)?,
        };
        self.hash.update(&buffer[..count]);
        self.passed += count as u64;
        Ok(count)
    }
}
