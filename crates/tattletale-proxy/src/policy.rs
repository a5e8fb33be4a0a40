//! Which servers may be reached.
//!
//! Who uses the proxy must not get at what the machine it runs on gets at: loopback, link-local and private addresses
//! are refused unless the person who records allowed them. What is asked is the address that is connected to, after
//! resolving, so that a name that resolves differently the second time gains nothing.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Which servers may be reached.
#[derive(Debug, Clone)]
pub enum Policy {
    /// Public addresses, and what was allowed.
    Public {
        /// Loopback, link-local and private ones too.
        local: bool,
        /// Names (lower case) and addresses that are allowed whatever they are.
        allowed: HashSet<String>,
    },
    /// These names and no other; nothing is ever resolved. The port that a client asks for does not matter.
    Only(HashMap<String, SocketAddr>),
}

impl Default for Policy {
    fn default() -> Self {
        Self::Public { local: false, allowed: HashSet::new() }
    }
}

/// Why an address is not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not public, and not allowed.
    #[error("{0} is an address of this machine or its network; --allow {1} or --allow-local permits it")]
    Local(IpAddr, String),
    /// Not on the list.
    #[error("{0} is none of the servers that this proxy reaches")]
    Unlisted(String),
    /// The proxy itself.
    #[error("{0} is this proxy itself")]
    Itself(SocketAddr),
}

impl Policy {
    /// Whether this address, which `host` resolved to, may be connected to.
    pub(crate) fn check(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        match self {
            Self::Public { local: true, .. } => Ok(()),
            Self::Public { allowed, .. } if allowed.contains(host) || allowed.contains(&address.to_string()) => Ok(()),
            Self::Public { .. } if is_public(address) => Ok(()),
            Self::Public { .. } => Err(Refusal::Local(address, host.to_owned())),
            Self::Only(names) => match names.get(host) {
                Some(server) if server.ip() == address => Ok(()),
                _ => Err(Refusal::Unlisted(host.to_owned())),
            },
        }
    }
}

/// Whether an address is one of the open internet: none of the special ones of RFC 6890 and its registries that lead
/// back to this machine, its network or nowhere.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && matches!(b, 18 | 19);
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || shared
        || protocols
        || benchmark)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [a, b, c, d, e, f, g, h] = segments;
    let embedded = |high: u16, low: u16| is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match segments {
        // Mapped and compatible addresses, NAT64 (RFC 6052, 8215) and 6to4 lead to an IPv4 address.
        [0, 0, 0, 0, 0, 0xffff, ..] => embedded(g, h),
        [0, 0, 0, 0, 0, 0, ..] => false,
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => embedded(g, h),
        [0x64, 0xff9b, 1, ..] => false,
        [0x2002, ..] => embedded(b, c),
        // Teredo: the client's address with every bit turned.
        [0x2001, 0, ..] => embedded(!g, !h),
        // ISATAP: the last half names an IPv4 address.
        _ if matches!((e, f), (0 | 0x200, 0x5efe)) => embedded(g, h),
        _ => {
            let _ = d;
            let unique_local = a & 0xfe00 == 0xfc00;
            let link_local = a & 0xffc0 == 0xfe80;
            let site_local = a & 0xffc0 == 0xfec0;
            let discard = a == 0x100 && b == 0 && c == 0;
            !(unique_local || link_local || site_local || discard || address.is_multicast())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public() {
        let local = [
            "127.0.0.1",
            "127.255.0.9",
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:192.168.1.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::1",
            "2001:0:1:2:3:4:80ff:fffe",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::5efe:7f00:1",
        ];
        for address in local {
            let address: IpAddr = address.parse().unwrap();
            assert!(!is_public(address), "{address}");
            assert!(matches!(Policy::default().check("a.example", address), Err(Refusal::Local(..))), "{address}");
        }
        for address in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "::ffff:8.8.8.8", "2606:4700::1", "64:ff9b::808:808"] {
            let address: IpAddr = address.parse().unwrap();
            assert!(is_public(address) && Policy::default().check("a.example", address).is_ok(), "{address}");
        }
    }

    #[test]
    fn allowed_by_name_or_address_or_all() {
        let address: IpAddr = "192.168.1.5".parse().unwrap();
        for allowed in ["printer.lan", "192.168.1.5"] {
            let policy = Policy::Public { local: false, allowed: HashSet::from([allowed.to_owned()]) };
            assert!(policy.check("printer.lan", address).is_ok());
            assert!(policy.check("router.lan", "192.168.1.1".parse().unwrap()).is_err());
        }
        let all = Policy::Public { local: true, allowed: HashSet::new() };
        assert!(all.check("anything", address).is_ok());
    }

    #[test]
    fn a_list_is_a_list() {
        let server: SocketAddr = "127.0.0.2:4000".parse().unwrap();
        let policy = Policy::Only(HashMap::from([("clinic.localhost".to_owned(), server)]));
        assert!(policy.check("clinic.localhost", server.ip()).is_ok());
        assert!(policy.check("clinic.localhost", "8.8.8.8".parse().unwrap()).is_err());
        assert!(policy.check("example.org", server.ip()).is_err());
    }
}
