//! Per receiver a card, per thing it learnt a closed `<details>` with the evidence.

use super::{Page, words};
use crate::render::redact::Masks;
use crate::render::summary::{Thing, Told};
use crate::render::{command, excerpt, operators};
use maud::{Markup, html};
use tattletale_core::model::Finding;

/// Evidence rows per thing; all are counted, and the JSON report has them all.
const ROWS: usize = 40;

/// All cards.
pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    if page.summary.receivers.is_empty() {
        return html! {};
    }
    html! {
        section id=(page.id("evidence")) {
            (page.heading(html! { "Who learnt what" }))
            p.lead { "Each line opens the evidence: where it stands, how it was disguised, and the command that shows it again." }
            @for (number, told) in page.summary.receivers.iter().enumerate() { (card(page, number, told)) }
        }
    }
}

fn card(page: &Page<'_, '_>, number: usize, told: &Told<'_>) -> Markup {
    html! {
        article class={ "card " (told.party_class()) } id={ (page.id("receiver-")) (number + 1) } {
            header {
                (page.subheading(html! { bdi { (page.masks.host(told.name)) } }))
                p.party { (words::party(told.party)) ", learnt " (words::count(told.things.len() as u64, "thing")) }
            }
            @if told.hosts.len() > 1 {
                p.hosts { "As " @for (position, host) in told.hosts.iter().enumerate() {
                    @if position > 0 { ", " } bdi { (page.masks.host(host)) }
                } }
            }
            (run_by(page, &told.hosts))
            @for (position, told) in told.things.iter().enumerate() { (thing(page, &page.thing_id(number, position), told)) }
        }
    }
}

/// Who runs the servers of one receiver, and where; nothing where nothing is known.
pub(super) fn run_by(page: &Page<'_, '_>, hosts: &[&str]) -> Markup {
    let (lines, more) = operators::lines(page.report, page.masks, hosts);
    if lines.is_empty() {
        return html! {};
    }
    html! {
        dl.operators {
            @for line in &lines {
                dt { (line.question) }
                dd {
                    @for (position, (value, sources)) in line.values.iter().enumerate() {
                        @if position > 0 { "; " }
                        bdi { (value) } " " span.small { "(" bdi { (sources) } ")" }
                    }
                    @if let Some(sources) = &line.disagree { ". " strong.alarm { (sources) " disagree" } }
                }
            }
        }
        @if more > 0 { p.more { "And " (words::number(more as u64)) " more in the JSON report." } }
    }
}

fn thing(page: &Page<'_, '_>, id: &str, thing: &Thing<'_>) -> Markup {
    let disguises = thing.disguises();
    html! {
        details {
            summary {
                span.what { (page.masks.words(thing.subject)) }
                " " span.mask { bdi { (page.shown(thing)) } }
                " " span.facts {
                    @for (position, (disguise, _)) in disguises.iter().take(3).enumerate() {
                        @if position > 0 { "; " } (disguise)
                    }
                    @if disguises.len() > 3 { "; " (disguises.len() - 3) " more ways" }
                    " · " (times(thing.findings.len()))
                    @if let Some(delay) = thing.delay_ms() { " · " (words::delay(delay)) " the action" }
                    @if let Some(modes) = thing.modes() { " · " (modes) }
                    @if thing.unencrypted() > 0 { " · " strong.alarm { "unencrypted" } }
                }
            }
            div.evidence id=(id) {
                p.named { "Called " q { bdi { (page.masks.subject_name(thing.subject)) } } " in the ground truth." }
                div.scroll tabindex="0" role="region" aria-label={ "Evidence: " (page.masks.words(thing.subject)) } {
                    table {
                        thead { tr {
                            th scope="col" { "Exchange" }
                            th scope="col" { "When" }
                            th scope="col" { "Where, from the outermost layer inwards" }
                            th scope="col" { "Shows it again" }
                        } }
                        tbody { @for finding in thing.findings.iter().take(ROWS) { (row(page, finding)) } }
                    }
                }
                @if thing.findings.len() > ROWS {
                    p.more { "The first " (ROWS) " of " (words::number(thing.findings.len() as u64)) ". The JSON report has all." }
                }
            }
        }
    }
}

fn times(n: usize) -> String {
    match n {
        1 => "once".to_owned(),
        n => format!("{} times", words::number(n as u64)),
    }
}

fn row(page: &Page<'_, '_>, finding: &Finding) -> Markup {
    let excerpt = excerpt::shown(page.masks, finding);
    html! {
        tr {
            th scope="row" {
                span.number { (finding.exchange) }
                @if finding.is_unseen() { span.small { "connection not seen" } }
                @if page.report.captures.len() > 1 { span.small { bdi { (page.capture(finding.capture)) } } }
                @if finding.plaintext { span.small.alarm { "unencrypted" } }
            }
            td.when {
                @match finding.at {
                    Some(at) => time datetime=(at) { (at.strftime("%H:%M:%S%.3f")) " UTC" },
                    None => span { "no time" },
                }
                @if let Some(delay) = finding.delay_ms { span.small { (words::delay(delay)) } }
                @if let Some(mode) = finding.mode { span.small { (mode) } }
            }
            td.where {
                (pills(page.masks, finding))
                p.excerpt {
                    bdi { (excerpt.before) mark { (excerpt.found) } (excerpt.after) }
                }
                p.small { "bytes " (finding.range.start) " to " (finding.range.end) " of the innermost layer"
                    @if page.masks.host(&finding.receiver.host) != page.masks.host(finding.receiver.domain.as_deref().unwrap_or_default()) {
                        ", sent to " bdi { (page.masks.host(&finding.receiver.host)) }
                    }
                }
            }
            td.command { code { (command::show(page.report, finding, page.options, page.masks)) } }
        }
    }
}

/// Where a finding stands, from the outermost layer inwards.
pub(in crate::render) fn pills(masks: &Masks<'_>, finding: &Finding) -> Markup {
    html! {
        ol.pills {
            li.part { (masks.part(&finding.part)) }
            @for step in &finding.path {
                li {
                    (step.digest().unwrap_or(step.layer))
                    @if let Some(at) = masks.place(step) { " " bdi.at { (at) } }
                }
            }
            @if finding.path.is_empty() { li { "as is" } }
        }
    }
}
