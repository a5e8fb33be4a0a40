//! Values of a message as salts and keys for what in it may be a digest, within a budget.
//!
//! The fields of a message are collected by a walk of their own, since few messages are tried. What is tried is dealt
//! out in the capture's order, so that the outcome does not depend on which core was faster. A field is made in the
//! same way in every message, so where nothing was found in it yet, it is tried in some messages only; the rest stays
//! untried, and that is counted.

use super::Options;
use crate::decode::{Ending, Node, Visitor, parts, walk};
use crate::detect::Unexplained;
use crate::detect::salted::{Explained, PER_CAPTURE, PER_MESSAGE, Salted, Tried};
use crate::model::{Excerpt, Exchange, Hashes, Part, Sighting, Step, Timestamp, display_path};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Fields of one message that are kept.
const FIELDS: usize = 256;

/// Different salts of one message that are tried.
const SALTS: usize = 64;

/// Lengths of a field that may be a salt, in bytes: shorter ones are flags, longer ones texts.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=64;

/// A digest that is the same in so many messages has a salt that is, too: it is not tried again.
const MESSAGES: u8 = 3;

/// A field is tried in the first messages that have it, and from then on in one of so many until something is found.
const FIRST: u32 = 16;
const ONE_OF: u32 = 8;

/// Runs and fields whose trials are counted.
const KNOWN: usize = 100_000;

/// Fields of a message.
#[derive(Default)]
pub(super) struct Salts {
    bytes: Vec<u8>,
    /// Where each ends, and the number of its part.
    ends: Vec<(u32, u32)>,
    /// Number of the part that is walked.
    part: u32,
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
    left: u64,
    tried: HashMap<Vec<u8>, u8>,
    fields: HashMap<u64, Field>,
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
    /// What is left of the budget.
    left: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: PER_CAPTURE, tried: HashMap::new(), fields: HashMap::new() }
    }
}

impl Budget {
    /// Takes out the runs of a message that are worth trying: first those whose field is due, and when these were tried,
    /// the others of fields of which something was explained.
    pub(super) fn choose(&mut self, round: Round, runs: &mut Vec<Run>, hashes: &mut Hashes) -> Vec<Run> {
        let all = runs.len();
        runs.retain(|run| self.tried.get(&run.run.bytes).is_none_or(|tried| *tried < MESSAGES));
        hashes.tried += (all - runs.len()) as u64;
        hashes.untried -= (all - runs.len()) as u64;
        let mut fields: HashMap<u64, bool> = HashMap::new();
        let worth = |run: &mut Run| *fields.entry(run.field).or_insert_with(|| self.is_worth_it(round, run.field));
        let chosen: Vec<Run> = runs.extract_if(.., worth).collect();
        for run in different(&chosen) {
            let room = self.tried.len() < KNOWN;
            match self.tried.get_mut(run) {
                Some(tried) => *tried += 1,
                None if room => drop(self.tried.insert(run.to_vec(), 1)),
                None => {}
            }
        }
        chosen
    }

    /// How many digests may be made for these runs of a message.
    pub(super) fn grant(&mut self, salted: &Salted, runs: &[Run], salts: &Salts) -> u64 {
        let wanted = salted.wanted(different(runs).len(), salts.ends.len().min(SALTS));
        let granted = wanted.min(PER_MESSAGE).min(self.left);
        self.left -= granted;
        granted
    }

    fn is_worth_it(&mut self, round: Round, field: u64) -> bool {
        if round == Round::Explained {
            return self.fields.get(&field).is_some_and(|field| field.explained);
        }
        if self.fields.len() >= KNOWN && !self.fields.contains_key(&field) {
            return true;
        }
        let field = self.fields.entry(field).or_default();
        field.messages = field.messages.saturating_add(1);
        field.explained || field.messages <= FIRST || field.messages.is_multiple_of(ONE_OF)
    }

    /// Takes back what was not needed, and remembers the fields that are worth it.
    pub(super) fn learn(&mut self, outcome: &Outcome) {
        self.left += outcome.left;
        for field in &outcome.fields {
            self.fields.entry(*field).or_default().explained = true;
        }
    }
}

