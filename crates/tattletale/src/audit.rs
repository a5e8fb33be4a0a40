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
use tattletale_core::render::{self, Renderer, escape};

/// Every capture is read twice.
const PASSES: u64 = 2;

pub(crate) fn run(args: &AuditArgs) -> Result<Outcome, Failure> {
    check_target(args)?;
    let truth = args.truth.as_deref().map(input::ground_truth).transpose()?;
    let limits = input::limits(&args.unfolding)?;
    let progress = Progress::new(PASSES * input::size(&args.files));
    let captures: Vec<Capture<'_>> =
        args.files.iter().map(|path| input::capture(path, &progress)).collect::<Result<_, _>>()?;
    let options = audit::Options { responses: args.responses, limits };
    let result = audit::audit(&captures, truth, &options);
    progress.finish();
    let report = result?;

    let options = render::Options {
        reveal: args.reveal,
        colour: args.format == Format::Text && args.colour.wanted(),
        width: cli::width(),
        truth_file: args.truth.as_ref().map(|path| path.display().to_string()),
    };
    // The page first: whoever reads standard output may stop reading.
    if let Some(path) = &args.report {
        write_page(&report, &options, path).map_err(Failure::file(path))?;
    }
    let outcome = match (report.complete(), report.findings.is_empty()) {
        (false, _) => Outcome::Incomplete,
        (true, true) => Outcome::NothingFound,
        (true, false) => Outcome::Found,
    };
    let written = write_report(args, &report, &options);
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(outcome),
    }
}

fn write_report(args: &AuditArgs, report: &Report, options: &render::Options) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let renderer: &dyn Renderer = match args.format {
        Format::Text if args.brief => render::BRIEF,
        Format::Text => render::TEXT,
        Format::Json => render::JSON,
    };
    renderer.render(report, options, &mut out)?;
    if let (Some(path), Format::Text) = (&args.report, args.format) {
        writeln!(out, "\nreport: {}", escape::text(&path.display().to_string()))?;
    }
    out.flush()
}

/// Before the work begins: the page can be written there, and is none of the files that are read.
fn check_target(args: &AuditArgs) -> Result<(), Failure> {
    let Some(path) = &args.report else { return Ok(()) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.metadata().map_err(Failure::file(folder))?;
    if path.is_dir() {
        return Err(Failure::file(path)(io::ErrorKind::IsADirectory.into()));
    }
    let target = path.canonicalize().ok();
    let inputs = args.files.iter().chain(&args.truth);
    match inputs.map(|input| input.canonicalize().ok()).any(|input| input.is_some() && input == target) {
        true => Err(Failure::WouldOverwrite { path: path.clone() }),
        false => Ok(()),
    }
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
