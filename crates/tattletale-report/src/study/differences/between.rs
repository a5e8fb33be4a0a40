//! Fields that nobody planted, between sessions: the session is the unit, its repeats tell the noise.
//!
//! A feature is how often a field was used for each action of a session, or, for fields of few values, whether a value
//! occurred. Features are judged together by relabeling the sessions ([`stats::separations`]). With three repeats a
//! side, one relabeling in ten separates as well, so at an error rate of 1 % five a side are needed.

use super::super::cells::{Pair, is_in};
use super::super::{ALPHA, Session, stats};
use super::{Count, Difference, REPEATS, Verdict, What};
use std::collections::{BTreeSet, HashMap};
use tattletale_core::model::Part;

/// Fields with more values than this are compared by how often they are used only.
const FEW: usize = 8;

/// A field or one of its values, and a number for every session.
struct Feature<'s> {
    host: &'s str,
    part: &'s Part,
    path: &'s str,
    value: Option<&'s [u8]>,
    samples: Vec<f64>,
}

/// Compares two sides without a session in common.
pub(super) fn compare(sessions: &[Session], pair: &Pair, found: &mut Vec<Difference>) {
    let (left, right) = (pair.left.sessions.len(), pair.right.sessions.len());
    let counts = [left, right].map(|all| Count { of: 0, all });
    let reach = stats::smallest_separation(left, right);
    if left.min(right) < REPEATS || reach > ALPHA {
        found.push(pair.difference(What::Fields, counts, Verdict::NotEnough, reach));
        return;
    }
    let features = features(sessions, pair);
    let labels: Vec<bool> = (0..left + right).map(|sample| sample < left).collect();
    let samples: Vec<Vec<f64>> = features.iter().map(|feature| feature.samples.clone()).collect();
    let p = stats::separations(&samples, &labels);
    let mut known: BTreeSet<(&str, &Part, &str)> = BTreeSet::new();
    let before = found.len();
    for (feature, p) in features.iter().zip(&p).filter(|(_, p)| **p <= ALPHA) {
        // A field that comes more often brings its values more often.
        if !known.insert((feature.host, feature.part, feature.path)) {
            continue;
        }
        let what = What::Field {
            host: feature.host.to_owned(),
            part: feature.part.clone(),
            path: feature.path.to_owned(),
            value: feature.value.map(<[u8]>::to_vec),
        };
        let count = |of: &[f64]| Count { of: of.iter().filter(|used| **used > 0.0).count(), all: of.len() };
        let (in_left, in_right) = feature.samples.split_at(left);
        found.push(pair.difference(what, [count(in_left), count(in_right)], Verdict::Differs, *p));
    }
    if found.len() == before {
        let least = p.iter().copied().fold(1.0, f64::min);
        found.push(pair.difference(What::Fields, counts, Verdict::NotProven, least));
    }
}

/// Every field before its values; those that are alike in all sessions are left out.
fn features<'s>(sessions: &'s [Session], pair: &Pair) -> Vec<Feature<'s>> {
    type Values<'s> = (Vec<f64>, HashMap<&'s [u8], Vec<f64>>, bool);
    let sides = [&pair.left, &pair.right];
    let samples: Vec<(usize, Option<&'static str>)> =
        sides.iter().flat_map(|side| side.sessions.iter().map(|index| (*index, side.cell.mode))).collect();
    let mut order: Vec<(&str, &Part, &str)> = Vec::new();
    let mut all: HashMap<(&str, &Part, &str), Values<'s>> = HashMap::new();
    for (sample, &(index, mode)) in samples.iter().enumerate() {
        let session = &sessions[index];
        let actions = session.report.truth.actions.iter().filter(|action| is_in(session, action.mode, mode)).count();
        let share = 1.0 / actions.max(1) as f64;
        for field in &session.report.fields.fields {
            let key = (field.host.as_str(), &field.part, field.path.as_str());
            let (rates, values, many) = all.entry(key).or_insert_with(|| {
                order.push(key);
                (vec![0.0; samples.len()], HashMap::new(), false)
            });
            for used in field.uses.iter().filter(|used| is_in(session, used.mode, mode)) {
                rates[sample] += share;
                let Some(value) = field.value(used).filter(|_| !*many) else { continue };
                values.entry(value).or_insert_with(|| vec![0.0; samples.len()])[sample] = 1.0;
                *many = values.len() > FEW;
            }
        }
    }
    let mut features = Vec::new();
    for (host, part, path) in order {
        let Some((rates, values, many)) = all.remove(&(host, part, path)) else { continue };
        features.push(Feature { host, part, path, value: None, samples: rates });
        let mut values: Vec<(&[u8], Vec<f64>)> = if many { Vec::new() } else { values.into_iter().collect() };
        values.sort_unstable_by_key(|(value, _)| *value);
        let valued =
            values.into_iter().map(|(value, samples)| Feature { host, part, path, value: Some(value), samples });
        features.extend(valued);
    }
    features.retain(|feature| feature.samples.windows(2).any(|pair| pair[0] != pair[1]));
    features
}
