//! Prints the SHA-256, size and path of every file in firmware images, as `sha256sum` would after unpacking them:
//! `cargo run --release -p tattletale-app --example walk -- super.img`. With `--read` the files are only read.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tattletale_app::image::{self, Options};
use tattletale_app::source::FileSource;

fn main() -> ExitCode {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let only_read = names.iter().position(|name| name == "--read").map(|at| names.remove(at)).is_some();
    let mut complete = true;
    for name in &names {
        let result = File::open(name).and_then(FileSource::new).map_err(image::ImageError::from).and_then(|source| {
            image::walk(Arc::new(source), name, &Options::default(), &mut |entry, stream| {
                // What goes wrong comes back as a fault.
                match (&entry.link, only_read) {
                    (Some(link), _) => println!("{:64} {:>12} {} -> {link}", "link", 0, entry.path),
                    (None, true) => drop(io::copy(stream, &mut io::sink())),
                    (None, false) => println!("{} {:>12} {}", digest(stream), entry.size, entry.path),
                }
                ControlFlow::Continue(())
            })
        });
        match result {
            Ok(faults) => {
                complete &= faults.is_empty();
                faults.iter().for_each(|fault| eprintln!("{fault}"));
            }
            Err(error) => {
                complete = false;
                eprintln!("{name}: {error}");
            }
        }
    }
    ExitCode::from(if complete { 0 } else { 2 })
}

fn digest(stream: &mut dyn Read) -> String {
    let mut digest = Sha256::new();
    let mut chunk = vec![0; 256 << 10];
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        digest.update(&chunk[..count]);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
