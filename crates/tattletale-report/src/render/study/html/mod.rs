//! A study as one page for the person concerned, and for those who write about it.
//!
//! The frame and its rules are those of a report's page: no script, nothing loaded, every string out of the masks.
//! The order is that of a reader's questions: what is the answer, is what the maker says true, what do they know of
//! my day, how do they know that it was me, when does it leave and when not, what else was told, and how can it be
//! checked. Each session's own report is at the end, closed when there are several.

mod apps;
mod claims;
mod compared;
mod days;
mod grid;
mod links;
mod sessions;

use super::{Options, Shown, judged, known};
use crate::render::html::document;
use crate::render::{operators, words};
use crate::study::Study;
use crate::study::knowledge::View;
use maud::{Markup, html};
use std::io::{self, Write};
use tattletale_core::model::Timestamp;

/// Facts of one receiver in the answer.
const FACTS: usize = 4;

/// A study and how to show it.
struct Page<'p, 's> {
    shown: &'p Shown<'s>,
    options: &'p Options,
}

pub(super) fn write(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let shown = Shown::new(study, options.general.reveal);
    let page = Page { shown: &shown, options };
    out.write_all(page.document().into_string().as_bytes())?;
    writeln!(out)
}

impl Page<'_, '_> {
    fn document(&self) -> Markup {
        let parts: Vec<(&str, &str, Markup)> = vec![
            ("claims", "The maker’s word", claims::section(self)),
            ("days", "Your day", days::section(self)),
            ("apps", "In the app", apps::section(self)),
            ("links", "What joins it", links::section(self)),
            ("matrix", "What left when", grid::section(self)),
            ("differences", "Differences", compared::section(self)),
            ("sessions", "Evidence", sessions::section(self)),
            ("check", "How to check", sessions::checking(self)),
        ];
        let there = || parts.iter().filter(|(_, _, content)| !content.0.is_empty());
        let sections: Vec<(&str, &str)> = there().map(|(id, words, _)| (*id, *words)).collect();
        let content = html! {
            (self.answer())
            @for (_, _, content) in there() { (content) }
        };
        document(&known::headline(self.shown), &sections, &content)
    }

    fn answer(&self) -> Markup {
        let study = self.shown.study;
        html! {
            section.answer id="answer" {
                p.kicker {
                    bdi { (self.shown.name(&study.name)) }
                    " · " (words::count(study.sessions.len() as u64, "session"))
                    @if let Some(first) = self.recorded() { " · recorded " (first.strftime("%-d %B %Y")) }
                }
                h1 { (known::headline(self.shown)) }
                @if let Some(tally) = judged::tally(self.shown) { p.standfirst { a href="#claims" { (tally) } } }
                @if !study.complete() {
                    p.alarm {
                        strong { "Not complete. " }
                        "Not everything that was there could be processed, so more may have been told than stands here: "
                        a href="#sessions" { "see the sessions" } "."
                    }
                }
                @if !study.known.is_empty() {
                    ul.learnt {
                        @for (number, view) in study.known.iter().enumerate() { (self.line(number, view)) }
                    }
                }
            }
        }
    }

    /// What one receiver knows, in one sentence.
    fn line(&self, number: usize, view: &View) -> Markup {
        let facts = view.facts.iter().filter(|fact| fact.rule.sure);
        let facts: Vec<String> = facts.take(FACTS).map(|fact| known::fact(self.shown, view, fact)).collect();
        html! {
            li class=(words::party_name(view.party)) {
                a.receiver href={ "#knows-" (number + 1) } { bdi { (self.shown.host(&view.name)) } }
                " (" (words::party(view.party)) @if let Some(who) = self.run_by(view) { "; " bdi { (who) } } ") "
                @if facts.is_empty() {
                    "can recognise what it knows already: only digests were told."
                } @else {
                    "knows " (facts.join("; ")) "."
                }
            }
        }
    }

    /// Who runs a receiver and where, as far as any session says.
    fn run_by(&self, view: &View) -> Option<String> {
        let hosts: Vec<&str> = view.hosts.iter().map(String::as_str).collect();
        let sessions = self.shown.study.sessions.iter().zip(&self.shown.masks);
        sessions.into_iter().find_map(|(session, masks)| operators::in_short(&session.report, masks, &hosts))
    }

    /// When the first recording began.
    fn recorded(&self) -> Option<Timestamp> {
        let captures = self.shown.study.sessions.iter().flat_map(|session| &session.report.captures);
        captures.filter_map(|capture| Some(capture.span?.0)).min()
    }

    fn several(&self) -> bool {
        self.shown.study.sessions.len() > 1
    }
}

/// A mode as a small badge; nothing where none is known.
fn mode_badge(mode: Option<&str>) -> Markup {
    html! {
        @match mode {
            Some("incognito") => span.badge.incognito { "incognito" },
            Some(mode) => span.badge { (mode) },
            None => {},
        }
    }
}
