//! What plainly follows from what a receiver was told: a table of rules, each with what it rests on.
//!
//! A rule looks at the entries of one view and names those that support it; what nothing supports is not said. A rule
//! is *sure* where it repeats what was told, and an inference where a reader of the data may conclude it and be wrong.
//! Rules say what is in the data, never what somebody is: words of a category are words in a term.

use super::categories::{CATEGORIES, Category, Words};
use super::{DEVICE, Entry, FindingRef, PERSON, PLACE};
use crate::study::Session;
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::attribute::site;
use tattletale_core::model::{Subject, Timestamp};

/// One thing that follows.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The rule that says so.
    pub rule: &'static Rule,
    /// What it says.
    pub detail: Detail,
    /// Entries of the view that support it, in order; never empty.
    pub entries: Vec<usize>,
    /// One finding of each of them.
    pub findings: Vec<FindingRef>,
}

/// A rule of the table.
#[derive(Debug)]
pub struct Rule {
    /// Unique name, for programs.
    pub name: &'static str,
    /// True when it repeats what was told; false for an inference.
    pub sure: bool,
    /// Why it follows, in one sentence.
    pub reason: &'static str,
    look: fn(&Seen<'_>) -> Vec<Said>,
}

/// What a rule says, and the entries that support it.
type Said = (Detail, Vec<usize>);

/// What a fact says. Values are given as session and index into its ground truth, so that masks can hide them.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// Who it is, or which device: the values.
    Values(Vec<(usize, usize)>),
    /// Something of one kind was done: so many different things, so many times, on so many sites (visits only).
    Did {
        /// Kind of the action, or of the planted value that stands for it.
        kind: &'static str,
        /// Different things.
        things: usize,
        /// Times they were done.
        times: usize,
        /// Different sites.
        sites: usize,
    },
    /// So many things were done in incognito mode.
    Incognito(usize),
    /// One id stood beside so many things, in these modes and so many sessions.
    Joined {
        /// The id.
        value: (usize, usize),
        /// Things it stood beside.
        things: usize,
        /// Modes of those, normal first.
        modes: Vec<&'static str>,
        /// Sessions it came up in.
        sessions: usize,
    },
    /// First and last thing done of each day (UTC), in order.
    Hours(Vec<(Timestamp, Timestamp)>),
    /// So many terms and addresses contain words of a category.
    Category {
        /// Which.
        category: &'static Category,
        /// The words as listed; they are pieces of what was told, so a written report does not show them.
        words: BTreeSet<&'static str>,
    },
    /// So many things crossed the network readable by anyone on the way.
    OnTheWay(usize),
}

/// All rules, in the order in which a person wants to know.
pub static RULES: &[Rule] = &[
    Rule {
        name: "who",
        sure: true,
        reason: "values that name a person were told in readable form",
        look: |seen| seen.values(PERSON),
    },
    Rule {
        name: "which-device",
        sure: true,
        reason: "values that single out a device were told in readable form",
        look: |seen| seen.values(DEVICE),
    },
    Rule {
        name: "did",
        sure: true,
        reason: "each of these actions was told in readable form",
        look: |seen| seen.did(),
    },
    Rule {
        name: "incognito",
        sure: true,
        reason: "these actions were done in incognito mode and told all the same",
        look: |seen| seen.incognito(),
    },
    Rule {
        name: "joined",
        sure: true,
        reason: "the id stands in the same messages as these actions, so whoever holds them can join them",
        look: |seen| seen.joined(),
    },
    Rule {
        name: "where",
        sure: true,
        reason: "coordinates or names of Wi-Fi networks were told; public maps of networks give their place",
        look: |seen| seen.values(PLACE),
    },
    Rule {
        name: "hours",
        sure: false,
        reason: "somebody who does something with a phone is awake and has it at hand",
        look: |seen| seen.hours(),
    },
    Rule {
        name: "category",
        sure: false,
        reason: "the words stand in what was told; whether they concern the person is not known",
        look: |seen| seen.categories(),
    },
    Rule {
        name: "on-the-way",
        sure: true,
        reason: "plain HTTP can be read by every network between the phone and the receiver",
        look: |seen| seen.on_the_way(),
    },
];

