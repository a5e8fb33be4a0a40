//! What passes between an emitter and a collector: one HTTP request and its reply, before any transport.
//!
//! Emitters make [`Outgoing`] requests and hand them to a [`Wire`]; what stands behind the wire (a recording front,
//! later the capture proxy) brings them to the collector. So emitters hold no socket at all.

use std::io;

/// Query parameter that carries the lab's token; collectors refuse every request without a token they issued.
pub const TOKEN_PARAMETER: &str = "lab_token";

/// Name of the server that stands for Singapore; loopback address 127.0.0.2.
pub const SINGAPORE: &str = "singapore-collector.localhost";

/// Name of the server that stands for Russia; loopback address 127.0.0.3.
pub const RUSSIA: &str = "russia-collector.localhost";

/// A request that an emitter wants to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Absolute URL; its host ends in `.localhost`.
    pub url: String,
    /// Headers in order, without `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// Body; empty for `GET`.
    pub body: Vec<u8>,
}

/// What the collector said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

/// Brings a request to its collector. An error means that it did not get there: the emitter keeps its events.
pub trait Wire {
    /// Sends one request and waits for the reply.
    fn send(&mut self, request: &Outgoing) -> io::Result<Reply>;
}
