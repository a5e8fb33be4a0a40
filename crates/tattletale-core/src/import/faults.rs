//! Faults of one file, bounded: every importer keeps them here.

use crate::model::{Fault, FaultKind};

/// Faults that are kept one by one; of the rest only their number.
const MOST_FAULTS: usize = 1000;

/// A list of faults that no file can make long.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    more: u64,
}

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        match self.list.len() < MOST_FAULTS {
            true => self.list.push(fault),
            false => self.more += 1,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn into_list(mut self) -> Vec<Fault> {
        if self.more > 0 {
            let message = format!("{} more places of the file could not be read", self.more);
            self.list.push(Fault::new(FaultKind::Corrupt, message));
        }
        self.list
    }
}
