//! One exchange: a request with its response, as a capture holds it.
//!
//! Names and values are bytes, not strings: what apps send is often not UTF-8, and a capture that was written by
//! another tool may have damaged it further. How far a body can be trusted is its [`Fidelity`].

use super::{Blind, Connection, Fault, Timestamp};
use std::net::IpAddr;
use std::sync::Arc;

/// What importers hand out, in the order of the capture.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "nearly all are exchanges, and a box would cost each an allocation")]
pub enum Captured {
    /// Something that was seen.
    Exchange(Exchange),
    /// Something of which only that it was there is known. It takes no position in the capture.
    Blind(Blind),
}

impl Captured {
    /// The exchange, if it is one.
    pub fn exchange(self) -> Option<Exchange> {
        match self {
            Self::Exchange(exchange) => Some(exchange),
            Self::Blind(_) => None,
        }
    }
}

impl From<Exchange> for Captured {
    fn from(exchange: Exchange) -> Self {
        Self::Exchange(exchange)
    }
}

impl From<Blind> for Captured {
    fn from(blind: Blind) -> Self {
        Self::Blind(blind)
    }
}

/// One request with its response (and its WebSocket messages, when it was upgraded).
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// Position in the capture, from 0; entries that could not be read keep their number.
    pub index: usize,
    /// When the request was sent, UTC, if the capture says.
    pub at: Option<Timestamp>,
    /// What the capture says of the connection, if anything.
    pub connection: Option<Arc<Connection>>,
    /// Whether the heads (and the framing) of its messages were put together anew, as those of HTTP/2 must be to be
    /// shown in the form of HTTP/1. Bodies are not concerned.
    pub reserialised: bool,
    /// What the client sent.
    pub request: Request,
    /// What came back, if anything did.
    pub response: Option<Response>,
    /// WebSocket messages, both directions, in order.
    pub messages: Vec<Message>,
    /// What the recorder took the request for (`document`, `xhr`, `image` ...), lower case, if it says.
    pub resource: Option<String>,
    /// What was wrong with this entry, though the rest of it could be read.
    pub faults: Vec<Fault>,
}

impl Exchange {
    /// Address of the server that the recorder was connected to, if the capture says.
    pub fn peer(&self) -> Option<IpAddr> {
        self.connection.as_ref()?.server
    }
}

/// What the client sent.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Method as sent, e.g. `POST`.
    pub method: String,
    /// Absolute URL as the capture holds it; [`super::url`] takes it apart without ever refusing it.
    pub url: String,
    /// Headers in the capture's order, without HTTP/2 pseudo-headers (they repeat the URL).
    pub headers: Vec<Header>,
    /// Cookies, from the `Cookie` header or, where a capture keeps them apart, from its own list.
    pub cookies: Vec<Header>,
    /// The body; empty and exact when there was none.
    pub body: Body,
}

/// What came back.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// Status code; 0 when the capture has none.
    pub status: u16,
    /// Headers in the capture's order.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Body,
}

/// A header or cookie: name in lower case, value as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Name; headers in lower case, cookies as written.
    pub name: String,
    /// Value bytes.
    pub value: Vec<u8>,
}

/// One WebSocket message.
#[derive(Debug, Clone)]
pub struct Message {
    /// True when the client sent it.
    pub sent: bool,
    /// When, UTC, if the capture says.
    pub at: Option<Timestamp>,
    /// Whether it was sent as text (RFC 6455, opcode 1).
    pub text: bool,
    /// Payload after unmasking, and decompressed where the connection compresses.
    pub bytes: Vec<u8>,
}

/// A body and how far it can be trusted.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// The bytes that the capture holds.
    pub bytes: Vec<u8>,
    /// How these bytes relate to what passed on the wire.
    pub fidelity: Fidelity,
    /// Content type as the capture states it for this body.
    pub media_type: Option<String>,
}

/// How the bytes of a body relate to what passed on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fidelity {
    /// As on the wire, still with its content encoding.
    #[default]
    Exact,
    /// The recorder removed or re-made an encoding (content encoding, character set, form parameters).
    Decoded,
    /// Bytes were replaced (U+FFFD) or otherwise lost.
    Lossy,
    /// Shorter than the capture itself says it was.
    Truncated,
    /// There was a body, the capture does not have it.
    Missing,
}

impl Fidelity {
    /// All, best first.
    pub const ALL: [Self; 5] = [Self::Exact, Self::Decoded, Self::Lossy, Self::Truncated, Self::Missing];

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Decoded => "decoded",
            Self::Lossy => "lossy",
            Self::Truncated => "truncated",
            Self::Missing => "missing",
        }
    }
}

impl Request {
    /// The first header of that (lower-case) name, if it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

impl Response {
    /// The first header of that (lower-case) name, if it is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

fn find<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name == name)?;
    std::str::from_utf8(&header.value).ok()
}
