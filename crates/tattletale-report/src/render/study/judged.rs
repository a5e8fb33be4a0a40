//! What the maker says and what was found of it, in words.

use super::Shown;
use crate::render::words;
use crate::study::claims::{Judged, Verdict};
use crate::study::knowledge::FindingRef;
use std::collections::BTreeSet;
use tattletale_core::model::Finding;

/// The verdicts in the order of their weight.
pub(super) const VERDICTS: [Verdict; 4] =
    [Verdict::Refuted, Verdict::NotContradicted, Verdict::Inconclusive, Verdict::Untested];

/// `Of 8 statements of the maker, 6 are refuted, 1 is not contradicted and 1 is untested.`; none without claims.
pub(super) fn tally(shown: &Shown<'_>) -> Option<String> {
    let verdicts = &shown.study.verdicts;
    let said = VERDICTS.iter().filter_map(|verdict| {
        let n = verdicts.iter().filter(|judged| judged.verdict == *verdict).count();
        let are = if n == 1 { "is" } else { "are" };
        (n > 0).then(|| format!("{} {are} {}", words::number(n as u64), verdict.words()))
    });
    let said: Vec<String> = said.collect();
    match verdicts.len() as u64 {
        0 => None,
        n => Some(format!("Of {} of the maker, {}.", words::count(n, "statement"), words::list(&said))),
    }
}

/// What a verdict means, for those who have not met it before.
pub(super) fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refuted => "what was found contradicts it",
        Verdict::NotContradicted => "enough was done, everything could be read, and nothing contradicts it",
        Verdict::Inconclusive => "nothing contradicts it, but something stood in the way",
        Verdict::Untested => "what it speaks of was not tried, or is nothing that traffic shows",
    }
}

/// How much the verdict rests on: how many findings refute it, or the bound that absence gives.
pub(super) fn rests_on(judged: &Judged) -> Option<String> {
    match judged.verdict {
        Verdict::Refuted => Some(format!("Rests on {}.", words::count(judged.refuting, "finding"))),
        _ => judged.bound.map(|bound| {
            format!("None in {} tries: with 95 % confidence at most {} of them.", bound.tries, bound.percent())
        }),
    }
}

/// The first findings that refute a claim, each about another thing.
pub(super) fn evidence<'s>(shown: &Shown<'s>, judged: &Judged, most: usize) -> Vec<(FindingRef, &'s Finding)> {
    let mut seen = BTreeSet::new();
    let sessions = &shown.study.sessions;
    let findings = judged.evidence.iter().filter_map(|place| {
        let finding = sessions.get(place.session)?.report.findings.get(place.finding)?;
        seen.insert((place.session, finding.subject())).then_some((*place, finding))
    });
    findings.take(most).collect()
}
