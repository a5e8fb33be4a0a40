//! The conversations of a capture, packet by packet: whose each is, what it is called, and what of it stayed unseen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tattletale_core::import::Names;
use tattletale_core::model::{Blind, BlindKind, Connection};

use super::recording::Recording;
use super::rows::{Row, Segment};
use super::tcp::Tcp;
use super::uids::Apps;

/// Names of addresses that are kept.
const MOST_NAMES: usize = 50_000;

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
        tcp.finish(to)?;
        let Some(mut blind) = tcp.unseen() else {
            let host = tcp.connection.sni.clone();
            let by_address = tcp.connection.server.and_then(|address| self.named.get(&address).cloned());
            if tcp.is_seen() {
                [host, by_address].into_iter().flatten().for_each(|host| self.names.seen(&host));
            }
            return Ok(());
        };
        blind.connection = Arc::new(tcp.connection);
        self.name(&mut blind);
        to.blind(&blind)
    }
}

fn is_broadcast(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.is_broadcast() || address.octets()[3] == 255)
}
