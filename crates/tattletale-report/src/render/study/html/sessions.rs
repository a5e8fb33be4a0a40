//! The sessions that it was read off, each with its own report, and how to check the whole.

use super::Page;
use crate::render::html;
use crate::render::study::matrix;
use crate::render::summary::{self, Summary};
use crate::render::{command, words};
use crate::study::{Cell, Session};
use maud::{Markup, html as markup};

pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    let sessions = &page.shown.study.sessions;
    markup! {
        section id="sessions" {
            h2 { @if page.several() { "The sessions, with all evidence" } @else { "The evidence" } }
            @for (index, session) in sessions.iter().enumerate() {
                @let name = page.shown.name(&session.about.name);
                @if page.several() {
                    details.session {
                        summary {
                            span.what { bdi { (name) } } " "
                            span.facts { bdi { (described(page, session)) } @if !session.report.complete() { " · " strong.alarm { "not complete" } } }
                        }
                        (report(page, index, session))
                    }
                } @else {
                    div.session { (report(page, index, session)) }
                }
            }
        }
    }
}

/// What was recorded, and what was found in it.
fn described(page: &Page<'_, '_>, session: &Session) -> String {
    let about = session.about.clone();
    let cell = Cell {
        device: about.device,
        app: about.app,
        version: about.version,
        mode: about.mode,
        settings: about.settings,
    };
    let mut facts = matrix::facts(page.shown, &cell);
    facts.extend(about.repeat.map(|repeat| format!("repeat {repeat}")));
    facts.push(Summary::new(&session.report).headline());
    facts.join(", ")
}

fn report(page: &Page<'_, '_>, index: usize, session: &Session) -> Markup {
    let prefix = format!("s{}-", index + 1);
    let of_session = html::Page {
        report: &session.report,
        options: &page.options.of(index),
        masks: &page.shown.masks[index],
        summary: &Summary::new(&session.report),
        within: Some(&prefix),
    };
    markup! {
        p.lead { (of_session.summary.headline()) ". " (summary::basis(&session.report)) }
        (of_session.learnt())
        (of_session.sections())
    }
}

pub(super) fn checking(page: &Page<'_, '_>) -> Markup {
    markup! {
        section id="check" {
            h2 { "How to check it" }
            p.lead {
                "The same recordings give the same page. These commands show what was found in each session, and every "
                "piece of evidence above has the one that shows it again."
            }
            ul.commands { @for (index, session) in page.shown.study.sessions.iter().enumerate() {
                li { code { (audit(page, index, session)) } }
            } }
            @if !page.shown.reveal() {
                p.note {
                    "Planted values and addresses are not in this page. A mask such as " span.mask { "email-1" }
                    " stands for one value in all sessions; it is a kind with a counter, so nothing can be computed back from it."
                }
            }
            (not_seen(page))
        }
    }
}

/// The command that shows the findings of a session.
fn audit(page: &Page<'_, '_>, index: usize, session: &Session) -> String {
    let masks = &page.shown.masks[index];
    let captures = session.report.captures.iter().map(|capture| command::quoted(&masks.raw(&capture.name)));
    let mut command = format!("tattletale audit {}", captures.collect::<Vec<_>>().join(" "));
    if let Some(truth) = page.options.of(index).truth_file {
        command.push_str(&format!(" --truth {}", command::quoted(&masks.raw(&truth))));
    }
    command
}

/// What stayed closed over all sessions: nothing found there means nothing.
fn not_seen(page: &Page<'_, '_>) -> Markup {
    let coverage = || page.shown.study.sessions.iter().map(|session| &session.report.coverage);
    let opaque: u64 = coverage().map(|coverage| coverage.total(|receiver| receiver.opaque)).sum();
    let read: u64 = coverage().map(|coverage| coverage.total(|receiver| receiver.read)).sum();
    markup! {
        p.note {
            (words::percent(read, read.saturating_add(opaque))) " of what was sent could be read"
            @if opaque > 0 { "; " (words::bytes(opaque)) " stayed closed, and what is in there is not known" }
            "."
            @for session in &page.shown.study.sessions {
                @if let Some(unseen) = words::unseen(&session.report.coverage) {
                    br; bdi { (page.shown.name(&session.about.name)) } ": " (unseen) "."
                }
            }
        }
    }
}
