//! What a known transport says of a message, as lines above its tree.

use super::tree::TreePrinter;
use std::io::{self, Write};
use tattletale_core::decode::transport::Meaning;

/// Prints one; what it quotes of the capture is escaped and masked as the tree is.
pub fn print(meaning: &Meaning, printer: &TreePrinter, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {}", meaning.name, meaning.form)?;
    for check in &meaning.checks {
        writeln!(out, "  {:<8} {}: {}", check.verdict.name(), check.what, printer.line(&check.why))?;
    }
    for note in &meaning.notes {
        writeln!(out, "  {:<8} {}", "", printer.line(note))?;
    }
    writeln!(out)
}
