//! From facts to verdicts: refuted first, then what was not tried, then what stood in the way.

use super::facts::{self, Evidence, Facts, PerHost};
use super::{Bound, Claim, FindingRef, Judged, Need, Needed, Obstacle, Verdict, sentence};
use std::collections::BTreeMap;

/// Judges each claim by all sessions that it concerns, in the order given.
pub fn judge(claims: &[Claim], evidence: &Evidence<'_>) -> Vec<Judged> {
    let facts = Facts::of(evidence);
    claims.iter().map(|claim| judge_one(claim, &facts, evidence)).collect()
}

fn judge_one(claim: &Claim, facts: &[Facts<'_>], evidence: &Evidence<'_>) -> Judged {
    let concerned: Vec<&Facts<'_>> = facts.iter().filter(|facts| facts.concerns(claim)).collect();
    let (mut refuting, mut refuting_rule): (Vec<FindingRef>, Option<usize>) = (Vec::new(), None);
    let mut grounds = Vec::new();
    for (position, rule) in claim.refuted_by.iter().enumerate() {
        let found = concerned.iter().flat_map(|facts| facts.refuting(claim, rule));
        let found: Vec<FindingRef> = found.collect();
        grounds = facts::grounds(claim, rule, &concerned, evidence);
        if !found.is_empty() || !grounds.is_empty() {
            // The sentence speaks of the first rule that was met; so does the evidence.
            (refuting, refuting_rule) = (found, Some(position));
            break;
        }
    }
    let done = claim.needs.iter().enumerate().flat_map(|(position, need)| {
        done(claim, need, &concerned).into_iter().map(move |(word, count)| (position, word, count))
    });
    let done: Vec<(usize, &'static str, u32)> = done.collect();
    let mut judged = Judged {
        claim: claim.clone(),
        verdict: Verdict::Refuted,
        sentence: String::new(),
        evidence: Vec::new(),
        refuting: (refuting.len() + grounds.len()) as u64,
        grounds,
        done,
        bound: None,
        obstacles: Vec::new(),
    };
    if let Some(rule) = refuting_rule {
        let rule = &claim.refuted_by[rule];
        judged.sentence = match refuting.is_empty() {
            true => sentence::refuted_by_study(&judged.grounds, evidence),
            false => sentence::refuted(claim, rule, &refuting, evidence.sessions),
        };
        refuting.truncate(Judged::EVIDENCE);
        judged.evidence = refuting;
        return judged;
    }
    let untried = claim.otherwise_untested.is_some() || judged.done.iter().any(|(_, _, count)| *count == 0);
    if untried {
        judged.verdict = Verdict::Untested;
        judged.sentence = sentence::untested(&judged);
        return judged;
    }
    judged.obstacles = obstacles(claim, &judged.done, &concerned);
    judged.verdict = match judged.obstacles.is_empty() {
        true => Verdict::NotContradicted,
        false => Verdict::Inconclusive,
    };
    if judged.verdict == Verdict::NotContradicted {
        let actions = judged.done.iter().filter(|(need, _, _)| matches!(claim.needs[*need].what, Needed::Done(_)));
        judged.bound = actions.map(|(_, _, count)| *count).min().and_then(Bound::of_none_in);
    }
    judged.sentence = sentence::open(&judged);
    judged
}

/// Over the sessions in which the switch stood as the need says.
fn done(claim: &Claim, need: &Need, concerned: &[&Facts<'_>]) -> Vec<(&'static str, u32)> {
    let (Needed::Done(words) | Needed::Planted(words)) = &need.what;
    let mut counts: Vec<(&'static str, u32)> = words.words().iter().map(|word| (*word, 0)).collect();
    for facts in concerned.iter().filter(|facts| meets_stand(claim, need, facts)) {
        for (sum, (_, more)) in counts.iter_mut().zip(facts.done(&need.what, need.mode)) {
            sum.1 = sum.1.saturating_add(more);
        }
    }
    counts
}

fn meets_stand(claim: &Claim, need: &Need, facts: &Facts<'_>) -> bool {
    need.switch.is_none_or(|stand| facts.stand(claim) == Some(stand))
}

/// What stood in the way, in the sessions that count for any need.
fn obstacles(claim: &Claim, done: &[(usize, &'static str, u32)], concerned: &[&Facts<'_>]) -> Vec<Obstacle> {
    let few = done.iter().filter(|(need, _, count)| *count < claim.needs[*need].at_least);
    let few = few.map(|(need, word, done)| Obstacle::TooFew { need: *need, word, done: *done });
    let mut obstacles: Vec<Obstacle> = few.collect();
    let counts = |facts: &&&Facts<'_>| {
        claim.needs.iter().any(|need| {
            meets_stand(claim, need, facts) && facts.done(&need.what, need.mode).iter().any(|(_, count)| *count > 0)
        })
    };
    let (mut opaque, mut bodies, mut plaintext) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (mut faults, mut weak, mut blind) = (0, 0, BTreeMap::new());
    for facts in concerned.iter().filter(counts) {
        let (closed, lost) = facts.closed(claim);
        add(&mut opaque, closed);
        add(&mut bodies, lost);
        add(&mut blind, facts.blind(claim));
        if claim.refuted_by.iter().any(|rule| rule.plaintext) {
            add(&mut plaintext, facts.plaintext(claim));
        }
        faults += facts.session.report.unprocessed();
        weak += claim.refuted_by.iter().map(|rule| facts.suspected(claim, rule)).max().unwrap_or(0);
    }
    obstacles.extend(opaque.into_iter().map(|(host, bytes)| Obstacle::Opaque { host, bytes }));
    obstacles.extend(bodies.into_iter().map(|(host, bodies)| Obstacle::Bodies { host, bodies }));
    obstacles.extend(plaintext.into_iter().map(|(host, messages)| Obstacle::Plaintext { host, messages }));
    obstacles.extend(blind.into_iter().map(|(host, connections)| Obstacle::Blind { host, connections }));
    obstacles.extend((faults > 0).then_some(Obstacle::Faults(faults)));
    obstacles.extend((weak > 0).then_some(Obstacle::Weak(weak)));
    obstacles
}

fn add(sums: &mut BTreeMap<String, u64>, more: PerHost) {
    for (host, count) in more {
        *sums.entry(host).or_default() += count;
    }
}
