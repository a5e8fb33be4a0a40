//! The end of the page: what is uncertain, what was the user's own doing, what could not be seen, how to check.

use super::{Page, scroll, words};
use crate::render::words::percent;
use crate::render::{hashes, summary};
use maud::{Markup, html};
use tattletale_core::model::{BlindKind, Fidelity, ReceiverCoverage, Subject};

/// Rows of each list; all are counted, and the JSON report has them all.
const ROWS: usize = 60;

/// Findings that chance may explain.
pub(super) fn weak(page: &Page<'_, '_>) -> Markup {
    let weak = &page.report.weak;
    if weak.is_empty() {
        return html! {};
    }
    html! {
        section id=(page.id("weak")) {
            (page.heading(html! { "Weak signs" }))
            p.lead { "Short or common values turn up by chance. These are not counted above." }
            (scroll("Weak signs", &html! {
                thead { tr {
                    th scope="col" { "What" } th scope="col" { "Receiver" } th scope="col" { "Where" }
                    th scope="col" { "Expected by chance" }
                } }
                tbody { @for finding in weak.iter().take(ROWS) {
                    tr {
                        th scope="row" { (page.masks.words(finding.subject())) " " span.mask { bdi { (page.shown_subject(finding.subject())) } } }
                        td { bdi { (page.masks.host(&finding.receiver.host)) } }
                        td { (words::place(finding)) ", " bdi { (page.masks.part(&finding.part)) } ", " (words::disguise(&finding.path)) }
                        td.figure { (chance(finding.chance)) }
                    }
                } }
            }))
            (more(weak.len()))
        }
    }
}

fn chance(expected: f64) -> String {
    match expected {
        e if !e.is_finite() || e >= 100.0 => "often".to_owned(),
        e if e >= 0.01 => format!("{e:.2} times"),
        e => format!("{e:.0e} times"),
    }
}

/// What the user did, and is no finding.
pub(super) fn carriers(page: &Page<'_, '_>) -> Markup {
    let carriers = page.report.carried();
    html! {
        @if carriers > 0 {
            section id=(page.id("carriers")) {
                (page.heading(html! { "What was the user’s own doing" }))
                p {
                    (words::count(carriers, "exchange")) @if carriers == 1 { " is" } @else { " are" }
                    " the user’s own navigation or submission, or fetched what belongs to it. "
                    "They carry these values because the user sent them, and are not counted."
                }
            }
        }
    }
}

/// How much could be read, and what stayed closed.
pub(super) fn coverage(page: &Page<'_, '_>) -> Markup {
    let coverage = &page.report.coverage;
    let (read, opaque) = (coverage.total(|receiver| receiver.read), coverage.total(|receiver| receiver.opaque));
    let mut receivers: Vec<&ReceiverCoverage> =
        coverage.receivers.iter().filter(|receiver| receiver.exchanges > 0).collect();
    receivers.sort_by_key(|receiver| std::cmp::Reverse((receiver.opaque, lost(receiver))));
    let most = receivers.iter().map(|receiver| receiver.read.saturating_add(receiver.opaque)).max().unwrap_or(0);
    html! {
        section id=(page.id("coverage")) {
            (page.heading(html! { "What could not be seen" }))
            p.lead {
                @match read.saturating_add(opaque) {
                    0 => "Nothing in the captures could be read.",
                    all => {
                        (percent(read, all)) " of what was sent could be read: " (words::bytes(read)) " of " (words::bytes(all))
                        " after unfolding, in " (words::count(coverage.total(|receiver| receiver.exchanges), "exchange")) "."
                        @if opaque > 0 { " " (words::bytes(opaque)) " stayed closed; what is in there is not known." }
                    }
                }
            }
            ul.plain {
                @for (fidelity, what) in [
                    (Fidelity::Missing, "that the capture does not have"),
                    (Fidelity::Truncated, "cut short"),
                    (Fidelity::Lossy, "damaged by the recorder"),
                ] {
                    @match coverage.bodies(fidelity) {
                        0 => "",
                        1 => li { "1 request body " (what) },
                        n => li { (words::number(n)) " request bodies " (what) },
                    }
                }
                @if let Some(unlisted) = summary::unlisted(page.report) { li { (unlisted) "." } }
                @if let Some(left_out) = summary::not_sought(page.report, page.masks) { li { (left_out) "." } }
                @if let Some(common) = summary::in_control(page.report, page.masks) { li { (common) "." } }
                @if let Some(runs) = hashes::words(&coverage.hashes) { li { (runs) "." } }
                @if !coverage.responses { li { "Responses were not looked at: a receiver learns from requests." } }
            }
            @if !receivers.is_empty() {
                (scroll("Coverage by host", &html! {
                    thead { tr {
                        th scope="col" { "Host" } th scope="col" { "Exchanges" } th scope="col" { "Read" }
                        th scope="col" { "Closed" } th scope="col" { "Bodies lost" }
                        th scope="col" { "Read (light) and closed (dark)" }
                    } }
                    tbody { @for receiver in receivers.iter().take(ROWS) {
                        tr {
                            th scope="row" { bdi { (page.masks.host(&receiver.host)) } }
                            td.figure { (words::number(receiver.exchanges)) }
                            td.figure { (words::bytes(receiver.read)) }
                            td.figure { (words::bytes(receiver.opaque)) }
                            td.figure { (lost(receiver)) }
                            td { (bar(receiver, most)) }
                        }
                    } }
                }))
                (more(receivers.len()))
            }
            (unseen_connections(page))
            (opaque_places(page))
            (faults(page))
        }
    }
}

