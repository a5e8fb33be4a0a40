//! The report as one page for people who were not there: readers, editors, courts.
//!
//! What it shows was written by the party under test, so it runs no script, loads nothing and sends nothing: the
//! content security policy allows our own style sheet by its hash and nothing else, no element takes an inline
//! style, and every captured string passes the masks (which make it visible) and maud (which escapes it). Pictures
//! are SVG drawn here, and each has its text: a description, and the tables say the same.
//!
//! The order is that of a reader's questions: the answer, how it fits together, who learnt what with its evidence,
//! what could not be seen, how to check it. A link from a sentence leads *inside* a closed `<details>`, which
//! browsers then open by themselves.

mod flow;
mod limits;
mod receivers;
mod timeline;

use super::redact::Masks;
use super::summary::{self, Summary, Thing, Told};
use super::{Options, Renderer, words};
use crate::model::{Report, Subject};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// For people who were not there.
pub(super) struct Html;

impl Renderer for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn about(&self) -> &'static str {
        "one self-contained page without script; values are masked unless revealed"
    }

    fn render(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let masks = Masks::new(report, options.reveal);
        let page = Page { report, options, masks: &masks, summary: &Summary::new(report) };
        out.write_all(page.document().into_string().as_bytes())?;
        writeln!(out)
    }
}

/// The style sheet: screen, phone, print, light and dark.
const STYLE: &str = concat!(include_str!("report.css"), include_str!("media.css"));

/// Everything that a section needs.
struct Page<'p, 'r> {
    report: &'r Report,
    options: &'p Options,
    masks: &'p Masks<'r>,
    summary: &'p Summary<'r>,
}

impl<'r> Page<'_, 'r> {
    fn document(&self) -> Markup {
        let hash = base64_simd::STANDARD.encode_to_string(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src 'none'; base-uri 'none'; form-action 'none'"
        );
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="referrer" content="no-referrer";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    title { (self.summary.headline()) " · Tattletale" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#answer" { "Skip to the answer" }
                    (self.masthead())
                    main {
                        (self.answer())
                        (flow::figure(self))
                        (timeline::figures(self))
                        (receivers::section(self))
                        (limits::weak(self))
                        (limits::carriers(self))
                        (limits::coverage(self))
                        (limits::checking(self))
                    }
                    footer {
                        p { "Made by Tattletale. This page runs no script, loads nothing and sends nothing." }
                    }
                }
            }
        }
    }

    fn masthead(&self) -> Markup {
        html! {
            header.masthead {
                p.brand { "Tattletale" }
                nav aria-label="Sections" {
                    @if !self.summary.receivers.is_empty() { a href="#evidence" { "Evidence" } }
                    a href="#coverage" { "What could not be seen" }
                    a href="#checking" { "How to check" }
                }
            }
        }
    }

    fn answer(&self) -> Markup {
        let report = self.report;
        html! {
            section.answer id="answer" {
                p.kicker {
                    @for (position, capture) in report.captures.iter().take(3).enumerate() {
                        @if position > 0 { " · " }
                        bdi { (self.masks.name(&capture.name)) }
                    }
                    @if report.captures.len() > 3 { " and " (report.captures.len() - 3) " more" }
                    @if let Some((first, _)) = report.captures.iter().filter_map(|capture| capture.span).min() {
                        " · " (first.strftime("%-d %B %Y"))
                    }
                }
                h1 { (self.summary.headline()) }
                @if self.summary.receivers.is_empty() {
                    p.standfirst { (summary::basis(report)) }
                } @else {
                    p.standfirst { (self.summary.parties()) @if self.summary.told_first_parties() { "; what a first party learnt is beyond what the user sent it" } "." }
                }
                @if !report.complete() {
                    p.alarm {
                        strong { "Not complete. " }
                        (words::count(report.faults.len() as u64, "place")) " in the captures could not be processed: "
                        a href="#faults" { "see which" } "."
                    }
                }
                @if report.truth.inferred && !report.truth.actions.is_empty() {
                    p.note {
                        "No ground truth was given. What the user did was read off the captures’ first-party "
                        "navigations; what was typed or planted beyond them was not looked for."
                    }
                }
                @if !self.summary.receivers.is_empty() {
                    ul.learnt {
                        @for (number, told) in self.summary.receivers.iter().enumerate() {
                            li class=(told.party_class()) { (self.sentence(number, told)) }
                        }
                    }
                }
            }
        }
    }

    fn sentence(&self, number: usize, told: &Told<'r>) -> Markup {
        html! {
            a.receiver href={ "#receiver-" (number + 1) } { bdi { (self.masks.host(told.name)) } }
            " (" (words::party(told.party)) ") learnt "
            @let phrases = self.phrases(number, told);
            @for (position, phrase) in phrases.iter().enumerate() {
                @if position > 0 && position + 1 == phrases.len() { " and " } @else if position > 0 { ", " }
                (phrase)
            }
            "."
        }
    }

    /// What a receiver learnt, in order; of a kind with many things how many, with a link to the first.
    fn phrases(&self, number: usize, told: &Told<'r>) -> Vec<Markup> {
        const EACH_NAMED: usize = 4;
        let kind = |thing: &Thing<'r>| self.masks.words(thing.subject);
        let of_kind = |wanted: &str| told.things.iter().filter(|thing| kind(thing) == wanted).count();
        let mut counted: Vec<&str> = Vec::new();
        let mut phrases = Vec::new();
        for (position, thing) in told.things.iter().enumerate() {
            let (kind, href) = (kind(thing), format!("#{}", thing_id(number, position)));
            match of_kind(kind) {
                n if n > EACH_NAMED && counted.contains(&kind) => {}
                n if n > EACH_NAMED => {
                    counted.push(kind);
                    phrases.push(html! { a href=(href) { (n) " × " (kind) } });
                }
                _ => phrases.push(html! { a href=(href) { (kind) " " span.mask { (self.shown(thing)) } } }),
            }
        }
        phrases
    }

    /// The value of a thing, or its mask.
    fn shown(&self, thing: &Thing<'r>) -> String {
        let value = self.masks.value_found_at(thing.subject, &thing.findings);
        value.map_or_else(|| self.masks.mask(thing.subject).to_owned(), |value| words::cut(&value, 80))
    }

    /// The value of something without its evidence, or its mask.
    fn shown_subject(&self, subject: Subject) -> String {
        let value = self.masks.value(subject);
        value.map_or_else(|| self.masks.mask(subject).to_owned(), |value| words::cut(&value, 80))
    }

    fn capture(&self, index: usize) -> String {
        self.report.captures.get(index).map(|capture| self.masks.name(&capture.name)).unwrap_or_default()
    }
}

/// Where the evidence of a thing begins; inside its `<details>`.
fn thing_id(receiver: usize, thing: usize) -> String {
    format!("evidence-{}-{}", receiver + 1, thing + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheet_cannot_end_itself_or_load_anything() {
        for forbidden in ["</", "@import", "url(", "expression", "http:", "https:"] {
            assert!(!STYLE.contains(forbidden), "{forbidden}");
        }
    }
}
