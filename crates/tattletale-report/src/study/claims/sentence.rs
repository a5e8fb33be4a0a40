//! The one sentence of a verdict that may be printed: plain words, numbers, and no more than was seen.

use super::{Claim, Evidence, FindingRef, Ground, Judged, Needed, Obstacle, Rule, Stand, Verdict, facts, kinds};
use crate::study::Session;
use crate::study::links::Joined;
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::{Finding, truth};

/// Receivers and kinds that a sentence names; the rest are counted.
const NAMED: usize = 3;

/// What was seen that refutes the claim.
pub(super) fn refuted(claim: &Claim, rule: &Rule, refuting: &[FindingRef], sessions: &[Session]) -> String {
    let mut actions: BTreeMap<&str, BTreeSet<(usize, &str)>> = BTreeMap::new();
    let mut values: BTreeSet<&str> = BTreeSet::new();
    let mut hosts: BTreeMap<&str, u64> = BTreeMap::new();
    for place in refuting {
        let Some(session) = sessions.get(place.session) else { continue };
        let report = &session.report;
        let Some(finding) = report.findings.get(place.finding) else { continue };
        *hosts.entry(&finding.receiver.host).or_default() += 1;
        for kind in facts::told(report, finding).filter(|kind| rule.told.include(kind)) {
            match name(session, finding, kind) {
                Some(name) if kinds::is_action(kind) => {
                    actions.entry(kind).or_default().insert((place.session, name));
                }
                _ => {
                    values.insert(truth::words(kind));
                }
            }
        }
    }
    let mut things: Vec<String> =
        actions.iter().map(|(kind, names)| kinds::counted(kind, names.len().try_into().unwrap_or(u32::MAX))).collect();
    let several = things.len() + values.len() > 1 || actions.values().any(|names| names.len() > 1);
    things.extend(values.iter().map(|words| format!("the {words}")));
    let mode = rule.mode.map_or(String::new(), |mode| format!(" done in {}", truth::words_of_mode(mode)));
    let mut hosts: Vec<(&str, u64)> = hosts.into_iter().collect();
    hosts.sort_by_key(|(host, count)| (std::cmp::Reverse(*count), *host));
    let hosts: Vec<String> = hosts.into_iter().map(|(host, _)| host.to_owned()).collect();
    let mut text = format!(
        "{}{mode} {} sent to {}",
        join(things, usize::MAX),
        if several { "were" } else { "was" },
        join(hosts, NAMED),
    );
    if rule.plaintext {
        text.push_str(", unencrypted");
    }
    if !rule.with.is_empty() {
        text.push_str(&format!(", {}", beside(rule)));
    }
    text.push_str(&condition(claim, rule.switch));
    if rule.before_consent {
        text.push_str(", without the user having agreed by then");
    }
    finished(text)
}

/// What other answers of the study refute the claim.
pub(super) fn refuted_by_study(grounds: &[Ground], evidence: &Evidence<'_>) -> String {
    let mut said: BTreeMap<String, u64> = BTreeMap::new();
    for ground in grounds {
        let words = match *ground {
            Ground::Join(join) => match evidence.links.map(|links| &links.joins[join].what) {
                Some(Joined::Modes) => "an identifier joins normal and incognito mode".to_owned(),
                Some(Joined::Sessions(_)) => "an identifier joins sessions".to_owned(),
                _ => "an identifier joins receivers on different sites".to_owned(),
            },
            Ground::SignIn(_) => "a record joins what was sent before to an account".to_owned(),
            Ground::Recognised(index) => {
                let found = &evidence.recognised[index];
                format!("{} was told to {}, as its repetition shows", kinds::one(found.kind), found.host)
            }
            Ground::Difference(_) => "what was told differs between the conditions".to_owned(),
        };
        *said.entry(words).or_default() += 1;
    }
    let times = |count| if count > 1 { format!(" ({count} times)") } else { String::new() };
    finished(join(said.into_iter().map(|(words, count)| format!("{words}{}", times(count))).collect(), NAMED))
}

/// Name of the action, to count each once; none for a value.
fn name<'s>(session: &'s Session, finding: &Finding, kind: &str) -> Option<&'s str> {
    let truth = &session.report.truth;
    let action = finding.action.map(|action| &truth.actions[action]).filter(|action| action.kind == kind);
    action.map(|action| action.name.as_str())
}

