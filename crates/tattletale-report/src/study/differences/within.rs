//! Fields that nobody planted, between modes within sessions: the action is the unit.
//!
//! Actions of one kind are compared with each other only, each session for itself, so that neither what differs
//! between kinds of actions nor what differs between sessions can pass for the mode. If the mode made no difference,
//! any of these actions could as well have been the incognito ones; that holds where modes alternate, so a session
//! that is normal first and incognito then tells nothing here: what happens at its start would look like the mode.

use super::super::Session;
use super::super::cells::Pair;
use super::super::stats::{ALPHA, Factorials, Margins, tarone};
use super::super::trials::Trials;
use super::{Count, Difference, REPEATS, Verdict, What};
use std::collections::BTreeMap;
use tattletale_core::model::Part;

/// Changes of mode in a session from which its modes count as alternating.
const CHANGES: usize = 6;

/// Host, part and path of a field.
type Place<'s> = (&'s str, &'s Part, &'s str);

/// Trials of one session and kind of action.
#[derive(Default)]
struct Stratum {
    left: Vec<u32>,
    right: Vec<u32>,
}

/// Compares the modes in the sessions that have both.
pub(super) fn compare(sessions: &[Session], pair: &Pair, both: &[usize], found: &mut Vec<Difference>) {
    let alternating: Vec<usize> = both.iter().copied().filter(|index| changes(&sessions[*index]) >= CHANGES).collect();
    let trials = Trials::of(sessions, &alternating);
    let mut strata: BTreeMap<(usize, &'static str), Stratum> = BTreeMap::new();
    for (position, index) in alternating.iter().enumerate() {
        for (number, action) in sessions[*index].report.truth.actions.iter().enumerate() {
            let stratum = strata.entry((position, action.kind)).or_default();
            let trial = trials.trial(position, number);
            if !trials.is_timed(position, number) {
                continue;
            } else if action.mode == pair.left.cell.mode {
                stratum.left.push(trial);
            } else if action.mode == pair.right.cell.mode {
                stratum.right.push(trial);
            }
        }
    }
    let strata: Vec<Stratum> = strata.into_values().filter(|s| !s.left.is_empty() && !s.right.is_empty()).collect();
    let all = |of: fn(&Stratum) -> &Vec<u32>| strata.iter().map(|stratum| of(stratum).len()).sum::<usize>();
    let counts = [all(|stratum| &stratum.left), all(|stratum| &stratum.right)].map(|all| Count { of: 0, all });
    let largest = strata.iter().map(|stratum| stratum.left.len() + stratum.right.len()).max().unwrap_or(0);
    let exact = Factorials::up_to(largest);
    // For each direction what a pattern could reach and what it did.
    let tests: Vec<[Test; 2]> = trials
        .patterns
        .iter()
        .map(|pattern| {
            let test = |rightwards: bool| Test::of(&exact, &strata, &pattern.actions, rightwards);
            [test(false), test(true)]
        })
        .collect();
    let mut smallest: Vec<f64> = tests.iter().flatten().map(|test| test.smallest).collect();
    smallest.sort_by(f64::total_cmp);
    let factor = tarone(&smallest, ALPHA);
    let full = strata.iter().map(|stratum| {
        let (left, right) = (stratum.left.len(), stratum.right.len());
        Margins { trials: left + right, labelled: left, marked: left }
    });
    let reach = exact.smallest(full) * factor as f64;
    if counts.iter().any(|count| count.all < REPEATS) || reach > ALPHA {
        found.push(pair.difference(What::Fields, counts, Verdict::NotEnough, reach.min(1.0)));
        return;
    }
    let mut best: BTreeMap<Place<'_>, (f64, usize, [Count; 2])> = BTreeMap::new();
    let mut least: f64 = 1.0;
    for (pattern, [fewer, more]) in trials.patterns.iter().zip(&tests) {
        let p = (fewer.p.min(more.p) * factor as f64).min(1.0);
        least = least.min(p);
        for &token in pattern.tokens.iter().filter(|_| p <= ALPHA) {
            let shown = &trials.tokens[token];
            let counts = [Count { of: fewer.both, ..counts[0] }, Count { of: more.both, ..counts[1] }];
            let entry = best.entry((shown.host, shown.part, shown.path)).or_insert((p, token, counts));
            // The field itself, tokens being in that order, unless one of its values says it more clearly.
            if p < entry.0 {
                *entry = (p, token, counts);
            }
        }
    }
    if best.is_empty() {
        found.push(pair.difference(What::Fields, counts, Verdict::NotProven, least));
    }
    for ((host, part, path), (p, token, counts)) in best {
        let (host, part, path) = (host.to_owned(), part.clone(), path.to_owned());
        let what = What::Field { host, part, path, value: trials.tokens[token].value.map(<[u8]>::to_vec) };
        found.push(pair.difference(what, counts, Verdict::Differs, p));
    }
}

/// One pattern against the actions of one side.
struct Test {
    smallest: f64,
    p: f64,
    /// Actions of that side which it followed.
    both: usize,
}

impl Test {
    fn of(exact: &Factorials, strata: &[Stratum], actions: &[u32], rightwards: bool) -> Self {
        let followed = |trials: &[u32]| trials.iter().filter(|trial| actions.binary_search(trial).is_ok()).count();
        let mut both = 0;
        let margins: Vec<Margins> = strata
            .iter()
            .map(|Stratum { left, right }| {
                let (own, other) = if rightwards { (right, left) } else { (left, right) };
                let own_followed = followed(own);
                both += own_followed;
                let marked = own_followed + followed(other);
                Margins { trials: left.len() + right.len(), labelled: own.len(), marked }
            })
            .collect();
        let smallest = exact.smallest(margins.iter().copied());
        Self { smallest, p: exact.at_least(margins, both), both }
    }
}

/// How often the mode changes from one timed action to the next that has one.
fn changes(session: &Session) -> usize {
    let actions = session.report.truth.actions.iter();
    let mut modes: Vec<_> = actions.filter_map(|action| Some((action.at?, action.mode?))).collect();
    modes.sort_unstable();
    modes.windows(2).filter(|pair| pair[0].1 != pair[1].1).count()
}
