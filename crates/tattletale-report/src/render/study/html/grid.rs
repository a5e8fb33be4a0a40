//! The matrix: which kinds of data left under which condition, to whom, how often of how often tried.
//!
//! Kinds run down and conditions across: there are many kinds and commonly few conditions, so that it fits a page.

use super::Page;
use crate::render::html::scroll;
use crate::render::study::matrix;
use crate::render::words;
use crate::study::matrix::Entry;
use maud::{Markup, html};

/// Receivers of one cell that are named by letter.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    let grid = &page.shown.study.matrix;
    if grid.kinds.is_empty() || grid.rows.is_empty() {
        return html! {};
    }
    let (common, conditions) = matrix::conditions(page.shown, grid);
    let receivers = matrix::receivers(grid);
    html! {
        section id="matrix" {
            h2 { "What left when, and to whom" }
            p.lead {
                "How many of the things that you did, and of what was planted, were told."
                @if !common.is_empty() { " All of it: " bdi { (common.join(", ")) } "." }
            }
            @if !receivers.is_empty() {
                ul.letters { @for (position, host) in receivers.iter().enumerate() {
                    li { (letter(page, position, host)) " " bdi { (page.shown.host(host)) } }
                } }
            }
            (scroll("What left under which condition", &html! {
                thead { tr {
                    th scope="col" { "Kind of data" }
                    @for (condition, row) in conditions.iter().zip(&grid.rows) {
                        th scope="col" { bdi { (condition) } span.small { (words::count(row.side.sessions.len() as u64, "session")) } }
                    }
                } }
                tbody { @for (column, kind) in grid.kinds.iter().enumerate() {
                    tr {
                        th scope="row" { (matrix::kind(*kind)) @if !kind.action { span.small { "planted" } } }
                        @for row in &grid.rows { (cell(page, &receivers, row.entries.get(column))) }
                    }
                } }
            }))
        }
    }
}

fn cell(page: &Page<'_, '_>, receivers: &[&str], entry: Option<&Entry>) -> Markup {
    html! {
        @match entry {
            Some(entry) if entry.tried == 0 => td.not-tried { "not tried" },
            None => td.not-tried { "not tried" },
            Some(entry) if entry.told.is_empty() => td.kept { "none of " (words::number(entry.tried as u64)) },
            Some(entry) => td.left {
                ul.cells { @for (host, told) in &entry.told {
                    li {
                        @if let Some(position) = receivers.iter().position(|known| known == host) { (letter(page, position, host)) }
                        " " (words::number(*told as u64)) " of " (words::number(entry.tried as u64))
                    }
                } }
            },
        }
    }
}

/// The letter of a receiver; a number after the alphabet.
fn letter(page: &Page<'_, '_>, position: usize, host: &str) -> Markup {
    let view = page.shown.study.known.iter().find(|view| view.hosts.iter().any(|known| known == host));
    let party = view.map_or("unknown", |view| words::party_name(view.party));
    let letter =
        LETTERS.get(position).map_or_else(|| (position + 1).to_string(), |&letter| char::from(letter).to_string());
    html! { span class={ "letter " (party) } { (letter) } }
}