fn beside(rule: &Rule) -> String {
    let article = |words: &str| if words.starts_with(['a', 'e', 'i', 'o', 'A', 'I']) { "an" } else { "a" };
    let words = rule.with.words().iter().map(|word| kinds::one(word));
    let words = words.map(|words| format!("{} {words}", article(words)));
    format!("in the same message as {}", either(words.collect()))
}

fn condition(claim: &Claim, stand: Option<Stand>) -> String {
    let Some((switch, stand)) = claim.switch.as_ref().zip(stand) else { return String::new() };
    let position = match stand {
        Stand::Protects => &switch.protects,
        Stand::Exposes => &switch.exposes,
    };
    format!(", while “{}” stood at “{position}”", switch.name)
}

/// What was not tried, or why traffic cannot tell.
pub(super) fn untested(judged: &Judged) -> String {
    if let Some(why) = &judged.claim.otherwise_untested {
        return finished(format!("not tested: {why}"));
    }
    let missing = judged.done.iter().filter(|(_, _, count)| *count == 0);
    let missing = missing.map(|(need, word, _)| needed(&judged.claim, *need, word, 0));
    finished(format!("not tested: {} in the recordings", either(missing.collect())))
}

/// What nothing contradicts, with its bound, or what keeps that from being said.
pub(super) fn open(judged: &Judged) -> String {
    let claim = &judged.claim;
    if judged.verdict == Verdict::Inconclusive {
        let obstacles = judged.obstacles.iter().map(|obstacle| stands_in_the_way(claim, obstacle)).collect();
        return finished(format!("nothing that would refute it was found, but it stays open: {}", join(obstacles, 4)));
    }
    let done = judged.done.iter().filter(|(need, _, _)| matches!(claim.needs[*need].what, Needed::Done(_)));
    let done = done.map(|(need, word, count)| needed(claim, *need, word, *count)).collect();
    let bound = judged.bound.map_or(String::new(), |bound| {
        let (percent, tries) = (bound.percent(), bound.tries);
        format!("; with 95 % confidence it happens in at most {percent} of such actions (none in {tries})")
    });
    finished(format!(
        "in {} nothing that would refute it was recognised, and every byte that left could be opened{bound}",
        join(done, usize::MAX)
    ))
}

/// So many of what a need counts, under its conditions.
fn needed(claim: &Claim, need: usize, word: &str, count: u32) -> String {
    let need = &claim.needs[need];
    let planted = if matches!(need.what, Needed::Planted(_)) { "planted " } else { "" };
    let mode = need.mode.map_or(String::new(), |mode| format!(" in {}", truth::words_of_mode(mode)));
    let counted = match planted.is_empty() {
        true => kinds::counted(word, count),
        false if count == 0 => format!("no planted {}", kinds::one(word)),
        false => format!("{count} planted {}", kinds::one(word)),
    };
    format!("{counted}{mode}{}", condition(claim, need.switch))
}

fn stands_in_the_way(claim: &Claim, obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::TooFew { need, word, done } => {
            format!("only {} where {} are needed", needed(claim, *need, word, *done), claim.needs[*need].at_least)
        }
        Obstacle::Opaque { host, bytes } => format!("{bytes} bytes to {host} could not be read"),
        Obstacle::Bodies { host, bodies } => format!("{bodies} message bodies to {host} were not recorded whole"),
        Obstacle::Blind { host, connections } => {
            format!("{connections} connections to {host} could not be seen, and silence there says nothing")
        }
        Obstacle::Faults(faults) => format!("{faults} places could not be processed"),
        Obstacle::Weak(sightings) => format!("{sightings} sightings may be more than coincidence"),
        Obstacle::Plaintext { host, messages } => {
            format!("{messages} messages to {host} were sent unencrypted, though nothing known was recognised in them")
        }
    }
}

/// `a, b and c`; past `named` of them the rest are counted.
fn join(items: Vec<String>, named: usize) -> String {
    listed(items, named, "and")
}

fn either(items: Vec<String>) -> String {
    listed(items, usize::MAX, "or")
}

fn listed(mut items: Vec<String>, named: usize, last: &str) -> String {
    if items.len() > named {
        let more = items.len() - named;
        items.truncate(named);
        items.push(format!("{more} more"));
    }
    match items.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

/// With a capital and a full stop.
fn finished(text: String) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
