//! The report as one page for people who were not there: readers, editors, courts.
//!
//! What it shows was written by the party under test, so it runs no script, loads nothing and sends nothing: the
//! content security policy allows our own style sheet by its hash and nothing else, no element takes an inline
//! style, and every captured string passes the masks (which make it visible) and maud (which escapes it). Pictures
//! are SVG drawn here, and each has its text: a description, and the tables say the same.
//!
//! The page of a study has the same frame, and holds the sections of each of its sessions' reports under ids of
//! their own ([`Page::within`]).
//!
//! The order is that of a reader's questions: the answer, how it fits together, who learnt what with its evidence,
//! what could not be seen, how to check it. A link from a sentence leads *inside* a closed `<details>`, which
//! browsers then open by themselves.

mod document;
mod flow;
mod limits;
mod receivers;
mod strands;
mod timeline;

pub use document::{document, scroll};
pub(super) use receivers::pills;
pub(super) use strands::{Node, Strands};

use super::redact::Masks;
use super::summary::{self, Summary, Thing, Told};
use super::{Options, Renderer, words};
use maud::{Markup, html};
use std::io::{self, Write};
use tattletale_core::model::{Report, Subject};

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
        let page = Page { report, options, masks: &masks, summary: &Summary::new(report), within: None };
        out.write_all(page.document().into_string().as_bytes())?;
        writeln!(out)
    }
}

/// Everything that a section needs.
pub(super) struct Page<'p, 'r> {
    pub report: &'r Report,
    pub options: &'p Options,
    pub masks: &'p Masks<'r>,
    pub summary: &'p Summary<'r>,
    /// Where the report is part of a larger page: what its ids begin with. Its headings are then one level lower.
    pub within: Option<&'p str>,
}

impl<'r> Page<'_, 'r> {
    fn document(&self) -> Markup {
        let mut sections = Vec::new();
        if !self.summary.receivers.is_empty() {
            sections.push(("evidence", "Evidence"));
        }
        sections.extend([("coverage", "What could not be seen"), ("checking", "How to check")]);
        let content = html! { (self.answer()) (self.sections()) };
        document(&self.summary.headline(), &sections, &content)
    }

    /// Everything but the answer.
    pub(super) fn sections(&self) -> Markup {
        html! {
            (flow::figure(self))
            (timeline::figures(self))
            (receivers::section(self))
            (limits::weak(self))
            (limits::carriers(self))
            (limits::coverage(self))
            (limits::checking(self))
        }
    }

    /// An id that is unique in the page.
    fn id(&self, name: &str) -> String {
        format!("{}{name}", self.within.unwrap_or_default())
    }

    /// Where the evidence of a thing begins; inside its `<details>`.
    fn thing_id(&self, receiver: usize, thing: usize) -> String {
        self.id(&format!("evidence-{}-{}", receiver + 1, thing + 1))
    }

    /// Heading of a section.
    #[expect(clippy::needless_pass_by_value, reason = "made in place")]
    fn heading(&self, text: Markup) -> Markup {
        match self.within {
            None => html! { h2 { (text) } },
            Some(_) => html! { h3 { (text) } },
        }
    }

    /// Heading within a section.
    #[expect(clippy::needless_pass_by_value, reason = "made in place")]
    fn subheading(&self, text: Markup) -> Markup {
        match self.within {
            None => html! { h3 { (text) } },
            Some(_) => html! { h4 { (text) } },
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
                        (words::count(report.unprocessed(), "place")) " in the captures could not be processed: "
                        a href="#faults" { "see which" } "."
                    }
                }
                @if report.truth.inferred && !report.truth.actions.is_empty() {
                    p.note {
                        "No ground truth was given. What the user did was read off the captures’ first-party "
                        "navigations; what was typed or planted beyond them was not looked for."
                    }
                }
                (self.learnt())
            }
        }
    }

    /// A sentence for each receiver.
    pub(super) fn learnt(&self) -> Markup {
        html! {
            @if !self.summary.receivers.is_empty() {
                ul.learnt {
                    @for (number, told) in self.summary.receivers.iter().enumerate() {
                        li class=(told.party_class()) { (self.sentence(number, told)) }
                    }
                }
            }
        }
    }

    fn sentence(&self, number: usize, told: &Told<'r>) -> Markup {
        html! {
            a.receiver href={ "#" (self.id("receiver-")) (number + 1) } { bdi { (self.masks.host(told.name)) } }
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
            let (kind, href) = (kind(thing), format!("#{}", self.thing_id(number, position)));
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
