//! `tattletale audit`: captures in, a report out.

use crate::cli::{self, AuditArgs, Format};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{Outcome, input};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tattletale_core::audit::{self, Capture};
use tattletale_core::model::Report;
use tattletale_core::render::{self, Renderer};

/// Every capture is read twice.
const PASSES: u64 = 2;

pub(crate) fn run(args: &AuditArgs) -> Result<Outcome, Failure> {
    let truth = args.truth.as_deref().map(input::ground_truth).transpose()?;
    let progress = Progress::new(PASSES * input::size(&args.files));
    let captures: Vec<Capture<'_>> =
        args.files.iter().map(|path| input::capture(path, &progress)).collect::<Result<_, _>>()?;
    let options = audit::Options { responses: args.responses, ..audit::Options::default() };
    let result = audit::audit(&captures, truth, &options);
    progress.finish();
    let report = result?;

    let options = render::Options {
        reveal: args.reveal,
        colour: args.format == Format::Text && args.colour.wanted(),
        width: cli::width(),
        truth_file: args.truth.as_ref().map(|path| path.display().to_string()),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let renderer: &dyn Renderer = match args.format {
        Format::Text => render::TEXT,
        Format::Json => render::JSON,
    };
    renderer.render(&report, &options, &mut out)?;
    if let Some(path) = &args.report {
        write_page(&report, &options, path).map_err(Failure::file(path))?;
        if args.format == Format::Text {
            writeln!(out, "\nreport: {}", path.display())?;
        }
    }
    out.flush()?;
    Ok(match (report.complete(), report.findings.is_empty()) {
        (false, _) => Outcome::Incomplete,
        (true, true) => Outcome::NothingFound,
        (true, false) => Outcome::Found,
    })
}

fn write_page(report: &Report, options: &render::Options, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(create(path, options.reveal)?);
    render::HTML.render(report, options, &mut out)?;
    out.flush()
}

/// A page that shows planted values is for its owner's eyes.
fn create(path: &Path, private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if private {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        return Ok(file);
    }
    options.open(path)
}
