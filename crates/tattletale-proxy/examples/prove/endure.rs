//! Minutes of load at a steady rate: the memory of the proxy, in a process of its own, stays what it was.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::{Load, ask, proxy, verify};

const CONNECTIONS: usize = 50;
/// Between looks at the memory.
const BEAT: Duration = Duration::from_secs(5);
/// What the median of the last fifth may be over that of the second, in MiB: one body more or less in the hands of the
/// allocator.
const SLACK: f64 = 2.0;

/// A proxy until standard input ends.
pub(super) fn serve(path: &Path) -> ExitCode {
    let proxy = proxy(path);
    println!("{}", proxy.address());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    let outcome = proxy.end();
    println!("{} bytes recorded; failure: {:?}", outcome.recorded.bytes, outcome.failure);
    if outcome.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

pub(super) fn run(minutes: usize, rate: usize) -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proof.warc.gz");
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.arg("serve").arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = said.next().unwrap().unwrap().parse().unwrap();
    let (stop, stopped) = channel::<()>();
    let id = child.id();
    let watching = std::thread::spawn(move || {
        let (begun, mut all) = (Instant::now(), Vec::new());
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BEAT) {
            all.push(resident(id));
            if all.len() % 12 == 0 {
                println!("after {:>4.0?}: {:.1} MiB resident", begun.elapsed(), all[all.len() - 1]);
            }
        }
        all
    });
    let load = Load {
        connections: CONNECTIONS,
        requests: minutes * 60 * rate,
        seed: 1,
        pace: Duration::from_secs_f64(CONNECTIONS as f64 / rate as f64),
    };
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let answered = runtime.block_on(ask(address, load));
    println!("{} answers in {:.0?}", answered.len(), begun.elapsed());
    drop(stop);
    let memory = watching.join().unwrap();
    drop(child.stdin.take());
    said.map_while(Result::ok).for_each(|line| println!("{line}"));
    let recorded = child.wait().unwrap().success();
    let wrong = verify(&path, answered);
    let fifth = memory.len() / 5;
    let (early, late) = (median(&memory[fifth..2 * fifth]), median(&memory[memory.len() - fifth..]));
    println!("{wrong} wrong or lost; {early:.1} MiB resident in the second fifth, {late:.1} MiB in the last");
    if wrong == 0 && recorded && late <= early + SLACK { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Of a process, in MiB.
fn resident(id: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
