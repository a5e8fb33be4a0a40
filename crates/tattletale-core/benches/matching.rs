//! `cargo bench -p tattletale-core --bench matching [-- --megabytes N]`: how fast known values are found.
//!
//! Generated telemetry (JSON with ids, times, addresses and digests; nothing planted) is searched for 10, 1,000 and
//! 100,000 e-mail addresses: as text and under keys, as digests, and beside both with an automaton of the same texts.
//! Then digests alone, for one address and for as many as make a million; then the mix of messages that the benchmark
//! `speed` has is unfolded and searched whole, for 10 and for 100,000 addresses. Prints gigabytes a second of one core,
//! the time that it takes to make everything ready (on all cores), the memory that it then holds, and beside each
//! figure what it should be.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops where it cannot go on")]

#[path = "../tests/random/mod.rs"]
mod random;
#[allow(dead_code, reason = "the benchmark of that name uses all of it")]
#[path = "speed/traffic.rs"]
mod traffic;

use aho_corasick::AhoCorasick;
use random::Random;
use std::time::Instant;
use tattletale_core::decode::Limits;
use tattletale_core::detect::{Places, Planted, look};
use tattletale_core::model::{GroundTruth, Value};
use traffic::{Class, Traffic};

/// Digests of one address: normal forms times algorithms, about.
const DIGESTS_EACH: usize = 78;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given = arguments.iter().position(|argument| argument == "--megabytes").and_then(|at| arguments.get(at + 1));
    let megabytes: usize = given.and_then(|text| text.parse().ok()).unwrap_or(64);
    let text = telemetry(megabytes << 20);
    println!(
        "{:>9}  {:>8}  {:>8}  {:>9}  {:>10}  {:>10}  {:>12}",
        "values", "ready", "CPU", "memory", "text+keys", "digests", "aho-corasick"
    );
    for count in [10, 1_000, 100_000] {
        let truth = truth(count);
        let (start, before) = (Instant::now(), used());
        let planted = Planted::new(&truth);
        let (ready, used) = (start.elapsed(), used().saturating_sub(before));
        let texts = rate(&text, |bytes| {
            let mut hits = Vec::new();
            planted.texts(bytes, &mut hits);
            hits.len()
        });
        let digests = digests(&planted, &text);
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(truth.values.iter().map(|value| &value.value))
            .expect("the addresses fit an automaton");
        let other = rate(&text, |bytes| automaton.find_overlapping_iter(bytes).count());
        println!(
            "{count:>9}  {:>5} ms  {:>5} ms  {:>6} MB  {texts:>5.2} GB/s  {digests:>5.2} GB/s  {other:>7.2} GB/s",
            ready.as_millis(),
            used / 1_000_000,
            planted.size() / 1_000_000
        );
    }
    println!("{:>9}  {:>8}  {:>8}  {:>9}  {:>10}", "wanted", "1000 ms", "", "150 MB", "1.50 GB/s");
    million(&text);
    mix(megabytes);
}

/// Digests alone: of one address, and a million.
fn million(text: &[u8]) {
    let mut speeds = Vec::new();
    for count in [1, 1_000_000 / DIGESTS_EACH + 1] {
        let planted = Planted::new(&truth(count));
        speeds.push(digests(&planted, text));
        println!("{:>9} digests  {:.2} GB/s", count * DIGESTS_EACH, speeds[speeds.len() - 1]);
    }
    println!("{:>9} digests  at least 1.00 GB/s, at most 1.25 times: {:.2}", "wanted", speeds[0] / speeds[1]);
}

