//! Who received it: host, registrable domain by the public suffix list, what it is to the user, who runs it, and who
//! could read along.

pub mod evidence;
mod exposure;
mod operators;
pub mod tables;

use crate::model::{Party, Receiver, url};
pub use exposure::{Exposure, How, exposure, of_finding as exposure_of};
pub use operators::Operators;
use std::net::IpAddr;

/// Registrable domain of a host (the public suffix and one label more); none for an address or a bare suffix.
///
/// Source: publicsuffix.org, as compiled into the `psl` crate. A top-level domain that is not on the list counts as
/// a suffix of one label, as the list's own rule `*` says, so `a.clinic.localhost` belongs to `clinic.localhost`.
pub fn registrable_domain(host: &str) -> Option<String> {
    if host.parse::<IpAddr>().is_ok() {
        return None;
    }
    psl::domain_str(host).map(str::to_owned)
}

/// Whether a host ends in a suffix that the list names itself, so that the host can exist in the public DNS.
///
/// Package names and the like pass [`registrable_domain`] by the list's rule `*`; this tells them apart.
pub fn has_known_suffix(host: &str) -> bool {
    psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// Whom the user meant to talk to.
#[derive(Debug, Clone, Default)]
pub struct FirstParty {
    names: Vec<String>,
}

impl FirstParty {
    /// From hosts or registrable domains, lower case.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        names.sort();
        names.dedup();
        Self { names }
    }

    /// Whether `host` is one of them or lies below one of them.
    pub fn includes(&self, host: &str) -> bool {
        let below = |name: &String| host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'));
        self.names.iter().any(|name| host == name || below(name))
    }

    /// The receiver at `host`: unknown where nothing says whom the user meant to talk to.
    pub fn receiver(&self, host: &str) -> Receiver {
        let party = match (self.names.is_empty(), self.includes(host)) {
            (true, _) => Party::Unknown,
            (false, true) => Party::First,
            (false, false) => Party::Third,
        };
        Receiver { host: host.to_owned(), domain: registrable_domain(host), party }
    }
}

/// Whether two hosts belong to one site: the same registrable domain, or the same host where there is none.
pub fn same_site(a: &str, b: &str) -> bool {
    match (registrable_domain(a), registrable_domain(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// Site of a URL: its registrable domain, or its host where there is none.
pub fn site(url: &str) -> String {
    let host = url::Parts::of(url).host();
    registrable_domain(&host).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_by_the_list() {
        let cases = [
            ("a.b.example.co.uk", Some("example.co.uk")),
            ("me.github.io", Some("me.github.io")),
            ("a.clinic.localhost", Some("clinic.localhost")),
            ("127.0.0.1", None),
            ("::1", None),
            ("localhost", None),
        ];
        for (host, domain) in cases {
            assert_eq!(registrable_domain(host).as_deref(), domain, "{host}");
        }
    }

    #[test]
    fn parties() {
        let first = FirstParty::new(["clinic.example".to_owned()]);
        assert_eq!(first.receiver("www.clinic.example").party, Party::First);
        assert_eq!(first.receiver("notclinic.example").party, Party::Third);
        assert_eq!(FirstParty::default().receiver("a.example").party, Party::Unknown);
    }
}
