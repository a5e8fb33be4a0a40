//! What is asked of registries and resolvers, and what may be asked of strangers at all.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Question {
    /// RDAP (RFC 9082): who registered a domain. `domain/NAME`
    Domain(String),
    /// RDAP: who holds the network of an address. `ip/ADDRESS`
    Address(IpAddr),
    /// DNS: records of a name. `A NAME`
    Records {
        /// The name, lower case, without its last dot.
        name: String,
        /// Which records.
        record: Record,
    },
}

/// Kinds of DNS records that are asked for; aliases come along with either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Record {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
}

impl Record {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::A, Self::Aaaa];

    /// As DNS writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
        }
    }
}

impl Question {
    /// False for names and addresses that mean something on a private network only: a stranger who is asked about
    /// them learns of that network and cannot know the answer.
    pub fn is_public(&self) -> bool {
        match self {
            Self::Domain(name) | Self::Records { name, .. } => is_public_name(name),
            Self::Address(address) => is_public_address(*address),
        }
    }
}

/// False for names without a dot and for special-use names (RFC 6761 and the registry it founded).
pub fn is_public_name(name: &str) -> bool {
    const SPECIAL: [&str; 8] = ["localhost", "local", "test", "invalid", "example", "onion", "internal", "home.arpa"];
    let special = |end: &&str| name.strip_suffix(*end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    name.contains('.') && !SPECIAL.iter().any(special)
}

/// False for addresses that are not routed in the public internet (IANA's special-purpose registries).
pub fn is_public_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && b & 0xc0 == 64;
            let benchmark = a == 198 && b & 0xfe == 18;
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_documentation()
                || a == 0
                || a >= 224
                || shared
                || benchmark)
        }
        // Global unicast is 2000::/3; of it, 2001:db8::/32 and 3fff::/20 are for documents.
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            a & 0xe000 == 0x2000 && !(a == 0x2001 && b == 0xdb8) && !(a == 0x3fff && b & 0xf000 == 0)
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(name) => write!(f, "domain/{name}"),
            Self::Address(address) => write!(f, "ip/{address}"),
            Self::Records { name, record } => write!(f, "{} {name}", record.name()),
        }
    }
}

impl FromStr for Question {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` is no question to a registry or to DNS");
        if let Some(name) = text.strip_prefix("domain/") {
            return Ok(Self::Domain(name.to_owned()));
        }
        if let Some(address) = text.strip_prefix("ip/") {
            return address.parse().map(Self::Address).map_err(|_| unknown());
        }
        let (kind, name) = text.split_once(' ').ok_or_else(unknown)?;
        let record = Record::ALL.into_iter().find(|record| record.name() == kind).ok_or_else(unknown)?;
        Ok(Self::Records { name: name.to_owned(), record })
    }
}

impl From<Question> for String {
    fn from(question: Question) -> Self {
        question.to_string()
    }
}

impl TryFrom<String> for Question {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_written_and_read() {
        for text in ["domain/miui.com", "ip/47.241.69.153", "ip/2001:db8::1", "A miui.com", "AAAA miui.com"] {
            assert_eq!(text.parse::<Question>().unwrap().to_string(), text);
        }
        for text in ["", "ip/x", "MX miui.com", "miui.com"] {
            assert!(text.parse::<Question>().is_err(), "{text}");
        }
    }

    #[test]
    fn strangers_are_not_asked_about_private_networks() {
        for name in ["clinic.localhost", "localhost", "nas.local", "router", "x.home.arpa", "a.internal", "t.example"] {
            assert!(!is_public_name(name), "{name}");
        }
        assert!(["miui.com", "notlocal.com", "example.org"].iter().all(|name| is_public_name(name)));
        for address in [
            "127.0.0.2",
            "10.1.1.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "192.0.2.1",
        ] {
            assert!(!is_public_address(address.parse().unwrap()), "{address}");
        }
        for address in ["47.241.69.153", "100.128.0.1", "2400:3200::1", "::ffff:8.8.8.8"] {
            assert!(is_public_address(address.parse().unwrap()), "{address}");
        }
    }
}
