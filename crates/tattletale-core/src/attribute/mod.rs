//! Who received it: host, registrable domain by the public suffix list, what it is to the user, who runs it, and who
//! could read along.

pub mod evidence;
mod exposure;
mod operators;
pub mod tables;

use crate::model::{Party, Receiver, registrable_domain, url};
pub use exposure::{Exposure, How, exposure, of_finding as exposure_of};
pub use operators::Operators;

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
        Receiver { host: host.to_owned(), domain: registrable_domain(host).map(str::to_owned), party }
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
    registrable_domain(&host).unwrap_or(&host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties() {
        let first = FirstParty::new(["clinic.example".to_owned()]);
        assert_eq!(first.receiver("www.clinic.example").party, Party::First);
        assert_eq!(first.receiver("notclinic.example").party, Party::Third);
        assert_eq!(FirstParty::default().receiver("a.example").party, Party::Unknown);
    }
}
