//! `cargo bench -p tattletale-core --bench import [-- MB]`: how fast captures of each format are read, beside `gzip -dc` of
//! the same file in the same run.
//!
//! Makes a HAR of (by default) 100 MB from the real captures in `tests/real`, and of its exchanges a WARC and a flow
//! file. Each is read with all bodies and nothing is done with them; `gzip -dc` reads the same bytes compressed by
//! `gzip -1`, or the file itself where that is compressed already. Times are the best of several runs. MB are those of
//! the file uncompressed.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tattletale_core::export::har::HarWriter;
use tattletale_core::export::warc::{RecordId, WarcWriter};
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{Captured, Exchange, Header, url};

const RUNS: usize = 3;

fn main() {
    let megabytes: usize = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import");
    std::fs::create_dir_all(&folder).unwrap();
    let exchanges = exchanges();
    println!(
        "best of {RUNS} runs\n\n{:<8} {:>6} {:>10} {:>8} {:>14} {:>8}",
        "", "MB", "exchanges", "MB/s", "gzip -dc MB/s", "ratio"
    );
    for format in ["har", "warc", "flows"] {
        let file = folder.join(format);
        let count = write(format, &file, &exchanges, megabytes * 1_000_000);
        let packed = match format {
            "warc" => file.clone(),
            _ => gzip(&file),
        };
        let unpacked = unpacked(&packed);
        let size = unpacked as f64 / 1e6;
        let read = best(|| assert_eq!(read(&file), count));
        let gunzip = best(|| assert!(unpack(&packed).success()));
        let (read, gunzip) = (size / read.as_secs_f64(), size / gunzip.as_secs_f64());
        println!("{format:<8} {size:>6.0} {count:>10} {read:>8.0} {gunzip:>14.0} {:>8.2}", read / gunzip);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Those of all real captures.
fn exchanges() -> Vec<Exchange> {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real");
    let mut cases: Vec<PathBuf> = std::fs::read_dir(real).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    let mut all = Vec::new();
    for har in cases.iter().map(|case| case.join("requests.har")).filter(|har| har.is_file()) {
        import::read(File::open(har).unwrap(), Wanted::ALL, |captured| {
            all.extend(Captured::exchange(captured));
            ControlFlow::Continue(())
        })
        .unwrap();
    }
    all
}

/// Writes them over and over until so many bytes of bodies and heads were written; how many.
fn write(format: &str, file: &Path, exchanges: &[Exchange], bytes: usize) -> u64 {
    let mut out = BufWriter::new(File::create(file).unwrap());
    let size = |exchange: &Exchange| {
        let response = exchange.response.as_ref().map_or(0, |response| response.body.bytes.len());
        1500 + exchange.request.url.len() + exchange.request.body.bytes.len() + response
    };
    let (mut written, mut count) = (0, 0u64);
    let chosen = exchanges.iter().cycle().take_while(|exchange| {
        written += size(exchange);
        written < bytes
    });
    match format {
        "har" => {
            let mut writer = HarWriter::new(out, "bench").unwrap();
            chosen.for_each(|exchange| {
                count += 1;
                writer.exchange(exchange).unwrap();
            });
            writer.finish().unwrap().into_inner().unwrap();
        }
        "warc" => {
            let mut writer = WarcWriter::new(out);
            let mut number = 0u128;
            chosen.for_each(|exchange| {
                count += 1;
                let id = || {
                    number += 1;
                    RecordId::from_random((number << 80 | number).to_be_bytes())
                };
                writer.exchange(id, exchange).unwrap();
            });
            writer.into_inner().into_inner().unwrap();
        }
        _ => {
            chosen.for_each(|exchange| {
                count += 1;
                out.write_all(&flow(exchange)).unwrap();
            });
            out.into_inner().unwrap();
        }
    }
    count
}

/// As mitmdump writes it, as far as it is read.
fn flow(exchange: &Exchange) -> Vec<u8> {
    fn item(payload: &[u8], tag: u8) -> Vec<u8> {
        [payload.len().to_string().as_bytes(), b":", payload, &[tag]].concat()
    }
    let dict = |pairs: &[(&str, Vec<u8>)]| {
        let pairs = pairs.iter().flat_map(|(name, value)| [item(name.as_bytes(), b';'), value.clone()].concat());
        item(&pairs.collect::<Vec<u8>>(), b'}')
    };
    let headers = |headers: &[Header]| {
        let pair =
            |header: &Header| item(&[item(header.name.as_bytes(), b','), item(&header.value, b',')].concat(), b']');
        item(&headers.iter().flat_map(pair).collect::<Vec<u8>>(), b']')
    };
    let request = &exchange.request;
    let parts = url::Parts::of(&request.url);
    let path = &request.url[request.url.find(parts.authority).unwrap() + parts.authority.len()..];
    let mut message = vec![
        ("host", item(parts.authority.as_bytes(), b';')),
        ("port", item(b"443", b'#')),
        ("method", item(request.method.as_bytes(), b',')),
        ("scheme", item(parts.scheme.as_bytes(), b',')),
        ("authority", item(parts.authority.as_bytes(), b',')),
        ("path", item(path.as_bytes(), b',')),
        ("http_version", item(b"HTTP/1.1", b',')),
        ("headers", headers(&request.headers)),
        ("content", item(&request.body.bytes, b',')),
        ("timestamp_start", item(b"1795000000.25", b'^')),
    ];
    let mut flow = vec![("version", item(b"21", b'#')), ("type", item(b"http", b';')), ("request", dict(&message))];
    if let Some(response) = &exchange.response {
        message = vec![
            ("status_code", item(response.status.to_string().as_bytes(), b'#')),
            ("headers", headers(&response.headers)),
            ("content", item(&response.body.bytes, b',')),
        ];
        flow.push(("response", dict(&message)));
    }
    dict(&flow)
}

fn read(file: &Path) -> u64 {
    let imported = import::read(File::open(file).unwrap(), Wanted::ALL, |captured| {
        std::hint::black_box(captured);
        ControlFlow::Continue(())
    });
    imported.unwrap().exchanges
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
