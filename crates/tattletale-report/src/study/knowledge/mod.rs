//! What each receiver knows: its view of the person, rebuilt in the order in which it was lived.
//!
//! A receiver does not see findings, it sees a day: this page was opened at this time, with this number of this phone
//! beside it. [`knowledge`] puts what was told back into that order ([`timeline`]), and says what plainly follows from
//! it ([`inferences`]). Nothing stands here without a finding that shows it; what is inferred and not told is marked
//! as such. Only strong findings count, and only what left beside the user's own actions.

pub mod categories;
mod inferences;
mod timeline;

use super::Session;
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::{Finding, Party, Subject, Timestamp};

pub use inferences::{Detail, Fact, RULES, Rule};

/// A strong finding of a study, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingRef {
    /// Index of the session.
    pub session: usize,
    /// Index into the findings of its report.
    pub finding: usize,
}

impl FindingRef {
    /// The finding itself; none when the reference is of another study.
    pub fn of(self, sessions: &[Session]) -> Option<&Finding> {
        sessions.get(self.session)?.report.findings.get(self.finding)
    }
}

/// What one receiver knows. Hosts of one registrable domain are one receiver.
#[derive(Debug, Clone)]
pub struct View {
    /// The host if it is the only one, else the registrable domain.
    pub name: String,
    /// Its hosts that were told something, in order.
    pub hosts: Vec<String>,
    /// First, third or unknown; third if it was that to anything it was told.
    pub party: Party,
    /// Everything it was told, by session and then in the order of time.
    pub entries: Vec<Entry>,
    /// What follows, in the order of [`RULES`].
    pub facts: Vec<Fact>,
}

/// One thing that a receiver was told in one session: something the user did, or something about them.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Index of the session.
    pub session: usize,
    /// The action or value, in the ground truth of that session.
    pub subject: Subject,
    /// Its kind there.
    pub kind: &'static str,
    /// When it was done, or first told where it is nothing that is done: on the modelled clock where the ground truth
    /// has one, else wall time, UTC.
    pub at: Option<Timestamp>,
    /// Modes in which it was told, normal first; empty where none is stated.
    pub modes: Vec<&'static str>,
    /// Milliseconds from the action to its first telling.
    pub delay_ms: Option<i64>,
    /// Every telling in the order of the report; never empty.
    pub findings: Vec<FindingRef>,
    /// How many of them could be read by anyone on the way.
    pub unencrypted: usize,
    /// False when only digests of it were told: those recognise what is known, but cannot be read.
    pub readable: bool,
    /// Ids of person or device in the same messages, as values of the session's ground truth, each with one telling.
    pub with: Vec<(usize, FindingRef)>,
}

/// Kinds of values that say who somebody is.
pub const PERSON: &[&str] =
    &["person-name", "email", "phone", "account-id", "postal-address", "birth-date", "card", "iban"];

/// Kinds of values that single out a device, an installation or a SIM card.
pub const DEVICE: &[&str] = &["imei", "imsi", "iccid", "serial", "mac", "android-id", "advertising-id", "uuid"];

/// Kinds of values that say where somebody is.
pub const PLACE: &[&str] = &["latitude", "longitude", "ssid", "bssid"];

/// True for what joins tellings to one person or device: what a message is signed with.
fn is_id(kind: &str) -> bool {
    DEVICE.contains(&kind) || matches!(kind, "person-name" | "email" | "phone" | "account-id")
}

/// Views of all receivers: third parties first, those who were told more before those who were told less.
pub fn knowledge(sessions: &[Session]) -> Vec<View> {
    let mut told: BTreeMap<&str, Vec<FindingRef>> = BTreeMap::new();
    for (session, Session { report, .. }) in sessions.iter().enumerate() {
        for (finding, Finding { receiver, .. }) in report.findings.iter().enumerate() {
            let name = receiver.domain.as_deref().unwrap_or(&receiver.host);
            told.entry(name).or_default().push(FindingRef { session, finding });
        }
    }
    let mut views: Vec<View> = told.into_iter().map(|(domain, findings)| view(domain, &findings, sessions)).collect();
    views.sort_by_key(|view| (order(view.party), std::cmp::Reverse(view.entries.len())));
    views
}

fn view(domain: &str, refs: &[FindingRef], sessions: &[Session]) -> View {
    let findings = || refs.iter().filter_map(|found| found.of(sessions));
    let hosts: BTreeSet<&str> = findings().map(|finding| finding.receiver.host.as_str()).collect();
    let hosts: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
    let party = findings().map(|finding| finding.receiver.party).min_by_key(|party| order(*party));
    let name = match &hosts[..] {
        [only] => only.clone(),
        _ => domain.to_owned(),
    };
    let entries = timeline::entries(refs, sessions);
    let facts = inferences::facts(&entries, sessions);
    View { name, hosts, party: party.unwrap_or(Party::Unknown), entries, facts }
}

/// Third parties first.
fn order(party: Party) -> u8 {
    match party {
        Party::Third => 0,
        Party::Unknown => 1,
        Party::First => 2,
    }
}

impl Entry {
    /// What was told, in the ground truth of its session.
    pub fn text<'s>(&self, sessions: &'s [Session]) -> &'s str {
        let text = sessions.get(self.session).and_then(|Session { report, .. }| match self.subject {
            Subject::Value(index) => report.truth.values.get(index).map(|value| value.value.as_str()),
            Subject::Action(index) => report.truth.actions.get(index).map(|action| action.value.as_str()),
        });
        text.unwrap_or_default()
    }

    /// True for something the user did, false for something that is known of them.
    pub fn is_action(&self) -> bool {
        matches!(self.subject, Subject::Action(_))
    }
}

#[cfg(test)]
mod tests;
