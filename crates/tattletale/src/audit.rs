//! `tattletale audit`: captures in, a report out.

use crate::cli::{self, AuditArgs, Format};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::{Outcome, input, operators, page};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use tattletale_core::audit::{self, Capture};
use tattletale_core::model::Report;
use tattletale_report::render::{self, Renderer, escape};

/// Every capture is read twice; once more where keys are looked for in it.
const PASSES: u64 = 2;

pub(crate) fn run(args: &AuditArgs) -> Result<Outcome, Failure> {
    if let Some(target) = &args.report {
        page::check(target, args.files.iter().chain(&args.truth).chain(&args.control).map(PathBuf::as_path))?;
    }
    let truth = args.truth.as_deref().map(input::ground_truth).transpose()?;
    let limits = input::limits(&args.unfolding)?;
    let sources = input::sources(&args.files, args.packets.keylog.as_deref())?;
    let controls = input::sources(&args.control, args.packets.keylog.as_deref())?;
    let passes = PASSES + u64::from(args.unfolding.deep);
    let progress = Progress::new(passes * input::size(&sources) + input::size(&controls));
    let captures: Vec<Capture<'_>> = sources.iter().map(|source| source.capture(&progress)).collect();
    let controls: Vec<Capture<'_>> = controls.iter().map(|source| source.capture(&progress)).collect();
    let options = audit::Options { responses: args.responses, limits, ..audit::Options::default() };
    let result = audit::audit_against(&captures, &controls, truth, &options);
    progress.finish();
    let mut report = result?;
    operators::name(&mut report, &args.operators, args.report.as_deref())?;

    let options = render::Options {
        reveal: args.reveal,
        colour: args.format == Format::Text && args.colour.wanted(),
        width: cli::width(),
        truth_file: args.truth.as_ref().map(|path| path.display().to_string()),
    };
    // The page first: whoever reads standard output may stop reading.
    if let Some(path) = &args.report {
        page::write(path, args.reveal, |out| render::HTML.render(&report, &options, out))?;
    }
    let outcome = match (report.complete(), report.tells()) {
        (false, _) => Outcome::Incomplete,
        (true, false) => Outcome::NothingFound,
        (true, true) => Outcome::Found,
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
