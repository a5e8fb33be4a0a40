//! Who could read a thing on its way: anybody on the path, the receiver alone, or nobody at all.
//!
//! Plain HTTP and plain WebSocket are read by whoever carries them: the owner of the wireless network, the access
//! provider, every network in between. TLS leaves the host name in the open, in the Server Name Indication of the
//! ClientHello (RFC 6066, section 3) and in the DNS query before it (RFC 1035); everything else is for the receiver.
//! Encrypted ClientHello (RFC 9849) and DNS over TLS or HTTPS can hide the name as well, but a capture of the
//! plaintext does not show whether they were used, so the name counts as visible.

use crate::model::{Finding, Part};

/// Who could read it between the device and the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exposure {
    /// Anybody who carries it.
    OnPath {
        /// Where it stands in the open.
        how: How,
    },
    /// The receiver, who ends the encryption of the connection.
    Receiver,
    /// Nobody on the way, nor whoever ends the connection: it is sealed once more, for who holds the key.
    Nobody,
    /// The address does not say how it was sent.
    Unknown,
}

/// Where something stands in the open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// In an unencrypted HTTP or WebSocket message.
    PlainHttp,
    /// In the host name, which TLS shows as its server name and the resolver is asked for.
    Sni,
    /// In a DNS query.
    Dns,
}

impl Exposure {
    /// Name in the JSON report.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnPath { how: How::PlainHttp } => "path-plain-http",
            Self::OnPath { how: How::Sni } => "path-host-name",
            Self::OnPath { how: How::Dns } => "path-dns",
            Self::Receiver => "receiver",
            Self::Nobody => "nobody",
            Self::Unknown => "unknown",
        }
    }

    /// The answer for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::OnPath { how: How::PlainHttp } => "anybody on the way could read it: it was sent unencrypted",
            Self::OnPath { how: How::Sni } => "anybody on the way could read it: it is part of the host name",
            Self::OnPath { how: How::Dns } => "anybody on the way could read it: it is part of a DNS query",
            Self::Receiver => "only the receiver could read it",
            Self::Nobody => "nobody on the way could read it: it was sealed",
            Self::Unknown => "who could read it on the way is not known",
        }
    }
}

/// Who could read `value`, which was sent in `part` of an exchange with `host`.
///
/// `scheme` is that of the URL (`http`, `https`, `ws`, `wss`, `dns`), in any letter case. `sealed` says that the value
/// lies inside a layer that takes a key of its own to open. A value that stands in the host name is in the open
/// whatever else protects it.
pub fn exposure(scheme: &str, host: &str, part: &Part, value: &str, sealed: bool) -> Exposure {
    let is = |names: &[&str]| names.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    let in_name = |value: &str| {
        !value.is_empty() && host.to_ascii_lowercase().contains(&value.trim_end_matches('.').to_ascii_lowercase())
    };
    let named = in_name(value) || matches!(part, Part::Header(name) if name == "host" && !sealed);
    match scheme {
        _ if *part == Part::Sni => Exposure::OnPath { how: How::Sni },
        _ if *part == Part::Dns => Exposure::OnPath { how: How::Dns },
        _ if is(&["dns"]) => Exposure::OnPath { how: How::Dns },
        _ if is(&["http", "ws"]) && (named || !sealed) => Exposure::OnPath { how: How::PlainHttp },
        _ if is(&["https", "wss"]) && named => Exposure::OnPath { how: How::Sni },
        _ if sealed => Exposure::Nobody,
        _ if is(&["https", "wss"]) => Exposure::Receiver,
        _ => Exposure::Unknown,
    }
}

/// Who could read what a finding shows; it was not sealed, or it would not have been found.
pub fn of_finding(finding: &Finding) -> Exposure {
    let scheme = if finding.plaintext { "http" } else { "https" };
    let found = String::from_utf8_lossy(&finding.excerpt.found);
    exposure(scheme, &finding.receiver.host, &finding.part, &found, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_what_on_its_way() {
        const PLAIN: Exposure = Exposure::OnPath { how: How::PlainHttp };
        const NAME: Exposure = Exposure::OnPath { how: How::Sni };
        let host = "u-4711.T.example";
        let cases = [
            ("http", Part::Body, "secret", false, PLAIN),
            ("WS", Part::Message, "secret", false, PLAIN),
            ("http", Part::Body, "secret", true, Exposure::Nobody),
            ("http", Part::Body, "u-4711", true, PLAIN),
            ("https", Part::Body, "secret", false, Exposure::Receiver),
            ("wss", Part::Message, "secret", false, Exposure::Receiver),
            ("https", Part::Body, "secret", true, Exposure::Nobody),
            ("https", Part::Query, "U-4711", false, NAME),
            ("https", Part::Query, "t.example.", true, NAME),
            ("https", Part::Header("host".into()), "secret", false, NAME),
            ("https", Part::Header("referer".into()), "secret", false, Exposure::Receiver),
            ("https", Part::Body, "", false, Exposure::Receiver),
            ("dns", Part::Path, "secret", false, Exposure::OnPath { how: How::Dns }),
            ("http", Part::Sni, "secret", false, NAME),
            ("", Part::Dns, "secret", true, Exposure::OnPath { how: How::Dns }),
            ("", Part::Body, "secret", false, Exposure::Unknown),
        ];
        for (scheme, part, value, sealed, expected) in cases {
            assert_eq!(exposure(scheme, host, &part, value, sealed), expected, "{scheme} {part} {value} {sealed}");
        }
    }
}
