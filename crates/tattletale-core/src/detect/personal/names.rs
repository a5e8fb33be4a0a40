//! Which detectors look into a field of some name, remembered: apps name few fields, and those with every event.

use super::DETECTORS;
use super::field::{is_named, write_words};
use crate::decode::Name;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Detectors, as bits in their order.
pub(super) type Asked = u32;

/// Those that look into every field.
static FREE: LazyLock<Asked> = LazyLock::new(|| {
    let free = (0..).zip(DETECTORS).filter(|(_, detector)| detector.names().is_empty());
    free.map(|(number, _)| 1 << number).sum()
});

/// Names that a thread remembers.
const KNOWN: usize = 4_096;
/// Longest of them, in bytes.
const LONGEST: usize = 64;

thread_local! {
    static NAMES: RefCell<HashMap<Vec<u8>, Asked>> = RefCell::new(HashMap::new());
}

/// The detectors that look into a field, whatever it is called.
pub(super) fn of_any() -> Asked {
    *FREE
}

/// The others that look into a field of that name.
pub(super) fn of(name: Name<'_>) -> Asked {
    if !name.is_plain() || name.written.len() > LONGEST {
        return found(name);
    }
    NAMES.with_borrow_mut(|names| {
        if let Some(known) = names.get(name.written) {
            return *known;
        }
        if names.len() >= KNOWN {
            names.clear();
        }
        let asked = found(name);
        names.insert(name.written.to_vec(), asked);
        asked
    })
}

fn found(name: Name<'_>) -> Asked {
    let mut words = String::new();
    write_words(&name.meaning(), &mut words);
    let named = (0..).zip(DETECTORS).filter(|(_, detector)| is_named(&words, detector.names()));
    named.map(|(number, _)| 1 << number).sum()
}
