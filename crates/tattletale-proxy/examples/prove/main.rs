//! Proof under load: many connections at once, every answer with bytes that follow from its path, and every one of
//! them found in the recording, whole and with its own request.
//!
//! `cargo run --release -p tattletale-proxy --example prove -- [CONNECTIONS] [REQUESTS] [SEED]`, by default 2,000,
//! 100,000 and 1. Ends with 1 and says what is missing if anything is.
//!
//! `... -- --minutes 10 [RATE]` is the same for so long at so many requests a second (500), with the proxy in a process
//! of its own, whose memory must stay what it was after the first fifth.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for a terminal, which stops at what it cannot do"
)]
#![allow(missing_docs, reason = "a program")]

mod endure;
#[path = "../../benches/load/mod.rs"]
#[allow(dead_code, reason = "shared with the benchmark")]
mod load;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tattletale_core::import::{self, Wanted};
use tattletale_proxy::{Authority, Options, Policy, Proxy, Recording};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Barrier;

/// What is asked.
#[derive(Clone, Copy)]
struct Load {
    connections: usize,
    requests: usize,
    seed: usize,
    /// From one request of a connection to its next; none is at once.
    pace: Duration,
}

fn main() -> ExitCode {
    let number =
        |at: usize, otherwise: usize| std::env::args().nth(at).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    match std::env::args().nth(1).as_deref() {
        Some("--minutes") => return endure::run(number(2, 10), number(3, 500)),
        Some("serve") => return endure::serve(std::path::Path::new(&std::env::args().nth(2).unwrap())),
        _ => {}
    }
    let load =
        Load { connections: number(1, 2_000), requests: number(2, 100_000), seed: number(3, 1), pace: Duration::ZERO };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proof.warc.gz");
    let proxy = proxy(&path);
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let answered = runtime.block_on(ask(proxy.address(), load));
    let took = begun.elapsed();
    let outcome = proxy.end();
    println!(
        "{} answers in {took:.1?}, {} at once; {} bytes recorded",
        answered.len(),
        load.connections,
        outcome.recorded.bytes
    );
    let wrong = verify(&path, answered);
    println!("{wrong} wrong or lost; failure: {:?}", outcome.failure);
    if wrong == 0 && outcome.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A proxy that reaches this machine and records.
fn proxy(path: &std::path::Path) -> Proxy {
    let mut options = Options::new(Arc::new(Authority::in_memory().unwrap()));
    options.policy = Policy::Public { local: true, allowed: HashSet::new() };
    let file = std::fs::File::create(path).unwrap();
    options.recording = Some(Recording { file, begin: true, description: "proof".to_owned() });
    options.folder = path.parent().unwrap().to_owned();
    Proxy::start(options).unwrap()
}

/// Paths that were answered rightly, each once.
async fn ask(proxy: std::net::SocketAddr, load: Load) -> HashMap<String, usize> {
    let Load { connections, requests, seed, pace } = load;
    let to = load::server().await;
    let barrier = Arc::new(Barrier::new(connections));
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let barrier = Arc::clone(&barrier);
        tasks.spawn(async move {
            let mut stream = TcpStream::connect(proxy).await.unwrap();
            stream.set_nodelay(true).unwrap();
            // Nobody asks before everybody is there.
            barrier.wait().await;
            let (mut buffer, mut answered) = (Vec::new(), Vec::new());
            let mut due = tokio::time::Instant::now();
            for at in (connection..requests).step_by(connections) {
                let length = (at * 7919 + seed * 104_729) % 6_000;
                let path = format!("/bytes/{length}/{seed}/{connection}/{at}");
                let body = load::noise(path.as_bytes(), length / 10);
                let head =
                    format!("POST http://{to}{path} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {}\r\n\r\n", body.len());
                tokio::time::sleep_until(due).await;
                due += pace;
                stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
                let (_, got) = load::message(&mut stream, &mut buffer).await.unwrap();
                assert!(got == load::answer(&path), "{path} was answered with something else");
                answered.push(path);
            }
            answered
        });
    }
    let mut all = HashMap::new();
    while let Some(answered) = tasks.join_next().await {
        answered.unwrap().into_iter().for_each(|path| *all.entry(path).or_default() += 1);
    }
    all
}

/// Reads the recording: how many answers are missing, doubled or not their request's.
fn verify(path: &std::path::Path, mut expected: HashMap<String, usize>) -> usize {
    let mut wrong = 0;
    let imported = import::read(std::fs::File::open(path).unwrap(), Wanted::ALL, |captured| {
        let Some(exchange) = captured.exchange() else { return ControlFlow::Continue(()) };
        let path = exchange.request.url.split_once("//").and_then(|(_, rest)| rest.split_once('/'));
        let path = format!("/{}", path.map_or("", |(_, path)| path));
        let length: usize = path.split('/').nth(2).and_then(|length| length.parse().ok()).unwrap_or(0);
        let response = exchange.response.map(|response| response.body.bytes).unwrap_or_default();
        let good = expected.remove(&path) == Some(1)
            && response == load::answer(&path)
            && exchange.request.body.bytes == load::noise(path.as_bytes(), length / 10);
        wrong += usize::from(!good);
        ControlFlow::Continue(())
    });
    wrong + expected.len() + imported.unwrap().faults.len()
}
