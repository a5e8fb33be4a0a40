//! Differences between conditions, in words.

use super::{Shown, matrix};
use crate::render::words;
use crate::study::differences::{Count, Verdict, What};
use crate::study::{Cell, Difference, Dimension};
use tattletale_core::model::truth;

/// `normal mode` and `incognito mode`: the two sides by what they differ in.
pub(super) fn sides(shown: &Shown<'_>, difference: &Difference) -> [String; 2] {
    [&difference.left.cell, &difference.right.cell].map(|cell| side(shown, &difference.dimension, cell))
}

fn side(shown: &Shown<'_>, dimension: &Dimension, cell: &Cell) -> String {
    let name = |name: Option<&str>| name.map_or("not stated".to_owned(), |name| shown.name(name));
    match dimension {
        Dimension::Mode => cell.mode.map_or("outside of the browser", truth::words_of_mode).to_owned(),
        Dimension::Version => format!("version {}", name(cell.version.as_deref())),
        Dimension::Setting(setting) => {
            format!("{} {}", shown.name(setting), name(cell.settings.get(setting).map(String::as_str)))
        }
        Dimension::Device => name(cell.device.as_deref()),
        Dimension::App => name(cell.app.as_deref()),
    }
}

/// What both sides have in common; empty when nothing is stated.
pub(super) fn common(shown: &Shown<'_>, difference: &Difference) -> String {
    let right = matrix::facts(shown, &difference.right.cell);
    let facts = matrix::facts(shown, &difference.left.cell);
    facts.into_iter().filter(|fact| right.contains(fact)).collect::<Vec<_>>().join(", ")
}

/// What was compared: `visited page to collector.example`
pub(super) fn what(shown: &Shown<'_>, difference: &Difference) -> String {
    match &difference.what {
        What::Told { data, host } => format!("{} to {}", matrix::kind(*data), shown.host(host)),
        What::Field { host, part, path, value } => {
            let part = shown.masks.first().map(|masks| masks.part(part)).unwrap_or_default();
            let value = if value.is_some() { "one value of the field" } else { "the field" };
            format!("{value} {} ({part}) to {}", shown.name(path), shown.host(host))
        }
        What::Fields => "everything that nobody planted".to_owned(),
    }
}

/// `12 of 12`, `none of 4`, `not tried`
pub(super) fn of(count: Count) -> String {
    match count {
        Count { all: 0, .. } => "not tried".to_owned(),
        Count { of: 0, all } => format!("none of {}", words::number(all as u64)),
        Count { of, all } => format!("{} of {}", words::number(of as u64), words::number(all as u64)),
    }
}

/// What is to be said of all comparisons of one pair that are no difference; in whole sentences.
pub(super) fn rest(of_pair: &[&Difference]) -> Vec<String> {
    let told = |verdict: Verdict| {
        of_pair.iter().filter(|one| matches!(one.what, What::Told { .. }) && one.verdict == verdict).count() as u64
    };
    let mut said = Vec::new();
    if told(Verdict::Both) > 0 {
        said.push(format!("{} told under both conditions.", counted(told(Verdict::Both))));
    }
    if told(Verdict::NotTried) > 0 {
        said.push(format!("{} tried under one condition only.", counted(told(Verdict::NotTried))));
    }
    let fields = of_pair.iter().filter(|one| !matches!(one.what, What::Told { .. }));
    for field in fields {
        match field.verdict {
            Verdict::NotEnough => said.push(format!(
                "Of what nobody planted nothing can be said: not enough repeats ({} and {}).",
                words::number(field.in_left.all as u64),
                words::number(field.in_right.all as u64)
            )),
            Verdict::NotProven => {
                said.push("What nobody planted differs no more than chance and noise explain.".to_owned());
            }
            _ => {}
        }
    }
    said.dedup();
    said
}

fn counted(n: u64) -> String {
    match n {
        1 => "1 kind of data to one receiver was".to_owned(),
        n => format!("{} pairs of kind of data and receiver were", words::number(n)),
    }
}