/// Bodies of which something is missing.
fn lost(receiver: &ReceiverCoverage) -> u64 {
    [Fidelity::Lossy, Fidelity::Truncated, Fidelity::Missing]
        .iter()
        .map(|&fidelity| receiver.bodies[fidelity as usize])
        .sum()
}

fn bar(receiver: &ReceiverCoverage, most: u64) -> Markup {
    const WIDTH: f64 = 160.0;
    let scale = |bytes: u64| bytes as f64 / most.max(1) as f64 * WIDTH;
    let (read, opaque) = (scale(receiver.read), scale(receiver.opaque));
    html! {
        svg.bar viewBox={ "0 0 " (WIDTH) " 12" } width=(WIDTH) height="12" role="img"
            aria-label={ (words::bytes(receiver.read)) " read, " (words::bytes(receiver.opaque)) " closed" } {
            rect.read x="0" y="0" width=(format!("{read:.1}")) height="12" {}
            rect.opaque x=(format!("{read:.1}")) y="0" width=(format!("{opaque:.1}")) height="12" {}
        }
    }
}

/// Connections of which the content is not known, and what each kind may mean.
fn unseen_connections(page: &Page<'_, '_>) -> Markup {
    let coverage = &page.report.coverage;
    let mut receivers: Vec<&ReceiverCoverage> =
        coverage.receivers.iter().filter(|receiver| !receiver.blind.is_empty()).collect();
    receivers.sort_by_key(|receiver| std::cmp::Reverse(receiver.hidden()));
    let counts = receivers.iter().flat_map(|receiver| receiver.blind.iter().map(move |counted| (receiver, counted)));
    let rows: Vec<_> = counts.collect();
    html! {
        @if !rows.is_empty() {
            (page.subheading(html! { "Connections that could not be seen" }))
            @if let Some(unseen) = words::unseen(coverage) { p { strong { (unseen) "." } } }
            (scroll("Connections that could not be seen", &html! {
                thead { tr {
                    th scope="col" { "Host" } th scope="col" { "Why" } th scope="col" { "Connections" }
                    th scope="col" { "Sent" } th scope="col" { "Received" }
                } }
                tbody { @for (receiver, (kind, count)) in rows.iter().take(ROWS) {
                    tr {
                        th scope="row" { bdi { (page.masks.host(&receiver.host)) } }
                        td { (kind.words()) }
                        td.figure { (words::number(count.connections)) }
                        td.figure { (words::bytes(count.sent)) }
                        td.figure { (words::bytes(count.received)) }
                    }
                } }
            }))
            (more(rows.len()))
            ul.plain {
                @for kind in BlindKind::ALL.into_iter().filter(|kind| coverage.blind(*kind).connections > 0) {
                    li { strong { (kind.words()) } ": " (kind.meaning()) }
                }
            }
        }
    }
}

fn opaque_places(page: &Page<'_, '_>) -> Markup {
    let places = &page.report.coverage.opaque;
    html! {
        @if !places.is_empty() {
            (page.subheading(html! { "The largest closed places" }))
            (scroll("The largest closed places", &html! {
                thead { tr {
                    th scope="col" { "Exchange" } th scope="col" { "Host" } th scope="col" { "Where" }
                    th scope="col" { "Size" } th scope="col" { "Entropy" } th scope="col" { "Looks like" }
                } }
                tbody { @for place in places.iter().take(ROWS) {
                    tr {
                        th scope="row" { (place.exchange) @if page.report.captures.len() > 1 { span.small { bdi { (page.capture(place.capture)) } } } }
                        td { bdi { (page.masks.host(&place.host)) } }
                        td {
                            bdi { (page.masks.part(&place.part)) }
                            @for step in &place.path { " › " (step.layer) @if let Some(at) = page.masks.place(step) { " " bdi.at { (at) } } }
                        }
                        td.figure { (words::bytes(place.bytes)) }
                        td.figure { (format!("{:.1}", place.entropy)) }
                        td { (place.kind.words()) }
                    }
                } }
            }))
            p.small { "Entropy in bits per byte: 8 is what encrypted or well compressed data has, text has 4 to 5." }
        }
    }
}

