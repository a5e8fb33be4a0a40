//! Cells of a study (device, app, version, mode, settings) and the pairs of them that can be compared.
//!
//! A session whose actions state their modes belongs to one cell for each mode. What was not stated is not compared.

use super::Session;
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::Finding;

/// What sessions have in common that are repeats of each other, and the mode within them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The very device.
    pub device: Option<String>,
    /// App or browser.
    pub app: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Mode; none for what was done outside of a browser.
    pub mode: Option<&'static str>,
    /// Settings by name.
    pub settings: BTreeMap<String, String>,
}

/// In what two cells differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dimension {
    /// Normal against incognito.
    Mode,
    /// Before against after an update.
    Version,
    /// One setting, by name.
    Setting(String),
    /// One device against another.
    Device,
    /// One app against another, whatever their versions.
    App,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// What it is; without a device where several are compared.
    pub cell: Cell,
    /// Index of its sessions in the study.
    pub sessions: Vec<usize>,
}

/// Two sides that differ in one thing.
pub(super) struct Pair {
    pub(super) dimension: Dimension,
    pub(super) left: Side,
    pub(super) right: Side,
}

/// Modes in which something was done in a session.
pub(super) fn modes(session: &Session) -> BTreeSet<Option<&'static str>> {
    if session.about.mode.is_some() {
        return BTreeSet::from([session.about.mode]);
    }
    let mut modes: BTreeSet<_> = session.report.truth.actions.iter().map(|action| action.mode).collect();
    if modes.is_empty() {
        modes.insert(None);
    }
    modes
}

/// True when an action of that mode is one of the cell's; a session in one mode is it as a whole.
pub(super) fn is_in(session: &Session, of: Option<&'static str>, mode: Option<&'static str>) -> bool {
    session.about.mode.is_some() || of == mode
}

/// Strong findings of a session in one mode: that of the action where one is told, else that of the time.
pub(super) fn findings<'s>(session: &'s Session, mode: Option<&'static str>) -> impl Iterator<Item = &'s Finding> {
    session.report.findings.iter().filter(move |finding| {
        let own = finding.action.map(|action| session.report.truth.actions[action].mode);
        is_in(session, own.unwrap_or(finding.mode), mode)
    })
}

/// All cells with their sessions, in the order of the study, normal before incognito.
pub(super) fn cells(sessions: &[Session]) -> Vec<Side> {
    let mut cells: Vec<Side> = Vec::new();
    for (index, session) in sessions.iter().enumerate() {
        // Backwards: normal, incognito, outside of the browser.
        for mode in modes(session).into_iter().rev() {
            let about = session.about.clone();
            let cell =
                Cell { device: about.device, app: about.app, version: about.version, mode, settings: about.settings };
            add(&mut cells, cell, &[index]);
        }
    }
    cells
}

fn add(cells: &mut Vec<Side>, cell: Cell, sessions: &[usize]) {
    match cells.iter_mut().find(|known| known.cell == cell) {
        Some(known) => known.sessions.extend(sessions),
        None => cells.push(Side { cell, sessions: sessions.to_vec() }),
    }
}

/// All pairs that differ in exactly one dimension. Devices are pooled, as far as both sides have the same ones, but
/// where they are what is compared.
pub(super) fn pairs(sessions: &[Session]) -> Vec<Pair> {
    let cells = cells(sessions);
    let mut pooled: Vec<Side> = Vec::new();
    for side in &cells {
        add(&mut pooled, Cell { device: None, ..side.cell.clone() }, &side.sessions);
    }
    let mut pairs = Vec::new();
    for (at, left) in pooled.iter().enumerate() {
        for right in &pooled[at + 1..] {
            let Some(dimension) = dimension(&left.cell, &right.cell) else { continue };
            let device = |index: &usize| &sessions[*index].about.device;
            let common: BTreeSet<_> = left.sessions.iter().map(device).collect();
            let common: BTreeSet<_> = right.sessions.iter().map(device).filter(|own| common.contains(own)).collect();
            let on_common = |side: &Side| Side {
                cell: side.cell.clone(),
                sessions: side.sessions.iter().copied().filter(|index| common.contains(device(index))).collect(),
            };
            if !common.is_empty() {
                pairs.push(Pair { dimension, left: on_common(left), right: on_common(right) });
            }
        }
    }
    for (at, left) in cells.iter().enumerate() {
        for right in &cells[at + 1..] {
            let same = Cell { device: None, ..left.cell.clone() } == Cell { device: None, ..right.cell.clone() };
            if same && left.cell.device.is_some() && right.cell.device.is_some() {
                pairs.push(Pair { dimension: Dimension::Device, left: left.clone(), right: right.clone() });
            }
        }
    }
    pairs
}

/// The only thing in which two cells differ, devices apart; none when there are more, or when one side does not say.
fn dimension(left: &Cell, right: &Cell) -> Option<Dimension> {
    let mut found = Vec::new();
    if left.app != right.app {
        (left.app.is_some() && right.app.is_some()).then(|| found.push(Dimension::App))?;
    } else if left.version != right.version {
        (left.version.is_some() && right.version.is_some()).then(|| found.push(Dimension::Version))?;
    }
    if left.mode != right.mode {
        (left.mode.is_some() && right.mode.is_some()).then(|| found.push(Dimension::Mode))?;
    }
    let names: BTreeSet<&String> = left.settings.keys().chain(right.settings.keys()).collect();
    for name in names {
        if left.settings.get(name)? != right.settings.get(name)? {
            found.push(Dimension::Setting(name.clone()));
        }
    }
    match found.len() {
        1 => found.pop(),
        _ => None,
    }
}
