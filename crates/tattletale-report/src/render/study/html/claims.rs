//! What the maker says, and what was found: a verdict each, with its sentence and the first of its evidence.

use super::{Page, mode_badge};
use crate::render::html::pills;
use crate::render::study::judged;
use crate::render::{command, words};
use crate::study::claims::{Judged, Verdict};
use crate::study::knowledge::FindingRef;
use maud::{Markup, html};
use tattletale_core::model::Finding;

/// Findings that are shown of each claim, each about another thing.
const EVIDENCE: usize = 6;

pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    let verdicts = &page.shown.study.verdicts;
    if verdicts.is_empty() {
        return html! {};
    }
    html! {
        section id="claims" {
            h2 { "What the maker says, and what was found" }
            ul.verdicts {
                @for verdict in judged::VERDICTS {
                    @let n = verdicts.iter().filter(|judged| judged.verdict == verdict).count();
                    @if n > 0 {
                        li { (badge(verdict)) " " strong { (n) } " – " (judged::meaning(verdict)) }
                    }
                }
            }
            @for (number, judged) in verdicts.iter().enumerate() { (claim(page, number, judged)) }
        }
    }
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refuted => "refuted",
        Verdict::NotContradicted => "held",
        Verdict::Inconclusive => "open",
        Verdict::Untested => "untested",
    }
}

fn badge(verdict: Verdict) -> Markup {
    html! { span class={ "verdict " (class(verdict)) } { (verdict.words()) } }
}

fn claim(page: &Page<'_, '_>, number: usize, judged: &Judged) -> Markup {
    let text = |text: &str| page.shown.text(text);
    html! {
        article class={ "claim " (class(judged.verdict)) } id={ "claim-" (number + 1) } {
            header { h3 { (badge(judged.verdict)) " " q { bdi { (text(&judged.claim.says)) } } } }
            p.source { bdi { (text(&judged.claim.source)) } }
            p.finding { bdi { (text(&judged.sentence)) } }
            @if let Some(rests_on) = judged::rests_on(judged) { p.note { (rests_on) } }
            @if let Some(caveat) = &judged.claim.caveat { p.note { "Note: " bdi { (text(caveat)) } } }
            @let evidence = judged::evidence(page.shown, judged, EVIDENCE);
            @if !evidence.is_empty() {
                details {
                    summary { span.what { "See the evidence" } " " span.facts {
                        @if judged.refuting > evidence.len() as u64 {
                            (evidence.len()) " of " (words::count(judged.refuting, "finding"))
                        } @else {
                            (words::count(judged.refuting, "finding"))
                        }
                    } }
                    ol.proofs { @for (place, finding) in &evidence { (proof(page, *place, finding)) } }
                }
            }
        }
    }
}

/// One finding: what was told when to whom, where it stands, and how to see it again.
fn proof(page: &Page<'_, '_>, place: FindingRef, finding: &Finding) -> Markup {
    let (masks, session) = (&page.shown.masks[place.session], &page.shown.study.sessions[place.session]);
    let (report, subject) = (&session.report, finding.subject());
    let value = masks.value_found_at(subject, &[finding]);
    let value = value.map_or_else(|| masks.mask(subject).to_owned(), |value| words::cut(&value, 80));
    html! {
        li {
            p.told {
                strong { (masks.words(subject)) } " " span.mask { bdi { (value) } }
                " to " bdi { (masks.host(&finding.receiver.host)) } " "
                (mode_badge(finding.mode.filter(|mode| *mode == "incognito")))
                @if finding.plaintext { " " span.badge.alarm { "unencrypted" } }
                span.small {
                    @if page.several() { bdi { (page.shown.name(&session.about.name)) } ", " }
                    (words::place(finding))
                    @if let Some(at) = finding.at { ", " time datetime=(at) { (at.strftime("%H:%M:%S")) " UTC" } }
                    @if let Some(delay) = finding.delay_ms { ", " (words::delay(delay)) " the action" }
                }
            }
            (pills(masks, finding))
            p.again { code { (command::show(report, finding, &page.options.of(place.session), masks)) } }
        }
    }
}