/// All of what an audit does with a message: unfolding, searching, telling where.
fn mix(megabytes: usize) {
    let mut times = Vec::new();
    for count in [10, 100_000] {
        let traffic = Traffic::new(Class::Mix, 1, megabytes * 250_000, count, false);
        let start = Instant::now();
        let planted = Planted::new(&traffic.truth);
        let ready = start.elapsed().as_secs_f64();
        let passes = (0..3).map(|_| {
            let start = Clock::start();
            for message in &traffic.messages {
                let mut places = Places::default();
                std::hint::black_box(look(&planted, &message.bytes, message.hint(), &Limits::default(), &mut places));
            }
            start.seconds()
        });
        let seconds = passes.fold(f64::MAX, f64::min);
        println!(
            "{count:>9} values on the mix  {:.0} MB/s  (ready in {ready:.2} s)",
            traffic.bytes as f64 / seconds / 1e6
        );
        times.push(seconds / traffic.bytes as f64);
    }
    println!("{:>9} values on the mix  at most 1.25 times: {:.2}", "wanted", times[1] / times[0]);
}

fn digests(planted: &Planted, text: &[u8]) -> f64 {
    rate(text, |bytes| {
        let mut hits = Vec::new();
        planted.digests(bytes, &mut hits);
        hits.len()
    })
}

/// Best of three passes over pieces of the size of a message, in gigabytes a second.
fn rate(text: &[u8], search: impl Fn(&[u8]) -> usize) -> f64 {
    const MESSAGE: usize = 16 << 10;
    let passes = (0..3).map(|_| {
        let start = Clock::start();
        let found: usize = text.chunks(MESSAGE).map(&search).sum();
        std::hint::black_box(found);
        text.len() as f64 / start.seconds() / 1e9
    });
    passes.fold(0.0, f64::max)
}

/// The time that this thread ran, where the system tells; else the time that passed, which others may have had.
struct Clock {
    ran: Option<u64>,
    at: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { ran: Self::ran(), at: Instant::now() }
    }

    fn ran() -> Option<u64> {
        std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
    }

    fn seconds(&self) -> f64 {
        let ran = Self::ran().zip(self.ran).map(|(now, then)| (now - then) as f64 / 1e9);
        ran.unwrap_or_else(|| self.at.elapsed().as_secs_f64())
    }
}

/// Nanoseconds that all threads ran together, where the system tells: other builds may have had the cores meanwhile.
fn used() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of = |path: std::path::PathBuf| -> Option<u64> {
        std::fs::read_to_string(path.join("schedstat")).ok()?.split(' ').next()?.parse().ok()
    };
    tasks.filter_map(|task| of(task.path())).sum()
}

fn truth(count: usize) -> GroundTruth {
    let mut random = Random(count as u64 + 1);
    let value = |number: usize| {
        let value = format!("{}.{:08x}@{}.example", random.word(), random.next() as u32, random.word());
        Value { name: format!("email {number}"), kind: "email", value }
    };
    GroundTruth { values: (0..count).map(value).collect(), ..GroundTruth::default() }
}

/// Events as apps send them.
fn telemetry(length: usize) -> Vec<u8> {
    let mut random = Random(7);
    let mut out = String::with_capacity(length + 1_024);
    while out.len() < length {
        let (a, b, c) = (random.next(), random.next(), random.next());
        out.push_str(&format!(
            "{{\"event\":\"{}_{}\",\"time\":{},\"distinct_id\":\"{a:016x}{b:016x}\",\"properties\":{{\"$lib\":\"js\",\
             \"url\":\"https://{}.example/{}/{}?id={}\",\"screen_width\":{},\"model\":\"{} {}\",\"title\":\"{} {} {}\",\
             \"session\":\"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}\",\"mail\":\"{}@{}.example\"}}}}\n",
            random.word(),
            random.word(),
            1_588_000_000_000 + a % 100_000_000,
            random.word(),
            random.word(),
            random.word(),
            b % 1_000_000,
            c % 2_000,
            random.word(),
            c % 100,
            random.word(),
            random.word(),
            random.word(),
            a as u32,
            b as u16,
            c & 0xfff,
            a & 0xfff,
            c >> 16,
            random.word(),
            random.word(),
        ));
    }
    out.into_bytes()
}
