//! What becomes a record: HTTP messages, WebSocket messages, what could not be seen, who recorded.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Packed, RecordId, in_base32, names, states_transfer_encoding};
use crate::model::{Blind, Connection, Timestamp};

/// One HTTP message as it passed.
#[derive(Debug, Clone, Copy)]
pub struct HttpMessage<'a> {
    /// When its first byte passed, UTC.
    pub at: Timestamp,
    /// Absolute URL of the request, for the response too.
    pub target: &'a str,
    /// The connection; [`Connection::http`] and [`Connection::tls`] become `WARC-Protocol`.
    pub connection: &'a Connection,
    /// The message: start line, headers, empty line, body with its framing and coding.
    pub bytes: &'a [u8],
    /// Whether the connection ended before the message did.
    pub cut_off: bool,
    /// Whether its head was put together anew, as HTTP/2's is.
    pub reserialised: bool,
    /// What the recorder took the request for (`document`, `xhr` ...), if it says.
    pub resource: Option<&'a str>,
}

/// One WebSocket message, whole, unmasked and decompressed.
#[derive(Debug, Clone, Copy)]
pub struct SocketMessage<'a> {
    /// When its last byte passed, UTC.
    pub at: Timestamp,
    /// URL of the request that was upgraded.
    pub target: &'a str,
    /// The connection.
    pub connection: &'a Connection,
    /// The record of that request.
    pub request: RecordId,
    /// True when the client sent it.
    pub sent: bool,
    /// Whether it was sent as text.
    pub text: bool,
    /// The payload.
    pub bytes: &'a [u8],
}

/// One record, ready to be written: [`WarcWriter::append`](super::WarcWriter::append), or on any thread
/// [`Record::member`].
#[derive(Debug)]
pub struct Record<'a> {
    header: Header,
    block: Block<'a>,
}

#[derive(Debug)]
enum Block<'a> {
    Bytes(Cow<'a, [u8]>),
    Packed,
}

impl<'a> Record<'a> {
    /// The `warcinfo` record: who made what follows, e.g. `software`, `description` (`application/warc-fields`).
    pub fn info(id: RecordId, at: Timestamp, fields: &[(&str, &str)]) -> Self {
        let mut header = Header::new("warcinfo", id, at);
        header.field("Content-Type", "application/warc-fields");
        Self::with_fields(header, fields)
    }

    /// A request.
    pub fn request(id: RecordId, message: &HttpMessage<'a>) -> Self {
        Self::whole(Header::http("request", id, None, message), message.bytes)
    }

    /// The response to the request of that identifier.
    pub fn response(id: RecordId, request: RecordId, message: &HttpMessage<'a>) -> Self {
        Self::whole(Header::http("response", id, Some(request), message), message.bytes)
    }

    /// A request whose bytes lie packed in a spool; those of `message` do not count.
    pub fn packed_request(id: RecordId, message: &HttpMessage<'_>, packed: &Packed) -> Self {
        Self::packed(Header::http("request", id, None, message), packed)
    }

    /// The response to the request of that identifier, its bytes packed in a spool.
    pub fn packed_response(id: RecordId, request: RecordId, message: &HttpMessage<'_>, packed: &Packed) -> Self {
        Self::packed(Header::http("response", id, Some(request), message), packed)
    }

    /// A WebSocket message: a `resource` of the URL that was upgraded, so that each is on disk on its own.
    pub fn message(id: RecordId, message: &SocketMessage<'a>) -> Self {
        let mut header = Header::new("resource", id, message.at);
        header.field("WARC-Concurrent-To", format_args!("<{}>", message.request));
        header.field("WARC-Target-URI", message.target);
        header.connection(message.connection);
        header.field(names::MESSAGE, if message.sent { "sent" } else { "received" });
        let kind = if message.text { "text/plain; charset=utf-8" } else { "application/octet-stream" };
        header.field("Content-Type", kind);
        Self::bytes(header, message.bytes.into())
    }

    /// What could not be seen, as `metadata` of `tcp://host:port` (`udp://` for QUIC, `dns:` for a name alone).
    /// One without a time is written at `now`, since a record must have one.
    pub fn blind(id: RecordId, now: Timestamp, blind: &Blind) -> Self {
        let mut header = Header::new("metadata", id, blind.at.unwrap_or(now));
        header.field("WARC-Target-URI", target(blind));
        header.connection(&blind.connection);
        header.field(names::BLIND, blind.kind.name());
        header.field("Content-Type", "application/warc-fields");
        let (sent, received) = (blind.sent.to_string(), blind.received.to_string());
        let until = blind.until.map(date);
        let at = blind.at.map(date);
        let fields = [
            ("host", blind.host.as_deref()),
            ("at", at.as_deref()),
            ("until", until.as_deref()),
            ("sent", Some(&*sent)),
            ("received", Some(&*received)),
            ("detail", blind.detail.as_deref()),
            ("means", Some(blind.kind.words())),
        ];
        let fields: Vec<_> = fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Self::with_fields(header, &fields)
    }

    /// The bytes of the record as one gzip member; not for a packed one, whose block is elsewhere.
    pub fn member(&self, encoder: &mut super::Encoder) -> std::io::Result<Vec<u8>> {
        match &self.block {
            Block::Bytes(block) => encoder.member(&self.header.0, block),
            Block::Packed => Err(std::io::Error::other("the block of a packed record is in its spool")),
        }
    }

    pub(super) fn header(&self) -> &str {
        &self.header.0
    }