/// Everything that follows from the entries of one view.
pub(super) fn facts(entries: &[Entry], sessions: &[Session]) -> Vec<Fact> {
    let seen = Seen { entries, sessions };
    let fact = |rule: &'static Rule, (detail, entries): Said| {
        let findings = entries.iter().filter_map(|&entry| seen.entries[entry].findings.first().copied()).collect();
        Fact { rule, detail, entries, findings }
    };
    let facts = RULES.iter().flat_map(|rule| (rule.look)(&seen).into_iter().map(move |said| fact(rule, said)));
    facts.filter(|fact| !fact.findings.is_empty()).collect()
}

/// Shortest span of a day that says something of somebody's hours.
const SHORTEST_DAY_MS: i64 = 60 * 60 * 1000;

/// Kinds of what is done, with the planted values that stand for the same.
const DONE: &[(&str, &[&str])] = &[
    ("visit", &["url", "url-path"]),
    ("search", &["search"]),
    ("read-news", &[]),
    ("download", &[]),
    ("play-music", &[]),
    ("play-video", &[]),
    ("open-app", &[]),
    ("open-folder", &[]),
    ("open-screen", &[]),
    ("sign-in", &[]),
    ("setting", &[]),
];

struct Seen<'e> {
    entries: &'e [Entry],
    sessions: &'e [Session],
}

