//! One id joins it all: a picture of which ids stand where, the table of them, and what a sign-in does.

use super::Page;
use crate::render::html::{Node, Strands, scroll};
use crate::render::study::linked;
use crate::render::words;
use crate::study::links::{Id, Place, SignIn, SignInBy};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// What is drawn of each column, and rows of the table.
const MOST: [usize; 3] = [8, 8, 8];
const ROWS: usize = 20;
/// Sentences on sign-ins, and those of them that stand open.
const MOST_SIGN_INS: usize = 40;
const OPEN_SIGN_INS: usize = 2;
const TITLE: &str = "Which ids join what you did, and who got them";

pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    let links = &page.shown.study.links;
    let ranked = linked::ranked(page.shown);
    if ranked.is_empty() && links.sign_ins.is_empty() {
        return html! {};
    }
    html! {
        section id="links" {
            h2 { (linked::headline(page.shown)) }
            p.lead {
                "An id that stays the same turns single sightings into one person. "
                @match links.devices {
                    0 | 1 => "With one device it can be seen that a value stays; whether it differs between devices is known only of what was planted.",
                    n => { (words::number(n as u64)) " devices were compared: what differs between them tells them apart." },
                }
            }
            (figure(page, &ranked))
            (sign_ins(page))
            @if !ranked.is_empty() { (table(page, &ranked)) }
        }
    }
}

/// The surest records that join ids to an account; the others a click away.
fn sign_ins(page: &Page<'_, '_>) -> Markup {
    let mut of_all: Vec<&SignIn> = page.shown.study.links.sign_ins.iter().collect();
    of_all.sort_by_key(|sign_in| sign_in.by == SignInBy::Together);
    let sentences: Vec<String> =
        of_all.into_iter().filter_map(|sign_in| linked::sign_in(page.shown, sign_in)).take(MOST_SIGN_INS).collect();
    let (first, rest) = sentences.split_at(sentences.len().min(OPEN_SIGN_INS));
    html! {
        @for sentence in first { p.finding { bdi { (sentence) } } }
        @if !rest.is_empty() {
            details {
                summary { span.what { (words::count(rest.len() as u64, "record")) " more that join ids" } }
                ul.plain { @for sentence in rest { li { bdi { (sentence) } } } }
            }
        }
    }
}

/// What stands on the left: the mode, and the session where there are several.
fn origin(page: &Page<'_, '_>, place: &Place, by_session: bool) -> String {
    let mode = place.mode.map_or("outside of the browser", |mode| tattletale_core::model::truth::words_of_mode(mode));
    let session = page.shown.study.sessions.get(place.session).filter(|_| by_session);
    let Some(name) = session.map(|session| words::cut(&page.shown.name(&session.about.name), 20)) else {
        return mode.to_owned();
    };
    // Sessions are often called after their mode.
    if mode.starts_with(&name) { mode.to_owned() } else { format!("{name} · {mode}") }
}

