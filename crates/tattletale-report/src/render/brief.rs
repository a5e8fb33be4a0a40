//! The answer on one screen: who learnt how much of which kind, in which disguise and mode. For captures with more
//! findings than a person reads in a terminal; the page and `text` have the rest.

use super::redact::Masks;
use super::summary::{self, Summary, Told};
use super::{Options, Renderer, words};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use tattletale_core::model::Report;

/// Renderer for one screen.
pub(super) struct Brief;

impl Renderer for Brief {
    fn name(&self) -> &'static str {
        "brief"
    }

    fn about(&self) -> &'static str {
        "the answer on one screen: kinds of things by receiver"
    }

    fn render(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let masks = Masks::new(report, options.reveal);
        let summary = Summary::new(report);
        let bold = if options.colour { anstyle::Style::new().bold() } else { anstyle::Style::new() };
        writeln!(out, "{bold}{}{bold:#}", summary.headline())?;
        if summary.receivers.is_empty() {
            writeln!(out, "{}", summary::basis(report))?;
        }
        for told in &summary.receivers {
            let host = masks.host(told.name);
            writeln!(out, "\n{bold}{host}{bold:#}  {}", words::party(told.party))?;
            for (kind, row) in rows(&masks, told) {
                let things = if row.things > 1 { format!("{} × ", words::number(row.things)) } else { String::new() };
                let disguises: Vec<String> = row.disguises.into_iter().collect();
                let modes = row.modes.map_or(String::new(), |modes| format!(", {modes}"));
                writeln!(out, "  {things}{kind}: {}{modes}", words::cut(&words::list(&disguises), 100))?;
            }
        }
        let opaque = report.coverage.total(|receiver| receiver.opaque);
        if opaque > 0 {
            writeln!(out, "\n{} stayed closed: what is in there is not known", words::bytes(opaque))?;
        }
        if let Some(unseen) = words::unseen(&report.coverage).filter(|_| !summary.receivers.is_empty()) {
            writeln!(out, "\n{unseen}")?;
        }
        if !report.complete() {
            writeln!(out, "\nNot everything that was there could be processed.")?;
        }
        Ok(())
    }
}

/// What one receiver learnt of one kind.
#[derive(Default)]
struct Row {
    things: u64,
    disguises: BTreeSet<String>,
    modes: Option<String>,
}

fn rows<'m>(masks: &Masks<'m>, told: &Told<'_>) -> BTreeMap<&'m str, Row> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut modes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for thing in &told.things {
        let kind = masks.words(thing.subject);
        let row = rows.entry(kind).or_default();
        row.things += 1;
        row.disguises.extend(thing.disguises().into_iter().map(|(disguise, _)| disguise));
        modes.entry(kind).or_default().extend(thing.findings.iter().filter_map(|finding| finding.mode));
    }
    for (kind, modes) in modes.into_iter().filter(|(_, modes)| !modes.is_empty()) {
        let modes: Vec<String> = modes.into_iter().rev().map(str::to_owned).collect();
        rows.entry(kind).or_default().modes = Some(format!("in {} mode", words::list(&modes)));
    }
    rows
}
