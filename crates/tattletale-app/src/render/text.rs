//! Sheets for a person at a terminal: the answer first.

use std::io::{self, Write};

use tattletale_report::render::Options;
use tattletale_report::render::paragraph::{ALARM, BOLD, PLAIN, Paragraph, QUIET};

use super::{Sheet, Tone};

/// Writes the sheets one after another.
///
/// # Errors
/// Only those of `out`.
pub fn text(sheets: &[Sheet], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for (number, sheet) in sheets.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let paragraph = |indent| Paragraph { indent, width: options.width, colour: options.colour };
        paragraph(0).write(&[(BOLD, &sheet.headline)], out)?;
        if !sheet.complete {
            let note = "Not everything that was there could be processed: see the end.";
            paragraph(0).write(&[(ALARM, note)], out)?;
        }
        for about in &sheet.about {
            paragraph(0).write(&[(QUIET, about)], out)?;
        }
        for section in sheet.sections.iter().filter(|section| !section.items.is_empty()) {
            writeln!(out)?;
            paragraph(0).write(&[(BOLD, &section.title)], out)?;
            if let Some(lead) = &section.lead {
                paragraph(0).write(&[(QUIET, lead)], out)?;
            }
            for item in &section.items {
                let style = match item.tone {
                    Tone::Plain => PLAIN,
                    Tone::Alarm => ALARM,
                    Tone::Quiet => QUIET,
                };
                paragraph(2).write(&[(style, &item.head)], out)?;
                for fact in &item.facts {
                    paragraph(4).write(&[(QUIET, fact)], out)?;
                }
            }
        }
    }
    Ok(())
}
