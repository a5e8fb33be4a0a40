//! How much of what was captured could be read. "Nothing found" without this is no result.

use super::{Blind, BlindKind, Fidelity, Part, Step};
use std::net::IpAddr;

/// What was seen and what was not, over all captures of a run.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// One row per receiving host, in order of first appearance; those beyond [`Coverage::HOSTS`] share rows.
    pub receivers: Vec<ReceiverCoverage>,
    /// Exchanges and connections of hosts without a row of their own: they count in the row of their site, or of
    /// nobody ([`Blind::UNKNOWN`]).
    pub hosts_dropped: u64,
    /// Opaque places, the largest first, at most [`Coverage::PLACES`].
    pub opaque: Vec<OpaquePlace>,
    /// Whether response bodies and headers were looked at.
    pub responses: bool,
    /// Runs that have the shape of a digest.
    pub hashes: Hashes,
}

/// Runs of text that have the length and the alphabet of a whole digest, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hashes {
    /// How many there were; nothing is counted where there was nothing to look for.
    pub seen: u64,
    /// Digests of something known.
    pub explained: u64,
    /// Others that were tried with values of the same message as salts and keys, all of them.
    pub tried: u64,
    /// Others that were not, or not with all: the work has a bound.
    pub untried: u64,
}

impl Hashes {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        self.explained += other.explained;
        self.tried += other.tried;
        self.untried += other.untried;
    }
}

/// What was seen on its way to one host. Byte counts are of request parts as captured unless said otherwise.
#[derive(Debug, Clone, Default)]
pub struct ReceiverCoverage {
    /// Host name or address.
    pub host: String,
    /// Exchanges with it.
    pub exchanges: u64,
    /// Bytes of all parts as captured.
    pub captured: u64,
    /// Bytes that ended as readable text or numbers, counted after unfolding.
    pub read: u64,
    /// Bytes that no layer opened (binary, encrypted or an unknown format), counted after unfolding.
    pub opaque: u64,
    /// Exchanges that were not the user's own action and crossed the network unencrypted (`http`, `ws`).
    pub plaintext: u64,
    /// Request bodies by [`Fidelity`], in the order of [`Fidelity::ALL`]; exchanges without a body do not count.
    pub bodies: [u64; 5],
    /// Different addresses of its servers that the captures name, in order of first appearance, at most
    /// [`ReceiverCoverage::ADDRESSES`].
    pub addresses: Vec<IpAddr>,
    /// Connections to it of which the content is not known, by kind, in the order of [`BlindKind::ALL`].
    pub blind: Vec<(BlindKind, BlindCount)>,
}

/// How much passed over connections of which the content is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlindCount {
    /// Connections; for [`BlindKind::NameOnly`] look-ups.
    pub connections: u64,
    /// Bytes that the client sent.
    pub sent: u64,
    /// Bytes that it received.
    pub received: u64,
}

impl BlindCount {
    fn add(&mut self, other: Self) {
        self.connections = self.connections.saturating_add(other.connections);
        self.sent = self.sent.saturating_add(other.sent);
        self.received = self.received.saturating_add(other.received);
    }
}

impl ReceiverCoverage {
    /// How many addresses are kept: a name in front of a delivery network can have any number.
    pub const ADDRESSES: usize = 16;

    /// Remembers an address of its server.
    pub fn seen_at(&mut self, address: IpAddr) {
        if self.addresses.len() < Self::ADDRESSES && !self.addresses.contains(&address) {
            self.addresses.push(address);
        }
    }

    /// Counts a connection of which the content is not known.
    pub fn add_blind(&mut self, blind: &Blind) {
        self.add_blind_count(blind.kind, BlindCount { connections: 1, sent: blind.sent, received: blind.received });
        blind.connection.server.into_iter().for_each(|address| self.seen_at(address));
    }

    /// Counts several of one kind.
    pub fn add_blind_count(&mut self, kind: BlindKind, count: BlindCount) {
        match self.blind.binary_search_by_key(&kind, |(known, _)| *known) {
            Ok(at) => self.blind[at].1.add(count),
            Err(at) => self.blind.insert(at, (kind, count)),
        }
    }

    /// Connections over which it may have been told something unseen.
    pub fn hidden(&self) -> u64 {
        self.blind.iter().filter(|(kind, _)| kind.hides()).map(|(_, count)| count.connections).sum()
    }

