//! `cargo run --release -p tattletale-core --example prove [-- --messages N] [--seed N]`: nothing is found where
//! nothing is.
//!
//! Plants 300 values of every kind that has notations of its own, makes (by default) 1,000,000 messages that hold none
//! of them (random bytes, base64 of those, events, forms and coordinates as apps send them), unfolds and searches
//! all, and judges what is seen by captures of 10,000 messages. Prints how much was seen; fails on a strong sighting.

#![allow(clippy::print_stdout, reason = "a proof prints")]

#[path = "../tests/random/mod.rs"]
mod random;

use random::Random;
use std::process::ExitCode;
use tattletale_core::decode::{Hint, Limits};
use tattletale_core::detect::{Places, Planted, chance, look};
use tattletale_core::model::{GroundTruth, Sighting, Strength, Value};

const PER_CAPTURE: u64 = 10_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, or: u64| {
        let given = arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
        given.and_then(|text| text.parse().ok()).unwrap_or(or)
    };
    let (messages, seed) = (number("--messages", 1_000_000), number("--seed", 1));
    let planted = Planted::new(&truth(&mut Random(seed ^ 0x5eed)));
    let limits = Limits::default();
    let mut random = Random(seed.wrapping_mul(2) + 1);
    let (mut bytes, mut weak, mut strong) = (0u64, 0u64, Vec::new());
    let mut done = 0;
    while done < messages {
        let mut places = Places::default();
        let mut seen: Vec<(Sighting, Vec<u8>)> = Vec::new();
        for _ in 0..PER_CAPTURE.min(messages - done) {
            let message = message(&mut random);
            bytes += message.len() as u64;
            let (found, _) = look(&planted, &message, Hint::default(), &limits, &mut places);
            seen.extend(found.sightings.into_iter().map(|sighting| (sighting, message.clone())));
            done += 1;
        }
        for (sighting, message) in seen {
            match chance::strength(places.expected(&sighting.odds, sighting.range.len())) {
                Strength::Weak => weak += 1,
                Strength::Strong => strong.push((sighting, message)),
            }
        }
    }
    println!("{done} messages, {bytes} bytes, seed {seed}: {weak} weak sightings, {} strong", strong.len());
    for (sighting, message) in strong.iter().take(20) {
        println!("{:?} {:?} in {}", sighting.path, sighting.odds, String::from_utf8_lossy(message));
    }
    if strong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Made-up values; none can be in a message, which has other lengths, other words or other digits.
fn truth(random: &mut Random) -> GroundTruth {
    let mut values = Vec::new();
    for number in 0..30 {
        let digits =
            |random: &mut Random, count: u32| format!("{:0>1$}", random.next() % 10u64.pow(count), count as usize);
        let of_kinds = [
            ("email", format!("{}.{:06x}@mail.example", random.word(), random.next() & 0xff_ffff)),
            ("phone", format!("+48{}", 500_000_000 + random.next() % 400_000_000)),
            ("person-name", format!("{} {}", random.name(), random.name())),
            ("imei", format!("86{}", digits(random, 13))),
            (
                "mac",
                format!(
                    "a4:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}",
                    random.byte(),
                    random.byte(),
                    random.byte(),
                    random.byte(),
                    random.byte()
                ),
            ),
            ("android-id", format!("{:016x}", random.next())),
            ("latitude", format!("{}.{}", 49 + random.next() % 6, digits(random, 6))),
            ("longitude", format!("{}.{}", 14 + random.next() % 10, digits(random, 6))),
            (
                "birth-date",
                format!("19{}-{:02}-{:02}", 40 + random.next() % 60, 1 + random.next() % 12, 1 + random.next() % 28),
            ),
            (
                "url",
                format!(
                    "https://{}.example/{}/{}-{:04x}",
                    random.word(),
                    random.word(),
                    random.word(),
                    random.next() & 0xffff
                ),
            ),
        ];
        let named = |(kind, value): (&'static str, String)| Value { name: format!("{kind} {number}"), kind, value };
        values.extend(of_kinds.map(named));
    }
    GroundTruth { values, ..GroundTruth::default() }
}

fn message(random: &mut Random) -> Vec<u8> {
    let length = 4 + random.next() as usize % if random.next().is_multiple_of(50) { 2_000 } else { 120 };
    let noise = |random: &mut Random| random.bytes(length);
    let (a, b, c) = (random.next(), random.next(), random.next());
    let text = match a % 8 {
        0 => return noise(random),
        1 => base64_simd::STANDARD.encode_to_string(noise(random)),
        2 => format!(
            "{{\"id\":\"{b:016x}{c:016x}\",\"sha\":\"{a:016x}{b:016x}{c:016x}{a:016x}\",\"n\":{}}}",
            c % 100_000
        ),
        3 => format!(
            "lat=-{}.{:06}&lon={}.{:06}&t={}",
            b % 90,
            b % 999_983,
            c % 180,
            c % 999_979,
            1_588_000_000 + a % 9_999_999
        ),
        4 => format!(
            "{{\"phone\":\"+1{:010}\",\"imei\":\"35{:013}\",\"dob\":\"20{:02}-{:02}-{:02}\"}}",
            b % 10_000_000_000,
            c % 10_000_000_000_000,
            a % 26,
            1 + b % 12,
            1 + c % 28
        ),
        5 => format!(
            "{{\"first\":\"{}\",\"last\":\"{}\",\"mail\":\"{}@{}.test\"}}",
            random.word(),
            random.word(),
            random.word(),
            random.word()
        ),
        6 => format!(
            "uid={}&h={}&ts={}",
            b,
            base64_simd::URL_SAFE_NO_PAD.encode_to_string(c.to_be_bytes().repeat(4)),
            1_588_000_000_000 + a % 9_999_999_999
        ),
        _ => format!(
            "https://{}.test/{}/{}?q={}+{}&m={:02X}-{:02X}-{:02X}-{:02X}-{:02X}-{:02X}",
            random.word(),
            random.word(),
            random.word(),
            random.word(),
            random.word(),
            0xb0 | a & 15,
            b & 255,
            c & 255,
            a >> 8 & 255,
            b >> 8 & 255,
            c >> 8 & 255
        ),
    };
    text.into_bytes()
}
