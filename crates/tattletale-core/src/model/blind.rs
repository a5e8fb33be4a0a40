//! What was there and could not be seen: a connection whose content stayed hidden, recorded as carefully as traffic.
//!
//! Without it an app that refuses the recorder looks like an app that sends nothing. Nothing may be concluded from
//! silence over a blind connection, neither that something was told there nor that nothing was.

use super::{Connection, Timestamp};
use std::sync::Arc;

/// One connection (or name) of which the content is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Blind {
    /// When it began, UTC, if the capture says.
    pub at: Option<Timestamp>,
    /// When it ended, if that is known.
    pub until: Option<Timestamp>,
    /// What is known of the connection.
    pub connection: Arc<Connection>,
    /// The server's name: from the ClientHello, else from a CONNECT request or a DNS answer; none when only an
    /// address is known.
    pub host: Option<String>,
    /// Why nothing was seen.
    pub kind: BlindKind,
    /// Bytes that the client sent as they passed, handshake included where the recorder counts it.
    pub sent: u64,
    /// Bytes that the client received, likewise.
    pub received: u64,
    /// What the recorder says of it (an alert, an error), for a person.
    pub detail: Option<String>,
}

impl Blind {
    /// Stands for a receiver of which neither name nor address is known.
    pub const UNKNOWN: &'static str = "unknown";

    /// Nothing is known yet but why.
    pub fn new(kind: BlindKind) -> Self {
        Self { at: None, until: None, connection: Arc::default(), host: None, kind, sent: 0, received: 0, detail: None }
    }

    /// Whom it was with: the name, else the address, else nothing better than `unknown`.
    pub fn receiver(&self) -> String {
        let name = self.host.as_deref().or(self.connection.sni.as_deref()).filter(|name| !name.is_empty());
        match (name, self.connection.server) {
            (Some(name), _) => name.trim_end_matches('.').to_lowercase(),
            (None, Some(address)) => address.to_string(),
            (None, None) => Self::UNKNOWN.to_owned(),
        }
    }
}

/// Why the content of a connection is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlindKind {
    /// The client refused the recorder's certificate with an alert (unknown CA, bad certificate ...).
    TlsRefused,
    /// The handshake was finished, then the client closed without sending a byte.
    NoData,
    /// The connection ended during the handshake, without an alert.
    HandshakeEnded,
    /// The connection was reset.
    Reset,
    /// Deliberately not intercepted, after refusals or because the user excluded it.
    PassedThrough,
    /// TLS of which the capture has no keys.
    KeysMissing,
    /// TLS whose ClientHello is encrypted, so that the name is hidden too.
    Ech,
    /// QUIC (RFC 9000).
    Quic,
    /// TCP that is neither TLS nor HTTP.
    OpaqueTcp,
    /// UDP that is neither QUIC nor DNS.
    OpaqueUdp,
    /// The recorder did not reach the server or did not trust it, so the client was told to give up.
    UpstreamFailed,
    /// A name was looked up, and no connection to it was seen.
    NameOnly,
}

impl BlindKind {
    /// All, in their own order, which is that of reports.
    pub const ALL: [Self; 12] = [
        Self::TlsRefused,
        Self::NoData,
        Self::HandshakeEnded,
        Self::Reset,
        Self::PassedThrough,
        Self::KeysMissing,
        Self::Ech,
        Self::Quic,
        Self::OpaqueTcp,
        Self::OpaqueUdp,
        Self::UpstreamFailed,
        Self::NameOnly,
    ];

    /// The word used in JSON and recordings.
    pub fn name(self) -> &'static str {
        match self {
            Self::TlsRefused => "tls-refused",
            Self::NoData => "no-data",
            Self::Reset => "reset",
            Self::HandshakeEnded => "handshake-ended",
            Self::Quic => "quic",
            Self::Ech => "ech",
            Self::OpaqueTcp => "opaque-tcp",
            Self::OpaqueUdp => "opaque-udp",
            Self::KeysMissing => "keys-missing",
            Self::NameOnly => "name-only",
            Self::PassedThrough => "passed-through",
            Self::UpstreamFailed => "upstream-failed",
        }
    }

    /// The kind of that [`Self::name`].
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Plain words for a person, as in "3 connections ...".
    pub fn words(self) -> &'static str {
        match self {
            Self::TlsRefused => "refused the recorder's certificate",
            Self::NoData => "closed after the handshake without a byte",
            Self::Reset => "reset",
            Self::HandshakeEnded => "ended during the handshake",
            Self::Quic => "QUIC, which was not opened",
            Self::Ech => "encrypted down to the server's name (ECH)",
            Self::OpaqueTcp => "neither TLS nor HTTP",
            Self::OpaqueUdp => "UDP of no known kind",
            Self::KeysMissing => "TLS without keys in the capture",
            Self::NameOnly => "name looked up, no connection seen",
            Self::PassedThrough => "passed through unopened",
            Self::UpstreamFailed => "server not reached or not trusted",
        }
    }

    /// What it may mean, and what may not be concluded from it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::TlsRefused => {
                "The app trusts neither the recorder's certificate nor, mostly, any that a user installs. What it would have sent is not known; that it was silent does not follow."
            }
            Self::NoData => {
                "Often an app that pins its server's certificate, sometimes a connection opened ahead and never used. Neither follows from this alone."
            }
            Self::Reset => {
                "The app, the server or a filter between them broke it off. Who and why cannot be told, nor what would have been sent."
            }
            Self::HandshakeEnded => "Some apps refuse a certificate by hanging up; losing the network looks the same.",
            Self::Quic => {
                "Its content is encrypted and was not opened; only its name, sizes and times are known. Blocking UDP port 443 makes most apps fall back to TLS."
            }
            Self::Ech => "Which server was meant is hidden; the name that is seen is the front's.",
            Self::OpaqueTcp | Self::OpaqueUdp => {
                "A protocol that is not read here, with or without encryption. Sizes and times are known, content is not."
            }
            Self::KeysMissing => {
                "The capture has the encrypted bytes without the secrets to open them. Nothing follows about what they say."
            }
            Self::NameOnly => {
                "The address may have been asked for ahead of need, or the connection lies outside of the capture."
            }
            Self::PassedThrough => {
                "It was left alone on purpose, so that the app goes on working. What passed is not known."
            }
            Self::UpstreamFailed => "Nothing was passed on to the server. What the app would have sent is not known.",
        }
    }

    /// Whether a server may have been told something unseen, now or in an ordinary run of the app. A name that was
    /// looked up is no connection.
    pub fn hides(self) -> bool {
        self != Self::NameOnly
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let mut names: Vec<_> = BlindKind::ALL.iter().map(|kind| kind.name()).collect();
        assert!(BlindKind::ALL.iter().all(|kind| BlindKind::of_name(kind.name()) == Some(*kind)));
        assert!(BlindKind::ALL.is_sorted());
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BlindKind::ALL.len());
        assert_eq!(BlindKind::of_name("seen"), None);
    }

    #[test]
    fn receivers_by_the_best_name() {
        let mut blind = Blind::new(BlindKind::Quic);
        assert_eq!(blind.receiver(), "unknown");
        blind.connection = Arc::new(Connection { server: "192.0.2.1".parse().ok(), ..Connection::default() });
        assert_eq!(blind.receiver(), "192.0.2.1");
        blind.host = Some("Tracker.Example.".to_owned());
        assert_eq!(blind.receiver(), "tracker.example");
    }
}
