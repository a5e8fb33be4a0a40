//! `cargo bench -p tattletale-core --bench import [-- MB]`: how fast captures of each format are read, beside `gzip -dc` of
//! the same file in the same run.
//!
//! Makes a HAR of (by default) 100 MB from the real captures in `tests/real`, and of its exchanges a WARC, a flow file,
//! Burp's XML and a SAZ. Each is read with all bodies and nothing is done with them; `gzip -dc` reads the same bytes
//! compressed by `gzip -1`, or the file itself where that is compressed already (for a SAZ, what its entries hold in one
//! piece). Times are the best of several runs. MB are those of the file uncompressed. Memory is the most that the process
//! had resident while it read (Linux), the exchanges that the files are made of included.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

mod formats;

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tattletale_core::import::{self, Wanted};

const RUNS: usize = 3;

fn main() {
    let megabytes: usize = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import");
    std::fs::create_dir_all(&folder).unwrap();
    let exchanges = formats::exchanges();
    println!(
        "best of {RUNS} runs\n\n{:<8} {:>6} {:>10} {:>8} {:>14} {:>8} {:>10}",
        "", "MB", "exchanges", "MB/s", "gzip -dc MB/s", "ratio", "memory"
    );
    for format in ["har", "warc", "flows", "burp", "saz"] {
        let file = folder.join(format);
        let contents = folder.join("contents");
        let count = formats::write(format, &file, &contents, &exchanges, megabytes * 1_000_000);
        let packed = match format {
            "warc" => file.clone(),
            "saz" => gzip(&contents),
            _ => gzip(&file),
        };
        let unpacked = unpacked(&packed);
        let size = unpacked as f64 / 1e6;
        // From here on the highest mark is that of reading.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let read = best(|| assert_eq!(read(&file), count));
        let memory = memory();
        let gunzip = best(|| assert!(unpack(&packed).success()));
        let (read, gunzip) = (size / read.as_secs_f64(), size / gunzip.as_secs_f64());
        println!(
            "{format:<8} {size:>6.0} {count:>10} {read:>8.0} {gunzip:>14.0} {:>8.2} {memory:>7.0} MB",
            read / gunzip
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn read(file: &Path) -> u64 {
    let imported = import::read(File::open(file).unwrap(), Wanted::ALL, |captured| {
        std::hint::black_box(captured);
        ControlFlow::Continue(())
    });
    imported.unwrap().exchanges
}

/// Most that was resident since the mark was cleared; what the exchanges of all formats take is in it.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) * 1024.0 / 1e6
}

fn gzip(file: &Path) -> PathBuf {
    let packed = file.with_extension("gz");
    let status = Command::new("gzip").args(["-1", "-c"]).arg(file).stdout(File::create(&packed).unwrap()).status();
    assert!(status.unwrap().success());
    packed
}

fn unpack(packed: &Path) -> std::process::ExitStatus {
    let status = Command::new("gzip").arg("-dc").stdin(File::open(packed).unwrap()).stdout(Stdio::null()).status();
    status.unwrap()
}

fn unpacked(packed: &Path) -> u64 {
    let mut child =
        Command::new("gzip").arg("-dc").stdin(File::open(packed).unwrap()).stdout(Stdio::piped()).spawn().unwrap();
    let bytes = std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
    child.wait().unwrap();
    bytes
}

fn best(work: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..RUNS).map(|_| time()).min().unwrap()
}
