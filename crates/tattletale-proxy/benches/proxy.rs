//! How fast the proxy is, beside a direct connection and mitmdump, in one run on one machine.
//!
//! `cargo bench -p tattletale-proxy`; with `MITMDUMP=path/to/mitmdump` that one is measured too (PyPI: mitmproxy).
//! Proxies run in processes of their own, so that their memory can be asked. Figures of several rounds, the median.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]
#![allow(missing_docs, reason = "a program")]

mod load;

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use load::Figures;
use tattletale_proxy::{Authority, Options, Policy, Proxy, Recording};

const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "serve") {
        Some(at) => serve(arguments.get(at + 1).map(String::as_str)),
        None => measure(),
    }
}

/// A proxy until standard input ends.
fn serve(record: Option<&str>) {
    let mut options = Options::new(Arc::new(Authority::in_memory().unwrap()));
    options.policy = Policy::Public { local: true, allowed: HashSet::new() };
    if let Some(path) = record {
        let file = std::fs::File::create(path).unwrap();
        options.recording = Some(Recording { file, begin: true, description: "benchmark".to_owned() });
    }
    let proxy = Proxy::start(options).unwrap();
    println!("{}", proxy.address());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    assert_eq!(proxy.end().failure, None);
}

/// A proxy in a process of its own.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    fn ours(record: Option<&str>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("serve").args(record).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().parse().unwrap() }
    }

    fn mitmdump(program: &str, record: Option<&str>) -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut command = Command::new(program);
        command.args(["-q", "--listen-host", "127.0.0.1", "--listen-port", &port.to_string()]);
        if let Some(path) = record {
            command.args(["-w", path]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().ok()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        for _ in 0..200 {
            if std::net::TcpStream::connect(address).is_ok() {
                return Some(Self { child, address });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    }

    /// Most that it ever kept in memory, in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self.child.stdin.take() {
            Some(mut input) => _ = input.flush(),
            None => _ = self.child.kill(),
        }
        let _ = self.child.wait();
    }
}

fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let to = runtime.block_on(load::server());
    let run = |through: Option<SocketAddr>, requests: usize| {
        runtime.block_on(load::load(to, through, 16, requests, "/small", 200))
    };
    println!("POST of 200 bytes, 16 connections, median of {ROUNDS} rounds");
    let direct = median(|| run(None, 40_000));
    show("direct", direct);
    let ours = Running::ours(None);
    let plain = median(|| run(Some(ours.address), 20_000));
    show("tattletale, recording off", plain);
    drop(ours);
    let ours = Running::ours(Some(&file("ours.warc.gz")));
    let recording = median(|| run(Some(ours.address), 20_000));
    show("tattletale, recording", recording);
    println!(
        "  memory {:.0} MiB; recording costs {:.0} % of the throughput",
        ours.memory(),
        100.0 * (1.0 - recording.per_second / plain.per_second)
    );
    drop(ours);
    if let Ok(program) = std::env::var("MITMDUMP") {
        match Running::mitmdump(&program, Some(&file("mitm.flows"))) {
            Some(theirs) => {
                let theirs_figures = median(|| run(Some(theirs.address), 1_000));
                show("mitmdump -w", theirs_figures);
                println!(
                    "  ratio {:.1} in requests a second, p99 {:.2} of theirs; their memory {:.0} MiB",
                    recording.per_second / theirs_figures.per_second,
                    recording.p99.as_secs_f64() / theirs_figures.p99.as_secs_f64(),
                    theirs.memory()
                );
            }
            None => println!("skipped: {program} does not start"),
        }
    } else {
        println!("skipped: mitmdump (MITMDUMP is not set)");
    }

    println!("10,000 answers of 100 KiB without a pattern, 64 connections");
    let ours = Running::ours(Some(&file("large.warc.gz")));
    let figures = runtime.block_on(load::load(to, Some(ours.address), 64, 10_000, "/bytes/102400", 0));
    show("tattletale, recording", figures);
    println!("  memory {:.0} MiB", ours.memory());
    drop(ours);

    println!("one answer of 2 GB");
    let ours = Running::ours(Some(&file("huge.warc.gz")));
    let begun = std::time::Instant::now();
    let first = runtime.block_on(download(to, ours.address));
    println!("  first byte after {first:?}, all after {:?}, memory {:.0} MiB", begun.elapsed(), ours.memory());
    drop(ours);
    let size = std::fs::metadata(file("huge.warc.gz")).unwrap().len();
    println!("  recording {} MB", size / 1_000_000);
}

/// Streams two gigabytes through the proxy; when the first byte came.
async fn download(_: SocketAddr, proxy: SocketAddr) -> Duration {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    const LENGTH: usize = 2_000_000_000;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = load::message(&mut stream, &mut Vec::new()).await;
        let piece = load::noise(b"huge", 1 << 20);
        stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").as_bytes()).await.unwrap();
        let mut left = LENGTH;
        while left > 0 {
            let now = left.min(piece.len());
            stream.write_all(&piece[..now]).await.unwrap();
            left -= now;
        }
    });
    let begun = std::time::Instant::now();
    let mut stream = tokio::net::TcpStream::connect(proxy).await.unwrap();
    stream
        .write_all(format!("GET http://{to}/huge HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let (mut piece, mut got, mut first) = (vec![0; 256 << 10], 0_usize, None);
    loop {
        match stream.read(&mut piece).await.unwrap() {
            0 => break,
            count => got += count,
        }
        first.get_or_insert_with(|| begun.elapsed());
    }
    assert!(got > LENGTH, "{got}");
    first.unwrap_or_default()
}

fn median(mut run: impl FnMut() -> Figures) -> Figures {
    let mut all: Vec<Figures> = (0..ROUNDS).map(|_| run()).collect();
    all.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    all[ROUNDS / 2]
}

fn show(name: &str, figures: Figures) {
    let Figures { per_second, p99, failed } = figures;
    println!("{name:<28} {per_second:>9.0} requests/s  p99 {p99:>10.2?}  failed {failed}");
}
