//! A picture of what went where: things on the left, their disguise in the middle, receivers on the right.
//!
//! One strand per thing, disguise and receiver, whatever the number of findings: it shows who knows what, not how
//! often. Positions come from the order of the report alone, so the same report draws the same picture. Colours are
//! classes, since the page allows no inline style.

use super::{Page, words};
use crate::model::Subject;
use maud::{Markup, html};
use std::collections::BTreeSet;

const WIDTH: f64 = 860.0;
const THINGS_END: f64 = 272.0;
const DISGUISE: (f64, f64) = (356.0, 188.0);
const RECEIVERS: f64 = 630.0;
const TOP: f64 = 34.0;
const STRAND: f64 = 7.0;
const ROW: f64 = 30.0;
const GAP: f64 = 8.0;

/// Things, disguises and receivers that are drawn; the cards have all.
const MOST: [usize; 3] = [16, 10, 10];

/// A strand, by positions in the three columns.
type Strand = [usize; 3];

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
    let receivers = page.summary.receivers.len().min(MOST[2]);
    let columns = [
        column(&picture, 0, picture.things.len()),
        column(&picture, 1, picture.disguises.len()),
        column(&picture, 2, receivers),
    ];
    let height = columns.iter().map(Column::height).fold(0.0, f64::max) + TOP + 6.0;
    let columns = columns.map(|column| column.centred(height));
    html! {
        figure.picture id="flow" {
            h2 { "What went where, and in which disguise" }
            div.scroll tabindex="0" role="region" aria-label="Picture: what went where" {
                svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby="flow-title flow-text" {
                    title id="flow-title" { "What went where, and in which disguise" }
                    desc id="flow-text" { (description(page)) }
                    text.column x=(THINGS_END) y="14" text-anchor="end" { "Learnt" }
                    text.column x=(DISGUISE.0 + DISGUISE.1 / 2.0) y="14" text-anchor="middle" { "Disguise" }
                    text.column x=(RECEIVERS) y="14" { "By" }
                    @for strand in &picture.strands { (draw(page, &picture, &columns, *strand)) }
                    @for (index, subject) in picture.things.iter().enumerate() {
                        text x=(THINGS_END - 14.0) y=(columns[0].middle(index) + 5.0) text-anchor="end" {
                            (words::cut(&label(page, *subject), 38))
                        }
                        rect.node x=(THINGS_END - 6.0) y=(columns[0].top(index)) width="6" height=(columns[0].size(index)) {}
                    }
                    @for (index, disguise) in picture.disguises.iter().enumerate() {
                        rect.pill x=(DISGUISE.0) y=(columns[1].top(index)) width=(DISGUISE.1) height=(columns[1].size(index)) rx="5" {}
                        text x=(DISGUISE.0 + DISGUISE.1 / 2.0) y=(columns[1].middle(index) + 4.5) text-anchor="middle" {
                            (words::cut(disguise, 29))
                        }
                    }
                    @for (index, told) in page.summary.receivers.iter().take(receivers).enumerate() {
                        rect class=(told.party_class()) x=(RECEIVERS) y=(columns[2].top(index)) width="6" height=(columns[2].size(index)) {}
                        text x=(RECEIVERS + 14.0) y=(columns[2].middle(index) + 5.0) { (words::cut(&page.masks.host(told.name), 30)) }
                    }
                }
            }
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
    let sentences: Vec<String> = page
        .summary
        .receivers
        .iter()
        .take(MOST[2])
        .map(|told| {
            let things: Vec<String> = told
                .things
                .iter()
                .map(|thing| {
                    let disguises: Vec<String> = thing.disguises().into_iter().map(|(disguise, _)| disguise).collect();
                    format!("{} ({})", label(page, thing.subject), disguises.join("; "))
                })
                .collect();
            format!("{} ({}) learnt {}.", page.masks.host(told.name), words::party(told.party), words::list(&things))
        })
        .collect();
    sentences.join(" ")
}

/// One column: how many strands pass each of its nodes, and where the column begins.
struct Column {
    strands: Vec<usize>,
    start: f64,
}

fn column(picture: &Picture, which: usize, nodes: usize) -> Column {
    let passing = |node| picture.strands.iter().filter(|strand| strand[which] == node).count();
    Column { strands: (0..nodes).map(passing).collect(), start: TOP }
}

impl Column {
    fn size(&self, node: usize) -> f64 {
        (self.strands[node] as f64 * STRAND + 4.0).max(ROW - GAP)
    }

    fn height(&self) -> f64 {
        (0..self.strands.len()).map(|node| self.size(node) + GAP).sum()
    }

    fn centred(mut self, height: f64) -> Self {
        self.start = TOP + ((height - TOP - self.height()) / 2.0).max(0.0);
        self
    }

    fn top(&self, node: usize) -> f64 {
        self.start + (0..node).map(|before| self.size(before) + GAP).sum::<f64>()
    }

    fn middle(&self, node: usize) -> f64 {
        self.top(node) + self.size(node) / 2.0
    }

    /// Height of the n-th of the strands that pass a node.
    fn slot(&self, node: usize, n: usize) -> f64 {
        let spread = (self.strands[node].saturating_sub(1)) as f64 / 2.0;
        self.middle(node) + (n as f64 - spread) * STRAND
    }
}

/// Position of a strand among those that pass the same node, in the order that crosses least on that side.
fn rank(picture: &Picture, strand: Strand, node: usize, order: [usize; 2]) -> usize {
    let key = |strand: &Strand| order.map(|column| strand[column]);
    picture.strands.iter().filter(|other| other[node] == strand[node] && key(other) < key(&strand)).count()
}

fn draw(page: &Page<'_, '_>, picture: &Picture, columns: &[Column; 3], strand: Strand) -> Markup {
    let [thing, disguise, receiver] = strand;
    let start = columns[0].slot(thing, rank(picture, strand, 0, [1, 2]));
    let into = columns[1].slot(disguise, rank(picture, strand, 1, [0, 2]));
    let out = columns[1].slot(disguise, rank(picture, strand, 1, [2, 0]));
    let end = columns[2].slot(receiver, rank(picture, strand, 2, [1, 0]));
    let curve = |x0: f64, y0: f64, x1: f64, y1: f64| {
        let middle = f64::midpoint(x0, x1);
        format!("M{x0} {y0:.1}C{middle} {y0:.1} {middle} {y1:.1} {x1} {y1:.1}")
    };
    let path = format!(
        "{}{}",
        curve(THINGS_END, start, DISGUISE.0, into),
        curve(DISGUISE.0 + DISGUISE.1, out, RECEIVERS, end)
    );
    html! { path class={ "strand " (page.summary.receivers[receiver].party_class()) } d=(path) stroke-width=(STRAND - 2.0) fill="none" {} }
}
