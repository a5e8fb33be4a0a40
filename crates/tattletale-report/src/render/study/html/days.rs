//! What they know about you: per receiver what it knows, what it may conclude, and the day as it was told.

use super::{Page, mode_badge};
use crate::render::study::known;
use crate::render::words;
use crate::study::knowledge::{Entry, Fact, View};
use maud::{Markup, html};
use tattletale_core::model::Timestamp;

/// Lines of a day that stand open; the others are one click away.
const OPEN: usize = 12;

/// Lines of a day in all; the JSON report has every one.
const MOST: usize = 400;

pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    let known = &page.shown.study.known;
    if known.is_empty() {
        return html! {};
    }
    html! {
        section id="days" {
            h2 { "What they know about you" }
            p.lead { "Your day as each receiver could read it, put back into the order in which you lived it." }
            @for (number, view) in known.iter().enumerate() { (receiver(page, number, view)) }
        }
    }
}

fn receiver(page: &Page<'_, '_>, number: usize, view: &View) -> Markup {
    html! {
        article class={ "card " (words::party_name(view.party)) } id={ "knows-" (number + 1) } {
            header {
                h3 { bdi { (page.shown.host(&view.name)) } }
                p.party { (words::party(view.party)) @if let Some(who) = page.run_by(view) { "; " bdi { (who) } } }
            }
            @if view.hosts.len() > 1 {
                p.hosts { "As " @for (position, host) in view.hosts.iter().enumerate() {
                    @if position > 0 { ", " } bdi { (page.shown.host(host)) }
                } }
            }
            div.facts-of { (facts(page, view, true, "Knows")) (facts(page, view, false, "May conclude")) }
            @for entries in view.entries.chunk_by(|a, b| a.session == b.session) { (day(page, entries)) }
        }
    }
}

fn facts(page: &Page<'_, '_>, view: &View, sure: bool, title: &str) -> Markup {
    let facts: Vec<&Fact> = view.facts.iter().filter(|fact| fact.rule.sure == sure).collect();
    html! {
        @if !facts.is_empty() {
            div {
                h4 { (title) }
                ul.plain { @for fact in facts { li { bdi { (known::fact(page.shown, view, fact)) } } } }
            }
        }
    }
}

/// One session's lines: the first ones open, the rest behind a summary of what they are.
fn day(page: &Page<'_, '_>, entries: &[Entry]) -> Markup {
    let entries_shown = &entries[..entries.len().min(MOST)];
    let (open, rest) = entries_shown.split_at(entries_shown.len().min(OPEN));
    let session = page.shown.study.sessions.get(entries[0].session);
    let told = entries.iter().filter_map(|entry| entry.at);
    html! {
        h4 {
            @match told.min() {
                Some(first) => { "Your " time datetime=(first) { (first.strftime("%-d %B %Y")) } ", UTC" },
                None => "Your day",
            }
            @if let (true, Some(session)) = (page.several(), session) {
                " " span.quiet { bdi { (page.shown.name(&session.about.name)) } }
            }
        }
        (lines(page, open, None))
        @if !rest.is_empty() {
            details {
                summary { span.what { (words::count(rest.len() as u64, "line")) " more" } " " span.facts { (about(rest)) } }
                (lines(page, rest, open.last()))
            }
        }
        @if entries.len() > MOST {
            p.more { "The first " (MOST) " of " (words::number(entries.len() as u64)) ". The JSON report has all." }
        }
    }
}

/// What lines are about that are not open: until when, and how many are of incognito mode.
fn about(rest: &[Entry]) -> String {
    let mut about = Vec::new();
    about
        .extend(rest.iter().filter_map(|entry| entry.at).max().map(|last| format!("until {}", last.strftime("%H:%M"))));
    let incognito = rest.iter().filter(|entry| is_incognito(entry)).count() as u64;
    if incognito > 0 {
        about.push(format!("{} in incognito mode", words::number(incognito)));
    }
    about.join(", ")
}

fn is_incognito(entry: &Entry) -> bool {
    entry.modes.contains(&"incognito")
}

fn lines(page: &Page<'_, '_>, entries: &[Entry], before: Option<&Entry>) -> Markup {
    let hour = |entry: &Entry| entry.at.map(|at| at.strftime("%Y-%m-%d %H").to_string());
    let befores = before.into_iter().chain(entries).map(hour);
    let befores = before.is_none().then_some(None).into_iter().chain(befores);
    html! {
        ol.day {
            @for (entry, before) in entries.iter().zip(befores) {
                li.hour[hour(entry) != before] { (line(page, entry)) }
            }
        }
    }
}

fn line(page: &Page<'_, '_>, entry: &Entry) -> Markup {
    html! {
        @match entry.at {
            Some(at) => time.at datetime=(at) { (clock(at)) },
            None => span.at { "–" },
        }
        p {
            span.did { bdi { (known::what(page.shown, entry)) } } " "
            @if is_incognito(entry) { (mode_badge(Some("incognito"))) " " }
            span.quiet { bdi { (known::how_without_mode(page.shown, entry)) } }
        }
    }
}

fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M").to_string()
}
