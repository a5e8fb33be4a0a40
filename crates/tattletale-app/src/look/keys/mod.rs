//! Keys written into an app: constants that reach a cipher, and RSA keys that stand in a string.
//!
//! The constants are followed through straight lines of code ([`flow`]): a string or an array that becomes bytes
//! (`getBytes`, base64, hex), lies in a field, or is handed to a method of the app that puts it into a key. Where code
//! branches the last constant counts; a key that is computed is not found. Whoever has the app has such a key.

mod flow;
mod rsa;
mod sinks;

use std::collections::{BTreeMap, HashMap, HashSet};

use tattletale_core::codec::base64;
use tattletale_core::model::app::{HardKey, KeyKind, Place};

use super::Shown;
use super::references::{ASKED, Marks, Use};
use super::unit::{Unit, java_name};
use crate::dex::{Index, text};
use crate::package::Kind;
use flow::{Flow, Reached};

/// How often callers of callers are followed.
const ROUNDS: usize = 3;
/// Keys of one app that are listed.
const MOST_KEYS: usize = 1000;

/// Bytes of the keys that AES has.
const AES: [usize; 3] = [16, 24, 32];

/// The rows of a file that have to do with keys.
#[derive(Default)]
pub(crate) struct Rows {
    /// Methods that take a key or a vector.
    sinks: HashSet<u32>,
    /// Strings that are an RSA key.
    written: BTreeMap<u32, (KeyKind, Vec<u8>)>,
}

/// Marks what has to do with keys, so that its places are noted.
pub(crate) fn mark(unit: &Unit<'_>, strings: &[Option<&[u8]>], marks: &mut Marks) -> Rows {
    let mut rows = Rows { sinks: sinks::rows(unit), written: BTreeMap::new() };
    rows.sinks.iter().for_each(|row| marks.methods[*row as usize] |= ASKED);
    for (number, string) in (0..).zip(strings) {
        let Some(found) = string.and_then(in_string) else { continue };
        marks.strings[number as usize] |= ASKED;
        rows.written.insert(number, found);
    }
    rows
}

/// All keys of an app.
pub(crate) fn find(shown: &Shown<'_, '_>, rows: Vec<Rows>, used: &[Vec<Use>]) -> Vec<HardKey> {
    let mut found: Vec<HardKey> = Vec::new();
    let mut flow = Flow::new(shown.units);
    // Classes that use a cipher, and whatever initialises constants.
    let mut users: Vec<Vec<bool>> = Vec::new();
    for ((unit, rows), uses) in shown.units.iter().zip(&rows).zip(used) {
        let mut of = vec![false; unit.classes.len()];
        let sinks = uses.iter().filter(|used| used.index == Index::Method && rows.sinks.contains(&used.row));
        sinks.for_each(|used| of[used.class as usize] = true);
        users.push(of);
    }
    if users.iter().flatten().any(|uses| *uses) {
        flow.constants();
        let mut reached = Vec::new();
        // Twice: the fields that constructors fill are known only after the first time.
        for _ in 0..2 {
            reached = flow.classes(&users);
        }
        for _ in 0..ROUNDS {
            let summaries = std::mem::take(&mut flow.new_summaries);
            if summaries.is_empty() {
                break;
            }
            reached.extend(flow.callers(&summaries));
        }
        found.extend(reached.into_iter().filter_map(|reached| key(shown, reached)));
    }
    found.extend(written(shown, rows, used));
    found.extend(in_parts(shown));
    let mut seen = HashMap::new();
    found.retain(|key| seen.insert((key.kind, key.bytes.clone()), ()).is_none());
    found.sort_by(|a, b| (a.kind, &a.place, &a.bytes).cmp(&(b.kind, &b.place, &b.bytes)));
    found.truncate(MOST_KEYS);
    found
}

