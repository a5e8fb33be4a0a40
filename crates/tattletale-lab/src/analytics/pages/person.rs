//! What the receiver knows of one person, told to that person.
//!
//! In the order in which one would ask: what do they know, how do they know that it is me, what do they make of it,
//! what was my day.

use super::super::{Kind, PersonView};
use super::{Links, day, shown, words};
use maud::{Markup, html};

/// Rows of each list; all are counted.
const ROWS: usize = 12;

/// Moments of the rebuilt days that are listed.
const MOMENTS: usize = 600;

/// The page's body.
pub(super) fn page(person: &PersonView, links: &Links) -> Markup {
    html! {
        nav { a href=(links.to("/")) { "Collector" } " · " a href=(links.to("/people")) { "People" } }
        h1 { (words::name(person)) }
        (summary(person))
        (day::figures(person))
        (who(person))
        (interests(person))
        (habits(person))
        (rebuilt(person))
    }
}

fn summary(person: &PersonView) -> Markup {
    let count = |kind| person.pattern.kinds.get(&kind).copied().unwrap_or(0) as u64;
    let searches = count(Kind::Search) + count(Kind::VideoSearch);
    let incognito = person.incognito() as u64;
    let (first, last) = (person.moments.first(), person.moments.last());
    html! {
        p.lead {
            "This is what the receiver of these events can say about one person. It holds "
            (words::count(person.events as u64, "event"))
            @if let (Some(first), Some(last)) = (first, last) {
                ", from " (words::time(first.at, person.offset_minutes, "%-d %B %Y, %H:%M"))
                " to " (words::time(last.at, person.offset_minutes, "%-d %B %Y, %H:%M"))
            }
            "."
        }
        ul.facts {
            @for (n, thing) in [
                (count(Kind::Visit), "page opened"), (searches, "search"), (count(Kind::Folder), "folder opened"),
                (count(Kind::App), "use of an app"), (count(Kind::Music), "song"), (count(Kind::Video), "video"),
            ] {
                @if n > 0 { li { strong { (words::number(n)) } " " (plural(n, thing)) } }
            }
            @if incognito > 0 {
                li.alarm { strong { (words::number(incognito)) } " of all marked as private browsing" }
            }
        }
        p.note {
            (words::clock(person.offset_minutes)) " Known to: "
            @for (position, server) in person.servers.iter().enumerate() {
                @if position > 0 { ", " } (words::server(server))
            }
            ". Most events do not say whether they come from private browsing; those are counted as normal here."
        }
    }
}

fn plural(n: u64, thing: &str) -> String {
    if n == 1 {
        return thing.to_owned();
    }
    match thing {
        "search" => "searches".to_owned(),
        "use of an app" => "uses of apps".to_owned(),
        other => match other.split_once(' ') {
            Some((noun, rest)) => format!("{noun}s {rest}"),
            None => format!("{other}s"),
        },
    }
}

fn who(person: &PersonView) -> Markup {
    html! {
        section {
            h2 { "How they know it is the same person" }
            p { "No name is needed. These numbers came with the events; any of them is enough to find the rest." }
            div.scroll tabindex="0" role="region" aria-label="Identifiers" {
                table {
                    thead { tr { th scope="col" { "Number" } th scope="col" { "What it is" } th scope="col" { "Events" } } }
                    tbody { @for identifier in person.identifiers.iter().take(ROWS) {
                        tr {
                            th scope="row" { bdi { code { (shown(&identifier.value)) } } }
                            td { (identifier.kind) }
                            td.figure { (words::number(identifier.events as u64)) }
                        }
                    } }
                }
            }
            (more(person.identifiers.len()))
            @if !person.links.is_empty() {
                details {
                    summary { "What joined them" }
                    ul { @for link in person.links.iter().take(ROWS) {
                        li {
                            bdi { code { (shown(&link.one)) } } " and " bdi { code { (shown(&link.other)) } }
                            " came in one event, " bdi { (shown(&link.event)) } "."
                        }
                    } }
                    (more(person.links.len()))
                }
            }
        }
    }
}

fn interests(person: &PersonView) -> Markup {
    html! {
        section {
            h2 { "What advertising would make of it" }
            @if person.segments.is_empty() {
                p { "Too little is known to sort this person into anything." }
            } @else {
                p { "A few rules over words are enough to sort somebody. Each says why. Nobody was asked." }
                ul.segments { @for segment in &person.segments {
                    li class=[segment.sensitive.then_some("sensitive")] {
                        h3 { (segment.name) @if segment.sensitive { span.tag { "specially protected" } } }
                        p { bdi { (shown(&segment.reason)) } "." }
                        p.note { (segment.about) }
                    }
                } }
            }
        }
    }
}

fn habits(person: &PersonView) -> Markup {
    let pattern = &person.pattern;
    html! {
        section {
            h2 { "Habits" }
            p {
                (words::count(person.sessions.len() as u64, "session")) ", each a stretch without a pause of half an hour."
                @if let Some(longest) = person.sessions.iter().max_by_key(|session| session.end - session.start) {
                    " The longest took " (words::span(longest.end - longest.start)) "."
                }
            }
            (day::hours(person))
            @if !pattern.sites.is_empty() {
                h3 { "Sites" }
                div.scroll tabindex="0" role="region" aria-label="Sites" {
                    table {
                        thead { tr { th scope="col" { "Site" } th scope="col" { "Pages" } th scope="col" { "Marked private" } } }
                        tbody { @for site in pattern.sites.iter().take(ROWS) {
                            tr {
                                th scope="row" { bdi { (shown(&site.host)) } }
                                td.figure { (words::number(site.visits as u64)) }
                                td.figure { (words::number(site.incognito as u64)) }
                            }
                        } }
                    }
                }
                (more(pattern.sites.len()))
            }
            @if !pattern.slow.is_empty() {
                h3 { "Pages that were slow" }
                p.note { "The stated purpose of such telemetry. It would need no person and no full address." }
                ul { @for page in pattern.slow.iter().take(ROWS / 2) {
                    li { bdi { (shown(&page.url)) } ": " (words::number(page.took.unsigned_abs())) " ms" }
                } }
            }
        }
    }
}

fn rebuilt(person: &PersonView) -> Markup {
    let telling = || person.moments.iter().filter(|moment| moment.kind != Kind::PageReady);
    html! {
        section {
            h2 { "The day, rebuilt" }
            @for session in &person.sessions {
                @let within = || telling().take(MOMENTS).filter(|moment| (session.start..=session.end).contains(&moment.at));
                @if within().next().is_some() {
                    h3 {
                        (words::time(session.start, person.offset_minutes, "%A %-d %B, %H:%M")) " to "
                        (words::time(session.end, person.offset_minutes, "%H:%M"))
                    }
                    ol.day { @for moment in within() {
                        li class=[moment.incognito.then_some("incognito")] {
                            span.at { (words::time(moment.at, person.offset_minutes, "%H:%M:%S")) }
                            span {
                                (moment.kind.words()) " "
                                @if moment.what.is_empty() || moment.kind == Kind::Other { em { bdi { (shown(&moment.event)) } } " " }
                                @if !moment.what.is_empty() { strong { bdi { (shown(&moment.what)) } } }
                                @if moment.incognito { " " span.tag { "private browsing" } }
                            }
                        }
                    } }
                }
            }
            @if telling().count() > MOMENTS { p.note { (words::number((telling().count() - MOMENTS) as u64)) " later moments are not listed." } }
        }
    }
}

fn more(all: usize) -> Markup {
    html! { @if all > ROWS { p.note { (words::number((all - ROWS) as u64)) " more." } } }
}
