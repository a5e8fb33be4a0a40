//! Sheets to where the user wants them: terminal, page, or JSON on standard output.

use super::args::OutputArgs;
use crate::cli::{self, Format};
use crate::failure::Failure;
use crate::page;
use serde_json::Value;
use std::io::{self, BufWriter, Write};
use tattletale_app::render::{self, Sheet};
use tattletale_report::render::{Options, escape};

/// One JSON object stands alone, several as an array.
pub(super) fn write(args: &OutputArgs, sheets: &[Sheet], json: Vec<Value>, revealed: bool) -> Result<(), Failure> {
    // The page first: whoever reads standard output may stop reading.
    if let Some(path) = &args.report {
        page::write(path, revealed, |out| render::html(sheets, out))?;
    }
    match print(args, sheets, json) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn print(args: &OutputArgs, sheets: &[Sheet], mut json: Vec<Value>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Text => {
            let options = Options { colour: args.colour.wanted(), width: cli::width(), ..Options::default() };
            render::text(sheets, &options, &mut out)?;
            if let Some(path) = &args.report {
                writeln!(out, "\nreport: {}", escape::text(&path.display().to_string()))?;
            }
        }
        Format::Json => {
            let value = if json.len() == 1 { json.remove(0) } else { Value::Array(json) };
            serde_json::to_writer_pretty(&mut out, &value)?;
            writeln!(out)?;
        }
    }
    out.flush()
}