impl Seen<'_> {
    /// Entries that can be read, not only recognised.
    fn readable(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().filter(|(_, entry)| entry.readable)
    }

    /// Different values of some kinds: the same one in two sessions is one.
    fn values(&self, kinds: &[&str]) -> Vec<Said> {
        let mut values: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
        let mut entries = Vec::new();
        for (position, entry) in self.readable().filter(|(_, entry)| kinds.contains(&entry.kind)) {
            let Subject::Value(value) = entry.subject else { continue };
            values.entry((entry.kind, entry.text(self.sessions))).or_insert((entry.session, value));
            entries.push(position);
        }
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by_key(|((kind, _), place)| (kinds.iter().position(|known| known == kind), *place));
        vec![(Detail::Values(values.into_iter().map(|(_, place)| place).collect()), entries)]
    }

    fn did(&self) -> Vec<Said> {
        let of_kind = |&(kind, values): &(&'static str, &[&str])| {
            let of_kind = |entry: &Entry| entry.kind == kind && entry.is_action() || values.contains(&entry.kind);
            let entries: Vec<(usize, &Entry)> = self.readable().filter(|(_, entry)| of_kind(entry)).collect();
            let things: BTreeSet<&str> = entries.iter().map(|(_, entry)| entry.text(self.sessions)).collect();
            let sites: BTreeSet<String> = match kind {
                "visit" => things.iter().map(|text| site(text)).filter(|site| !site.is_empty()).collect(),
                _ => BTreeSet::new(),
            };
            let times = entries.iter().filter(|(_, entry)| entry.is_action()).count();
            let detail = Detail::Did { kind, things: things.len(), times: times.max(things.len()), sites: sites.len() };
            (detail, entries.into_iter().map(|(position, _)| position).collect())
        };
        DONE.iter().map(of_kind).collect()
    }

    fn incognito(&self) -> Vec<Said> {
        let entries: Vec<usize> = self
            .readable()
            .filter(|(_, entry)| entry.is_action() && entry.modes.contains(&"incognito"))
            .map(|(position, _)| position)
            .collect();
        let things: BTreeSet<&str> = entries.iter().map(|&entry| self.entries[entry].text(self.sessions)).collect();
        vec![(Detail::Incognito(things.len()), entries)]
    }

    /// Each id with what it stood beside. An id that was told as a digest joins just as well.
    fn joined(&self) -> Vec<Said> {
        type Beside = (Vec<usize>, BTreeSet<usize>, (usize, usize));
        let mut ids: BTreeMap<(&str, &str), Beside> = BTreeMap::new();
        for (position, entry) in self.readable().filter(|(_, entry)| entry.is_action()) {
            for &(value, _) in &entry.with {
                let known = &self.sessions[entry.session].report.truth.values[value];
                let place = (entry.session, value);
                let beside = ids.entry((known.kind, &known.value)).or_insert((Vec::new(), BTreeSet::new(), place));
                beside.0.push(position);
                beside.1.insert(entry.session);
            }
        }
        let said = |(entries, sessions, value): Beside| {
            let told = || entries.iter().map(|&entry| &self.entries[entry]);
            let things: BTreeSet<(&str, &str)> = told().map(|entry| (entry.kind, entry.text(self.sessions))).collect();
            let modes: BTreeSet<&'static str> = told().flat_map(|entry| entry.modes.iter().copied()).collect();
            let modes = modes.into_iter().rev().collect();
            (Detail::Joined { value, things: things.len(), modes, sessions: sessions.len() }, entries)
        };
        let mut said: Vec<_> = ids.into_values().map(said).collect();
        said.sort_by_key(|(_, entries)| std::cmp::Reverse(entries.len()));
        said
    }

    fn hours(&self) -> Vec<Said> {
        let mut days: BTreeMap<i64, (Timestamp, Timestamp)> = BTreeMap::new();
        let mut entries = Vec::new();
        for (position, entry) in self.readable().filter(|(_, entry)| entry.is_action()) {
            let Some(at) = entry.at else { continue };
            let day = days.entry(at.as_second().div_euclid(86_400)).or_insert((at, at));
            *day = (day.0.min(at), day.1.max(at));
            entries.push(position);
        }
        let days: Vec<_> = days
            .into_values()
            .filter(|(first, last)| last.as_millisecond() - first.as_millisecond() >= SHORTEST_DAY_MS)
            .collect();
        // Only what lies at the ends of a day shows its length.
        entries.retain(|&entry| {
            let at = self.entries[entry].at;
            days.iter().any(|(first, last)| at == Some(*first) || at == Some(*last))
        });
        vec![(Detail::Hours(days), entries)]
    }

    /// Words are looked for in what was sent, not in what is known: a digest holds none.
    fn categories(&self) -> Vec<Said> {
        const TERMS: &[&str] = &["search", "url", "url-path", "typed", "text"];
        let terms: Vec<(usize, Vec<Words>)> = self
            .readable()
            .filter(|(_, entry)| entry.is_action() || TERMS.contains(&entry.kind))
            .map(|(position, entry)| (position, self.sent(entry)))
            .collect();
        let of = |category: &'static Category| {
            let mut found = BTreeSet::new();
            let holding = terms.iter().filter(|(_, sent)| {
                let words: BTreeSet<&str> = sent.iter().flat_map(|words| words.from(category)).collect();
                found.extend(words.iter().copied());
                !words.is_empty()
            });
            let entries: Vec<usize> = holding.map(|(position, _)| *position).collect();
            (Detail::Category { category, words: found }, entries)
        };
        CATEGORIES.iter().map(of).collect()
    }

    /// The different texts as which an entry was sent.
    fn sent(&self, entry: &Entry) -> Vec<Words> {
        let found = entry.findings.iter().filter_map(|found| found.of(self.sessions));
        let found: BTreeSet<&[u8]> = found.map(|finding| finding.excerpt.found.as_slice()).collect();
        let text = |bytes: &[u8]| {
            let decoded = tattletale_core::model::url::percent_decode(bytes, true);
            Words::of(&String::from_utf8_lossy(&decoded))
        };
        found.into_iter().map(text).collect()
    }

    fn on_the_way(&self) -> Vec<Said> {
        let exposed: Vec<usize> =
            self.readable().filter(|(_, entry)| entry.unencrypted > 0).map(|(position, _)| position).collect();
        vec![(Detail::OnTheWay(exposed.len()), exposed)]
    }
}
