//! `cargo bench -p tattletale --bench audit [-- MB]`: how fast, and in how much memory, a large HAR is audited.
//!
//! Makes a HAR of (by default) 100 MB from the real captures in `tests/real`, and beside the audit itself measures in
//! the same run what no audit can avoid: reading the file as JSON (serde_json, nothing kept), loading it as JSON
//! (serde_json, the usual first line of a script), and its SHA-256. Times are the best of several runs. Beyond 1,000 MB
//! each runs once, and nothing is loaded as JSON: what is asked for then is how much memory an audit takes.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 3;

/// Longer captures are measured once.
const LONG: usize = 1_000;

fn main() {
    let megabytes: usize = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100);
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real"));
    let har = folder.path().join("large.har");
    let truth = folder.path().join("truth.toml");
    let exchanges = write_har(&cases, &har, megabytes * 1_000_000);
    let values = write_truth(&cases, &truth);
    let size = har.metadata().unwrap().len() as f64 / 1e6;
    let runs = if megabytes > LONG { 1 } else { RUNS };
    println!("{size:.0} MB, {exchanges} exchanges, {values} planted values, best of {runs} runs\n");
    println!("{:<34} {:>8} {:>8} {:>12}", "", "seconds", "MB/s", "peak memory");

    let row = |name: &str, time: Duration, memory: Option<f64>| {
        let memory = memory.map_or(String::new(), |memory| format!("{memory:.0} MB"));
        println!("{name:<34} {:>8.2} {:>8.0} {memory:>12}", time.as_secs_f64(), size / time.as_secs_f64());
        time.as_secs_f64()
    };
    let known = row_of(runs, || audit(&[&har], Some(&truth)));
    let with_truth = row("audit with ground truth", known.0, known.1);
    let unknown = row_of(runs, || audit(&[&har], None));
    let without = row("audit without ground truth", unknown.0, unknown.1);
    let read = row("read as JSON, nothing kept", best(runs, || ignore_json(&har)), None);
    let hash = row("SHA-256", best(runs, || sha256(&har)), None);
    if megabytes > LONG {
        return;
    }
    let load = row("load as JSON", best(runs, || load_json(&har)), None);
    println!(
        "\nan audit takes {:.1} times reading as JSON, {:.1} times loading as JSON, {:.1} times SHA-256; \
         without ground truth {:.1}, {:.1}, {:.1}",
        with_truth / read,
        with_truth / load,
        with_truth / hash,
        without / read,
        without / load,
        without / hash,
    );
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        folders.extend(
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()),
        );
        if folder.join("requests.har").is_file() {
            found.push(folder);
        }
    }
    found.sort();
    found
}

/// All entries of all cases over and over; how many.
fn write_har(cases: &[PathBuf], to: &Path, bytes: usize) -> usize {
    let entries: Vec<String> = cases
        .iter()
        .flat_map(|case| {
            let text = std::fs::read_to_string(case.join("requests.har")).unwrap();
            let har: serde_json::Value = serde_json::from_str(&text).unwrap();
            har["log"]["entries"].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
        })
        .collect();
    let mut out = BufWriter::new(File::create(to).unwrap());
    let (mut written, mut count) = (0, 0);
    write!(out, "{{\"log\":{{\"version\":\"1.2\",\"entries\":[").unwrap();
    for entry in entries.iter().cycle() {
        let comma = if count == 0 { "" } else { "," };
        write!(out, "{comma}{entry}").unwrap();
        written += entry.len() + 1;
        count += 1;
        if written >= bytes {
            break;
        }
    }
    write!(out, "]}}}}").unwrap();
    out.flush().unwrap();
    count
}

/// The values of all cases in one file, named by case; how many.
fn write_truth(cases: &[PathBuf], to: &Path) -> usize {
    let mut all = String::from("first_party = [\"clinic.localhost\"]\n");
    for (number, case) in cases.iter().enumerate() {
        let text = std::fs::read_to_string(case.join("truth.toml")).unwrap();
        let (_, tables) = text.split_once("\n[[").unwrap();
        all += &format!("\n[[{tables}\n").replace("name = \"", &format!("name = \"{number}-"));
    }
    std::fs::write(to, &all).unwrap();
    all.matches("[[value]]").count()
}

/// Best time and highest memory of several runs.
fn row_of(runs: usize, run: impl Fn() -> (Duration, Option<f64>)) -> (Duration, Option<f64>) {
    let results: Vec<_> = (0..runs).map(|_| run()).collect();
    let memory = results
        .iter()
        .filter_map(|(_, memory)| *memory)
        .fold(None, |most: Option<f64>, memory| Some(most.map_or(memory, |most| most.max(memory))));
    (results.iter().map(|(time, _)| *time).min().unwrap(), memory)
}

/// The real binary: its time, and its peak resident memory in MB where the system tells (Linux).
fn audit(captures: &[&Path], truth: Option<&Path>) -> (Duration, Option<f64>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tattletale"));
    command.arg("audit").args(captures).args(["--format", "json"]).stdout(Stdio::null());
    if let Some(truth) = truth {
        command.arg("--truth").arg(truth);
    }
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut peak = None;
    loop {
        if let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
            peak = kilobytes.map(|kilobytes| kilobytes * 1024.0 / 1e6).or(peak);
        }
        if let Some(status) = child.try_wait().unwrap() {
            // A long capture has more navigations than are taken for actions, and says that it is not complete.
            assert!(matches!(status.code(), Some(0..=2)), "the audit failed: {status}");
            return (start.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn best(runs: usize, work: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..runs).map(|_| time()).min().unwrap()
}

fn ignore_json(path: &Path) {
    let reader = BufReader::with_capacity(1 << 16, File::open(path).unwrap());
    let mut json = serde_json::Deserializer::from_reader(reader);
    let _: serde::de::IgnoredAny = serde::Deserialize::deserialize(&mut json).unwrap();
}

fn load_json(path: &Path) {
    let text = std::fs::read(path).unwrap();
    let _: serde_json::Value = serde_json::from_slice(&text).unwrap();
}

fn sha256(path: &Path) {
    let mut file = File::open(path).unwrap();
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).unwrap() {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    std::hint::black_box(hasher.finalize());
}
