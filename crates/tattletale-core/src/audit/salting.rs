//! Values of a message as salts and keys for what in it may be a digest, within a budget.
//!
//! The fields of a message are collected by a walk of their own, since few messages are tried. What is made with a
//! salt is kept for the messages that have it too, and only what has to be made counts against the budget, which is
//! dealt out in the capture's order, so that the outcome does not depend on which core was faster. A field is made in
//! the same way in every message, so where nothing was found in it yet, it is tried in some messages only; the rest
//! stays untried, and that is counted.

mod made;

use super::Options;
use crate::decode::{Ending, Node, Visitor, parts, walk};
use crate::detect::Unexplained;
use crate::detect::salted::{self, Explained, FOR_EACH, Keys, PER_CAPTURE, PER_MESSAGE, Salted};
use crate::model::{Excerpt, Exchange, Hashes, Part, Sighting, Step, Timestamp, display_path};
use made::{Made, Making};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Fields of one message that are kept.
const FIELDS: usize = 256;

/// Different salts of one message that are tried.
const SALTS: usize = 64;

/// Lengths of a field that may be a salt, in bytes: shorter ones are flags, longer ones texts.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=64;

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

/// Fields of a message that may be salts, none twice.
pub(super) struct Salts {
    /// Each with the number of its part.
    different: Vec<(Vec<u8>, usize)>,
}

/// Collects them.
#[derive(Default)]
struct Fields {
    bytes: Vec<u8>,
    /// Where each ends, and the number of its part.
    ends: Vec<(usize, usize)>,
    /// Number of the part that is walked.
    part: usize,
}

/// An unexplained run with the number of its part and the time that it was sent.
pub(super) struct Run {
    part: usize,
    at: Option<Timestamp>,
    run: Unexplained,
    /// Names the field of the receiver.
    field: u64,
}

impl Run {
    pub(super) fn new(host: &str, (number, part): (usize, &Part), at: Option<Timestamp>, run: &Unexplained) -> Self {
        let mut field = DefaultHasher::new();
        (host, part, run.way).hash(&mut field);
        Self { part: number, at, run: run.clone(), field: field.finish() }
    }
}

/// What may still be tried in a capture.
pub(super) struct Budget {
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
pub(super) struct Plan {
    by_algorithm: [Option<Trials>; salted::COUNT],
}

#[derive(Default)]
struct Trials {
    /// Positions of salts in the message, each with what is made with it.
    salts: Vec<(usize, Arc<Making>)>,
    /// False when the budget ended before the salts did.
    all: bool,
}

/// What was tried of a field.
#[derive(Default)]
struct Field {
    messages: u32,
    explained: bool,
}

/// All messages of a batch are asked twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// For the runs of fields that are due.
    Due,
    /// For the others of fields that are known to be worth it by now.
    Explained,
}

