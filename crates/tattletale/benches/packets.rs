//! `cargo bench -p tattletale --bench packets [-- MB]`: how fast, and in how much memory, a packet capture is read, beside
//! `gzip -dc` of it in the same run.
//!
//! Makes a pcap of (by default) 50 MB: the exchanges of the real captures in `tests/real` over HTTP/1.1 without TLS, ten on
//! a connection, in segments as Ethernet carries them. The real binary converts it to WARC by way of tshark; without
//! tshark nothing is measured. Times are the best of several runs; memory is the most that either had resident (Linux).

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

#[path = "../../tattletale-core/benches/import/formats.rs"]
#[allow(dead_code, reason = "shared with the benchmark of importers")]
mod formats;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tattletale_core::model::Exchange;

const RUNS: usize = 3;
/// Bytes of a segment on Ethernet.
const SEGMENT: usize = 1460;
const PER_CONNECTION: usize = 10;

fn main() {
    let megabytes: usize = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(50);
    if Command::new("tshark").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: tshark is missing (Debian: sudo apt-get install tshark)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pcap = folder.path().join("large.pcap");
    let exchanges = write(&pcap, &formats::exchanges(), megabytes * 1_000_000);
    let size = pcap.metadata().unwrap().len() as f64 / 1e6;
    let packed = folder.path().join("large.pcap.gz");
    let status = Command::new("gzip").args(["-1", "-c"]).arg(&pcap).stdout(File::create(&packed).unwrap()).status();
    assert!(status.unwrap().success());
    let unpack = || {
        let begun = Instant::now();
        let status = Command::new("gzip").arg("-dc").arg(&packed).stdout(Stdio::null()).status();
        assert!(status.unwrap().success());
        begun.elapsed()
    };
    let runs: Vec<_> = (0..RUNS).map(|run| convert(&pcap, &folder.path().join(format!("{run}.warc.gz")))).collect();
    let best = runs.iter().map(|run| run.0).min().unwrap();
    let most = |of: fn(&(Duration, f64, f64)) -> f64| runs.iter().map(of).fold(0.0, f64::max);
    let gzip = (0..RUNS).map(|_| unpack()).min().unwrap();
    println!("{size:.0} MB, {exchanges} exchanges, best of {RUNS} runs");
    println!(
        "{:.1} MB/s, gzip -dc {:.0} MB/s; {:.0} MB of ours and {:.0} MB of tshark's resident",
        size / best.as_secs_f64(),
        size / gzip.as_secs_f64(),
        most(|run| run.1),
        most(|run| run.2)
    );
}

/// Time, and peak memory of ours and of the child in MB.
fn convert(pcap: &Path, out: &Path) -> (Duration, f64, f64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tattletale"));
    let begun = Instant::now();
    let mut child = command.arg("convert").arg(pcap).arg(out).stdout(Stdio::null()).spawn().unwrap();
    let peak = |id: &str| {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) * 1024.0 / 1e6
    };
    let (id, mut ours, mut theirs) = (child.id().to_string(), 0.0_f64, 0.0_f64);
    loop {
        ours = ours.max(peak(&id));
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        theirs = children.split_ascii_whitespace().map(peak).fold(theirs, f64::max);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return (begun.elapsed(), ours, theirs);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Writes connections until so many bytes were written; how many exchanges.
fn write(file: &Path, exchanges: &[Exchange], bytes: usize) -> usize {
    let mut out = BufWriter::new(File::create(file).unwrap());
    // Little-endian, version 2.4, snapshots of 256 KiB, raw IP.
    let head = [0xa1b2_c3d4_u32, 4 << 16 | 2, 0, 0, 1 << 18, 101].map(u32::to_le_bytes).concat();
    out.write_all(&head).unwrap();
    let (mut written, mut count, mut connection) = (0, 0, None);
    for exchange in exchanges.iter().cycle() {
        if count % PER_CONNECTION == 0 {
            connection = Some(Connection::new(count / PER_CONNECTION));
        }
        let (asked, answered) = formats::messages(exchange);
        let Some(connection) = &mut connection else { break };
        for (sent, message) in [(true, asked), (false, answered)] {
            for piece in message.chunks(SEGMENT) {
                let packet = connection.packet(sent, piece);
                written += packet.len();
                out.write_all(&packet).unwrap();
            }
        }
        count += 1;
        if written >= bytes {
            break;
        }
    }
    out.into_inner().unwrap();
    count
}

/// Two ends, and how far each has come.
struct Connection {
    port: [u8; 2],
    client: [u8; 4],
    sequence: [u32; 2],
    at: u32,
}

impl Connection {
    fn new(number: usize) -> Self {
        let port = (1024 + number % 60_000) as u16;
        let client = [10, 0, (number / 60_000) as u8, 2];
        Self { port: port.to_be_bytes(), client, sequence: [1, 1], at: 1_795_000_000 + number as u32 }
    }

    /// A record of pcap with an IPv4 packet (RFC 791) and its TCP segment (RFC 9293), checksums left out.
    fn packet(&mut self, sent: bool, payload: &[u8]) -> Vec<u8> {
        let (server, http) = ([198, 51, 100, 7], 80_u16.to_be_bytes());
        let (ips, ports) = match sent {
            true => ([self.client, server], [self.port, http]),
            false => ([server, self.client], [http, self.port]),
        };
        let [mine, other] = if sent { [0, 1] } else { [1, 0] };
        let length = (40 + payload.len()) as u16;
        let ip = [&[0x45, 0][..], &length.to_be_bytes(), &[0, 0, 0x40, 0, 64, 6, 0, 0], &ips.concat()].concat();
        let numbers = [self.sequence[mine], self.sequence[other]].map(u32::to_be_bytes).concat();
        // Header of five words, ACK and PSH, a wide window.
        let tcp = [&ports.concat()[..], &numbers, &[0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]].concat();
        self.sequence[mine] = self.sequence[mine].wrapping_add(payload.len() as u32);
        let record = [self.at, 0, u32::from(length), u32::from(length)].map(u32::to_le_bytes).concat();
        [&record[..], &ip, &tcp, payload].concat()
    }
}
