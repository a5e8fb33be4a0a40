//! A picture of what went where: things on the left, their disguise in the middle, receivers on the right, with the
//! company behind each and where its servers are estimated to stand.
//!
//! One strand per thing, disguise and receiver, whatever the number of findings: it shows who knows what, not how
//! often.

use super::strands::{Node, Strand, Strands};
use super::{Page, words};
use crate::render::operators;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::Subject;

const TITLE: &str = "What went where, and in which disguise";

/// Things, disguises and receivers that are drawn; the cards have all.
const MOST: [usize; 3] = [16, 10, 10];

struct Picture {
    things: Vec<Subject>,
    disguises: Vec<String>,
    strands: BTreeSet<Strand>,
    left_out: usize,
}

/// The figure; nothing when there is nothing to draw.
pub(super) fn figure(page: &Page<'_, '_>) -> Markup {
    let picture = gather(page);
    if picture.strands.is_empty() {
        return html! {};
    }
    let things = picture.things.iter().map(|subject| Node::plain(label(page, *subject)));
    let receivers = page.summary.receivers.iter().take(MOST[2]);
    let classed = |strand: &Strand| (*strand, [page.summary.receivers[strand[2]].party_class(); 2]);
    let strands = Strands {
        id: page.id("flow"),
        title: TITLE,
        description: description(page),
        heads: ["Learnt", "Disguise", "By, and who that is"],
        nodes: [
            things.collect(),
            picture.disguises.iter().cloned().map(Node::plain).collect(),
            receivers
                .map(|told| Node {
                    label: page.masks.host(told.name),
                    below: operators::in_short(page.report, page.masks, &told.hosts),
                    class: told.party_class(),
                })
                .collect(),
        ],
        strands: picture.strands.iter().map(classed).collect::<BTreeMap<_, _>>(),
    };
    html! {
        figure.picture id=(page.id("flow")) {
            (page.heading(html! { (TITLE) }))
            (strands.svg())
            figcaption {
                span.key.third { "third party" } " " span.key.unknown { "unknown" } " " span.key.first { "first party" }
                " One strand for each thing, disguise and receiver."
                @if picture.left_out > 0 { " " (words::count(picture.left_out as u64, "strand")) " left out; the evidence below has all." }
            }
        }
    }
}

fn gather(page: &Page<'_, '_>) -> Picture {
    let mut picture = Picture { things: Vec::new(), disguises: Vec::new(), strands: BTreeSet::new(), left_out: 0 };
    let mut left_out = BTreeSet::new();
    for (receiver, told) in page.summary.receivers.iter().enumerate() {
        for thing in &told.things {
            for (disguise, _) in thing.disguises() {
                let shown = receiver < MOST[2];
                let subject = position(&mut picture.things, &thing.subject, MOST[0]).filter(|_| shown);
                let middle = position(&mut picture.disguises, &disguise, MOST[1]).filter(|_| shown);
                match (subject, middle) {
                    (Some(subject), Some(middle)) => picture.strands.insert([subject, middle, receiver]),
                    _ => left_out.insert((thing.subject, disguise, receiver)),
                };
            }
        }
    }
    picture.left_out = left_out.len();
    picture
}

/// Where an item stands in the list, after adding it if there is room.
fn position<T: Clone + PartialEq>(list: &mut Vec<T>, item: &T, most: usize) -> Option<usize> {
    let known = list.iter().position(|other| other == item);
    if known.is_none() && list.len() < most {
        list.push(item.clone());
        return Some(list.len() - 1);
    }
    known
}

fn label(page: &Page<'_, '_>, subject: Subject) -> String {
    format!("{} · {}", page.masks.words(subject), page.shown_subject(subject))
}

/// The same in words, for those who do not see the picture.
fn description(page: &Page<'_, '_>) -> String {
    let sentences = page.summary.receivers.iter().take(MOST[2]).map(|told| {
        let things = told.things.iter().map(|thing| {
            let disguises: Vec<String> = thing.disguises().into_iter().map(|(disguise, _)| disguise).collect();
            format!("{} ({})", label(page, thing.subject), disguises.join("; "))
        });
        let things = words::list(&things.collect::<Vec<_>>());
        let who = operators::in_short(page.report, page.masks, &told.hosts);
        let who = who.map_or(String::new(), |who| format!("; {who}"));
        format!("{} ({}{who}) learnt {things}.", page.masks.host(told.name), words::party(told.party))
    });
    sentences.collect::<Vec<_>>().join(" ")
}
