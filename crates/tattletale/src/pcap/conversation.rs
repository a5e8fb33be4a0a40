//! The conversations of a capture, packet by packet: which is TLS, which HTTP, and what of them stayed unseen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tattletale_core::codec::hello::{Carrier, ClientHello, Start};
use tattletale_core::import::Names;
use tattletale_core::model::{Blind, BlindKind, Connection, Timestamp};

use super::http1::{self, Http1};
use super::http2::Http2;
use super::recording::Recording;
use super::rows::{Row, Segment};
use super::uids::Apps;

/// Bytes that wait for a segment before them.
const MOST_WAITING: usize = 4 << 20;
/// Names of addresses that are kept.
const MOST_NAMES: usize = 50_000;
/// Alerts by which a client refuses a certificate: bad, unsupported, revoked, expired, unknown, unknown CA.
const REFUSALS: [u64; 6] = [42, 43, 44, 45, 46, 48];

/// All that has not ended.
pub(super) struct Conversations {
    tcp: BTreeMap<u32, Tcp>,
    ended: HashSet<u32>,
    udp: BTreeMap<u32, Blind>,
    apps: Apps,
    names: Names,
    /// Names by address, from DNS answers.
    named: HashMap<IpAddr, String>,
}

struct Tcp {
    connection: Connection,
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

#[derive(Default)]
struct Direction {
    next: Option<u32>,
    waiting: BTreeMap<u32, Vec<u8>>,
    bytes: u64,
    /// First bytes, until it is known what they are.
    start: Vec<u8>,
    fin: bool,
}

impl Conversations {
    pub(super) fn new(apps: Apps) -> Self {
        Self {
            tcp: BTreeMap::new(),
            ended: HashSet::new(),
            udp: BTreeMap::new(),
            apps,
            names: Names::default(),
            named: HashMap::new(),
        }
    }

    pub(super) fn packet(&mut self, row: &Row<'_>, to: &mut Recording) -> io::Result<()> {
        if let Some(dns) = row.dns() {
            for name in dns.names {
                if dns.is_answer {
                    let addresses = dns.addresses.iter().take(MOST_NAMES.saturating_sub(self.named.len()));
                    addresses.for_each(|address| {
                        self.named.insert(*address, name.clone());
                    });
                } else {
                    self.names.looked_up(&name, row.at());
                }
            }
            return Ok(());
        }
        if let Some(segment) = row.tcp() {
            return self.segment(&segment, row, to);
        }
        if let Some((stream, from, server, bytes)) = row.udp() {
            self.datagram(stream, (from, server), bytes, row);
        }
        Ok(())
    }

    pub(super) fn finish(mut self, to: &mut Recording) -> io::Result<()> {
        for (_, tcp) in std::mem::take(&mut self.tcp) {
            self.end(tcp, to)?;
        }
        for (_, mut blind) in std::mem::take(&mut self.udp) {
            self.name(&mut blind);
            to.blind(&blind)?;
        }
        for blind in self.names.without_connection() {
            to.blind(&blind)?;
        }
        Ok(())
    }

    fn app(&self, row: &Row<'_>) -> Option<String> {
        let (uid, name) = row.app()?;
        Some(name.or_else(|| self.apps.get(&uid).cloned()).unwrap_or_else(|| format!("uid:{uid}")))
    }

    fn segment(&mut self, segment: &Segment, row: &Row<'_>, to: &mut Recording) -> io::Result<()> {
        if self.ended.contains(&segment.stream) {
            return Ok(());
        }
        let app = self.app(row);
        let tcp = self.tcp.entry(segment.stream).or_insert_with(|| Tcp::new(segment));
        if tcp.connection.app.is_none() {
            tcp.connection.app = app;
        }
        tcp.packet(segment, row, to)?;
        if tcp.is_over()
            && let Some(tcp) = self.tcp.remove(&segment.stream)
        {
            self.ended.insert(segment.stream);
            self.end(tcp, to)?;
        }
        Ok(())
    }

