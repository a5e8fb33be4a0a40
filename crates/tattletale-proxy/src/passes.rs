//! Who is left alone: servers that the user excluded, and those for which a client refused us so often that going on
//! would only keep its app from working.
//!
//! Counted by client, server and fingerprint, since one app on a phone may refuse what its browser accepts.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Entries that are kept; a client can make up names without end.
const MOST: usize = 16 << 10;

/// Who asks whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    pub(crate) client: IpAddr,
    pub(crate) host: String,
    /// Fingerprint of the ClientHello.
    pub(crate) ja4: Option<String>,
}

/// Refusals, counted.
#[derive(Debug)]
pub(crate) struct Passes {
    excluded: HashSet<String>,
    after: u32,
    refused: Mutex<HashMap<Pair, u32>>,
}

impl Passes {
    /// After so many refusals a server is left alone; 0 is never.
    pub(crate) fn new(excluded: HashSet<String>, after: u32) -> Self {
        Self { excluded, after, refused: Mutex::default() }
    }

    /// Why this pair is left alone, if it is.
    pub(crate) fn passes(&self, pair: &Pair) -> Option<String> {
        if self.excluded.contains(&pair.host) {
            return Some("excluded by whoever records".to_owned());
        }
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(pair).copied().unwrap_or(0);
        (self.after > 0 && refused >= self.after).then(|| format!("left alone after {refused} refusals"))
    }

    /// The client refused; whether the pair is left alone from now on.
    pub(crate) fn refused(&self, pair: Pair) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= MOST {
            refused.clear();
        }
        let count = refused.entry(pair).or_insert(0);
        *count += 1;
        *count == self.after
    }

    /// The client spoke to us: what looked like refusals before was none.
    pub(crate) fn accepted(&self, pair: &Pair) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(pair);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(host: &str) -> Pair {
        Pair { client: "192.0.2.7".parse().unwrap(), host: host.to_owned(), ja4: None }
    }

    #[test]
    fn after_so_many_and_not_before() {
        let passes = Passes::new(HashSet::from(["bank.example".to_owned()]), 3);
        assert!(passes.passes(&pair("bank.example")).is_some());
        let one = pair("pinned.example");
        assert_eq!([1, 2, 3, 4].map(|_| passes.refused(one.clone())), [false, false, true, false]);
        assert!(passes.passes(&one).is_some() && passes.passes(&pair("other.example")).is_none());
        passes.accepted(&one);
        assert!(passes.passes(&one).is_none());
        let never = Passes::new(HashSet::new(), 0);
        assert!(!never.refused(one.clone()) && never.passes(&one).is_none());
    }
}