/// What came of trying all runs of a message.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) found: Vec<(Part, Option<Timestamp>, Sighting)>,
    /// Fields of which some run was explained.
    fields: Vec<u64>,
    /// Runs that were explained, or not tried with all salts.
    again: Vec<Vec<u8>>,
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
    pub(super) fn choose(&mut self, round: Round, runs: &mut Vec<Run>) -> Vec<Run> {
        let mut fields: HashMap<u64, Worth> = HashMap::new();
        let worth = |run: &mut Run| match *fields.entry(run.field).or_insert_with(|| self.worth(round, run.field)) {
            Worth::Explained => true,
            Worth::Due => !self.is_tried(&run.run.bytes),
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
    pub(super) fn count_others(&self, runs: &[Run], hashes: &mut Hashes) {
        let tried = runs.iter().filter(|run| self.is_tried(&run.run.bytes)).count() as u64;
        hashes.tried += tried;
        hashes.untried -= tried;
    }

    /// What these runs of a message are tried with.
    pub(super) fn plan(&mut self, salted: &Salted, runs: &[Run], salts: &Salts) -> Plan {
        let (work, mut plan) = (salted.work(), Plan::default());
        for algorithm in runs.iter().filter_map(|run| Salted::algorithm(&run.run.bytes)) {
            let (made, trials) = (&mut self.made[algorithm], &mut plan.by_algorithm[algorithm]);
            if trials.is_some() {
                continue;
            }
            let trials = trials.insert(Trials { all: true, ..Trials::default() });
            for (number, (salt, _)) in salts.different.iter().enumerate() {
                let making = made.find(salt, work).or_else(|| {
                    (self.next, self.left) = (self.next.checked_sub(work)?, self.left.checked_sub(work)?);
                    Some(made.add(salt, work))
                });
                trials.all &= making.is_some();
                trials.salts.extend(making.map(|making| (number, making)));
            }
        }
        self.next = (self.next + FOR_EACH).min(PER_MESSAGE);
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
    pub(super) fn learn(&mut self, outcome: Outcome) {
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
    runs.iter().map(|run| run.run.bytes.as_slice()).collect()
}

impl Salts {
    /// Those of a message.
    pub(super) fn of(exchange: &Exchange, options: &Options) -> Self {
        let mut fields = Fields::default();
        for (number, view) in (0..).zip(parts(exchange, options.responses)) {
            fields.part = number;
            walk(view.bytes, view.hint, &options.limits, &mut fields);
        }
        let mut known = HashSet::new();
        let starts = std::iter::once(0).chain(fields.ends.iter().map(|(end, _)| *end));
        let all = starts.zip(&fields.ends).map(|(start, (end, part))| (&fields.bytes[start..*end], *part));
        let different = all.filter(|(field, _)| known.insert(*field)).take(SALTS);
        Self { different: different.map(|(field, part)| (field.to_vec(), part)).collect() }
    }

    /// Tries every run.
    pub(super) fn explain(
        &self,
        salted: &Salted,
        runs: &[Run],
        plan: &Plan,
        (exchange, options): (&Exchange, &Options),
        hashes: &mut Hashes,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut known: HashMap<&[u8], Option<Explained>> = HashMap::new();
        for Run { part: number, at, run, field } in runs {
            let trials = Salted::algorithm(&run.bytes).and_then(|of| Some((of, plan.by_algorithm[of].as_ref()?)));
            let of = || trials.and_then(|(algorithm, trials)| self.made_with(salted, algorithm, trials, &run.bytes));
            match known.entry(&run.bytes).or_insert_with(of) {
                Some(explained) => {
                    hashes.untried -= 1;
                    hashes.explained += 1;
                    let (text, from) = &self.different[explained.salt];
                    let salt = place(exchange, options, *from, |node| node.bytes == text);
                    let salt = salt.map(|(part, path, _)| match path.as_slice() {
                        [] => part.to_string(),
                        path => format!("{part} {}", display_path(path)),
                    });
                    let there = |node: &Node<'_>| node.chain.number() == run.way && run.stands_in(node.bytes);
                    if let Some((part, path, bytes)) = place(exchange, options, *number, there) {
                        let seen = sighting(run, path, &bytes, explained, &salt.unwrap_or_default());
                        outcome.found.push((part, *at, seen));
                    }
                    outcome.fields.push(*field);
                    outcome.again.push(run.bytes.clone());
                }
                None if trials.is_none_or(|(_, trials)| trials.all) => {
                    hashes.untried -= 1;
                    hashes.tried += 1;
                }
                None => outcome.again.push(run.bytes.clone()),
            }
        }
        outcome
    }

    /// What a run is, if it was made with one of the salts that are tried.
    fn made_with(&self, salted: &Salted, algorithm: usize, trials: &Trials, run: &[u8]) -> Option<Explained> {
        let salts = trials.salts.iter().map(|(number, making)| {
            let salt = self.different[*number].0.as_slice();
            (salt, making.get_or_init(|| salted.make(algorithm, salt)))
        });
        let salts: Vec<(&[u8], &Keys)> = salts.collect();
        let explained = salted.explain(run, &salts)?;
        Some(Explained { salt: trials.salts[explained.salt].0, ..explained })
    }
}

/// Of a run in those bytes, with the place of its salt.
fn sighting(run: &Unexplained, mut path: Vec<Step>, bytes: &[u8], explained: &Explained, salt: &str) -> Sighting {
    path.push(Step { layer: explained.layer, at: Some(format!("{} {salt}", explained.role.words())) });
    Sighting {
        subject: explained.subject,
        within: None,
        path,
        range: run.range.clone(),
        whole: run.range.len() == bytes.len(),
        odds: explained.odds,
        excerpt: Excerpt::of(bytes, &run.range),
    }
}

impl Visitor for Fields {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        let field = is_field(node, ending) && LENGTHS.contains(&node.bytes.len());
        if field && self.ends.len() < FIELDS {
            self.bytes.extend_from_slice(node.bytes);
            self.ends.push((self.bytes.len(), self.part));
        }
    }
}

/// Where the first field of a part stands that `is` one, and its bytes: looked for once something was found.
fn place(
    exchange: &Exchange,
    options: &Options,
    part: usize,
    is: impl Fn(&Node<'_>) -> bool,
) -> Option<(Part, Vec<Step>, Vec<u8>)> {
    let view = parts(exchange, options.responses).into_iter().nth(part)?;
    let mut place = Place { is, found: None };
    walk(view.bytes, view.hint, &options.limits, &mut place);
    place.found.map(|(path, bytes)| (view.part, path, bytes))
}

struct Place<F> {
    is: F,
    found: Option<(Vec<Step>, Vec<u8>)>,
}

impl<F: Fn(&Node<'_>) -> bool> Visitor for Place<F> {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        if self.found.is_none() && is_field(node, ending) && (self.is)(node) {
            self.found = Some((node.chain.path(), node.bytes.to_vec()));
        }
    }
}

/// Whether something stands there as it was written, with nothing in it.
fn is_field(node: &Node<'_>, ending: &Ending) -> bool {
    !ending.opened && !node.guess && !node.again
}

#[cfg(test)]
mod tests {
    use super::is_due;
    use crate::audit::{self, Capture, Options};
    use crate::model::{GroundTruth, Value};
    use sha2::{Digest, Sha256};

    /// A digest that stays the same is found wherever it comes, if its salt comes too.
    #[test]
    fn what_stays_the_same_is_told_of_every_message() {
        let digest: String =
            Sha256::digest("app-4711:ann.lee@mail.example").iter().map(|byte| format!("{byte:02x}")).collect();
        let (explained, tried, untried) = counted(|_| format!("app=app-4711&em={digest}"));
        assert_eq!((explained, tried, untried), (40, 0, 0));
        let (explained, tried, untried) = counted(|_| format!("app=app-4712&em={digest}"));
        assert_eq!((explained, tried, untried), (0, 40, 0));
    }

    /// Forty messages with these queries: how many runs were explained, tried in vain and not tried.
    fn counted(query: impl Fn(usize) -> String) -> (u64, u64, u64) {
        let entry = |number: usize| {
            format!(r#"{{"request":{{"method":"GET","url":"https://t.example/p?{}","headers":[]}}}}"#, query(number))
        };
        let entries: Vec<String> = (1..=40).map(entry).collect();
        let har = format!(r#"{{"log":{{"version":"1.2","entries":[{}]}}}}"#, entries.join(","));
        let capture = Capture { name: "a.har".into(), origin: None, open: Box::new(|| Ok(Box::new(har.as_bytes()))) };
        let value = Value { name: "email".into(), kind: "email", value: "Ann.Lee@mail.example".into() };
        let truth = GroundTruth { values: vec![value], ..GroundTruth::default() };
        let report = audit::audit(&[capture], Some(truth), &Options::default()).unwrap();
        let hashes = report.coverage.hashes;
        assert_eq!((hashes.seen, hashes.explained), (40, report.findings.len() as u64));
        (hashes.explained, hashes.tried, hashes.untried)
    }

    /// One field with a digest of another salt in every message, those from `from` on of a known value.
    fn counted_from(from: usize) -> (u64, u64, u64) {
        counted(|number| {
            let (text, salt) =
                (if number < from { "somebody else" } else { "ann.lee@mail.example" }, 1_588_000_000 + number);
            let digest: String =
                Sha256::digest(format!("{salt}{text}")).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("ts={salt}&em={digest}")
        })
    }

    #[test]
    fn a_field_is_tried_less_and_less_often() {
        let due = |messages: std::ops::Range<u32>| messages.filter(|number| is_due(*number)).count();
        assert_eq!((due(1..17), due(17..257), due(257..513)), (16, 30, 32));
        assert_eq!((due(1 << 20..2 << 20), due(3_000_000_000..u32::MAX)), (32, 19));
    }

    #[test]
    fn a_field_is_tried_as_long_as_it_is_worth_it() {
        assert_eq!(counted_from(1), (40, 0, 0));
        // The first sixteen and every eighth.
        assert_eq!(counted_from(41), (0, 19, 21));
        // Found at the 24th, and once that is known, everywhere.
        assert_eq!(counted_from(20), (21, 19, 0));
    }
}
