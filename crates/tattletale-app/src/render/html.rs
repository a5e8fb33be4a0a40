//! Sheets as one page, in the frame of every other page: no script, nothing loaded.

use std::io::{self, Write};

use maud::{Markup, html};
use tattletale_report::render::page::document;

use super::{Section, Sheet, Tone};

/// Writes the page.
///
/// # Errors
/// Only those of `out`.
pub fn html(sheets: &[Sheet], out: &mut dyn Write) -> io::Result<()> {
    let title = sheets.first().map_or("", |sheet| sheet.headline.as_str());
    let alone = sheets.len() == 1;
    let links: Vec<(&str, &str)> = match sheets {
        [sheet] => filled(sheet).map(|section| (section.id, section.title.as_str())).collect(),
        _ => Vec::new(),
    };
    let content = html! {
        @for (number, sheet) in sheets.iter().enumerate() {
            section.answer id=[(number == 0).then_some("answer")] {
                @if let Some(about) = sheet.about.first() { p.kicker { bdi { (about) } } }
                @if number == 0 { h1 { (sheet.headline) } } @else { h2 { (sheet.headline) } }
                @if !sheet.complete {
                    p.alarm { strong { "Not complete. " } "Not everything that was there could be processed." }
                }
                @for about in sheet.about.iter().skip(1) { p.named { bdi { (about) } } }
            }
            @for section in filled(sheet) { (told(section, alone)) }
        }
    };
    out.write_all(document(title, &links, &content).into_string().as_bytes())?;
    writeln!(out)
}

fn filled(sheet: &Sheet) -> impl Iterator<Item = &Section> {
    sheet.sections.iter().filter(|section| !section.items.is_empty())
}

/// A section; ids only where the page has one sheet, since they must be unique.
fn told(section: &Section, alone: bool) -> Markup {
    html! {
        section id=[alone.then_some(section.id)] {
            h2 { (section.title) }
            @if let Some(lead) = &section.lead { p.lead { (lead) } }
            @for item in &section.items {
                @if item.facts.is_empty() {
                    p class=[(item.tone == Tone::Alarm).then_some("alarm")] { bdi { (item.head) } }
                } @else {
                    details open[item.tone == Tone::Alarm && alone] {
                        summary { span.what { bdi { (item.head) } } }
                        ul.plain { @for fact in &item.facts { li { bdi { (fact) } } } }
                    }
                }
            }
        }
    }
}