    /// An HTTP message that lies in memory. Its payload starts behind the final head.
    fn whole(mut header: Header, bytes: &'a [u8]) -> Self {
        let payload = payload_start(bytes);
        if !states_transfer_encoding(&bytes[..payload]) {
            header.field("WARC-Payload-Digest", digest(&bytes[payload..]));
        }
        Self::bytes(header, bytes.into())
    }

    fn with_fields(header: Header, fields: &[(&str, &str)]) -> Self {
        let block: String = fields.iter().map(|(name, value)| format!("{}: {}\r\n", line(name), line(value))).collect();
        Self::bytes(header, block.into_bytes().into())
    }

    /// A record whose header is ready but for digest and length.
    pub(super) fn bytes(mut header: Header, block: Cow<'a, [u8]>) -> Self {
        header.field("WARC-Block-Digest", digest(&block));
        header.end(block.len() as u64);
        Self { header, block: Block::Bytes(block) }
    }

    fn packed(mut header: Header, packed: &Packed) -> Self {
        if let Some(payload) = &packed.payload_digest {
            header.field("WARC-Payload-Digest", payload);
        }
        header.field("WARC-Block-Digest", &packed.block_digest);
        header.end(packed.length);
        Self { header, block: Block::Packed }
    }
}

/// Version line and named fields.
#[derive(Debug)]
pub(super) struct Header(String);

impl Header {
    pub(super) fn new(kind: &str, id: RecordId, at: Timestamp) -> Self {
        let mut header = Self(String::with_capacity(1024));
        header.0.push_str("WARC/1.1\r\n");
        header.field("WARC-Type", kind);
        header.field("WARC-Record-ID", format_args!("<{id}>"));
        header.field("WARC-Date", date(at));
        header
    }

    fn http(kind: &str, id: RecordId, concurrent: Option<RecordId>, message: &HttpMessage<'_>) -> Self {
        let mut header = Self::new(kind, id, message.at);
        if let Some(concurrent) = concurrent {
            header.field("WARC-Concurrent-To", format_args!("<{concurrent}>"));
        }
        header.field("WARC-Target-URI", message.target);
        header.connection(message.connection);
        if message.reserialised {
            header.field(names::FIDELITY, names::RESERIALISED);
        }
        if let Some(resource) = message.resource {
            header.field(names::RESOURCE, resource);
        }
        if message.cut_off {
            header.field("WARC-Truncated", "disconnect");
        }
        header.field("Content-Type", format_args!("application/http; msgtype={kind}"));
        header
    }

    /// `WARC-IP-Address` of the standard, `WARC-Protocol` as IIPC proposes, and what neither has.
    pub(super) fn connection(&mut self, connection: &Connection) {
        if let Some(server) = connection.server {
            self.field("WARC-IP-Address", server);
        }
        for protocol in [&connection.http, &connection.tls].into_iter().flatten() {
            self.field("WARC-Protocol", protocol);
        }
        let server = connection.server.zip(connection.port);
        if let Some((address, port)) = server {
            self.field(names::SERVER, std::net::SocketAddr::new(address, port));
        } else if let Some(port) = connection.port {
            self.field(names::SERVER, format_args!(":{port}"));
        }
        if let Some(client) = connection.client {
            self.field(names::CLIENT, client);
        }
        let texts = [
            (names::CONNECTION, &connection.id),
            (names::SNI, &connection.sni),
            (names::ALPN, &connection.alpn),
            (names::JA4, &connection.ja4),
            (names::APP, &connection.app),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                self.field(name, text);
            }
        }
        if connection.ech {
            self.field(names::ECH, "offered");
        }
    }

    pub(super) fn field(&mut self, name: &str, value: impl fmt::Display) {
        self.0.push_str(name);
        self.0.push_str(": ");
        let from = self.0.len();
        let _ = write!(self.0, "{value}");
        if self.0[from..].chars().any(char::is_control) {
            let clean = line(&self.0[from..]);
            self.0.truncate(from);
            self.0.push_str(&clean);
        }
        self.0.push_str("\r\n");
    }

    fn end(&mut self, length: u64) {
        self.field("Content-Length", length);
        self.0.push_str("\r\n");
    }
}

/// What `WARC-Target-URI` says of a connection that was not seen.
fn target(blind: &Blind) -> String {
    use crate::model::BlindKind::{NameOnly, OpaqueUdp, Quic};
    let host = blind.receiver();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    match (blind.kind, blind.connection.port) {
        (NameOnly, _) => format!("dns:{host}"),
        (kind, port) => {
            let scheme = if matches!(kind, Quic | OpaqueUdp) { "udp" } else { "tcp" };
            port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"))
        }
    }
}

/// To the microsecond, or to the nanosecond where the time is that fine.
fn date(at: Timestamp) -> String {
    if at.subsec_nanosecond() % 1000 == 0 { format!("{at:.6}") } else { format!("{at:.9}") }
}

/// The text without what would end its line: values come from the party under test.
fn line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn digest(bytes: &[u8]) -> String {
    in_base32(Sha256::new_with_prefix(bytes))
}

/// Where the payload starts: behind the head, and behind interim responses before it.
fn payload_start(message: &[u8]) -> usize {
    let mut start = 0;
    loop {
        let rest = &message[start..];
        let end = memchr::memmem::find(rest, b"\r\n\r\n").map_or(message.len(), |end| start + end + 4);
        let interim = rest.starts_with(b"HTTP/1.1 1") && !rest.starts_with(b"HTTP/1.1 101");
        if !interim || !message[end..].starts_with(b"HTTP/") {
            return end;
        }
        start = end;
    }
}
