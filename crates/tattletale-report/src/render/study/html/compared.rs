//! Differences between conditions, and what repetition gives away.

use super::Page;
use crate::render::html::scroll;
use crate::render::study::{different, recognised};
use crate::render::words;
use crate::study::{Difference, Recognised, Unrecognised};
use maud::{Markup, html};

/// Rows of each table.
const ROWS: usize = 15;

pub(super) fn section(page: &Page<'_, '_>) -> Markup {
    let (differences, repetition) = (between(page), repetition(page));
    html! {
        @if !(differences.0.is_empty() && repetition.0.is_empty()) {
            section id="differences" {
                h2 { "What makes a difference, and what repetition gives away" }
                (differences)
                (repetition)
            }
        }
    }
}

fn between(page: &Page<'_, '_>) -> Markup {
    let all = &page.shown.study.differences;
    let mut pairs: Vec<Vec<&Difference>> = Vec::new();
    for one in all {
        let same = |pair: &&mut Vec<&Difference>| (&pair[0].left, &pair[0].right) == (&one.left, &one.right);
        match pairs.iter_mut().find(same) {
            Some(pair) => pair.push(one),
            None => pairs.push(vec![one]),
        }
    }
    html! { @for pair in &pairs { (compared(page, pair)) } }
}

fn compared(page: &Page<'_, '_>, pair: &[&Difference]) -> Markup {
    let [left, right] = different::sides(page.shown, pair[0]);
    let common = different::common(page.shown, pair[0]);
    let ones: Vec<&&Difference> = pair.iter().filter(|one| one.is_one()).collect();
    html! {
        h3 { bdi { (left) } " against " bdi { (right) } @if !common.is_empty() { " " span.quiet { bdi { (common) } } } }
        @if ones.is_empty() {
            p { "No difference was seen." }
        } @else {
            (scroll("Differences", &html! {
                thead { tr {
                    th scope="col" { "What was told" }
                    th scope="col" { bdi { (left) } } th scope="col" { bdi { (right) } }
                } }
                tbody { @for one in ones.iter().take(ROWS) {
                    tr {
                        th scope="row" { bdi { (different::what(page.shown, one)) } }
                        td.left[one.in_left.of > 0].kept[one.in_left.of == 0] { (different::of(one.in_left)) }
                        td.left[one.in_right.of > 0].kept[one.in_right.of == 0] { (different::of(one.in_right)) }
                    }
                } }
            }))
            (more(ones.len()))
        }
        @for sentence in different::rest(pair) { p.note { (sentence) } }
    }
}

fn repetition(page: &Page<'_, '_>) -> Markup {
    let study = page.shown.study;
    html! {
        @if !study.recognised.is_empty() {
            h3 { "Recognised by repetition" }
            p.lead {
                "A folder or a screen has no text of its own to search for. What gives it away is a sign that follows it "
                "nearly every time, and hardly anything else."
            }
            (scroll("Recognised by repetition", &html! {
                thead { tr {
                    th scope="col" { "What you did" } th scope="col" { "Told to" } th scope="col" { "Followed it" }
                    th scope="col" { "Chance" }
                } }
                tbody { @for found in study.recognised.iter().take(ROWS) { (found_row(page, found)) } }
            }))
            (more(study.recognised.len()))
        }
        @if !study.unrecognised.is_empty() {
            details {
                summary {
                    span.what { (words::count(study.unrecognised.len() as u64, "action")) " not recognised" } " "
                    span.facts { (few(&study.unrecognised)) }
                }
                ul.plain { @for missed in study.unrecognised.iter().take(4 * ROWS) {
                    li { bdi { (recognised::what_not(page.shown, missed)) } ": " (recognised::why_not(missed)) "." }
                } }
            }
        }
    }
}

fn found_row(page: &Page<'_, '_>, found: &Recognised) -> Markup {
    html! {
        tr {
            th scope="row" { bdi { (recognised::what(page.shown, found)) } }
            td {
                bdi { (page.shown.host(&found.host)) }
                span.small { code { bdi { (words::cut(&recognised::place(page.shown, found), 80)) } } }
            }
            td.figure { (recognised::followed(found)) span.small { (recognised::elsewhere(found)) } }
            td.figure { (recognised::chance(found)) }
        }
    }
}

fn few(missed: &[Unrecognised]) -> String {
    match missed.iter().filter(|missed| missed.too_few()).count() as u64 {
        0 => "with enough repeats to have shown it".to_owned(),
        n => format!("{} of them repeated too seldom to tell", words::number(n)),
    }
}

fn more(all: usize) -> Markup {
    html! { @if all > ROWS { p.more { "The first " (ROWS) " of " (words::number(all as u64)) ". The JSON report has all." } } }
}
