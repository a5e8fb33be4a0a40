//! `cargo bench -p tattletale-core --bench speed [-- --seed N] [--megabytes N] [--values N] [--never-again]`: how near
//! unfolding comes to knowing.
//!
//! For each class of traffic the same messages are unfolded twice in one run, on one core: blindly, as an audit does
//! it, and by an oracle that is told the chain of each message, uses the same codecs and searches what came out once.
//! The ratio is the oracle's time by ours: 1.0 would mean that recognising costs nothing. Both must find every planted
//! value, else the run fails. Messages are timed in small slices, alternately, and of each slice the best of several
//! rounds counts, so that what else runs on the machine hardly matters. `--never-again` makes traffic in which no
//! identifier and no page comes again.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

mod oracle;
mod traffic;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tattletale_core::decode::Limits;
use tattletale_core::detect::{Places, Planted, look};
use traffic::{Class, Message, Traffic};

const ROUNDS: usize = 7;

/// Messages that are timed together: so few that other processes do not come between in every round.
const SLICE: usize = 32;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, or: usize| {
        let given = arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
        given.and_then(|text| text.parse().ok()).unwrap_or(or)
    };
    let only = arguments.iter().position(|argument| argument == "--class").and_then(|at| arguments.get(at + 1));
    let (seed, megabytes, values) = (number("--seed", 1), number("--megabytes", 8), number("--values", 10));
    let never_again = arguments.iter().any(|argument| argument == "--never-again");
    println!("seed {seed}, {megabytes} MB a class, {values} planted values, one core, best of {ROUNDS} a slice\n");
    println!("{:<28} {:>10} {:>10} {:>10}", "class", "ours MB/s", "oracle", "ratio");
    let mut right = true;
    for class in Class::ALL.iter().filter(|class| only.is_none_or(|only| class.name() == only)) {
        let traffic = Traffic::new(*class, seed as u64, megabytes * 1_000_000, values, never_again);
        let planted = Planted::new(&traffic.truth);
        let slices: Vec<&[Message]> = traffic.messages.chunks(SLICE).collect();
        let mut best = vec![(Duration::MAX, Duration::MAX); slices.len()];
        let (mut seen, mut known) = (0, 0);
        // All of the traffic, again and again: nobody is asked about the same slice twice in a row.
        for round in 0..ROUNDS {
            for (slice, best) in slices.iter().zip(&mut best) {
                let (found, took) = timed(|| slice.iter().map(|message| blind(&planted, message)).sum::<usize>());
                best.0 = best.0.min(took);
                let (expected, took) =
                    timed(|| slice.iter().map(|message| usize::from(oracle::search(&planted, message))).sum::<usize>());
                best.1 = best.1.min(took);
                if round == 0 {
                    (seen, known) = (seen + found, known + expected);
                }
            }
        }
        let (ours, told) =
            best.iter().fold((Duration::ZERO, Duration::ZERO), |sum, slice| (sum.0 + slice.0, sum.1 + slice.1));
        right &= seen == traffic.telling && known == traffic.telling;
        if seen != traffic.telling || known != traffic.telling {
            println!("{}: {seen} seen, {known} known, {} told", class.name(), traffic.telling);
        }
        let size = traffic.bytes as f64 / 1e6;
        let speed = |time: Duration| size / time.as_secs_f64();
        let ratio = told.as_secs_f64() / ours.as_secs_f64();
        println!("{:<28} {:>10.0} {:>10.0} {ratio:>10.2}", class.name(), speed(ours), speed(told));
    }
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// 1 when something was seen in the message.
fn blind(planted: &Planted, message: &Message) -> usize {
    let mut places = Places::default();
    let (seen, _) = look(planted, &message.bytes, message.hint(), &Limits::default(), &mut places);
    usize::from(!black_box(seen).sightings.is_empty())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}
