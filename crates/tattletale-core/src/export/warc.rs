//! WARC 1.1 (ISO 28500:2017), append-only: what we record with.
//!
//! Every record is one gzip member, put together in memory and handed over in a single write, so that an interrupted
//! recording loses no more than the record that was being written. HTTP/1 blocks are the plaintext bytes as they
//! passed. The request is written first: it was sent, whether or not an answer comes.
//!
//! Digests are SHA-256 (the standard leaves that open; SHA-1 no longer proves anything) in base32, since that is the
//! notation of the standard's own examples and the one that other tools compare. A chunked message gets no payload
//! digest: readers disagree whether a payload is with or without its chunks, and the block digest covers it anyway.

use std::fmt;
use std::io::{self, Write};
use std::net::IpAddr;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::codec::base32;
use crate::model::Timestamp;

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

/// One HTTP message as it passed.
#[derive(Debug, Clone, Copy)]
pub struct HttpMessage<'a> {
    /// When its first byte passed, UTC; written to the microsecond.
    pub at: Timestamp,
    /// Absolute URL of the request, for the response too.
    pub target: &'a str,
    /// Address of the server, if known.
    pub peer: Option<IpAddr>,
    /// Values of `WARC-Protocol` (IIPC), e.g. `http/1.1` and `tls/1.3`; empty if unknown.
    pub protocols: &'a [&'a str],
    /// The message: start line, headers, empty line, body with its framing and coding.
    pub bytes: &'a [u8],
    /// Whether the connection ended before the message did.
    pub cut_off: bool,
}

/// Writes records to the end of `W`. Every method writes one record and flushes.
#[derive(Debug)]
pub struct WarcWriter<W> {
    out: W,
}

impl<W: Write> WarcWriter<W> {
    /// Goes on where `out` stands; a new file begins with [`Self::info`].
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// The `warcinfo` record: who made what follows, e.g. `software`, `description` (`application/warc-fields`).
    pub fn info(&mut self, id: RecordId, at: Timestamp, fields: &[(&str, &str)]) -> io::Result<()> {
        let block: String = fields.iter().map(|(name, value)| format!("{}: {}\r\n", line(name), line(value))).collect();
        let mut header = Header::new("warcinfo", id, at);
        header.field("Content-Type", "application/warc-fields");
        self.record(header, block.as_bytes())
    }

    /// A request.
    pub fn request(&mut self, id: RecordId, message: &HttpMessage<'_>) -> io::Result<()> {
        self.message("request", id, None, message)
    }

    /// The response to the request of that identifier.
    pub fn response(&mut self, id: RecordId, request: RecordId, message: &HttpMessage<'_>) -> io::Result<()> {
        self.message("response", id, Some(request), message)
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn message(
        &mut self,
        kind: &str,
        id: RecordId,
        concurrent: Option<RecordId>,
        message: &HttpMessage<'_>,
    ) -> io::Result<()> {
        let mut header = Header::new(kind, id, message.at);
        if let Some(concurrent) = concurrent {
            header.field("WARC-Concurrent-To", &format!("<{concurrent}>"));
        }
        header.field("WARC-Target-URI", message.target);
        if let Some(peer) = message.peer {
            header.field("WARC-IP-Address", &peer.to_string());
        }
        for protocol in message.protocols {
            header.field("WARC-Protocol", protocol);
        }
        if message.cut_off {
            header.field("WARC-Truncated", "disconnect");
        }
        header.field("Content-Type", &format!("application/http; msgtype={kind}"));
        let (head, payload) = split(message.bytes);
        if !head.to_ascii_lowercase().windows(18).any(|name| name == b"transfer-encoding:") {
            header.field("WARC-Payload-Digest", &digest(payload));
        }
        self.record(header, message.bytes)
    }

    fn record(&mut self, mut header: Header, block: &[u8]) -> io::Result<()> {
        header.field("WARC-Block-Digest", &digest(block));
        header.field("Content-Length", &block.len().to_string());
        let mut member = GzEncoder::new(Vec::with_capacity(512 + block.len() / 2), Compression::fast());
        member.write_all(header.0.as_bytes())?;
        member.write_all(b"\r\n")?;
        member.write_all(block)?;
        member.write_all(b"\r\n\r\n")?;
        self.out.write_all(&member.finish()?)?;
        self.out.flush()
    }
}

/// Version line and named fields.
struct Header(String);

impl Header {
    fn new(kind: &str, id: RecordId, at: Timestamp) -> Self {
        let mut header = Self("WARC/1.1\r\n".to_owned());
        header.field("WARC-Type", kind);
        header.field("WARC-Record-ID", &format!("<{id}>"));
        header.field("WARC-Date", &format!("{at:.6}"));
        header
    }

    fn field(&mut self, name: &str, value: &str) {
        self.0.push_str(name);
        self.0.push_str(": ");
        self.0.push_str(&line(value));
        self.0.push_str("\r\n");
    }
}

/// The text without what would end its line: values come from the party under test.
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", base32::encode(&Sha256::digest(bytes)))
}

/// Head with its empty line, and what follows.
fn split(message: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memmem::find(message, b"\r\n\r\n").map_or(message.len(), |end| end + 4);
    message.split_at(end)
}
