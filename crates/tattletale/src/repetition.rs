//! `tattletale lab repetition`: what is recognised by repetition on lab days, held against what was truly sent.
//!
//! The benchmark of that part of a study. Days are lived without sockets, so hundreds of them take a minute; the
//! numbers of the people are their seeds, so it prints the same everywhere.

use crate::Outcome;
use crate::cli::{Format, RepetitionArgs};
use crate::failure::Failure;
use serde_json::json;
use std::io::{self, Write};
use tattletale_lab::dry;
use tattletale_lab::scenario::{Lived, Scenario};
use tattletale_lab::score::Score;
use tattletale_report::study::repetition::Repetition;
use tattletale_report::study::{About, Session};

/// Sums over the people of one scenario.
#[derive(Default)]
struct Row {
    expected: usize,
    missed: usize,
    found: usize,
    invented: usize,
    too_few: usize,
}

pub(crate) fn run(args: &RepetitionArgs) -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    let (mut rows, mut invented) = (Vec::new(), 0);
    if args.format == Format::Text {
        let days = format!("{} people, {} days each", args.people, args.days.max(1));
        writeln!(
            out,
            "{:>8} {:>7} {:>5} {:>8} {:>7}  scenario, {days}",
            "expected", "missed", "found", "invented", "too few"
        )?;
    }
    for scenario in Scenario::list() {
        let mut row = Row::default();
        for person in 1..=args.people {
            let days: Result<Vec<_>, Failure> =
                (0..args.days.max(1)).map(|day| lived(&scenario, person, day)).collect();
            let (sessions, lived): (Vec<Session>, Vec<Lived>) = days?.into_iter().unzip();
            let answers = Repetition::of(&sessions);
            let score = Score::of_repetition(&answers.recognised, &lived.iter().collect::<Vec<_>>());
            row.expected += score.expected.len();
            row.missed += score.missed.len();
            row.found += score.found.len();
            row.invented += score.invented.len();
            row.too_few += answers.unrecognised.iter().filter(|one| one.too_few()).count();
        }
        invented += row.invented;
        let Row { expected, missed, found, invented, too_few } = row;
        match args.format {
            Format::Text => {
                writeln!(out, "{expected:>8} {missed:>7} {found:>5} {invented:>8} {too_few:>7}  {}", scenario.name)?;
                out.flush()?;
            }
            Format::Json => rows.push(json!({
                "scenario": scenario.name,
                "expected": expected,
                "missed": missed,
                "found": found,
                "invented": invented,
                "too_few": too_few,
            })),
        }
    }
    if args.format == Format::Json {
        writeln!(out, "{:#}", json!({ "schema": 1, "people": args.people, "days": args.days, "scenarios": rows }))?;
    }
    Ok(if invented == 0 { Outcome::NothingFound } else { Outcome::Incomplete })
}

fn lived(scenario: &Scenario, person: u64, day: u32) -> Result<(Session, Lived), Failure> {
    let (recording, lived) = dry::live(&mut scenario.plan_on_day(person, day)).map_err(Failure::lab)?;
    let report = dry::audit(&recording, &lived)?;
    let about = About { name: format!("{} {person} {day}", scenario.name), ..About::default() };
    Ok((Session { about, report }, lived))
}
