//! An audit held against what was truly sent: what it missed, and what it made up.
//!
//! The unit is a thing told to a host: a planted value or an action of the ground truth, and who got it. A thing counts
//! as expected when it was sent readably with a text of its own; what has no text of its own (a screen, an app) can be
//! recognised by repetition only, and what was sealed cannot be read.

use crate::scenario::{Lived, Sent};
use std::collections::BTreeSet;
use tattletale_core::model::Report;
use tattletale_report::study::Recognised;

/// A thing by its name in the ground truth, and the host that got it.
pub type Told = (String, String);

/// How an audit did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    /// What could be found.
    pub expected: BTreeSet<Told>,
    /// What was found, strong findings only.
    pub found: BTreeSet<Told>,
    /// Expected and not found.
    pub missed: BTreeSet<Told>,
    /// Found and never sent.
    pub invented: BTreeSet<Told>,
}

impl Score {
    /// Compares the strong findings of a report with what left the phone.
    pub fn of(report: &Report, lived: &Lived) -> Self {
        let told = |sent: &crate::scenario::Sent| (sent.name.clone(), sent.host.clone());
        let readable = lived.sent.iter().filter(|sent| sent.unique && !sent.sealed);
        let expected: BTreeSet<Told> = readable.map(told).collect();
        let sent: BTreeSet<Told> = lived.sent.iter().map(told).collect();
        let truth = &report.truth;
        let names = report.findings.iter().flat_map(|finding| {
            let value = finding.value.map(|value| &truth.values[value].name);
            let action = finding.action.map(|action| &truth.actions[action].name);
            [value, action].into_iter().flatten().map(|name| (name.clone(), finding.receiver.host.clone()))
        });
        let found: BTreeSet<Told> = names.collect();
        let missed = expected.difference(&found).cloned().collect();
        let invented = found.difference(&sent).cloned().collect();
        Self { expected, found, missed, invented }
    }

    /// Compares what was recognised by repetition with what left the phone on these days, in the order of the sessions.
    ///
    /// A thing is what was done ("open-app org.example.chess") and the host that was told. Expected is what has no text
    /// of its own and was sent readably; that it was of its kind is not invented when anything of that kind was sent.
    pub fn of_repetition(recognised: &[Recognised], days: &[&Lived]) -> Self {
        let told = |of: &dyn Fn(&Sent) -> bool, value: bool| -> BTreeSet<Told> {
            let sent = days.iter().flat_map(|lived| lived.sent.iter().map(move |sent| (*lived, sent)));
            let actions = sent.filter(|(_, sent)| sent.action && of(sent)).filter_map(|(lived, sent)| {
                let action = lived.truth.actions.iter().find(|action| action.name == sent.name)?;
                Some((thing(action.kind, value.then_some(action.value.as_str())), sent.host.clone()))
            });
            actions.collect()
        };
        let expected = told(&|sent| !sent.unique && !sent.sealed, true);
        let mut sent = told(&|_| true, true);
        sent.extend(told(&|_| true, false));
        let found: BTreeSet<Told> =
            recognised.iter().map(|found| (thing(found.kind, found.value.as_deref()), found.host.clone())).collect();
        let missed = expected.difference(&found).cloned().collect();
        let invented = found.difference(&sent).cloned().collect();
        Self { expected, found, missed, invented }
    }

    /// Share of what could be found that was, 0 to 1; 1 when there was nothing.
    pub fn recall(&self) -> f64 {
        share(self.expected.len() - self.missed.len(), self.expected.len())
    }

    /// Share of what was found that was truly sent, 0 to 1; 1 when nothing was found.
    pub fn precision(&self) -> f64 {
        share(self.found.len() - self.invented.len(), self.found.len())
    }
}

fn thing(kind: &str, value: Option<&str>) -> String {
    format!("{kind} {}", value.unwrap_or("(any)"))
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