fn faults(page: &Page<'_, '_>) -> Markup {
    let faults = &page.report.faults;
    html! {
        div id=(page.id("faults")) {
            @if page.report.complete() {
                p { "Everything that was there could be processed." }
            } @else {
                (page.subheading(html! { "Could not be processed" }))
                ul.faults {
                    @for (capture, fault) in faults.iter().take(ROWS) {
                        li {
                            strong { (fault.kind.name()) } " in " bdi { (page.capture(*capture)) }
                            @if let Some(exchange) = fault.exchange { ", exchange " (exchange) }
                            @if let Some(part) = &fault.part { ", " bdi { (page.masks.part(part)) } }
                            @for step in &fault.path { " › " (step.layer) @if let Some(at) = page.masks.place(step) { " " bdi.at { (at) } } }
                            ": " bdi { (page.masks.name(&fault.message)) }
                            @if let Some(offset) = fault.offset { " (at byte " (words::number(offset)) ")" }
                        }
                    }
                }
                (more(faults.len()))
                @if page.report.faults_dropped > 0 { p.more { (words::number(page.report.faults_dropped)) " more are counted only." } }
            }
        }
    }
}

/// What a reader needs to do it again, and what the masks mean.
pub(super) fn checking(page: &Page<'_, '_>) -> Markup {
    html! {
        section id=(page.id("checking")) {
            (page.heading(html! { "How to check this report" }))
            p.lead { "Every finding names its capture, exchange and bytes, and the command that shows it again. These are the captures:" }
            (scroll("Captures", &html! {
                thead { tr { th scope="col" { "Capture" } th scope="col" { "Holds" } th scope="col" { "SHA-256" } } }
                tbody { @for (index, capture) in page.report.captures.iter().enumerate() {
                    tr {
                        th scope="row" { bdi { (page.capture(index)) } }
                        td { (words::count(capture.exchanges, "exchange")) ", " (words::bytes(capture.bytes)) }
                        td { code { (crate::render::escape::text(&capture.sha256)) } }
                    }
                } }
            }))
            (page.subheading(html! { "What was looked for" }))
            (sought(page))
            (page.subheading(html! { "What the masks mean" }))
            @if page.masks.reveal() {
                p { "This report was written with planted values and addresses revealed. " (ALWAYS) }
            } @else {
                p {
                    "Planted values and addresses are not in this page. A mask such as " span.mask { "email-1" }
                    " stands for one value wherever it occurs here; it is a kind with a counter, so nothing can be computed "
                    "back from it. Around a match only the names of fields are shown; " span.mask { "…" }
                    " stands for everything else. A name that holds a value in disguise is replaced by "
                    span.mask { "[masked]" } ". " (ALWAYS)
                }
            }
        }
    }
}

const ALWAYS: &str = "Cookies, tokens and passwords are never shown.";

fn sought(page: &Page<'_, '_>) -> Markup {
    let truth = &page.report.truth;
    let values = (0..truth.values.len()).map(Subject::Value);
    let subjects: Vec<Subject> = values.chain((0..truth.actions.len()).map(Subject::Action)).collect();
    html! {
        @if subjects.is_empty() {
            p { "Nothing: no planted values or actions were known." }
        } @else {
            (scroll("What was looked for", &html! {
                thead { tr { th scope="col" { "Name" } th scope="col" { "What" } th scope="col" { "Shown as" } th scope="col" { "Told to" } } }
                tbody { @for subject in subjects.iter().take(ROWS) {
                    @let receivers = page.summary.receivers.iter().filter(|told| told.things.iter().any(|thing| thing.subject == *subject)).count();
                    tr {
                        th scope="row" { bdi { (page.masks.subject_name(*subject)) } }
                        td { (page.masks.words(*subject)) }
                        td { span.mask { bdi { (page.shown_subject(*subject)) } } }
                        td { @if receivers == 0 { "nobody seen" } @else { (words::count(receivers as u64, "receiver")) } }
                    }
                } }
            }))
            (more(subjects.len()))
        }
    }
}

fn more(all: usize) -> Markup {
    html! { @if all > ROWS { p.more { "The first " (ROWS) " of " (words::number(all as u64)) ". The JSON report has all." } } }
}
