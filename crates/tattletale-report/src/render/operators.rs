//! Who runs a receiver: lines that every report for people shows alike, and rows for programs.
//!
//! A country says of what it is one: an address, a domain. Different answers stand side by side and are never
//! averaged. Nothing is told of a host whose name is masked.

use super::redact::Masks;
use super::words;
use serde::Serialize;
use std::collections::BTreeSet;
use tattletale_core::model::{About, Aspect, Report, Source, Statement, statements};

/// Lines of one receiver that are shown; a name in front of a delivery network can have many addresses.
const LINES: usize = 24;

/// One question about a receiver with its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// `location estimate of 192.0.2.1`
    pub(super) question: String,
    /// Each value with who says so: `SG` and `RDAP, 2026-11-21`.
    pub(super) values: Vec<(String, String)>,
    /// How many sources, when they contradict each other: `3 sources`.
    pub(super) disagree: Option<String>,
}

impl Line {
    /// All answers on one line.
    pub(super) fn answer(&self) -> String {
        let values = self.values.iter().map(|(value, sources)| format!("{value} ({sources})"));
        values.collect::<Vec<_>>().join("; ")
    }
}

/// The lines of a receiver with these hosts, and how many more there are.
pub(super) fn lines(report: &Report, masks: &Masks<'_>, hosts: &[&str]) -> (Vec<Line>, usize) {
    let known = report.operators.iter().filter(|operator| hosts.contains(&operator.host.as_str()));
    let shown = known.filter(|operator| masks.shows_host(&operator.host));
    let said = statements(shown.flat_map(|operator| &operator.facts));
    let lines = said.iter().take(LINES).map(|said| line(said, masks)).collect();
    (lines, said.len().saturating_sub(LINES))
}

/// Who and where in a few words: `Xiaomi, servers in SG (estimate)`. Where sources disagree all answers stand in it;
/// without a location estimate the registry's country is given as that.
pub(super) fn in_short(report: &Report, masks: &Masks<'_>, hosts: &[&str]) -> Option<String> {
    let known = report.operators.iter().filter(|operator| hosts.contains(&operator.host.as_str()));
    let shown = known.filter(|operator| masks.shows_host(&operator.host));
    let said = statements(shown.flat_map(|operator| &operator.facts));
    let answers = |aspect: Aspect| {
        let of_it = said.iter().filter(|said| said.aspect == aspect);
        let values: BTreeSet<String> =
            of_it.flat_map(|said| &said.values).map(|(value, _)| masks.name(value)).collect();
        (!values.is_empty()).then(|| values.into_iter().collect::<Vec<_>>().join(" or "))
    };
    let who = [Aspect::Organisation, Aspect::Holder, Aspect::Network].into_iter().find_map(answers);
    let place = answers(Aspect::Location).map(|place| format!("servers in {place} (estimate)"));
    let place = place.or_else(|| answers(Aspect::RegistryCountry).map(|place| format!("registered in {place}")));
    let parts: Vec<String> = [who, place].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn line(said: &Statement<'_>, masks: &Masks<'_>) -> Line {
    let registered = matches!(said.aspect, Aspect::Holder | Aspect::RegistryCountry);
    let question = match said.about {
        About::Address(address) => format!("{} of {}", said.aspect.words(), masks.name(&address.to_string())),
        About::Name(name) if registered => format!("{} of {}", said.aspect.words(), masks.host(name)),
        About::Name(_) => said.aspect.words().to_owned(),
    };
    let sources = |sources: &[&Source]| {
        let sources = sources.iter().map(|source| match source.date.as_deref() {
            // The hour is in the JSON report.
            Some(date) => {
                format!("{}, {}", masks.name(&source.name), masks.name(date.split('T').next().unwrap_or(date)))
            }
            None => format!("{}, undated", masks.name(&source.name)),
        });
        sources.collect::<Vec<_>>().join("; ")
    };
    let values = said.values.iter().map(|(value, by)| (masks.name(value), sources(by))).collect();
    let number = said.values.iter().map(|(_, by)| by.len() as u64).sum();
    Line { question, values, disagree: said.disagree.then(|| words::count(number, "source")) }
}

/// One receiver in the JSON report.
#[derive(Serialize)]
pub(super) struct Row {
    host: String,
    statements: Vec<StatementRow>,
}

#[derive(Serialize)]
struct StatementRow {
    field: &'static str,
    /// The name or address that it is about.
    about: String,
    /// True when the sources contradict each other.
    disagree: bool,
    values: Vec<ValueRow>,
}

#[derive(Serialize)]
struct ValueRow {
    value: String,
    sources: Vec<SourceRow>,
}

#[derive(Serialize)]
struct SourceRow {
    name: String,
    date: Option<String>,
    evidence: String,
    licence: Option<String>,
}

/// All receivers of which something is known, for programs: dates, evidence and terms in full.
pub(super) fn rows(report: &Report, masks: &Masks<'_>) -> Vec<Row> {
    let shown = report.operators.iter().filter(|operator| masks.shows_host(&operator.host));
    let source = |source: &&Source| SourceRow {
        name: masks.name(&source.name),
        date: source.date.as_deref().map(|date| masks.name(date)),
        evidence: masks.name(&source.evidence),
        licence: source.licence.as_deref().map(|licence| masks.name(licence)),
    };
    let statement = |said: &Statement<'_>| StatementRow {
        field: said.aspect.name(),
        about: match said.about {
            About::Name(name) => masks.host(name),
            About::Address(address) => masks.name(&address.to_string()),
        },
        disagree: said.disagree,
        values: said
            .values
            .iter()
            .map(|(value, sources)| ValueRow {
                value: masks.name(value),
                sources: sources.iter().map(source).collect(),
            })
            .collect(),
    };
    shown
        .map(|operator| Row {
            host: masks.host(&operator.host),
            statements: statements(&operator.facts).iter().map(statement).collect(),
        })
        .collect()
}
