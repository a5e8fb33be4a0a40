//! One TCP connection of a capture: what it speaks, read as far as it can be, and why not where it cannot.

use std::io;
use std::net::SocketAddr;

use tattletale_core::codec::hello::{Carrier, ClientHello, Start};
use tattletale_core::model::{Blind, BlindKind, Connection, Timestamp};

use super::http1::{self, Http1};
use super::http2::Http2;
use super::recording::Recording;
use super::rows::{Row, Segment};
use super::segments::Direction;

/// Alerts by which a client refuses a certificate: bad, unsupported, revoked, expired, unknown, unknown CA.
const REFUSALS: [u64; 6] = [42, 43, 44, 45, 46, 48];

/// One connection.
pub(super) struct Tcp {
    pub(super) connection: Connection,
    client: SocketAddr,
    at: Option<Timestamp>,
    until: Option<Timestamp>,
    up: Direction,
    down: Direction,
    protocol: Protocol,
    http1: Option<Http1>,
    http2: Option<Http2>,
    refused: Option<u64>,
    answered: bool,
    application_data: bool,
    reset: bool,
    opaque: bool,
}

#[derive(PartialEq, Eq)]
enum Protocol {
    Unknown,
    Tls,
    Plain,
}

impl Tcp {
    pub(super) fn new(first: &Segment) -> Self {
        // Who sends the first SYN is the client; in a capture that began later, who has the higher port.
        let forth = match (first.syn, first.ack) {
            (true, ack) => !ack,
            _ => first.from.port() >= first.to.port(),
        };
        let (client, server) = if forth { (first.from, first.to) } else { (first.to, first.from) };
        let connection = Connection {
            id: Some(format!("tcp-{}", first.stream)),
            client: Some(client),
            server: Some(server.ip()),
            port: Some(server.port()),
            ..Connection::default()
        };
        Self {
            connection,
            client,
            at: None,
            until: None,
            up: Direction::default(),
            down: Direction::default(),
            protocol: Protocol::Unknown,
            http1: None,
            http2: None,
            refused: None,
            answered: false,
            application_data: false,
            reset: false,
            opaque: false,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        let silent = |direction: &Direction| direction.fin && !direction.lacks();
        self.reset || (silent(&self.up) && silent(&self.down))
    }

    pub(super) fn packet(&mut self, segment: &Segment, row: &Row<'_>, to: &mut Recording) -> io::Result<()> {
        let at = row.at();
        self.at = self.at.or(at);
        self.until = at.or(self.until);
        let from_client = segment.from == self.client;
        let direction = if from_client { &mut self.up } else { &mut self.down };
        direction.bytes += segment.length;
        direction.fin |= segment.fin;
        self.reset |= segment.rst;
        let whole = direction.take(segment);
        self.tls(row, from_client);
        if !whole.is_empty() {
            self.bytes(&whole, from_client, at, to)?;
        }
        let frames = row.http2();
        if !frames.is_empty() {
            self.connection.http = Some("h2".to_owned());
            let http2 = self.http2.get_or_insert_default();
            for frame in frames {
                http2.frame(frame, from_client, at, &self.connection, to)?;
            }
        }
        if self.protocol == Protocol::Tls {
            let plain = row.plain();
            if !plain.is_empty() {
                self.plain(&plain, from_client, at, to)?;
            }
        }
        Ok(())
    }

    fn tls(&mut self, row: &Row<'_>, from_client: bool) {
        let tls = row.tls();
        self.application_data |= tls.application_data || (from_client && tls.sealed && self.answered);
        if from_client {
            self.refused = self.refused.or(tls.alerts.into_iter().find(|alert| REFUSALS.contains(alert)));
        } else {
            if tls.handshakes.contains(&2) {
                self.answered = true;
                let version = tls.version.and_then(|version| match version {
                    0x0301 => Some("tls/1.0"),
                    0x0302 => Some("tls/1.1"),
                    0x0303 => Some("tls/1.2"),
                    0x0304 => Some("tls/1.3"),
                    _ => None,
                });
                self.connection.tls = version.map(str::to_owned).or(self.connection.tls.take());
            }
            if let (None, Some(alpn)) = (&self.connection.alpn, tls.alpn) {
                self.connection.alpn = Some(alpn.to_owned());
            }
        }
    }

    /// Bytes of the TCP stream, in order.
    fn bytes(&mut self, bytes: &[u8], from_client: bool, at: Option<Timestamp>, to: &mut Recording) -> io::Result<()> {
        match self.protocol {
            Protocol::Tls => Ok(()),
            Protocol::Plain => self.plain(bytes, from_client, at, to),
            Protocol::Unknown if !from_client => {
                // A server that speaks first is neither TLS nor HTTP.
                if self.up.start.is_empty() {
                    (self.protocol, self.opaque) = (Protocol::Plain, true);
                }
                Ok(())
            }
            Protocol::Unknown => {
                self.up.start.extend_from_slice(bytes);
                match ClientHello::start(&self.up.start) {
                    Start::Unfinished => {}
                    Start::Hello(hello) => {
                        self.protocol = Protocol::Tls;
                        self.connection.ja4 = Some(hello.ja4(Carrier::Tcp));
                        self.connection.ech = hello.offers_ech();
                        self.connection.sni = hello.sni;
                        self.up.start = Vec::new();
                    }
                    Start::Other => {
                        self.protocol = Protocol::Plain;
                        let start = std::mem::take(&mut self.up.start);
                        self.plain(&start, true, at, to)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Plaintext, from the wire or decrypted.
    fn plain(&mut self, bytes: &[u8], from_client: bool, at: Option<Timestamp>, to: &mut Recording) -> io::Result<()> {
        if self.opaque || self.http2.is_some() {
            return Ok(());
        }
        if self.http1.is_none() {
            if !from_client {
                // An answer to what was not captured.
                self.opaque = true;
                return Ok(());
            }
            self.up.start.extend_from_slice(bytes);
            match http1::starts(&self.up.start) {
                None => return Ok(()),
                Some(false) => {
                    self.opaque = true;
                    self.up.start = Vec::new();
                    return Ok(());
                }
                Some(true) => {
                    let server = self.connection.sni.clone().unwrap_or_else(|| {
                        let ip = self.connection.server.map(|ip| ip.to_string()).unwrap_or_default();
                        if ip.contains(':') { format!("[{ip}]") } else { ip }
                    });
                    self.connection.http = Some("http/1.1".to_owned());
                    self.http1 = Some(Http1::new(self.protocol == Protocol::Tls, server));
                }
            }
            let start = std::mem::take(&mut self.up.start);
            return match &mut self.http1 {
                Some(http1) => http1.bytes(&start, true, at, &self.connection, to),
                None => Ok(()),
            };
        }
        match &mut self.http1 {
            Some(http1) => http1.bytes(bytes, from_client, at, &self.connection, to),
            None => Ok(()),
        }
    }

    /// Nothing more comes. What waits for a segment that was not captured is known to be missing.
    pub(super) fn finish(&mut self, to: &mut Recording) -> io::Result<()> {
        if self.up.lacks() || self.down.lacks() {
            to.trouble("a connection lacks packets; what follows the gap was left out");
        }
        if let Some(http1) = &mut self.http1 {
            http1.finish(&self.connection, to)?;
        }
        match &mut self.http2 {
            Some(http2) => http2.finish(&self.connection, to),
            None => Ok(()),
        }
    }

    /// Whether any request in it was read.
    pub(super) fn is_seen(&self) -> bool {
        self.http1.as_ref().is_some_and(|http| http.seen) || self.http2.as_ref().is_some_and(|http| http.seen)
    }

    /// Why its content is not known; none where it is, or where there was nothing.
    pub(super) fn unseen(&self) -> Option<Blind> {
        let upgraded = self.http1.as_ref().is_some_and(|http| http.upgraded && http.socket.is_none());
        let kind = match () {
            () if upgraded => BlindKind::OpaqueTcp,
            () if self.is_seen() => return None,
            () if self.up.bytes == 0 && self.down.bytes == 0 && !self.reset => return None,
            () if self.refused.is_some() => BlindKind::TlsRefused,
            () if self.protocol != Protocol::Tls && self.up.bytes == 0 && self.reset => BlindKind::Reset,
            () if self.protocol != Protocol::Tls || self.opaque => BlindKind::OpaqueTcp,
            () if self.application_data => BlindKind::KeysMissing,
            () if self.reset => BlindKind::Reset,
            () if self.answered => BlindKind::NoData,
            () => BlindKind::HandshakeEnded,
        };
        let detail = match self.refused {
            Some(alert) => Some(format!("alert {alert} of the client")),
            None if upgraded => Some("upgraded from HTTP/1.1; what followed is not read".to_owned()),
            None => None,
        };
        let (at, until, sent, received) = (self.at, self.until, self.up.bytes, self.down.bytes);
        Some(Blind { at, until, sent, received, detail, ..Blind::new(kind) })
    }
}