    fn datagram(&mut self, stream: u32, (from, server): (SocketAddr, SocketAddr), bytes: u64, row: &Row<'_>) {
        let quic = row.has("quic");
        // What the network itself says all the time is nobody's secret: names, addresses, clocks, discovery.
        let opaque = row.has("data") && !server.ip().is_multicast() && !is_broadcast(server.ip());
        if !quic && !opaque && !self.udp.contains_key(&stream) {
            return;
        }
        let app = self.app(row);
        let blind = self.udp.entry(stream).or_insert_with(|| {
            let connection = Connection {
                id: Some(format!("udp-{stream}")),
                client: Some(from),
                server: Some(server.ip()),
                port: Some(server.port()),
                app,
                ..Connection::default()
            };
            let kind = if quic { BlindKind::Quic } else { BlindKind::OpaqueUdp };
            Blind { at: row.at(), connection: Arc::new(connection), ..Blind::new(kind) }
        });
        if quic {
            blind.kind = BlindKind::Quic;
        }
        let payload = bytes.saturating_sub(8);
        *(if blind.connection.client == Some(from) { &mut blind.sent } else { &mut blind.received }) += payload;
        blind.until = row.at();
        if let (None, Some(sni)) = (&blind.connection.sni, row.tls().sni) {
            let mut connection = (*blind.connection).clone();
            connection.sni = Some(sni.to_owned());
            blind.host = Some(sni.to_owned());
            blind.connection = Arc::new(connection);
        }
    }

    /// The best name for it, which is then no name without a connection.
    fn name(&mut self, blind: &mut Blind) {
        if blind.host.is_none() {
            let by_address = blind.connection.server.and_then(|address| self.named.get(&address).cloned());
            blind.host = blind.connection.sni.clone().or(by_address);
        }
        if let Some(host) = &blind.host {
            self.names.seen(host);
        }
    }

    fn end(&mut self, mut tcp: Tcp, to: &mut Recording) -> io::Result<()> {
        tcp.drain_gaps(to)?;
        if let Some(http1) = &mut tcp.http1 {
            http1.finish(&tcp.connection, to)?;
        }
        if let Some(http2) = &mut tcp.http2 {
            http2.finish(&tcp.connection, to)?;
        }
        let seen = tcp.http1.as_ref().is_some_and(|http| http.seen) || tcp.http2.as_ref().is_some_and(|http| http.seen);
        let upgraded = tcp.http1.as_ref().is_some_and(|http| http.upgraded && http.socket.is_none());
        let mut blind = Blind::new(match () {
            () if upgraded => BlindKind::OpaqueTcp,
            () if seen => {
                let host = tcp.connection.sni.clone();
                let by_address = tcp.connection.server.and_then(|address| self.named.get(&address).cloned());
                [host, by_address].into_iter().flatten().for_each(|host| self.names.seen(&host));
                return Ok(());
            }
            () if tcp.up.bytes == 0 && tcp.down.bytes == 0 && !tcp.reset => return Ok(()),
            () if tcp.refused.is_some() => BlindKind::TlsRefused,
            () if tcp.protocol != Protocol::Tls && tcp.up.bytes == 0 && tcp.reset => BlindKind::Reset,
            () if tcp.protocol != Protocol::Tls || tcp.opaque => BlindKind::OpaqueTcp,
            () if tcp.application_data => BlindKind::KeysMissing,
            () if tcp.reset => BlindKind::Reset,
            () if tcp.answered => BlindKind::NoData,
            () => BlindKind::HandshakeEnded,
        });
        blind.detail = match tcp.refused {
            Some(alert) => Some(format!("alert {alert} of the client")),
            None if upgraded => Some("upgraded from HTTP/1.1; what followed is not read".to_owned()),
            None => None,
        };
        (blind.at, blind.until) = (tcp.at, tcp.until);
        (blind.sent, blind.received) = (tcp.up.bytes, tcp.down.bytes);
        blind.connection = Arc::new(tcp.connection);
        self.name(&mut blind);
        to.blind(&blind)
    }
}

impl Tcp {
    fn new(first: &Segment) -> Self {
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

    fn is_over(&self) -> bool {
        let silent = |direction: &Direction| direction.fin && direction.waiting.is_empty();
        self.reset || (silent(&self.up) && silent(&self.down))
    }

    fn packet(&mut self, segment: &Segment, row: &Row<'_>, to: &mut Recording) -> io::Result<()> {
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
                Some(http1) => http1.sent(&start, at, &self.connection, to),
                None => Ok(()),
            };
        }
        let Some(http1) = &mut self.http1 else { return Ok(()) };
        match from_client {
            true => http1.sent(bytes, at, &self.connection, to),
            false => http1.received(bytes, at, &self.connection, to),
        }
    }

