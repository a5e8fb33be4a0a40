//! What is made with salts that come again, within a bound.

use crate::detect::salted::Keys;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Keys of one algorithm that are kept before what was not asked for meanwhile is forgotten: 1 MiB, and as much of what
/// came before.
const KEPT: u64 = 1 << 17;

/// What is made with a salt: by whoever needs it first.
pub(super) type Making = OnceLock<Keys>;

/// By salt. What is asked for moves on to the younger generation, and the elder goes when that is full.
#[derive(Default)]
pub(super) struct Made {
    young: HashMap<Vec<u8>, Arc<Making>>,
    old: HashMap<Vec<u8>, Arc<Making>>,
    /// Keys of the young.
    keys: u64,
}

impl Made {
    /// What is made with a salt, if it came before; it has so many keys.
    pub(super) fn find(&mut self, salt: &[u8], keys: u64) -> Option<Arc<Making>> {
        if let Some(known) = self.young.get(salt) {
            return Some(Arc::clone(known));
        }
        let (salt, known) = self.old.remove_entry(salt)?;
        self.keep(salt, Arc::clone(&known), keys);
        Some(known)
    }

    /// A salt that is new.
    pub(super) fn add(&mut self, salt: &[u8], keys: u64) -> Arc<Making> {
        let making = Arc::default();
        self.keep(salt.to_vec(), Arc::clone(&making), keys);
        making
    }

    fn keep(&mut self, salt: Vec<u8>, making: Arc<Making>, keys: u64) {
        if self.keys + keys > KEPT {
            self.old = std::mem::take(&mut self.young);
            self.keys = 0;
        }
        self.keys += keys;
        self.young.insert(salt, making);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salts_that_come_again_stay_and_the_others_go() {
        let (mut made, keys) = (Made::default(), 1_000);
        let device = made.add(b"device", keys);
        for number in 0..1_000 {
            let salt = format!("{number}");
            assert!(made.find(salt.as_bytes(), keys).is_none());
            made.add(salt.as_bytes(), keys);
            assert!(made.find(salt.as_bytes(), keys).is_some());
            assert!(made.find(b"device", keys).is_some_and(|known| Arc::ptr_eq(&known, &device)));
            assert!((made.young.len() + made.old.len()) as u64 * keys <= 2 * KEPT);
        }
        assert!(made.find(b"1", keys).is_none());
    }
}