fn figure(page: &Page<'_, '_>, ranked: &[usize]) -> Markup {
    let links = &page.shown.study.links;
    let ids: Vec<&Id> = ranked.iter().take(MOST[1]).map(|&index| &links.ids[index]).collect();
    let places = || ids.iter().enumerate().flat_map(|(at, id)| id.places.iter().map(move |place| (at, place)));
    let pairs: BTreeSet<(usize, Option<&str>)> = places().map(|(_, place)| (place.session, place.mode)).collect();
    let by_session = page.several() && pairs.len() <= MOST[0];
    let (mut origins, mut hosts): (Vec<(String, bool)>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut strands = BTreeMap::new();
    for (at, place) in places() {
        let incognito = place.mode == Some("incognito");
        let origin = (origin(page, place, by_session), incognito);
        let Some(field) = links.fields.get(place.field) else { continue };
        let (Some(from), Some(to)) =
            (position(&mut origins, origin, MOST[0]), position(&mut hosts, field.host.as_str(), MOST[2]))
        else {
            continue;
        };
        let party = party(page, &field.host);
        strands.insert([from, at, to], [if incognito { "incognito" } else { "ordinary" }, party]);
    }
    if strands.is_empty() {
        return html! {};
    }
    let picture = Strands {
        id: "ids".to_owned(),
        title: TITLE,
        description: description(page, &ids),
        heads: ["Where you were", "The id", "Who got it"],
        nodes: [
            origins.into_iter().map(|(label, _)| Node::plain(label)).collect(),
            ids.iter().map(|id| Node::plain(label(id))).collect(),
            hosts
                .iter()
                .map(|host| Node { label: page.shown.host(host), below: None, class: party(page, host) })
                .collect(),
        ],
        strands,
    };
    html! {
        figure.picture {
            (picture.svg())
            figcaption {
                span.key.incognito { "in incognito mode" } " " span.key.ordinary { "elsewhere" } " "
                "An id with strands from both sides joins them."
                @if ranked.len() > ids.len() { " The table has " (words::number((ranked.len() - ids.len()) as u64)) " more." }
            }
        }
    }
}

fn position<T: PartialEq>(list: &mut Vec<T>, item: T, most: usize) -> Option<usize> {
    let known = list.iter().position(|other| *other == item);
    if known.is_none() && list.len() < most {
        list.push(item);
        return Some(list.len() - 1);
    }
    known
}

fn party(page: &Page<'_, '_>, host: &str) -> &'static str {
    let view = page.shown.study.known.iter().find(|view| view.hosts.iter().any(|known| known == host));
    view.map_or("unknown", |view| words::party_name(view.party))
}

fn label(id: &Id) -> String {
    format!("{} · {}", id.label(), linked::what(id))
}

/// The picture in words.
fn description(page: &Page<'_, '_>, ids: &[&Id]) -> String {
    let sentences = ids.iter().map(|id| {
        let hosts: Vec<String> = linked::hosts(page.shown, id).into_iter().map(|host| page.shown.host(host)).collect();
        format!("{} was sent to {}, {}.", label(id), words::list(&hosts), modes(id))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// `in normal and incognito mode, in 2 sessions`
fn modes(id: &Id) -> String {
    let modes: BTreeSet<&str> = id.places.iter().filter_map(|place| place.mode).collect();
    let modes: Vec<String> = modes.into_iter().rev().map(str::to_owned).collect();
    let sessions: BTreeSet<usize> = id.places.iter().map(|place| place.session).collect();
    let sessions = format!("in {}", words::count(sessions.len() as u64, "session"));
    match modes.is_empty() {
        true => sessions,
        false => format!("in {} mode, {sessions}", words::list(&modes)),
    }
}

fn table(page: &Page<'_, '_>, ranked: &[usize]) -> Markup {
    html! {
        (scroll("Ids and what they join", &html! {
            thead { tr {
                th scope="col" { "Id" } th scope="col" { "Written as" } th scope="col" { "Joins" }
                th scope="col" { "Seen" } th scope="col" { "How sure" }
            } }
            tbody { @for &index in ranked.iter().take(ROWS) { (row(page, index)) } }
        }))
        @if ranked.len() > ROWS {
            p.more { "The first " (ROWS) " of " (words::number(ranked.len() as u64)) ". The JSON report has all." }
        }
    }
}

fn row(page: &Page<'_, '_>, index: usize) -> Markup {
    let id = &page.shown.study.links.ids[index];
    let joins = linked::joins(page.shown, index);
    let (fields, first) = linked::fields(page.shown, id);
    html! {
        tr {
            th scope="row" { (id.label()) span.small { (linked::what(id)) } }
            td { (linked::written(page.shown, id).join("; ")) }
            td {
                ul.cells { @for (joined, _) in &joins { li { bdi { (joined) } } } }
            }
            td.field {
                (modes(id))
                span.small { code { bdi { (words::cut(&first, 60)) } } @if fields > 1 { " and " (words::count(fields as u64 - 1, "field")) " more" } }
            }
            td {
                @if joins.iter().any(|(_, sure)| *sure) { "sure" } @else { "not sure" }
                span.small { (linked::behaviour(page.shown, id)) @if let Some(bits) = linked::bits(page.shown, id) { "; " (bits) } }
            }
        }
    }
}
