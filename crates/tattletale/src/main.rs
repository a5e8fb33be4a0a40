//! The `tattletale` command: arguments in, exit code out. All that can be pure is in `tattletale-core`.
//!
//! Exit codes: 0 nothing found, 1 findings, 2 not everything could be processed (or the command itself was wrong).

mod app;
mod audit;
mod capture;
mod claims;
mod cli;
mod convert;
mod data;
mod decode;
mod demo;
mod failure;
mod input;
mod lab;
mod layers;
mod online;
mod operators;
mod page;
mod pcap;
mod progress;
mod repetition;
mod show;
mod study;

use clap::Parser;
use cli::{Cli, Command};
use failure::Failure;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a command ended, short of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    NothingFound,
    Found,
    Incomplete,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Lab { command } => lab::run(&command),
        Command::Capture(args) => capture::run(&args),
        Command::App(args) => app::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Data { command } => data::run(&command),
        Command::Study(args) => study::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Layers(args) => layers::run(&args),
    };
    match result {
        Ok(Outcome::NothingFound) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Incomplete) => ExitCode::from(2),
        // Whoever reads our output has seen enough (`| head`): no failure of ours.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            // If even this cannot be written there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "{failure}");
            ExitCode::from(2)
        }
    }
}
