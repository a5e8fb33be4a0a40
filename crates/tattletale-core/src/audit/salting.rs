//! Values of a message as salts and keys for what in it may be a digest, within a budget.
//!
//! The fields of a message are collected by a walk of their own, since few messages are tried. What is made with a
//! salt is kept for the messages that have it too, and only what has to be made counts against the budget, which is
//! dealt out in the capture's order, so that the outcome does not depend on which core was faster. A field is made in
//! the same way in every message, so where nothing was found in it yet, it is tried in some messages only; the rest
//! stays untried, and that is counted.

mod budget;
mod made;

use super::Options;
use crate::decode::{Ending, Node, Visitor, parts, walk};
use crate::detect::Unexplained;
use crate::detect::salted::{Explained, Keys, Salted};
use crate::model::{Excerpt, Exchange, Hashes, Part, Sighting, Step, Timestamp, display_path};
use budget::Trials;
pub(super) use budget::{Budget, Plan, Round};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Fields of one message that are kept.
const FIELDS: usize = 256;

/// Different salts of one message that are tried.
const SALTS: usize = 64;

/// Lengths of a field that may be a salt, in bytes: shorter ones are flags, longer ones texts.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=64;

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
    /// What it says.
    bytes: Vec<u8>,
    /// Names the field of the receiver.
    field: u64,
}

impl Run {
    /// None for what is no digest after all.
    pub(super) fn new(
        host: &str,
        (number, part): (usize, &Part),
        at: Option<Timestamp>,
        run: &Unexplained,
    ) -> Option<Self> {
        let mut field = DefaultHasher::new();
        (host, part, run.way).hash(&mut field);
        Some(Self { part: number, at, run: run.clone(), bytes: run.bytes()?, field: field.finish() })
    }
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
        for Run { part: number, at, run, bytes, field } in runs {
            let trials = Salted::algorithm(bytes).and_then(|of| Some((of, plan.by_algorithm[of].as_ref()?)));
            let of = || trials.and_then(|(algorithm, trials)| self.made_with(salted, algorithm, trials, bytes));
            match known.entry(bytes).or_insert_with(of) {
                Some(explained) => {
                    hashes.untried -= 1;
                    hashes.explained += 1;
                    let (text, from) = &self.different[explained.salt];
                    let salt = place(exchange, options, *from, |node| node.bytes == text);
                    let salt = salt.map(|(part, path, _)| match path.as_slice() {
                        [] => part.to_string(),
                        path => format!("{part} {}", display_path(path)),
                    });
                    let there = |node: &Node<'_>| {
                        node.chain.number() == run.way && node.bytes.get(run.range.clone()) == Some(&run.text)
                    };
                    if let Some((part, path, bytes)) = place(exchange, options, *number, there) {
                        let seen = sighting(run, path, &bytes, explained, &salt.unwrap_or_default());
                        outcome.found.push((part, *at, seen));
                    }
                    outcome.fields.push(*field);
                    outcome.again.push(bytes.clone());
                }
                None if trials.is_none_or(|(_, trials)| trials.all) => {
                    hashes.untried -= 1;
                    hashes.tried += 1;
                }
                None => outcome.again.push(bytes.clone()),
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
    use crate::audit::{self, Capture, Options};
    use crate::model::{GroundTruth, Value};
    use sha2::{Digest, Sha256};

    fn digest(text: &str) -> String {
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A digest that stays the same is found wherever it comes, if its salt comes too.
    #[test]
    fn what_stays_the_same_is_told_of_every_message() {
        let digest = digest("app-4711:ann.lee@mail.example");
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
            let digest = digest(&format!("{salt}{text}"));
            format!("ts={salt}&em={digest}")
        })
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
