//! `tattletale layers`: what the decoder opens, with an example of each.

use crate::Outcome;
use crate::cli::{Format, LayersArgs};
use crate::failure::Failure;
use std::io::{self, Write};
use tattletale_report::render::layers;

pub(crate) fn run(args: &LayersArgs) -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    match args.format {
        Format::Text => out.write_all(layers::text().as_bytes())?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &layers::json()).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    Ok(Outcome::NothingFound)
}