impl Salts {
    /// Those of a message.
    pub(super) fn of(exchange: &Exchange, options: &Options) -> Self {
        let mut salts = Self::default();
        for (number, view) in (0..).zip(parts(exchange, options.responses)) {
            salts.part = number;
            walk(view.bytes, view.hint, &options.limits, &mut salts);
        }
        salts
    }

    /// Fields that differ, with the numbers of their parts.
    fn different(&self) -> Vec<(&[u8], usize)> {
        let mut known = HashSet::new();
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        let fields =
            starts.zip(&self.ends).map(|(start, (end, part))| (&self.bytes[start as usize..*end as usize], *part));
        fields
            .filter(|(field, _)| known.insert(*field))
            .map(|(field, part)| (field, part as usize))
            .take(SALTS)
            .collect()
    }

    /// Tries every run.
    pub(super) fn explain(
        &self,
        salted: &Salted,
        runs: &[Run],
        granted: u64,
        (exchange, options): (&Exchange, &Options),
        hashes: &mut Hashes,
    ) -> Outcome {
        let mut outcome = Outcome { left: granted, ..Outcome::default() };
        if runs.is_empty() {
            return outcome;
        }
        let salts = self.different();
        let texts: Vec<&[u8]> = salts.iter().map(|(text, _)| *text).collect();
        let mut known: HashMap<&[u8], Tried> = HashMap::new();
        for Run { part: number, at, run, field } in runs {
            let tried =
                known.entry(&run.bytes).or_insert_with(|| salted.explain(&run.bytes, &texts, &mut outcome.left));
            let explained = match tried.clone() {
                Tried::NotAll => continue,
                Tried::InVain => None,
                Tried::Explained(explained) => Some(explained),
            };
            hashes.untried -= 1;
            match explained {
                None => hashes.tried += 1,
                Some(explained) => {
                    hashes.explained += 1;
                    let (text, from) = salts[explained.salt];
                    let salt = place(exchange, options, from, |node| node.bytes == text);
                    let salt = salt.map(|(part, path, _)| match path.as_slice() {
                        [] => part.to_string(),
                        path => format!("{part} {}", display_path(path)),
                    });
                    let there = |node: &Node<'_>| node.chain.number() == run.way && run.stands_in(node.bytes);
                    if let Some((part, path, bytes)) = place(exchange, options, *number, there) {
                        let seen = sighting(run, path, &bytes, &explained, &salt.unwrap_or_default());
                        outcome.found.push((part, *at, seen));
                    }
                    outcome.fields.push(*field);
                }
            }
        }
        outcome
    }
}

/// Within a message a run is tried once, wherever it stands.
fn different(runs: &[Run]) -> HashSet<&[u8]> {
    runs.iter().map(|run| run.run.bytes.as_slice()).collect()
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

impl Visitor for Salts {
    fn enter(&mut self, _: &Node<'_>) {}

    fn leave(&mut self, node: &Node<'_>, ending: &Ending) {
        let field = is_field(node, ending) && LENGTHS.contains(&node.bytes.len());
        if field && self.ends.len() < FIELDS {
            self.bytes.extend_from_slice(node.bytes);
            self.ends.push((self.bytes.len() as u32, self.part));
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
    use crate::audit::{self, Capture, Options};
    use crate::model::{GroundTruth, Value};
    use sha2::{Digest, Sha256};

    /// One field of forty messages, of which those from `from` on hold a known value: how many were explained, tried
    /// in vain and not tried.
    fn counted(from: usize) -> (u64, u64, u64) {
        let text = |number: usize| if number < from { "somebody else" } else { "ann.lee@mail.example" };
        let entry = |number: usize| {
            let salt = 1_588_000_000 + number;
            let digest: String =
                Sha256::digest(format!("{salt}{}", text(number))).iter().map(|byte| format!("{byte:02x}")).collect();
            let url = format!("https://t.example/p?ts={salt}&em={digest}");
            format!(r#"{{"request":{{"method":"GET","url":"{url}","headers":[]}}}}"#)
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

    #[test]
    fn a_field_is_tried_as_long_as_it_is_worth_it() {
        assert_eq!(counted(1), (40, 0, 0));
        // The first sixteen and every eighth.
        assert_eq!(counted(41), (0, 19, 21));
        // Found at the 24th, and once that is known, everywhere.
        assert_eq!(counted(20), (21, 19, 0));
    }
}
