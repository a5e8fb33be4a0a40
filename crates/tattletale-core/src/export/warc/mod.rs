//! WARC 1.1 (ISO 28500:2017), append-only: what we record with.
//!
//! Every record is one gzip member, handed over in a single write (a body that is too long for memory in several), so
//! that an interrupted recording loses no more than the record that was being written. HTTP/1 blocks are the plaintext
//! bytes as they passed. The request is written first: it was sent, whether or not an answer comes.
//!
//! What the standard does not have is in fields of our own ([`names`]): the connection, WebSocket messages (one
//! `resource` each, on disk as soon as it passed) and what could not be seen (`metadata`).
//!
//! Digests are SHA-256 (the standard leaves that open; SHA-1 no longer proves anything) in base32, since that is the
//! notation of the standard's own examples and the one that other tools compare. A chunked message gets no payload
//! digest: readers disagree whether a payload is with or without its chunks, and the block digest covers it anyway.

pub(crate) mod names;
mod packed;
mod record;
mod rewritten;

use std::fmt;
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

use crate::codec::base32;
use crate::model::{Blind, Timestamp};

pub use packed::{Encoder, Packed, Packer};
pub use record::{HttpMessage, Record, SocketMessage};

/// A `WARC-Record-ID`: a version 4 UUID (RFC 9562) made of random bytes that the caller brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordId([u8; 16]);

impl RecordId {
    /// From 16 random bytes, six bits of which are overwritten by version and variant.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("urn:uuid:")?;
        for (at, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" })?;
        }
        Ok(())
    }
}

/// Writes records to the end of `W`. Every method writes one record and flushes.
#[derive(Debug)]
pub struct WarcWriter<W> {
    out: W,
    encoder: Encoder,
}

impl<W: Write> WarcWriter<W> {
    /// Goes on where `out` stands; a new file begins with [`Self::info`].
    pub fn new(out: W) -> Self {
        Self { out, encoder: Encoder::default() }
    }

    /// See [`Record::info`].
    pub fn info(&mut self, id: RecordId, at: Timestamp, fields: &[(&str, &str)]) -> io::Result<()> {
        self.append(&Record::info(id, at, fields))
    }

    /// See [`Record::request`].
    pub fn request(&mut self, id: RecordId, message: &HttpMessage<'_>) -> io::Result<()> {
        self.append(&Record::request(id, message))
    }

    /// See [`Record::response`].
    pub fn response(&mut self, id: RecordId, request: RecordId, message: &HttpMessage<'_>) -> io::Result<()> {
        self.append(&Record::response(id, request, message))
    }

    /// See [`Record::message`].
    pub fn message(&mut self, id: RecordId, message: &SocketMessage<'_>) -> io::Result<()> {
        self.append(&Record::message(id, message))
    }

    /// See [`Record::blind`].
    pub fn blind(&mut self, id: RecordId, now: Timestamp, blind: &Blind) -> io::Result<()> {
        self.append(&Record::blind(id, now, blind))
    }

    /// Compresses a record and writes it.
    pub fn append(&mut self, record: &Record<'_>) -> io::Result<()> {
        let member = record.member(&mut self.encoder)?;
        self.append_member(&member)
    }

    /// Writes what [`Record::member`] made, on whatever thread.
    pub fn append_member(&mut self, member: &[u8]) -> io::Result<()> {
        self.out.write_all(member)?;
        self.out.flush()
    }

    /// Writes a record whose block was packed: `spool` gives what the [`Packer`] wrote, from its start.
    pub fn append_packed(&mut self, record: &Record<'_>, packed: &Packed, spool: &mut dyn Read) -> io::Result<()> {
        let (before, behind) = self.encoder.around(record.header(), packed)?;
        self.out.write_all(&before)?;
        packed::copy(packed, spool, &mut self.out)?;
        self.out.write_all(&behind)?;
        self.out.flush()
    }

    /// The writer beneath, for syncing a file.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// A finished digest as the standard writes it.
fn in_base32(digest: Sha256) -> String {
    format!("sha256:{}", base32::encode(&digest.finalize()))
}

/// Whether a head states a transfer coding, in any letter case.
fn states_transfer_encoding(head: &[u8]) -> bool {
    const NAME: &[u8] = b"transfer-encoding:";
    head.split(|&byte| byte == b'\n')
        .any(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))
}
