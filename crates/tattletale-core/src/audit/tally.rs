//! What grows over one capture, all of it within bounds, and what is judged of it at the capture's end.

use super::faults::Faults;
use super::names::Unseen;
use super::personal::Recollection;
use super::rows::Rows;
use super::salting::Budget;
use super::search::Search;
use crate::detect::{Places, chance};
use crate::model::{Blind, Finding, Odds, ReceiverCoverage, Report, Strength, Subject};
use std::collections::{BTreeSet, HashMap};

#[derive(Default)]
pub(super) struct Tally {
    pub(super) places: Places,
    pub(super) rows: Rows,
    pub(super) found: Vec<Unjudged>,
    /// How often each subject was told to a receiver, by its row.
    told: HashMap<(Subject, usize), usize>,
    pub(super) personal: Recollection,
    pub(super) budget: Budget,
    pub(super) unseen: Unseen,
    pub(super) faults: Faults,
}

/// A finding whose chance is not known yet, with what its sighting says about it.
pub(super) struct Unjudged {
    pub(super) finding: Finding,
    pub(super) odds: Odds,
}

impl Tally {
    /// Nothing yet, beside what was found in captures before.
    pub(super) fn of(report: &Report) -> Self {
        Self { rows: Rows::of(&report.coverage), ..Self::default() }
    }

    /// Counts that a subject was told to the receiver of a row once more; false where the report has that often enough.
    pub(super) fn keeps(&mut self, subject: Subject, row: usize, report: &Report) -> bool {
        let of_one = self.told.entry((subject, row)).or_default();
        *of_one += 1;
        *of_one <= most_of_one(kept(report) + self.found.len() + self.unseen.found.len())
    }

    /// Adds a connection that could not be seen.
    pub(super) fn blind(&mut self, search: &Search<'_>, blind: &Blind, report: &mut Report) {
        let found = self.found.len();
        self.unseen.add(search, blind, found, &mut self.faults, report);
    }

    /// Only at the end is it known in how many places a value could have stood.
    pub(super) fn judge(self, in_control: &BTreeSet<Subject>, report: &mut Report) {
        self.personal.settle(report);
        for Unjudged { mut finding, odds } in self.found {
            finding.chance = self.places.expected(&odds, finding.range.len());
            let in_control = in_control.contains(&finding.subject());
            finding.strength = if in_control { Strength::Weak } else { chance::strength(finding.chance) };
            match finding.strength {
                Strength::Strong => report.findings.push(finding),
                Strength::Weak => report.weak.push(finding),
            }
        }
    }
}

/// Findings of the captures before.
pub(super) fn kept(report: &Report) -> usize {
    report.findings.len() + report.weak.len()
}

/// How often one subject is listed for one receiver, where so many findings are: what is told only once stands in the
/// report however late it comes.
pub(super) fn most_of_one(kept: usize) -> usize {
    const FULL: usize = 2 * Finding::KEPT;
    match kept {
        0..Finding::KEPT => usize::MAX,
        Finding::KEPT..FULL => Finding::KEPT_OF_ONE,
        FULL.. => 1,
    }
}

pub(super) fn sum(into: &mut ReceiverCoverage, row: &ReceiverCoverage) {
    into.exchanges += row.exchanges;
    into.captured += row.captured;
    into.read += row.read;
    into.opaque += row.opaque;
    row.addresses.iter().for_each(|address| into.seen_at(*address));
    into.plaintext += row.plaintext;
    row.blind.iter().for_each(|(kind, count)| into.add_blind_count(*kind, *count));
    into.bodies.iter_mut().zip(row.bodies).for_each(|(sum, more)| *sum += more);
}
