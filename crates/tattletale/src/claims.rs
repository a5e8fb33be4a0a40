//! `tattletale lab claims`: the verdict on every ready-made claim, held against what the truth of each day implies.

use crate::Outcome;
use crate::cli::{Format, MatrixArgs};
use crate::failure::Failure;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use tattletale_lab::lab;
use tattletale_lab::stage::Stage;
use tattletale_lab::verdicts::{self, Held, Planned};
use tattletale_report::study::Verdict;
use tattletale_report::study::claims::ready;

/// A letter for each verdict, as the table explains them.
fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Refuted => 'R',
        Verdict::NotContradicted => 'N',
        Verdict::Inconclusive => 'I',
        Verdict::Untested => '-',
    }
}

/// Every named scenario, and every so many studies of the matrix; non-zero when a verdict is not the implied one.
pub(crate) fn run(args: &MatrixArgs) -> Result<Outcome, Failure> {
    let mut planned: Vec<Planned> = verdicts::named();
    planned.extend(verdicts::matrix().into_iter().step_by(args.every.max(1)));
    let stage = Stage::up(lab::Options::default()).map_err(Failure::lab)?;
    let mut out = io::stdout().lock();
    if args.format == Format::Text {
        for (number, name) in ready::NAMES.iter().enumerate() {
            writeln!(out, "{} {name}", number + 1)?;
        }
        writeln!(out, "\nR refuted, N not contradicted, I inconclusive, - untested; seed {}\n", args.seed)?;
    }
    let (mut rows, mut verdicts, mut wrong) = (Vec::new(), 0, 0);
    for study in &planned {
        let held = verdicts::hold(&stage, study, args.seed).map_err(Failure::lab)?;
        verdicts += held.len();
        wrong += held.iter().filter(|held| !held.agrees()).count();
        match args.format {
            Format::Text => {
                table(study, &held, &mut out)?;
                out.flush()?;
            }
            Format::Json => rows.extend(held.iter().map(|held| {
                json!({
                    "study": study.name,
                    "sessions": held.sessions,
                    "claim": held.judged.claim.name,
                    "verdict": held.judged.verdict.words(),
                    "implied": held.implied.words(),
                    "sentence": held.judged.sentence,
                })
            })),
        }
    }
    match args.format {
        Format::Text => {
            writeln!(out, "\n{} studies, {verdicts} verdicts, {wrong} of them not the one implied", planned.len())?;
        }
        Format::Json => {
            writeln!(out, "{:#}", json!({ "schema": 1, "seed": args.seed, "wrong": wrong, "verdicts": rows }))?;
        }
    }
    Ok(if wrong == 0 { Outcome::NothingFound } else { Outcome::Incomplete })
}

/// One line a session, and one for all together: a letter for each claim; what does not agree is spelt out.
fn table(study: &Planned, held: &[Held], out: &mut impl Write) -> io::Result<()> {
    let mut lines: BTreeMap<(usize, &[String]), Vec<&Held>> = BTreeMap::new();
    for held in held {
        lines.entry((held.sessions.len(), held.sessions.as_slice())).or_default().push(held);
    }
    for ((sessions, names), held) in lines {
        let of = |name: &&str| held.iter().find(|held| held.judged.claim.name == *name);
        let letters: String =
            ready::NAMES.iter().map(|name| of(name).map_or(' ', |held| letter(held.judged.verdict))).collect();
        let name = if sessions == 1 { names.concat() } else { format!("{} ({sessions} together)", study.name) };
        writeln!(out, "{letters}  {name}")?;
        for wrong in held.into_iter().filter(|held| !held.agrees()) {
            let (claim, implied) = (&wrong.judged.claim.name, wrong.implied.words());
            writeln!(out, "          {claim}: implied {implied}; {}", wrong.judged.sentence)?;
        }
    }
    Ok(())
}
