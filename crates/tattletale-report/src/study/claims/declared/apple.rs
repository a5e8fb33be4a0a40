//! Apple: privacy labels of an App Store listing, and privacy manifests (`PrivacyInfo.xcprivacy`).
//!
//! A listing holds `privacyTypes`: for each of `DATA_USED_TO_TRACK_YOU`, `DATA_LINKED_TO_YOU` and
//! `DATA_NOT_LINKED_TO_YOU` its categories, with data types where the detailed view was fetched, either directly or by
//! purpose; or `DATA_NOT_COLLECTED`. A manifest is a property list, XML or binary, with `NSPrivacyTracking` and
//! `NSPrivacyCollectedDataTypes`, whose entries name a type and whether it is linked to the person.

use super::categories::{CATEGORIES, Category};
use super::{Declaration, DeclaredError, broken, member};
use plist::Value as Plist;
use serde_json::Value;
use std::io::Cursor;

const MANIFEST: &str = "Apple privacy manifest";

/// The labels; none if the document has none, or says that the maker did not provide any.
pub(super) fn labels(document: &Value) -> Option<Declaration> {
    let types = member(document, "privacyTypes")?.as_array()?;
    let identifier = |value: &Value| value.get("identifier").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known = types.iter().any(|one| identifier(one).starts_with("DATA_") && identifier(one) != "DATA_NOT_PROVIDED");
    if !known {
        return None;
    }
    let mut declaration = Declaration::of_all("Apple privacy labels", None);
    declaration.no_tracking = true;
    for one in types {
        let linked = match identifier(one).as_str() {
            "DATA_USED_TO_TRACK_YOU" => {
                declaration.no_tracking = false;
                None
            }
            "DATA_LINKED_TO_YOU" => Some(true),
            "DATA_NOT_LINKED_TO_YOU" => Some(false),
            _ => continue,
        };
        for category in categories(one) {
            let declared = declaration.declare(category.name);
            declared.collected = true;
            // What is linked for any purpose is linked.
            declared.linked = declared.linked.filter(|known| *known).or(linked).or(declared.linked);
        }
    }
    Some(declaration)
}

/// Data types under a label, whether its categories stand directly or by purpose.
fn categories(label: &Value) -> Vec<&'static Category> {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut held = [list(label, "dataCategories"), list(label, "categories")].concat();
    for purpose in list(label, "purposes") {
        held.extend([list(&purpose, "dataCategories"), list(&purpose, "categories")].concat());
    }
    let mut found = Vec::new();
    for category in &held {
        let types: Vec<String> =
            list(category, "dataTypes").iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
        let identifier = category.get("identifier").and_then(Value::as_str);
        found.extend(CATEGORIES.iter().filter(|known| match types.is_empty() {
            // The short view names the category only: any type of it may be meant.
            true => Some(known.apple_category) == identifier,
            false => types.contains(&known.apple_name.to_ascii_lowercase()),
        }));
    }
    found
}

/// A manifest.
pub(super) fn manifest(bytes: &[u8]) -> Result<Declaration, DeclaredError> {
    if is_deep(bytes) {
        return Err(DeclaredError::TooLarge);
    }
    let value = Plist::from_reader(Cursor::new(bytes)).map_err(|error| broken(MANIFEST, error))?;
    let root = value.as_dictionary().ok_or(DeclaredError::Unknown)?;
    let tracking = root.get("NSPrivacyTracking").and_then(Plist::as_boolean);
    let collected = root.get("NSPrivacyCollectedDataTypes").and_then(Plist::as_array);
    if tracking.is_none() && collected.is_none() && !root.contains_key("NSPrivacyAccessedAPITypes") {
        return Err(DeclaredError::Unknown);
    }
    let mut declaration = match collected {
        Some(_) => Declaration::of_all(MANIFEST, None),
        None => Declaration { format: MANIFEST, ..Declaration::default() },
    };
    declaration.no_tracking = tracking == Some(false);
    for entry in collected.into_iter().flatten().filter_map(Plist::as_dictionary) {
        let text = |name: &str| entry.get(name).and_then(Plist::as_string).unwrap_or_default();
        let key = text("NSPrivacyCollectedDataType").trim_start_matches("NSPrivacyCollectedDataType");
        let linked = entry.get("NSPrivacyCollectedDataTypeLinked").and_then(Plist::as_boolean);
        for category in CATEGORIES.iter().filter(|category| category.apple_key == key) {
            let declared = declaration.declare(category.name);
            declared.collected = true;
            declared.linked = declared.linked.filter(|known| *known).or(linked);
        }
    }
    Ok(declaration)
}

/// Deepest nesting of a manifest, and most objects of a binary one: real ones have 4 levels and some hundred objects.
const DEEPEST: usize = 64;
const MOST_OBJECTS: u64 = 4_096;

/// Whether it nests so deep that whoever walks it could run out of stack. A binary list cannot nest deeper than it has
/// objects; its trailer of 32 bytes says how many (CFBinaryPList.c).
fn is_deep(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"bplist") {
        let count = bytes.len().checked_sub(24).and_then(|at| bytes.get(at..at + 8)?.try_into().ok());
        return count.map(u64::from_be_bytes).is_none_or(|count| count > MOST_OBJECTS);
    }
    let (mut depth, mut deepest) = (0usize, 0);
    for at in memchr::memchr_iter(b'<', bytes) {
        match &bytes[at + 1..] {
            [b'/', ..] => depth = depth.saturating_sub(1),
            [b'?' | b'!', ..] => {}
            rest => {
                let end = memchr::memchr(b'>', rest);
                let empty = end.and_then(|end| end.checked_sub(1)).is_some_and(|last| rest[last] == b'/');
                depth += usize::from(!empty);
            }
        }
        deepest = deepest.max(depth);
    }
    deepest > DEEPEST
}
