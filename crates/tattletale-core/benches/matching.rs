//! `cargo bench -p tattletale-core --bench matching [-- --megabytes N]`: how fast known values are found.
//!
//! Generated telemetry (JSON with ids, times, addresses and digests; nothing planted) is searched for 10, 1,000 and
//! 100,000 e-mail addresses: as text and under keys, as digests, and beside both with an automaton of the same texts.
//! Then digests alone, for one address and for as many as make a million. Prints gigabytes a second of one core, the
//! time that it takes to make everything ready, and the memory that it then holds.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use aho_corasick::AhoCorasick;
use std::time::Instant;
use tattletale_core::detect::Planted;
use tattletale_core::model::{GroundTruth, Value};

/// Digests of one address: normal forms times algorithms, about.
const DIGESTS_EACH: usize = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given = arguments.iter().position(|argument| argument == "--megabytes").and_then(|at| arguments.get(at + 1));
    let megabytes: usize = given.and_then(|text| text.parse().ok()).unwrap_or(64);
    let text = telemetry(megabytes << 20);
    println!(
        "{:>9}  {:>8}  {:>9}  {:>10}  {:>10}  {:>12}",
        "values", "ready", "memory", "text+keys", "digests", "aho-corasick"
    );
    for count in [10, 1_000, 100_000] {
        let truth = truth(count);
        let before = resident();
        let start = Instant::now();
        let planted = Planted::new(&truth);
        let ready = start.elapsed();
        let memory = resident().saturating_sub(before);
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
            "{count:>9}  {:>6} ms  {:>6} MB  {texts:>5.2} GB/s  {digests:>5.2} GB/s  {other:>7.2} GB/s",
            ready.as_millis(),
            memory >> 20
        );
    }
    for count in [1, 1_000_000 / DIGESTS_EACH] {
        let planted = Planted::new(&truth(count));
        println!("{:>9} digests: {:.2} GB/s", count * DIGESTS_EACH, digests(&planted, &text));
    }
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

/// xorshift64*
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 16] =
            ["an", "na", "mar", "ta", "ko", "wal", "ski", "zo", "fia", "lee", "pa", "ge", "view", "set", "ting", "app"];
        let count = 2 + self.next() as usize % 3;
        (0..count).map(|_| SYLLABLES[(self.next() >> 40) as usize % SYLLABLES.len()]).collect()
    }
}

/// Bytes of memory that the process holds, where the system says so.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<usize>().ok()).unwrap_or_default() << 10
}
