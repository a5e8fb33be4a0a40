//! Made-up devices that send to made-up receivers, with known truth: which fields identify, and what they join.
//!
//! Every session is a HAR that goes through the real audit. Names of fields are drawn anew for each seed, so that only
//! behaviour can decide; the one protocol with fixed names is that of Sensors Analytics' sign-in record. Used by the
//! benchmark `links` (20 devices) and by a test (5 devices).

mod kinds;
mod score;
mod send;

use kinds::{Kind, Life};
pub(crate) use score::score;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use tattletale_core::audit::{Capture, Options, audit};
use tattletale_core::model::truth;
use tattletale_report::study::{About, Session};

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): small, and the same on every machine.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for every list of parts.
    pub(crate) fn of(parts: &[u64]) -> Self {
        let mut random = Self(0x1f0_5eed);
        for part in parts {
            random.0 = random.next() ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn text(&mut self, letters: &str, length: usize) -> String {
        let letters = letters.as_bytes();
        (0..length).map(|_| letters[self.below(letters.len() as u64) as usize] as char).collect()
    }

    pub(crate) fn hex(&mut self, digits: usize) -> String {
        self.text("0123456789abcdef", digits)
    }
}

/// How a receiver is told things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// JSON body, one event.
    Json,
    /// Form field with base64 of gzip of a JSON list, as Sensors Analytics sends.
    Batch,
    /// Query, cookies, headers and the path of a GET.
    Get,
    /// Protocol Buffers.
    Protobuf,
}

/// One field of one receiver.
pub(crate) struct Sent {
    pub(crate) receiver: usize,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Where in a GET: 0 query, 1 cookie, 2 header.
    pub(crate) place: u64,
}

pub(crate) struct Receiver {
    pub(crate) host: String,
    pub(crate) format: Format,
}

/// What is true of a fleet.
#[derive(Default)]
pub(crate) struct Truth {
    /// By host and name: the kind of the field, and how long its values live.
    pub(crate) fields: BTreeMap<(String, String), (Kind, Life)>,
    /// Which identifier a written value is: `device/kind/...`.
    pub(crate) roots: BTreeMap<String, String>,
    /// `root modes`, `root sessions [..]`, `root receivers [..]`.
    pub(crate) joins: BTreeSet<String>,
    /// `root -> account`.
    pub(crate) sign_ins: BTreeSet<String>,
}

/// Fleet of sessions with their truth.
pub(crate) struct Fleet {
    pub(crate) sessions: Vec<Session>,
    pub(crate) truth: Truth,
}

/// Makes `devices` with four sessions each and audits them.
pub(crate) fn fleet(seed: u64, devices: u64) -> Fleet {
    let mut random = Random::of(&[seed]);
    let receivers = receivers(&mut random);
    let fields = fields(&mut random, &receivers);
    let mut log = send::Log::default();
    let mut sessions = Vec::new();
    for device in 0..devices {
        for number in 0..4 {
            let plan = send::Plan { seed, device, number, mixed: number == 3 && (seed + device).is_multiple_of(2) };
            let session = (device * 4 + number) as usize;
            let har = send::har(&plan, &receivers, &fields, session, &mut log);
            let given = truth::parse(&send::ground_truth(&plan)).expect("the ground truth is well formed");
            let capture = Capture {
                name: format!("device {device}, session {number}"),
                open: Box::new(move || Ok(Box::new(Cursor::new(har.clone())))),
                origin: None,
            };
            let options = Options { fields: true, ..Options::default() };
            let report = audit(&[capture], Some(given), &options).expect("the capture can be read");
            assert!(report.complete(), "{:?}", report.faults);
            let about = About {
                name: format!("d{device}s{number}"),
                device: Some(format!("phone {device}")),
                mode: plan.mode(),
                ..About::default()
            };
            sessions.push(Session { about, report });
        }
    }
    let mut truth = log.truth(&receivers);
    for field in &fields {
        let key = (receivers[field.receiver].host.clone(), field.name.clone());
        truth.fields.insert(key, (field.kind, field.kind.life()));
    }
    Fleet { sessions, truth }
}

fn receivers(random: &mut Random) -> Vec<Receiver> {
    let formats = [Format::Json, Format::Batch, Format::Get, Format::Protobuf];
    let word = |random: &mut Random| random.text("abcdefghijklmnopqrstuvwxyz", 7);
    let shared = word(random);
    let host = |index: usize, random: &mut Random| match index {
        0 | 1 => format!("{}.{shared}.example", word(random)),
        _ => format!("{}.{}.example", word(random), word(random)),
    };
    formats.iter().enumerate().map(|(index, format)| Receiver { host: host(index, random), format: *format }).collect()
}

fn fields(random: &mut Random, receivers: &[Receiver]) -> Vec<Sent> {
    let mut fields = Vec::new();
    for (receiver, Receiver { format, .. }) in receivers.iter().enumerate() {
        let mut number = 1;
        for kind in Kind::ALL {
            let wanted = if kind.life() == Life::Lasting { 55 } else { 75 };
            if random.below(100) >= wanted || (*format == Format::Protobuf && kind.is_loose()) {
                continue;
            }
            let name = match format {
                Format::Protobuf => number.to_string(),
                _ => random.text("bcdfghjklmnpqrstvwxz", 9),
            };
            number += 1;
            fields.push(Sent { receiver, name, kind: *kind, place: random.below(3) });
        }
    }
    // A copy can be recognised only beside what it is a copy of.
    let sent: BTreeSet<Kind> = fields.iter().map(|field| field.kind).collect();
    fields.retain(|field| field.kind.originals().is_none_or(|kinds| kinds.iter().any(|kind| sent.contains(kind))));
    fields
}
