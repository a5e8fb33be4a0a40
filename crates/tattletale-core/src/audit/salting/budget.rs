//! Which runs are tried, and with which salts: within a budget of digests, and less and less often where it is in vain.

use super::made::{Made, Making};
use super::{Outcome, Run, Salts};
use crate::detect::salted::{self, FOR_EACH, PER_CAPTURE, PER_MESSAGE, Salted};
use crate::model::Hashes;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A digest that is the same in so many messages has a salt that is, too: if that was none of theirs, it is not tried
/// again.
const MESSAGES: u8 = 3;

/// A field is tried in the first messages that have it, and from then on in one of so many until something is found.
const FIRST: u32 = 16;
const ONE_OF: u32 = 8;
/// Where it was in vain for long, less often: so many times while the messages double.
const A_DOUBLING: u32 = 32;

/// Runs and fields whose trials are counted.
const KNOWN: usize = 100_000;

/// What may still be tried in a capture.
pub(in crate::audit) struct Budget {
    /// Digests for all messages, and for the next one.
    left: u64,
    next: u64,
    made: [Made; salted::COUNT],
    /// Runs with the number of messages in which they were tried, in vain.
    tried: HashMap<Vec<u8>, u8>,
    fields: HashMap<u64, Field>,
}

/// The salts of a message that its runs are tried with, for each algorithm that is wanted.
#[derive(Default)]
pub(in crate::audit) struct Plan {
    pub(super) by_algorithm: [Option<Trials>; salted::COUNT],
}

#[derive(Default)]
pub(super) struct Trials {
    /// Positions of salts in the message, each with what is made with it.
    pub(super) salts: Vec<(usize, Arc<Making>)>,
    /// False when the budget ended before the salts did.
    pub(super) all: bool,
}

/// What was tried of a field.
#[derive(Default)]
struct Field {
    messages: u32,
    explained: bool,
}

/// All messages of a batch are asked twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::audit) enum Round {
    /// For the runs of fields that are due.
    Due,
    /// For the others of fields that are known to be worth it by now.
    Explained,
}

impl Default for Budget {
    fn default() -> Self {
        let made = Default::default();
        Self { left: PER_CAPTURE, next: PER_MESSAGE, made, tried: HashMap::new(), fields: HashMap::new() }
    }
}

impl Budget {
    /// Takes out the runs of a message that are worth trying: first those whose field is due, and when these were tried,
    /// all others of fields of which something was explained.
    pub(in crate::audit) fn choose(&mut self, round: Round, runs: &mut Vec<Run>) -> Vec<Run> {
        let mut fields: HashMap<u64, Worth> = HashMap::new();
        let worth = |run: &mut Run| match *fields.entry(run.field).or_insert_with(|| self.worth(round, run.field)) {
            Worth::Explained => true,
            Worth::Due => !self.is_tried(&run.bytes),
            Worth::Nothing => false,
        };
        let chosen: Vec<Run> = runs.extract_if(.., worth).collect();
        for run in different(&chosen) {
            if self.tried.len() < KNOWN || self.tried.contains_key(run) {
                let messages = self.tried.entry(run.to_vec()).or_default();
                *messages = messages.saturating_add(1);
            }
        }
        chosen
    }

    /// Whether a run was tried in enough messages.
    fn is_tried(&self, run: &[u8]) -> bool {
        self.tried.get(run).is_some_and(|messages| *messages >= MESSAGES)
    }

    /// Counts what of a message was chosen in no round, though it was tried in others.
    pub(in crate::audit) fn count_others(&self, runs: &[Run], hashes: &mut Hashes) {
        let tried = runs.iter().filter(|run| self.is_tried(&run.bytes)).count() as u64;
        hashes.tried += tried;
        hashes.untried -= tried;
    }

    /// What these runs of a message are tried with; asked for every message, since what it does not need is left for the
    /// next.
    pub(in crate::audit) fn plan(
        &mut self,
        round: Round,
        salted: &Salted,
        runs: &[Run],
        salts: Option<&Salts>,
    ) -> Plan {
        let (work, mut plan) = (salted.work(), Plan::default());
        for algorithm in runs.iter().filter_map(|run| Salted::algorithm(&run.bytes)) {
            let (made, trials) = (&mut self.made[algorithm], &mut plan.by_algorithm[algorithm]);
            if trials.is_some() {
                continue;
            }
            let trials = trials.insert(Trials { all: true, ..Trials::default() });
            for (number, (salt, _)) in salts.iter().flat_map(|salts| &salts.different).enumerate() {
                let making = made.find(salt, work).or_else(|| {
                    (self.next, self.left) = (self.next.checked_sub(work)?, self.left.checked_sub(work)?);
                    Some(made.add(salt, work))
                });
                trials.all &= making.is_some();
                trials.salts.extend(making.map(|making| (number, making)));
            }
        }
        if round == Round::Due {
            self.next = (self.next + FOR_EACH).min(PER_MESSAGE);
        }
        plan
    }

    fn worth(&mut self, round: Round, field: u64) -> Worth {
        let known = self.fields.get(&field).is_some_and(|field| field.explained);
        match round {
            _ if known => Worth::Explained,
            Round::Explained => Worth::Nothing,
            Round::Due if self.fields.len() >= KNOWN && !self.fields.contains_key(&field) => Worth::Due,
            Round::Due => {
                let field = self.fields.entry(field).or_default();
                field.messages = field.messages.saturating_add(1);
                if is_due(field.messages) { Worth::Due } else { Worth::Nothing }
            }
        }
    }

    /// Remembers the fields that are worth it, and the runs that are to be tried again.
    pub(in crate::audit) fn learn(&mut self, outcome: Outcome) {
        for field in outcome.fields {
            self.fields.entry(field).or_default().explained = true;
        }
        for run in outcome.again {
            self.tried.remove(&run);
        }
    }
}

/// Whether a field is tried in this of its messages, where nothing was found before.
fn is_due(messages: u32) -> bool {
    let one_of = (1 << messages.ilog2()) / A_DOUBLING;
    messages <= FIRST || messages.is_multiple_of(one_of.max(ONE_OF))
}

/// Whether a field is worth trying.
#[derive(Clone, Copy)]
enum Worth {
    /// Something of it was explained: all runs are.
    Explained,
    /// A run is that was not tried often enough.
    Due,
    Nothing,
}

/// Within a message a run is tried once, wherever it stands.
fn different(runs: &[Run]) -> HashSet<&[u8]> {
    runs.iter().map(|run| run.bytes.as_slice()).collect()
}

#[cfg(test)]
mod tests {
    use super::is_due;

    #[test]
    fn a_field_is_tried_less_and_less_often() {
        let due = |messages: std::ops::Range<u32>| messages.filter(|number| is_due(*number)).count();
        assert_eq!((due(1..17), due(17..257), due(257..513)), (16, 30, 32));
        assert_eq!((due(1 << 20..2 << 20), due(3_000_000_000..u32::MAX)), (32, 19));
    }
}
