//! Identifiers and their copies: the same value written otherwise, its digest, the first or last part of either.
//!
//! A receiver that gets only the digest of a number can still tell that two digests are of one number, and whoever has
//! the number can compute it: a digest of an identifier is the identifier. Unsalted MD5, SHA-1 and SHA-256 of every
//! candidate in its usual writings are put in one sorted table, in which every candidate is then looked up, so that
//! the cost grows with their number and not with its square.

use super::fields::{Study, Values};
use super::shape::{self, Shape};
use super::{Id, LinkField, Session};
use base64_simd::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use std::collections::{BTreeSet, HashMap};
use tattletale_core::model::url;

/// Kinds of planted values that single out a device or a person.
const IDENTIFYING: [&str; 16] = [
    "email",
    "phone",
    "person-name",
    "account-id",
    "token",
    "imei",
    "imsi",
    "iccid",
    "serial",
    "mac",
    "bssid",
    "android-id",
    "advertising-id",
    "uuid",
    "card",
    "iban",
];

/// Kinds of planted values that are content.
const CONTENT: [&str; 5] = ["search", "url", "url-path", "typed", "text"];

/// Shortest planted value that is recognised by itself, and shortest part of a value that is taken for its copy.
const LEAST: usize = 6;
const LEAST_PART: usize = 8;

/// Values that are taken for identifiers, and those whose digests are made.
const CANDIDATES: usize = 100_000;
const SOURCES: usize = 8_192;

/// One form of an identifier, as bytes of the party under test.
#[derive(Debug, Clone)]
pub struct Form {
    /// The value as it was first seen (or planted, if it was never sent as it is).
    pub value: Vec<u8>,
    /// What it looks like, if it has a shape.
    pub shape: Option<Shape>,
    /// What was done to the identifier: `md5`, `sha1`, `sha256`, `part` (its beginning or end), outermost last.
    pub made_by: Vec<&'static str>,
}

/// The planted value that an identifier is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// First session whose ground truth has it.
    pub session: usize,
    /// Index into the values of that ground truth.
    pub value: usize,
    /// Its name there.
    pub name: String,
    /// Its kind there.
    pub kind: &'static str,
}

/// What the ground truths know: planted values that identify, by key, and what the user looked at or typed.
pub(super) struct Planted {
    identifying: HashMap<Vec<u8>, Known>,
    /// Every text of an action or of planted content on a line of its own, as it is and percent-decoded.
    content: Vec<u8>,
}

impl Planted {
    pub(super) fn of(sessions: &[Session]) -> Self {
        let mut known = HashMap::new();
        let mut content: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut told = |text: &str| {
            content.insert(text.as_bytes().to_vec());
            content.insert(url::percent_decode(text.as_bytes(), true).into_owned());
        };
        for (session, truth) in sessions.iter().map(|session| &session.report.truth).enumerate() {
            truth.actions.iter().for_each(|action| told(&action.value));
            truth.values.iter().filter(|value| CONTENT.contains(&value.kind)).for_each(|value| told(&value.value));
            for (index, value) in truth.values.iter().enumerate() {
                if !IDENTIFYING.contains(&value.kind) || value.value.trim().len() < LEAST {
                    continue;
                }
                let entry = Known { session, value: index, name: value.name.clone(), kind: value.kind };
                known.entry(shape::key(value.value.as_bytes())).or_insert(entry);
            }
        }
        Self { identifying: known, content: content.into_iter().collect::<Vec<_>>().join(&b'\n') }
    }

    /// Whether a value is a piece of what the user looked at or typed: content, however much it looks like a number.
    pub(super) fn is_content(&self, value: &[u8]) -> bool {
        memchr::memmem::find(&self.content, value.trim_ascii()).is_some()
    }

    pub(super) fn of_key(&self, key: &[u8]) -> Option<&Known> {
        self.identifying.get(key)
    }
}

/// A value that may be an identifier.
struct Candidate {
    key: Vec<u8>,
    bytes: Vec<u8>,
    shape: Option<Shape>,
    tells_apart: bool,
    devices: BTreeSet<Option<u32>>,
}

/// Values of fields that identify, and planted ones.
#[derive(Default)]
pub(super) struct Candidates {
    list: Vec<Candidate>,
    known: HashMap<Vec<u8>, usize>,
    pub(super) left_out: usize,
}

/// Where the form of a key is: index of the identifier and of its form.
pub(super) type Members = HashMap<Vec<u8>, (usize, usize)>;

impl Candidates {
    /// Adds the values of a field that identifies.
    pub(super) fn add(&mut self, field: &LinkField, values: &Values<'_>) {
        let numbers: Vec<Option<usize>> = values
            .values
            .iter()
            .map(|value| self.number(&value.key, value.bytes, value.shape.ok(), field.tells_devices_apart()))
            .collect();
        for used in &values.uses {
            if let Some(number) = numbers[used.value as usize] {
                self.list[number].devices.insert(used.device);
            }
        }
    }

    /// Adds the planted values: they may be sent as digests only.
    pub(super) fn add_planted(&mut self, study: &Study<'_>, planted: &Planted) {
        let mut known: Vec<(&Vec<u8>, &Known)> = planted.identifying.iter().collect();
        known.sort_by_key(|(_, known)| (known.session, known.value));
        for (key, known) in known {
            let value = study.sessions[known.session].report.truth.values[known.value].value.as_bytes();
            if let Some(number) = self.number(key, value, Shape::of(value, None).ok(), true) {
                self.list[number].devices.insert(study.device(known.session as u32));
            }
        }
    }

