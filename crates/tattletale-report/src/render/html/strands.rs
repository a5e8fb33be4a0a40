//! A picture in three columns of nodes, with a strand for everything that passes one node of each.
//!
//! Positions come from the order of the nodes alone, so the same report draws the same picture. Colours are classes,
//! since a page allows no inline style. Whoever draws one also says the same in words.

use crate::render::words;
use maud::{Markup, html};
use std::collections::BTreeMap;

const WIDTH: f64 = 860.0;
const LEFT_END: f64 = 272.0;
const MIDDLE: (f64, f64) = (346.0, 198.0);
const RIGHT: f64 = 618.0;
const TOP: f64 = 34.0;
const STRAND: f64 = 7.0;
const GAP: f64 = 9.0;
/// Height of a node with one line of text, and with two.
const LINES: [f64; 2] = [22.0, 36.0];
/// Characters that fit beside a node of each column, and on a second line.
const FITS: [usize; 3] = [34, 30, 31];
const FITS_BELOW: usize = 37;

/// One node.
pub(in crate::render) struct Node {
    /// What it is.
    pub label: String,
    /// More of it, smaller, on a second line; right column only.
    pub below: Option<String>,
    /// Class of its colour; right column only.
    pub class: &'static str,
}

impl Node {
    /// A node without a second line or a colour.
    pub(in crate::render) fn plain(label: String) -> Self {
        Self { label, below: None, class: "" }
    }
}

/// A strand, by positions in the three columns.
pub(in crate::render) type Strand = [usize; 3];

/// The picture.
pub(in crate::render) struct Strands<'t> {
    /// Begins the ids of its title and description.
    pub id: String,
    /// What it shows.
    pub title: &'t str,
    /// The same in words, for those who do not see it.
    pub description: String,
    /// Over each column.
    pub heads: [&'t str; 3],
    /// The columns, left to right.
    pub nodes: [Vec<Node>; 3],
    /// The strands, with a class for their left and right half.
    pub strands: BTreeMap<Strand, [&'static str; 2]>,
}

impl Strands<'_> {
    /// The picture in a box that scrolls by itself.
    pub(in crate::render) fn svg(&self) -> Markup {
        let columns = [0, 1, 2].map(|which| self.column(which));
        let height = columns.iter().map(Column::height).fold(0.0, f64::max) + TOP + 6.0;
        let columns = columns.map(|column| column.centred(height));
        let (title, text) = (format!("{}-title", self.id), format!("{}-text", self.id));
        let centre = MIDDLE.0 + MIDDLE.1 / 2.0;
        html! {
            div.scroll tabindex="0" role="region" aria-label={ "Picture: " (self.title) } {
                svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby={ (title) " " (text) } {
                    title id=(title) { (self.title) }
                    desc id=(text) { (self.description) }
                    text.column x=(LEFT_END) y="14" text-anchor="end" { (self.heads[0]) }
                    text.column x=(centre) y="14" text-anchor="middle" { (self.heads[1]) }
                    text.column x=(RIGHT) y="14" { (self.heads[2]) }
                    @for (strand, classes) in &self.strands { (self.draw(&columns, *strand, *classes)) }
                    @for (index, node) in self.nodes[0].iter().enumerate() {
                        text x=(LEFT_END - 14.0) y=(columns[0].middle(index) + 5.0) text-anchor="end" {
                            (words::cut(&node.label, FITS[0]))
                        }
                        rect.node x=(LEFT_END - 6.0) y=(columns[0].top(index)) width="6" height=(columns[0].size(index)) {}
                    }
                    @for (index, node) in self.nodes[1].iter().enumerate() {
                        rect.pill x=(MIDDLE.0) y=(columns[1].top(index)) width=(MIDDLE.1) height=(columns[1].size(index)) rx="5" {}
                        text x=(centre) y=(columns[1].middle(index) + 4.5) text-anchor="middle" {
                            (words::cut(&node.label, FITS[1]))
                        }
                    }
                    @for (index, node) in self.nodes[2].iter().enumerate() {
                        @let middle = columns[2].middle(index);
                        rect class=(node.class) x=(RIGHT) y=(columns[2].top(index)) width="6" height=(columns[2].size(index)) {}
                        text x=(RIGHT + 14.0) y=(middle + if node.below.is_some() { -2.5 } else { 5.0 }) { (words::cut(&node.label, FITS[2])) }
                        @if let Some(below) = &node.below {
                            text.below x=(RIGHT + 14.0) y=(middle + 13.0) { (words::cut(below, FITS_BELOW)) }
                        }
                    }
                }
            }
        }
    }

    fn column(&self, which: usize) -> Column {
        let nodes = self.nodes[which].iter().enumerate().map(|(index, node)| {
            let passing = self.strands.keys().filter(|strand| strand[which] == index).count();
            (passing, LINES[usize::from(node.below.is_some())])
        });
        Column { nodes: nodes.collect(), start: TOP }
    }

    /// Position of a strand among those that pass the same node, in the order that crosses least on that side.
    fn rank(&self, strand: Strand, node: usize, order: [usize; 2]) -> usize {
        let key = |strand: &Strand| order.map(|column| strand[column]);
        self.strands.keys().filter(|other| other[node] == strand[node] && key(other) < key(&strand)).count()
    }

    fn draw(&self, columns: &[Column; 3], strand: Strand, classes: [&str; 2]) -> Markup {
        let [left, middle, right] = strand;
        let start = columns[0].slot(left, self.rank(strand, 0, [1, 2]));
        let into = columns[1].slot(middle, self.rank(strand, 1, [0, 2]));
        let out = columns[1].slot(middle, self.rank(strand, 1, [2, 0]));
        let end = columns[2].slot(right, self.rank(strand, 2, [1, 0]));
        let curve = |x0: f64, y0: f64, x1: f64, y1: f64| {
            let middle = f64::midpoint(x0, x1);
            format!("M{x0} {y0:.1}C{middle} {y0:.1} {middle} {y1:.1} {x1} {y1:.1}")
        };
        let halves = [curve(LEFT_END, start, MIDDLE.0, into), curve(MIDDLE.0 + MIDDLE.1, out, RIGHT, end)];
        html! {
            @for (path, class) in halves.iter().zip(classes) {
                path class={ "strand " (class) } d=(path) stroke-width=(STRAND - 2.0) fill="none" {}
            }
        }
    }
}

/// One column: of each of its nodes how many strands pass it and how high it is at least, and where it begins.
struct Column {
    nodes: Vec<(usize, f64)>,
    start: f64,
}

impl Column {
    fn size(&self, node: usize) -> f64 {
        let (strands, least) = self.nodes[node];
        (strands as f64 * STRAND + 4.0).max(least)
    }

    fn height(&self) -> f64 {
        (0..self.nodes.len()).map(|node| self.size(node) + GAP).sum()
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
        let (strands, _) = self.nodes[node];
        let spread = strands.saturating_sub(1) as f64 / 2.0;
        self.middle(node) + (n as f64 - spread) * STRAND
    }
}
