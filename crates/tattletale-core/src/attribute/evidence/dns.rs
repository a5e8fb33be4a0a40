//! What a DNS answer (RFC 1035) says: addresses of a host, and the aliases on the way to them.

use super::Scope;
use crate::model::Aspect;
use simple_dns::Packet;
use simple_dns::rdata::RData;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Records of an answer that are looked at.
const MOST: usize = 64;

/// Addresses and aliases in the answer section; none when it is no DNS message.
pub(super) fn records(name: &str, message: &[u8]) -> Option<(Scope, Vec<(Aspect, String)>)> {
    let packet = Packet::parse(message).ok()?;
    let facts = packet.answers.iter().take(MOST).filter_map(|record| match &record.rdata {
        RData::A(a) => Some((Aspect::Address, Ipv4Addr::from(a.address).to_string())),
        RData::AAAA(a) => Some((Aspect::Address, Ipv6Addr::from(a.address).to_string())),
        RData::CNAME(alias) => Some((Aspect::Alias, alias.0.to_string().to_ascii_lowercase())),
        _ => None,
    });
    Some((Scope::Host(name.to_owned()), facts.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use simple_dns::rdata::{A, CNAME};
    use simple_dns::{CLASS, Name, ResourceRecord};

    #[test]
    fn addresses_and_aliases() {
        let mut packet = Packet::new_reply(7);
        let name = Name::new("t.example").unwrap();
        let alias = RData::CNAME(CNAME(Name::new("Edge.Cloud.example").unwrap()));
        let address = RData::A(A { address: Ipv4Addr::new(192, 0, 2, 9).into() });
        for data in [alias, address] {
            packet.answers.push(ResourceRecord::new(name.clone(), CLASS::IN, 60, data));
        }
        let message = packet.build_bytes_vec_compressed().unwrap();
        let (scope, facts) = records("t.example", &message).unwrap();
        assert_eq!(scope, Scope::Host("t.example".into()));
        let expected = [(Aspect::Alias, "edge.cloud.example".into()), (Aspect::Address, "192.0.2.9".into())];
        assert_eq!(facts, expected);
        assert!((0..message.len()).all(|end| records("t.example", &message[..end]).is_none()));
    }
}