    /// What still waits for a segment that was not captured: it is known that something is missing.
    fn drain_gaps(&mut self, to: &mut Recording) -> io::Result<()> {
        if !self.up.waiting.is_empty() || !self.down.waiting.is_empty() {
            to.trouble("a connection lacks packets; what follows the gap was left out");
        }
        Ok(())
    }
}

impl Direction {
    /// What of the stream is in order with this segment.
    fn take(&mut self, segment: &Segment) -> Vec<u8> {
        let first = segment.seq.wrapping_add(u32::from(segment.syn));
        if segment.syn {
            self.next = Some(first);
        }
        if segment.payload.is_empty() {
            return Vec::new();
        }
        let next = *self.next.get_or_insert(first);
        let waiting: usize = self.waiting.values().map(Vec::len).sum();
        if waiting < MOST_WAITING {
            let longer = self.waiting.get(&first).is_none_or(|known| known.len() < segment.payload.len());
            if longer && first.wrapping_sub(next) as i32 > -(segment.payload.len() as i32) {
                self.waiting.insert(first, segment.payload.clone());
            }
        }
        let mut whole = Vec::new();
        loop {
            let next = self.next.unwrap_or(first);
            let reaches = |(&at, bytes): (&u32, &Vec<u8>)| {
                let behind = next.wrapping_sub(at);
                ((behind as usize) < bytes.len()).then_some((at, behind as usize))
            };
            let Some((at, behind)) = self.waiting.iter().find_map(reaches) else { break };
            let Some(bytes) = self.waiting.remove(&at) else { break };
            whole.extend_from_slice(&bytes[behind..]);
            self.next = Some(next.wrapping_add((bytes.len() - behind) as u32));
        }
        // What lies before the place that was reached has been seen.
        let next = self.next.unwrap_or(first);
        self.waiting
            .retain(|at, bytes| (next.wrapping_sub(*at) as usize) < bytes.len() || (at.wrapping_sub(next) as i32) > 0);
        whole
    }
}

fn is_broadcast(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.is_broadcast() || address.octets()[3] == 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(seq: u32, payload: &str) -> Segment {
        let end: SocketAddr = "192.0.2.1:1".parse().unwrap();
        let (length, payload) = (payload.len() as u64, payload.as_bytes().to_vec());
        Segment { stream: 0, from: end, to: end, syn: false, ack: true, fin: false, rst: false, seq, length, payload }
    }

    #[test]
    fn segments_in_any_order_and_twice() {
        let start = u32::MAX - 2;
        let mut direction = Direction { next: Some(start), ..Direction::default() };
        let mut whole = String::new();
        for (offset, text) in [(3, "def"), (0, "abc"), (0, "abc"), (8, "ij"), (5, "fgh"), (1, "bc"), (10, "k")] {
            let taken = direction.take(&segment(start.wrapping_add(offset), text));
            whole.push_str(std::str::from_utf8(&taken).unwrap());
        }
        assert_eq!(whole, "abcdefghijk");
        assert!(direction.waiting.is_empty());
        direction.take(&segment(start.wrapping_add(100), "gap"));
        assert_eq!(direction.waiting.len(), 1);
    }
}
