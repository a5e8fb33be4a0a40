//! The matrix: for every cell of a study which kinds of data left, to whom, how often of how often tried.

use super::cells::{Side, cells, findings, is_in};
use super::{Recognised, Session};
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::Action;

/// A kind of data: an action or a planted value of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataKind {
    /// Kind in the ground truth.
    pub kind: &'static str,
    /// True for actions: counted by actions. Planted values are counted by session.
    pub action: bool,
}

/// Rows are cells, columns are kinds of data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Columns.
    pub kinds: Vec<DataKind>,
    /// Rows.
    pub rows: Vec<Row>,
}

/// One cell of the study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is, and its sessions.
    pub side: Side,
    /// For every column what left.
    pub entries: Vec<Entry>,
}

/// What left of one kind under one condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// How often there was something to tell; 0: not tried.
    pub tried: usize,
    /// Who was told of how much of it, by host.
    pub told: BTreeMap<String, usize>,
}

/// The matrix of some sessions; `recognised` adds what has no text of its own.
pub fn matrix(sessions: &[Session], recognised: &[Recognised]) -> Matrix {
    let told: Vec<(Side, BTreeMap<DataKind, Entry>)> = cells(sessions)
        .into_iter()
        .map(|side| {
            let entries = told(sessions, &side, recognised);
            (side, entries)
        })
        .collect();
    let kinds: BTreeSet<DataKind> = told.iter().flat_map(|(_, entries)| entries.keys().copied()).collect();
    let rows = told.into_iter().map(|(side, mut entries)| {
        let entries = kinds.iter().map(|kind| entries.remove(kind).unwrap_or_default()).collect();
        Row { side, entries }
    });
    Matrix { rows: rows.collect(), kinds: kinds.iter().copied().collect() }
}

/// What was told of each kind under one condition.
pub(super) fn told(sessions: &[Session], side: &Side, recognised: &[Recognised]) -> BTreeMap<DataKind, Entry> {
    let mut tried: BTreeMap<DataKind, usize> = BTreeMap::new();
    let mut told: BTreeMap<DataKind, BTreeSet<(&str, usize, usize)>> = BTreeMap::new();
    for &index in &side.sessions {
        let session = &sessions[index];
        let truth = &session.report.truth;
        let is_own = |action: &Action| is_in(session, action.mode, side.cell.mode);
        for action in truth.actions.iter().filter(|action| is_own(action)) {
            *tried.entry(DataKind { kind: action.kind, action: true }).or_default() += 1;
        }
        for value in &truth.values {
            *tried.entry(DataKind { kind: value.kind, action: false }).or_default() += 1;
        }
        for finding in findings(session, side.cell.mode) {
            let host = finding.receiver.host.as_str();
            let mut tell = |action: usize| {
                let kind = DataKind { kind: truth.actions[action].kind, action: true };
                told.entry(kind).or_default().insert((host, index, action));
            };
            finding.action.filter(|action| is_own(&truth.actions[*action])).into_iter().for_each(&mut tell);
            let Some(value) = finding.value else { continue };
            // A planted value with the text of an action (a searched term) tells of the action.
            let same = truth.actions.iter().enumerate().filter(|(_, action)| {
                finding.action.is_none() && is_own(action) && action.value == truth.values[value].value
            });
            same.for_each(|(action, _)| tell(action));
            let kind = DataKind { kind: truth.values[value].kind, action: false };
            told.entry(kind).or_default().insert((host, index, value));
        }
        for found in recognised {
            let own = found.told.iter().filter(|(session, _)| *session == index);
            for (_, action) in own.filter(|(_, action)| is_own(&truth.actions[*action])) {
                let kind = DataKind { kind: found.kind, action: true };
                told.entry(kind).or_default().insert((&found.host, index, *action));
            }
        }
    }
    let mut entries: BTreeMap<DataKind, Entry> = BTreeMap::new();
    for (kind, tried) in tried {
        let mut entry = Entry { tried, ..Entry::default() };
        for (host, _, _) in told.remove(&kind).unwrap_or_default() {
            *entry.told.entry(host.to_owned()).or_default() += 1;
        }
        entries.insert(kind, entry);
    }
    entries
}
