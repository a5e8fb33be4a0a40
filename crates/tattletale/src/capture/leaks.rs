//! Leaks as they happen: what was recorded in the last moment, held against a ground truth.
//!
//! This is the audit itself, on as much as there is: its last word is spoken afterwards, over the whole recording.

use std::collections::HashSet;
use std::io::{self, Cursor, Read};
use tattletale_core::audit::{self, Capture};
use tattletale_core::model::{GroundTruth, Party, Subject};
use tattletale_report::render::words;

/// A batch is looked at when it has so many bytes.
const BATCH: usize = 8 << 20;

/// Looks for planted values in what is recorded.
pub(super) struct Leaks {
    truth: GroundTruth,
    batch: Vec<u8>,
    told: HashSet<(String, String)>,
}

/// A planted value or an action, and who learnt it.
#[derive(Debug)]
pub(super) struct Leak {
    /// Its name in the ground truth.
    pub(super) what: String,
    pub(super) host: String,
    /// How it was disguised, in words.
    pub(super) disguise: String,
}

impl Leaks {
    pub(super) fn new(truth: GroundTruth) -> Self {
        Self { truth, batch: Vec::new(), told: HashSet::new() }
    }

    /// Records of an exchange, a message, or a connection that could not be seen; whether it is time to look.
    pub(super) fn add(&mut self, records: &[u8]) -> bool {
        self.batch.extend_from_slice(records);
        self.batch.len() >= BATCH
    }

    /// Those that were not told before.
    pub(super) fn look(&mut self) -> Vec<Leak> {
        if self.batch.is_empty() {
            return Vec::new();
        }
        let batch = std::mem::take(&mut self.batch);
        let open = || -> io::Result<Box<dyn Read + '_>> { Ok(Box::new(Cursor::new(&batch))) };
        let capture = Capture { name: "live".to_owned(), open: Box::new(open), origin: None };
        // What cannot be read here is a fault of the audit afterwards.
        let Ok(report) = audit::audit(&[capture], Some(self.truth.clone()), &audit::Options::default()) else {
            return Vec::new();
        };
        let mut leaks = Vec::new();
        for finding in report.findings.iter().filter(|finding| finding.receiver.party != Party::First) {
            let subject = match (finding.value, finding.action) {
                (Some(value), _) => Subject::Value(value),
                (None, Some(action)) => Subject::Action(action),
                (None, None) => continue,
            };
            let what = match subject {
                Subject::Value(value) => report.truth.values[value].name.clone(),
                Subject::Action(action) => report.truth.actions[action].name.clone(),
            };
            let host = finding.receiver.host.clone();
            if self.told.insert((what.clone(), host.clone())) {
                leaks.push(Leak { what, host, disguise: words::disguise(&finding.path) });
            }
        }
        leaks
    }

    /// How many were told.
    pub(super) fn count(&self) -> usize {
        self.told.len()
    }
}
