//! `tattletale lab`: the specimen by itself. Servers that stay up, one scenario, the matrix, the list.

use crate::Outcome;
use crate::claims;
use crate::cli::{DemoArgs, Format, LabCommand, MatrixArgs, UpArgs};
use crate::demo;
use crate::failure::Failure;
use crate::repetition;
use serde_json::json;
use std::io::{self, Write};
use std::sync::mpsc;
use std::time::Duration;
use tattletale_lab::lab::{self, Lab};
use tattletale_lab::scenario::Scenario;
use tattletale_lab::score::Score;
use tattletale_lab::stage::Stage;

pub(crate) fn run(command: &LabCommand) -> Result<Outcome, Failure> {
    match command {
        LabCommand::List => list(),
        LabCommand::Up(args) => up(args),
        LabCommand::Run { scenario, demo } => run_one(scenario, demo),
        LabCommand::Matrix(args) => matrix(args),
        LabCommand::Repetition(args) => repetition::run(args),
        LabCommand::Claims(args) => claims::run(args),
    }
}

fn list() -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    for scenario in Scenario::list() {
        writeln!(out, "{:<28} {}", scenario.name, scenario.title)?;
    }
    writeln!(out, "\n{} more are the cells of the matrix: tattletale lab matrix", Scenario::matrix().len())?;
    Ok(Outcome::NothingFound)
}

fn run_one(name: &str, args: &DemoArgs) -> Result<Outcome, Failure> {
    let found = Scenario::by_name(name);
    let scenario = found.ok_or_else(|| Failure::NoScenario {
        wanted: name.to_owned(),
        known: Scenario::list().into_iter().map(|scenario| scenario.name).collect(),
    })?;
    demo::tell(&scenario, args)
}

fn up(args: &UpArgs) -> Result<Outcome, Failure> {
    let options = lab::Options { keep: args.keep, store: args.store.clone(), ..lab::Options::default() };
    let lab = Lab::up(options).map_err(Failure::lab)?;
    let mut out = io::stdout().lock();
    let endpoints = lab.endpoints();
    writeln!(out, "The lab is up, on this machine only. Ctrl-C ends it.\n")?;
    writeln!(out, "control page  {}", endpoints.control_url())?;
    for (name, address) in &endpoints.addresses {
        writeln!(out, "{name:<32} {address}")?;
    }
    writeln!(out, "registry (RDAP) http://{}   DNS {} (UDP)", endpoints.rdap, endpoints.dns)?;
    let kept = if args.keep { "kept" } else { "erased at the end" };
    writeln!(out, "store {} ({kept})", lab.folder().display())?;
    out.flush()?;
    let (end, ended) = mpsc::channel();
    ctrlc::set_handler(move || {
        // Whoever presses twice has been heard the first time.
        let _ = end.send(());
    })
    .map_err(|error| Failure::lab(io::Error::other(error)))?;
    let _ = ended.recv();
    let stored = lab.stored().map_err(Failure::lab)?;
    writeln!(out, "\n{} events were stored", stored.events)?;
    lab.down();
    Ok(Outcome::NothingFound)
}

/// Every cell lived and audited as fast as it goes; non-zero when a cell is not perfect.
fn matrix(args: &MatrixArgs) -> Result<Outcome, Failure> {
    let mut scenarios: Vec<Scenario> = Scenario::list();
    scenarios.extend(Scenario::matrix());
    let every = args.every.max(1);
    let scenarios: Vec<Scenario> = scenarios.into_iter().step_by(every).collect();
    let folder = tempfile::tempdir().map_err(Failure::lab)?;
    let stage = Stage::up(lab::Options::default()).map_err(Failure::lab)?;
    let mut out = io::stdout().lock();
    if args.format == Format::Text {
        writeln!(
            out,
            "{:>8} {:>7} {:>9} {:>8}  scenario, seed {}",
            "expected", "recall", "precision", "findings", args.seed
        )?;
    }
    let (mut rows, mut wrong) = (Vec::new(), 0);
    for scenario in &scenarios {
        let mut plan = scenario.plan(args.seed);
        let day = demo::live_and_audit(&stage, &mut plan, folder.path(), Duration::ZERO)?;
        let score = Score::of(&day.report, &day.lived);
        let perfect = score.missed.is_empty() && score.invented.is_empty() && day.report.complete();
        wrong += usize::from(!perfect);
        match args.format {
            Format::Text => {
                let (recall, precision) = (score.recall() * 100.0, score.precision() * 100.0);
                let (expected, findings) = (score.expected.len(), day.report.findings.len());
                writeln!(out, "{expected:>8} {recall:>5.1} % {precision:>7.1} % {findings:>8}  {}", scenario.name)?;
                if !perfect {
                    demo::held(&score, &day.lived, &mut out)?;
                }
                out.flush()?;
            }
            Format::Json => rows.push(json!({
                "scenario": scenario.name,
                "expected": score.expected.len(),
                "found": score.found.len(),
                "missed": score.missed,
                "invented": score.invented,
                "complete": day.report.complete(),
            })),
        }
    }
    match args.format {
        Format::Text => writeln!(out, "\n{} scenarios, {wrong} of them not perfect", scenarios.len())?,
        Format::Json => writeln!(out, "{:#}", json!({ "schema": 1, "seed": args.seed, "scenarios": rows }))?,
    }
    Ok(if wrong == 0 { Outcome::NothingFound } else { Outcome::Incomplete })
}
