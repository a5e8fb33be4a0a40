//! Names that were looked up and never connected to, as far as a capture shows.
//!
//! Importers of formats that hold DNS tell every name that is asked for and every name that something was sent to; what
//! is left at the end is [`BlindKind::NameOnly`]. Bounded, since names come from the party under test.

use std::collections::{BTreeMap, HashSet};

use crate::model::{Blind, BlindKind, Timestamp, url};

/// Names that are kept of each kind.
const MOST: usize = 10_000;

/// Names of one capture. Public for adapters that read packets by way of another program.
#[derive(Debug, Default)]
pub struct Names {
    looked_up: BTreeMap<String, (Option<Timestamp>, u64)>,
    seen: HashSet<String>,
}

impl Names {
    /// Somebody asked for the address of a name.
    pub fn looked_up(&mut self, name: &str, at: Option<Timestamp>) {
        let name = plain(name);
        if let Some((_, times)) = self.looked_up.get_mut(&name) {
            *times += 1;
        } else if !name.is_empty() && self.looked_up.len() < MOST {
            self.looked_up.insert(name, (at, 1));
        }
    }

    /// Something was sent to that host, seen or not.
    pub fn seen(&mut self, host: &str) {
        if !self.seen.contains(host) && self.seen.len() < MOST {
            self.seen.insert(plain(host));
        }
    }

    /// The same, of an address.
    pub(super) fn seen_url(&mut self, address: &str) {
        self.seen(&url::Parts::of(address).host());
    }

    /// Those to which no connection was seen, in alphabetical order.
    pub fn without_connection(self) -> impl Iterator<Item = Blind> {
        let Self { looked_up, seen } = self;
        let alone = looked_up.into_iter().filter(move |(name, _)| !seen.contains(name));
        alone.map(|(name, (at, times))| Blind {
            at,
            host: Some(name),
            detail: (times > 1).then(|| format!("looked up {times} times")),
            ..Blind::new(BlindKind::NameOnly)
        })
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_without_a_connection() {
        let mut names = Names::default();
        names.looked_up("Alone.example.", None);
        names.looked_up("alone.example", None);
        names.looked_up("used.example", None);
        names.seen_url("https://used.example:8443/x");
        let left: Vec<Blind> = names.without_connection().collect();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].receiver(), left[0].kind), ("alone.example".to_owned(), BlindKind::NameOnly));
        assert_eq!(left[0].detail.as_deref(), Some("looked up 2 times"));
    }
}