    fn number(&mut self, key: &[u8], bytes: &[u8], shape: Option<Shape>, tells_apart: bool) -> Option<usize> {
        if let Some(number) = self.known.get(key) {
            self.list[*number].tells_apart |= tells_apart;
            return Some(*number);
        }
        if self.list.len() >= CANDIDATES {
            self.left_out += 1;
            return None;
        }
        let (key, bytes) = (key.to_vec(), bytes.to_vec());
        self.known.insert(key.clone(), self.list.len());
        self.list.push(Candidate { key, bytes, shape, tells_apart, devices: BTreeSet::new() });
        Some(self.list.len() - 1)
    }

    /// The identifiers, still without places and numbers, and which form of which of them each key is.
    pub(super) fn ids(&self, planted: &Planted) -> (Vec<Id>, Members) {
        let made_from = self.made_from();
        let mut ids: Vec<Id> = Vec::new();
        let mut of_root: HashMap<usize, usize> = HashMap::new();
        let mut members = Members::new();
        for (number, candidate) in self.list.iter().enumerate() {
            let (mut root, mut made_by) = (number, Vec::new());
            // A copy of a copy of a copy is the most that anybody sends; a circle ends here too.
            while let Some((source, how)) = made_from.get(&root).filter(|_| made_by.len() < 3) {
                made_by.push(*how);
                root = *source;
            }
            made_by.reverse();
            let original = &self.list[root];
            let id = *of_root.entry(root).or_insert_with(|| {
                let form = Form { value: original.bytes.clone(), shape: original.shape, made_by: Vec::new() };
                let known = planted.of_key(&original.key).cloned();
                members.insert(original.key.clone(), (ids.len(), 0));
                ids.push(Id {
                    number: 0,
                    forms: vec![form],
                    known,
                    tells_apart: false,
                    places: Vec::new(),
                    more_places: 0,
                });
                ids.len() - 1
            });
            ids[id].tells_apart |= candidate.tells_apart;
            if root != number {
                members.insert(candidate.key.clone(), (id, ids[id].forms.len()));
                let (value, shape) = (candidate.bytes.clone(), candidate.shape);
                ids[id].forms.push(Form { value, shape, made_by });
            }
        }
        (ids, members)
    }

    /// For each candidate that is a copy of another: which one, and what was done to it.
    fn made_from(&self) -> HashMap<usize, (usize, &'static str)> {
        let mut table: Vec<(Vec<u8>, usize, &'static str)> = Vec::new();
        let mut reversed: Vec<(Vec<u8>, usize)> = Vec::new();
        for (number, candidate) in self.list.iter().enumerate().take(SOURCES) {
            table.push((candidate.key.clone(), number, "part"));
            reversed.push((candidate.key.iter().rev().copied().collect(), number));
            for writing in writings(candidate) {
                for (name, digest) in digests(&writing) {
                    table.push((hex(&digest), number, name));
                    table.push((STANDARD_NO_PAD.encode_to_string(&digest).into_bytes(), number, name));
                    table.push((URL_SAFE_NO_PAD.encode_to_string(&digest).into_bytes(), number, name));
                }
            }
        }
        table.sort_unstable();
        reversed.sort_unstable();
        let mut made_from = HashMap::new();
        for (number, candidate) in self.list.iter().enumerate() {
            let unpadded = candidate.key.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
            let sought = &candidate.key[..unpadded];
            if sought.len() < LEAST_PART {
                continue;
            }
            // A part is short enough to be met by chance: it must be of the same device.
            let is_source = |source: usize, whole: bool| {
                source != number && (whole || !self.list[source].devices.is_disjoint(&candidate.devices))
            };
            let from = table.partition_point(|(text, _, _)| text.as_slice() < sought);
            let beginnings = table[from..].iter().take_while(|(text, _, _)| text.starts_with(sought));
            let found = beginnings
                .filter(|(text, source, _)| is_source(*source, text.len() == sought.len()))
                .map(|(_, source, how)| (*source, *how))
                .next();
            let backwards: Vec<u8> = sought.iter().rev().copied().collect();
            let from = reversed.partition_point(|(text, _)| *text < backwards);
            let endings = || reversed[from..].iter().take_while(|(text, _)| text.starts_with(&backwards));
            let ending =
                || endings().find(|(_, source)| is_source(*source, false)).map(|(_, source)| (*source, "part"));
            if let Some(found) = found.or_else(ending) {
                made_from.insert(number, found);
            }
        }
        made_from
    }
}

/// The writings of a value of which digests are commonly made.
fn writings(candidate: &Candidate) -> BTreeSet<Vec<u8>> {
    let (plain, key) = (candidate.bytes.trim_ascii(), &candidate.key);
    let mut writings = BTreeSet::from([plain.to_vec(), key.clone()]);
    if key.len() == 32 && key.iter().all(u8::is_ascii_hexdigit) {
        writings.insert([&key[..8], &key[8..12], &key[12..16], &key[16..20], &key[20..]].join(&b'-'));
    }
    let cased = |text: &Vec<u8>| [text.to_ascii_lowercase(), text.to_ascii_uppercase()];
    let others: Vec<Vec<u8>> = writings.iter().flat_map(cased).collect();
    writings.extend(others);
    writings
}

fn digests(text: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    [
        ("md5", Md5::digest(text).to_vec()),
        ("sha1", Sha1::digest(text).to_vec()),
        ("sha256", Sha256::digest(text).to_vec()),
    ]
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}
