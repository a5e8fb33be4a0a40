//! What differs between two conditions: normal and incognito, before and after an update, a switch on and off, two
//! devices, two apps.
//!
//! What was planted and what was done is reported as observed: told to a receiver in so many of so many. It was put
//! there to be found, so that it was found is a fact, whatever the number.
//!
//! Any other field differs by itself from day to day, so what counts as a difference must first know the noise, and
//! nothing is called different but by a test whose error rate is [`super::ALPHA`] for one whole comparison. What is
//! permuted is what the labels stand on. Modes that alternate within sessions stand on the actions: see [`within`].
//! Versions, settings, devices, apps, and sessions in one mode, stand on whole sessions, and then only repeats of the
//! session tell noise from difference: see [`between`]. Where the repeats cannot reach it, the answer is "not enough
//! repeats", not "no difference".

mod between;
mod within;

use super::Session;
use super::cells::{Dimension, Pair, Side, pairs};
use super::matrix::{DataKind, Entry, told};
use super::stats::Factorials;
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::Part;

/// Repeats of a condition from which its noise can be learned.
const REPEATS: usize = 3;

/// How two conditions compare in one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// In what the sides differ.
    pub dimension: Dimension,
    /// One side, normal or earlier in the study,
    pub left: Side,
    /// and the other.
    pub right: Side,
    /// What was compared.
    pub what: What,
    /// How often on the left,
    pub in_left: Count,
    /// and on the right.
    pub in_right: Count,
    /// What follows.
    pub verdict: Verdict,
    /// Two-sided chance of what was seen if the condition made no difference; for fields after correction for all
    /// that was compared.
    pub p: f64,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// That a host was told of things of this kind.
    Told {
        /// Planted or done.
        data: DataKind,
        /// Who was told.
        host: String,
    },
    /// One field that nobody planted.
    Field {
        /// Host that received it.
        host: String,
        /// Part of the exchange.
        part: Part,
        /// As [`tattletale_core::model::Field::path`].
        path: String,
        /// The value, when it is this and not the field that comes more often; bytes of the party under test.
        value: Option<Vec<u8>>,
    },
    /// All fields that nobody planted, together.
    Fields,
}

/// So many of so many: things told, actions followed, or sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// In so many
    pub of: usize,
    /// of so many.
    pub all: usize,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Observed on both sides.
    Both,
    /// Observed on the left only.
    OnlyLeft,
    /// Observed on the right only.
    OnlyRight,
    /// On one side there was nothing of the kind to tell.
    NotTried,
    /// More than chance and noise explain.
    Differs,
    /// Nothing that chance and noise do not explain.
    NotProven,
    /// The repeats cannot tell a difference from noise; so many of the lesser side there were.
    NotEnough,
}

impl Difference {
    /// True when it says that the condition, or what was seen under it, differs.
    pub fn is_one(&self) -> bool {
        matches!(self.verdict, Verdict::OnlyLeft | Verdict::OnlyRight | Verdict::Differs)
    }
}

/// Compares all conditions that differ in one thing.
pub fn differences(sessions: &[Session]) -> Vec<Difference> {
    let mut found = Vec::new();
    for pair in pairs(sessions) {
        observed(sessions, &pair, &mut found);
        let both: Vec<usize> =
            pair.left.sessions.iter().copied().filter(|index| pair.right.sessions.contains(index)).collect();
        match both.is_empty() {
            true => between::compare(sessions, &pair, &mut found),
            false => within::compare(sessions, &pair, &both, &mut found),
        }
    }
    found
}

impl Pair {
    fn difference(&self, what: What, [in_left, in_right]: [Count; 2], verdict: Verdict, p: f64) -> Difference {
        let (dimension, left, right) = (self.dimension.clone(), self.left.clone(), self.right.clone());
        Difference { dimension, left, right, what, in_left, in_right, verdict, p }
    }
}

/// What was planted and done, as it was told.
fn observed(sessions: &[Session], pair: &Pair, found: &mut Vec<Difference>) {
    let (left, right) = (told(sessions, &pair.left, &[]), told(sessions, &pair.right, &[]));
    let none = Entry::default();
    let kinds: BTreeSet<&DataKind> = left.keys().chain(right.keys()).collect();
    for &data in kinds {
        let (left, right) = (left.get(&data).unwrap_or(&none), right.get(&data).unwrap_or(&none));
        let exact = Factorials::up_to(left.tried + right.tried);
        let hosts: BTreeSet<&String> = left.told.keys().chain(right.told.keys()).collect();
        for host in hosts {
            let count = |entry: &Entry| Count { of: of(&entry.told, host), all: entry.tried };
            let (in_left, in_right) = (count(left), count(right));
            let verdict = match (in_left, in_right) {
                (Count { all: 0, .. }, _) | (_, Count { all: 0, .. }) => Verdict::NotTried,
                (_, Count { of: 0, .. }) => Verdict::OnlyLeft,
                (Count { of: 0, .. }, _) => Verdict::OnlyRight,
                _ => Verdict::Both,
            };
            let p = exact.two_sided((in_left.of, in_left.all), (in_right.of, in_right.all));
            let what = What::Told { data, host: host.clone() };
            found.push(pair.difference(what, [in_left, in_right], verdict, p));
        }
    }
}

fn of(told: &BTreeMap<String, usize>, host: &str) -> usize {
    told.get(host).copied().unwrap_or(0)
}
