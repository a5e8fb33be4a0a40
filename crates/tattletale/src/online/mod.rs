//! Asking registries (RDAP) and DNS who runs a receiver: the only network that an audit may use, and only with
//! `--online`.
//!
//! A question tells the asked one which hosts a device talked to, so only receivers that learnt something are asked
//! about, nothing is asked twice, and names and addresses of private networks are asked of a server on this machine
//! only. What does not answer is a note on standard error: a registry that is down does not undo an audit.

mod dns;
mod rdap;

use crate::cli::OperatorArgs;
use crate::failure::Failure;
use std::io::Write;
use tattletale_core::attribute::evidence::{Answer, Evidence, Question};
use tattletale_core::model::{Report, Timestamp};
use tattletale_report::render::escape;

/// Failures in a row after which a server is left alone.
const PATIENCE: usize = 3;

/// Something that can be asked.
trait Server {
    /// True when it is on this machine: whatever it is asked stays here.
    fn is_here(&self) -> bool;

    /// Asks one question; an error in words when there is no answer.
    fn ask(&self, question: &Question) -> Result<Answer, String>;
}

/// Asks what the evidence does not answer yet, and hands every answer to `keep`.
pub(crate) fn ask(
    report: &Report,
    evidence: &mut Evidence,
    args: &OperatorArgs,
    mut keep: impl FnMut(&Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let registry = rdap::Registry::new(&args.rdap)?;
    if let Some(resolver) = args.resolver {
        let questions = evidence.open_records(report);
        ask_all(&dns::Resolver(resolver), &questions, evidence, &mut keep)?;
    }
    // After DNS: its addresses are asked about, too.
    let questions = evidence.open_registrations(report);
    ask_all(&registry, &questions, evidence, &mut keep)
}

fn ask_all(
    server: &dyn Server,
    questions: &[Question],
    evidence: &mut Evidence,
    keep: &mut impl FnMut(&Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut failed = 0;
    for question in questions.iter().filter(|question| question.is_public() || server.is_here()) {
        match server.ask(question) {
            Ok(answer) => {
                failed = 0;
                keep(&answer)?;
                evidence.add(&answer);
            }
            Err(message) => {
                failed += 1;
                note(&format!("{question}: {message}"));
            }
        }
        if failed == PATIENCE {
            note("no more is asked there");
            break;
        }
    }
    Ok(())
}

fn note(text: &str) {
    // If even this cannot be written there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "note: {}", escape::text(text));
}

/// Now, UTC, to the second.
fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
