//! What was made with salts that came before, within a bound.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Parts that can be asked at the same time.
const PARTS: usize = 16;

/// Keys that a part holds before it forgets what was not asked for meanwhile: 64 KiB, and as much of what came before.
const KEYS: usize = 1 << 13;

/// Keys by salt.
#[derive(Default)]
pub(super) struct Made {
    parts: [Mutex<Kept>; PARTS],
}

/// Two generations: what is asked for moves on to the younger one, and the elder goes when that is full.
#[derive(Default)]
struct Kept {
    young: HashMap<Box<[u8]>, Arc<[u64]>>,
    old: HashMap<Box<[u8]>, Arc<[u64]>>,
    /// Keys of the young.
    keys: usize,
}

impl Made {
    /// What was made with a salt, or is now.
    pub(super) fn with(&self, salt: &[u8], make: impl FnOnce() -> Vec<u64>) -> Arc<[u64]> {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        let part = &self.parts[hasher.finish() as usize % PARTS];
        // A part is whole at all times, whatever became of who last had it.
        let kept = || part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().find(salt) {
            return known;
        }
        let made: Arc<[u64]> = make().into();
        kept().add(salt.into(), &made);
        made
    }
}

impl Kept {
    fn find(&mut self, salt: &[u8]) -> Option<Arc<[u64]>> {
        if let Some(known) = self.young.get(salt) {
            return Some(Arc::clone(known));
        }
        let (salt, known) = self.old.remove_entry(salt)?;
        self.add(salt, &known);
        Some(known)
    }

    fn add(&mut self, salt: Box<[u8]>, keys: &Arc<[u64]>) {
        if self.keys + keys.len() > KEYS {
            self.old = std::mem::take(&mut self.young);
            self.keys = 0;
        }
        self.keys += keys.len();
        self.young.insert(salt, Arc::clone(keys));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked for all the time stays, and of what is not only so much.
    #[test]
    fn salts_that_come_again_are_kept_within_a_bound() {
        let (made, mut remade) = (Made::default(), 0);
        for number in 0..10_000u64 {
            let salt = number.to_string();
            assert_eq!(*made.with(salt.as_bytes(), || vec![number; 100]), [number; 100]);
            let again = made.with(b"device", || {
                remade += 1;
                vec![7; 100]
            });
            assert_eq!(*again, [7; 100]);
        }
        assert_eq!(remade, 1);
        let held = |kept: &Kept| kept.young.values().chain(kept.old.values()).map(|keys| keys.len()).sum::<usize>();
        for part in &made.parts {
            let kept = part.lock().unwrap();
            assert!((KEYS..=2 * KEYS).contains(&(held(&kept) + 200)), "{}", held(&kept));
        }
    }
}