/// A constant that reached a cipher, if it can be what the cipher takes.
fn key(shown: &Shown<'_, '_>, reached: Reached) -> Option<HardKey> {
    let unit = &shown.units[reached.file];
    let algorithm = reached.algorithm;
    let upper = algorithm.as_deref().unwrap_or_default().to_ascii_uppercase();
    let bytes = reached.bytes;
    let kind = match reached.kind {
        KeyKind::Aes if AES.contains(&bytes.len()) && (upper.is_empty() || upper.starts_with("AES")) => KeyKind::Aes,
        KeyKind::Aes => KeyKind::Other,
        KeyKind::RsaPublic | KeyKind::RsaPrivate => rsa::kind(&bytes)?,
        kind => kind,
    };
    (!bytes.is_empty()).then(|| HardKey {
        kind,
        bytes,
        algorithm,
        written: reached.written,
        place: Place { file: unit.place.clone(), class: java_name(unit.classes[reached.class].descriptor) },
        method: reached.method,
    })
}

/// RSA keys that stand in a string in base64, with or without the lines of PEM.
fn written(shown: &Shown<'_, '_>, rows: Vec<Rows>, used: &[Vec<Use>]) -> Vec<HardKey> {
    let mut found = Vec::new();
    for ((unit, rows), uses) in shown.units.iter().zip(rows).zip(used) {
        let mut places: BTreeMap<u32, &Use> = BTreeMap::new();
        for used in uses.iter().filter(|used| used.index == Index::String && rows.written.contains_key(&used.row)) {
            places.entry(used.row).or_insert(used);
        }
        for (row, (kind, bytes)) in rows.written {
            let used = places.get(&row);
            let class = used.map(|used| java_name(unit.classes[used.class as usize].descriptor)).unwrap_or_default();
            let method = used.and_then(|used| unit.dex.method(used.method));
            let method = method.map(|method| text(method.name).into_owned()).unwrap_or_default();
            let place = Place { file: unit.place.clone(), class };
            found.push(HardKey { kind, bytes, algorithm: Some("RSA".to_owned()), written: "base64", place, method });
        }
    }
    found
}

/// RSA keys in native libraries and texts: runs of base64 that begin as every DER sequence does.
fn in_parts(shown: &Shown<'_, '_>) -> Vec<HardKey> {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let mut found = Vec::new();
    let parts = shown.package.parts.iter().filter(|part| matches!(part.kind, Kind::Native | Kind::Text));
    for part in parts {
        for at in memchr::memchr_iter(b'M', &part.bytes) {
            let begins = matches!(part.bytes.get(at + 1), Some(b'I' | b'F' | b'H'));
            if !begins || part.bytes[..at].last().is_some_and(base64) || found.len() >= MOST_KEYS {
                continue;
            }
            let rest = part.bytes[at..].iter().take(LONGEST + 1);
            let length = rest.take_while(|byte| base64(byte) || matches!(byte, b'\r' | b'\n')).count();
            if let Some((kind, bytes)) = in_string(&part.bytes[at..at + length]) {
                let place = Place { file: part.place.clone(), class: String::new() };
                let algorithm = Some("RSA".to_owned());
                found.push(HardKey { kind, bytes, algorithm, written: "base64", place, method: String::new() });
            }
        }
    }
    found
}

/// Characters of a key in base64 with its lines: 1,024 to 8,192 bits have about 220 to 8,800.
const SHORTEST: usize = 80;
const LONGEST: usize = 16 << 10;

fn in_string(string: &[u8]) -> Option<(KeyKind, Vec<u8>)> {
    if !(SHORTEST..=LONGEST).contains(&string.len()) {
        return None;
    }
    let body = match memchr::memmem::find(string, b"-----BEGIN ") {
        Some(begin) => {
            let rest = &string[begin + 11..];
            let start = memchr::memmem::find(rest, b"-----")? + 5;
            let end = memchr::memmem::find(&rest[start..], b"-----END")?;
            &rest[start..start + end]
        }
        // Every DER sequence longer than 127 bytes begins so.
        None if string.starts_with(b"M") || string.starts_with(b"MF") || string.starts_with(b"MH") => string,
        None => return None,
    };
    let clean: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let der = base64::decode(&clean)?;
    Some((rsa::kind(&der)?, der))
}
