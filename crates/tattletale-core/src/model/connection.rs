//! The connection that an exchange used, or that something could not be seen on: who, to where, how protected.
//!
//! Every field is optional, since no format holds them all: a HAR knows little more than the server's address, a
//! recording of our own proxy nearly everything. Exchanges share it behind an `Arc`, so those of one connection cost
//! one, and an exchange whose capture says nothing costs none.

use std::net::{IpAddr, SocketAddr};

/// What a capture says of one connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// What the recorder calls it: the same for every exchange of it within one capture, and opaque.
    pub id: Option<String>,
    /// The client's end.
    pub client: Option<SocketAddr>,
    /// Address of the server that the recorder was connected to.
    pub server: Option<IpAddr>,
    /// Port of the server.
    pub port: Option<u16>,
    /// Server name of the ClientHello (RFC 6066), as sent.
    pub sni: Option<String>,
    /// Application protocol that was agreed upon (RFC 7301), e.g. `h2`.
    pub alpn: Option<String>,
    /// TLS version in IIPC's words for `WARC-Protocol`, e.g. `tls/1.3`.
    pub tls: Option<String>,
    /// HTTP version in IIPC's words: `http/1.0`, `http/1.1`, `h2`, `h3`.
    pub http: Option<String>,
    /// JA4 of the ClientHello (FoxIO, 2023).
    pub ja4: Option<String>,
    /// Whether the ClientHello offered an encrypted one (RFC 9849). Clients without a key send random bytes in its
    /// place (GREASE), which look the same on purpose: this does not say that the name is hidden.
    pub ech: bool,
    /// The app: its name, or `uid:10123` where only Android's user number is known.
    pub app: Option<String>,
}

impl Connection {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes the words of recorders for an HTTP version (`HTTP/2.0`, `http/1.1`, `h2`, `HTTP/3`); none for others.
    pub fn http_version(text: &str) -> Option<&'static str> {
        Some(match &*text.trim().to_ascii_lowercase() {
            "http/1.0" => "http/1.0",
            "http/1.1" => "http/1.1",
            "http/2" | "http/2.0" | "h2" => "h2",
            "http/3" | "http/3.0" | "h3" | "http/2+quic/46" => "h3",
            _ => return None,
        })
    }

    /// Takes the words of recorders for a TLS version (`TLSv1.3`, `TLS 1.2`, `tls/1.3`); none for others.
    pub fn tls_version(text: &str) -> Option<&'static str> {
        let text = text.trim().to_ascii_lowercase();
        let digits = text.strip_prefix("tls").unwrap_or(&text).trim_start_matches(['v', '/', ' ', '_']);
        Some(match (text.starts_with("ssl"), digits) {
            (true, _) => "ssl/3",
            (_, "1" | "1.0") => "tls/1.0",
            (_, "1.1" | "1_1") => "tls/1.1",
            (_, "1.2" | "1_2") => "tls/1.2",
            (_, "1.3" | "1_3") => "tls/1.3",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_recorders_become_one() {
        for (text, wanted) in [
            ("HTTP/2.0", Some("h2")),
            (" h3 ", Some("h3")),
            ("http/1.1", Some("http/1.1")),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(Connection::http_version(text), wanted, "{text}");
        }
        for (text, wanted) in [
            ("TLSv1.3", Some("tls/1.3")),
            ("TLS 1.2", Some("tls/1.2")),
            ("tls/1.0", Some("tls/1.0")),
            ("TLSv1", Some("tls/1.0")),
            ("SSLv3", Some("ssl/3")),
            ("QUIC", None),
        ] {
            assert_eq!(Connection::tls_version(text), wanted, "{text}");
        }
    }
}
