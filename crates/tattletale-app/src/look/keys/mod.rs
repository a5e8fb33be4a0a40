//! Keys written into an app: constants that reach a cipher, and RSA keys that stand in a string.
//!
//! The constants are followed through straight lines of code ([`flow`]): a string or an array that becomes bytes
//! (`getBytes`, base64, hex), lies in a field, or is handed to a method of the app that puts it into a key. Where code
//! branches the last constant counts; a key that is computed is not found. Whoever has the app has such a key.

mod flow;
mod rsa;
mod sinks;

use std::collections::{BTreeMap, HashMap};

use tattletale_core::codec::base64;
use tattletale_core::model::app::{HardKey, KeyKind, Place};

use super::Shown;
use super::references::{Marks, uses};
use super::unit::java_name;
use crate::dex::{Index, text};
use flow::{Flow, Reached};

/// How often callers of callers are followed.
const ROUNDS: usize = 3;
/// Keys of one app that are listed.
const MOST_KEYS: usize = 1000;

/// Bytes of the keys that AES has.
const AES: [usize; 3] = [16, 24, 32];

/// All keys of an app.
pub(crate) fn find(shown: &Shown<'_, '_>) -> Vec<HardKey> {
    let mut found: Vec<HardKey> = Vec::new();
    let mut flow = Flow::new(shown.units);
    // Classes that use a cipher, and whatever initialises constants.
    let mut users: Vec<Vec<bool>> = Vec::new();
    for unit in shown.units {
        let mut marks = Marks::of(unit);
        let any = sinks::mark(unit, &mut marks.methods);
        let mut of = vec![false; unit.classes.len()];
        if any {
            uses(unit, &marks).uses.iter().for_each(|used| of[used.class as usize] = true);
        }
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
    found.extend(written(shown));
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
fn written(shown: &Shown<'_, '_>) -> Vec<HardKey> {
    let mut found = Vec::new();
    for unit in shown.units {
        let mut marks = Marks::of(unit);
        let mut rows = BTreeMap::new();
        for number in 0..unit.dex.strings() {
            let Some(string) = unit.dex.string(number) else { continue };
            let Some((kind, der)) = in_string(string) else { continue };
            marks.strings[number as usize] = true;
            rows.insert(number, (kind, der));
        }
        if rows.is_empty() {
            continue;
        }
        let mut places: BTreeMap<u32, (String, String)> = BTreeMap::new();
        for used in uses(unit, &marks).uses.iter().filter(|used| used.index == Index::String) {
            let method = unit.dex.method(used.method).map(|method| text(method.name).into_owned());
            let class = java_name(unit.classes[used.class as usize].descriptor);
            places.entry(used.row).or_insert((class, method.unwrap_or_default()));
        }
        for (row, (kind, bytes)) in rows {
            let (class, method) = places.remove(&row).unwrap_or_default();
            let place = Place { file: unit.place.clone(), class };
            found.push(HardKey { kind, bytes, algorithm: Some("RSA".to_owned()), written: "base64", place, method });
        }
    }
    found
}

fn in_string(string: &[u8]) -> Option<(KeyKind, Vec<u8>)> {
    const SHORTEST: usize = 80;
    const LONGEST: usize = 16 << 10;
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
        None if string.starts_with(b"MI") || string.starts_with(b"MF") || string.starts_with(b"MH") => string,
        None => return None,
    };
    let clean: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let der = base64::decode(&clean)?;
    Some((rsa::kind(&der)?, der))
}
