//! Verdicts on claims over real recordings of lived days: the one that the truth implies, every time.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use tattletale_lab::lab;
use tattletale_lab::stage::Stage;
use tattletale_lab::verdicts::{Held, hold, matrix, named};
use tattletale_report::study::Verdict;
use tattletale_report::study::claims::ready;

#[test]
fn every_verdict_is_the_one_that_the_truth_implies() {
    let stage = Stage::up(lab::Options::default()).unwrap();
    let studies: Vec<_> = named().into_iter().chain(matrix().into_iter().step_by(16)).collect();
    let held: Vec<Held> = studies.iter().flat_map(|study| hold(&stage, study, 7).unwrap()).collect();
    let wrong = held.iter().filter(|held| !held.agrees());
    let wrong: Vec<String> = wrong
        .map(|held| {
            let (claim, implied) = (&held.judged.claim.name, held.implied.words());
            format!("{:?} {claim}: implied {implied}; {}", held.sessions, held.judged.sentence)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let verdicts = |claim: &str| -> BTreeSet<Verdict> {
        held.iter().filter(|held| held.judged.claim.name == claim).map(|held| held.judged.verdict).collect()
    };
    use Verdict::{Inconclusive, NotContradicted, Refuted, Untested};
    // Every verdict that a claim can reach is reached, and no other.
    for claim in ["anonymous", "aggregated-only", "encrypted"] {
        assert_eq!(verdicts(claim), BTreeSet::from([Refuted, NotContradicted, Inconclusive]), "{claim}");
    }
    for claim in ["no-incognito-browsing", "history-sync-opt-in"] {
        assert_eq!(verdicts(claim), BTreeSet::from([Refuted, NotContradicted, Inconclusive, Untested]), "{claim}");
    }
    assert_eq!(verdicts("not-shared"), BTreeSet::from([Untested]));
    assert_eq!(verdicts("consent-first"), BTreeSet::from([Refuted, Untested]));
    assert_eq!(verdicts("incognito-switch-obeyed"), BTreeSet::from([Refuted, NotContradicted, Untested]));

    for held in held.iter().filter(|held| held.judged.verdict == Refuted) {
        assert!(!held.judged.evidence.is_empty() && held.judged.refuting > 0, "{}", held.judged.sentence);
        let controls = ["claimed", "respectful", "respectful-refused"];
        assert!(!held.sessions.iter().any(|session| controls.contains(&session.as_str())));
    }
    assert!(held.iter().all(|held| held.judged.sentence.ends_with('.')));
    assert!(ready::NAMES.iter().all(|name| !verdicts(name).is_empty()));
}
