//! Conditions and kinds of data, in words.

use super::Shown;
use crate::study::Cell;
use crate::study::matrix::{DataKind, Matrix};
use std::collections::BTreeSet;
use tattletale_core::model::truth;

/// `visited page`
pub(super) fn kind(data: DataKind) -> &'static str {
    truth::words(data.kind)
}

/// What a condition is, fact by fact.
pub(super) fn facts(shown: &Shown<'_>, cell: &Cell) -> Vec<String> {
    let mut facts: Vec<String> = Vec::new();
    facts.extend(cell.device.as_deref().map(|device| shown.name(device)));
    let app = [cell.app.as_deref(), cell.version.as_deref()];
    let app: Vec<String> = app.into_iter().flatten().map(|name| shown.name(name)).collect();
    facts.extend((!app.is_empty()).then(|| app.join(" ")));
    facts.extend(cell.mode.map(|mode| format!("{mode} mode")));
    facts.extend(cell.settings.iter().map(|(name, setting)| format!("{} {}", shown.name(name), shown.name(setting))));
    facts
}

/// What all conditions of the matrix have in common, and what is each one's own.
pub(super) fn conditions(shown: &Shown<'_>, matrix: &Matrix) -> (Vec<String>, Vec<String>) {
    let all: Vec<Vec<String>> = matrix.rows.iter().map(|row| facts(shown, &row.side.cell)).collect();
    let in_all = |fact: &&String| all.iter().all(|facts| facts.contains(fact));
    let common: Vec<String> = all.first().into_iter().flatten().filter(in_all).cloned().collect();
    let modes = matrix.rows.iter().any(|row| row.side.cell.mode.is_some());
    let own = all.iter().zip(&matrix.rows).map(|(facts, row)| {
        let mut own: Vec<String> = facts.iter().filter(|fact| !common.contains(fact)).cloned().collect();
        if modes && row.side.cell.mode.is_none() {
            own.push("outside of the browser".to_owned());
        }
        match own.is_empty() {
            true => "all sessions".to_owned(),
            false => own.join(", "),
        }
    });
    let own = own.collect();
    (common, own)
}

/// Everybody who was told something, in order.
pub(super) fn receivers(matrix: &Matrix) -> Vec<&str> {
    let told = matrix.rows.iter().flat_map(|row| &row.entries).flat_map(|entry| entry.told.keys());
    told.map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect()
}
