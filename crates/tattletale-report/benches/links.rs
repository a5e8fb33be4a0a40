//! `cargo bench -p tattletale-report --bench links [-- --seed N] [--devices N]`: how well links are found.
//!
//! Makes a fleet of (by default) 20 devices with four sessions each, audits every session, and holds the links against
//! what the fleet knows of itself: precision and recall of fields and of joins, everything that came out wrong by name,
//! and the time that links take beside the audits. Fails when a share is below 0.99.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

#[path = "../tests/fleet/mod.rs"]
mod fleet;

use std::process::ExitCode;
use std::time::Instant;
use tattletale_report::study::links::links;

const LEAST: f64 = 0.99;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, or: u64| {
        let given = arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
        given.and_then(|text| text.parse().ok()).unwrap_or(or)
    };
    let (seed, devices) = (number("--seed", 4), number("--devices", 20));
    let start = Instant::now();
    let fleet = fleet::fleet(seed, devices);
    let audits = start.elapsed();
    let start = Instant::now();
    let links = links(&fleet.sessions);
    let took = start.elapsed();
    println!(
        "seed {seed}: {devices} devices, {} sessions, {} fields, {} identifiers",
        fleet.sessions.len(),
        links.fields.len(),
        links.ids.len()
    );
    println!("{:<22} {:>8} {:>8} {:>8} {:>10} {:>8}", "", "true", "found", "right", "precision", "recall");
    let mut good = true;
    for row in fleet::score(&fleet, &links) {
        println!(
            "{:<22} {:>8} {:>8} {:>8} {:>10.4} {:>8.4}",
            row.what,
            row.wanted,
            row.found,
            row.right,
            row.precision(),
            row.recall()
        );
        row.wrong.iter().take(20).for_each(|item| println!("    {item}"));
        good &= row.precision() >= LEAST && row.recall() >= LEAST;
    }
    println!(
        "links took {:.2} times the making and auditing of the sessions\n",
        took.as_secs_f64() / audits.as_secs_f64()
    );
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