    /// Whether its name is not known: an address, or not even that. It may be anybody.
    pub fn is_nameless(&self) -> bool {
        self.is_anybody() || self.host.parse::<IpAddr>().is_ok()
    }

    /// Whether nothing at all is known of whose row it is.
    pub fn is_anybody(&self) -> bool {
        self.host == Blind::UNKNOWN
    }
}

/// Bytes that stayed closed.
#[derive(Debug, Clone)]
pub struct OpaquePlace {
    /// Index of the capture in the run.
    pub capture: usize,
    /// Exchange in the capture.
    pub exchange: usize,
    /// Host that received it.
    pub host: String,
    /// Part of the exchange.
    pub part: Part,
    /// Layers down to it.
    pub path: Vec<Step>,
    /// Length in bytes.
    pub bytes: u64,
    /// Shannon entropy, bits per byte (0 to 8).
    pub entropy: f64,
    /// What it looks like.
    pub kind: OpaqueKind,
}

/// What closed bytes look like. Encrypted and well compressed bytes look alike, so this is a hint and no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpaqueKind {
    /// Random, and in whole blocks of 16 bytes, as block ciphers leave them.
    Blocks,
    /// Random.
    Random,
    /// Some bytes are far more frequent than others: a format that no layer knows.
    Structured,
}

impl OpaqueKind {
    /// The word used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::Random => "random",
            Self::Structured => "structured",
        }
    }

    /// Plain words, as in "looks like ...".
    pub fn words(self) -> &'static str {
        match self {
            Self::Blocks => "encrypted data (whole blocks of 16 bytes)",
            Self::Random => "compressed or encrypted data",
            Self::Structured => "structured binary data",
        }
    }
}

impl Coverage {
    /// How many opaque places are kept; all are counted.
    pub const PLACES: usize = 50;

    /// How many hosts have a row of their own, and then as many sites: names can be made up without end, and every
    /// message can go to a new one.
    pub const HOSTS: usize = 20_000;

    /// Sum over all receivers of one column.
    pub fn total(&self, column: impl Fn(&ReceiverCoverage) -> u64) -> u64 {
        self.receivers.iter().map(column).sum()
    }

    /// Hosts of which an exchange was seen.
    pub fn seen_hosts(&self) -> u64 {
        self.receivers.iter().filter(|receiver| receiver.exchanges > 0).count() as u64
    }

    /// Connections of that kind of which the content is not known.
    pub fn blind(&self, kind: BlindKind) -> BlindCount {
        let mut sum = BlindCount::default();
        let counts = self.receivers.iter().flat_map(|receiver| &receiver.blind);
        counts.filter(|(known, _)| *known == kind).for_each(|(_, count)| sum.add(*count));
        sum
    }

    /// Request bodies of that fidelity.
    pub fn bodies(&self, fidelity: Fidelity) -> u64 {
        self.total(|receiver| receiver.bodies[fidelity as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn blind_connections_by_kind() {
        let mut row = ReceiverCoverage { host: "t.example".into(), ..ReceiverCoverage::default() };
        let mut blind = Blind { sent: 500, ..Blind::new(BlindKind::Quic) };
        blind.connection =
            Arc::new(crate::model::Connection { server: "192.0.2.1".parse().ok(), ..Default::default() });
        row.add_blind(&blind);
        row.add_blind(&blind);
        row.add_blind(&Blind::new(BlindKind::TlsRefused));
        row.add_blind(&Blind::new(BlindKind::NameOnly));
        let kinds: Vec<_> = row.blind.iter().map(|(kind, count)| (*kind, count.connections)).collect();
        assert_eq!(kinds, [(BlindKind::TlsRefused, 1), (BlindKind::Quic, 2), (BlindKind::NameOnly, 1)]);
        assert_eq!((row.hidden(), row.addresses.len(), row.is_nameless()), (3, 1, false));
        let coverage = Coverage { receivers: vec![row.clone(), row], ..Coverage::default() };
        assert_eq!(coverage.blind(BlindKind::Quic), BlindCount { connections: 4, sent: 2000, received: 0 });
        assert_eq!((coverage.total(ReceiverCoverage::hidden), coverage.seen_hosts()), (6, 0));
    }
}
