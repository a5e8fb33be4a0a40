//! Google Play: the data safety form as the Play Console exports it, and the section of a listing as tools fetch it.
//!
//! The form is a CSV with a row for each possible answer: question id, response id, value (`true`, `false`, empty), and
//! two columns for people. `PSL_DATA_TYPES_*` says which types are collected or shared at all,
//! `PSL_DATA_USAGE_RESPONSES:TYPE:…` how. A listing, as the common scrapers give it, is an object with `collectedData`
//! and `sharedData` (each entry with its type's name as `data`) and `securityPractices`.

use super::categories::{CATEGORIES, Category};
use super::{Declaration, DeclaredError, broken, member};
use serde_json::Value;

const FORM: &str = "Google Play data safety form";

/// The export of the form.
pub(super) fn form(text: &[u8]) -> Result<Declaration, DeclaredError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let mut declaration = Declaration { format: FORM, ..Declaration::default() };
    let mut nothing = false;
    for row in reader.byte_records() {
        let row = row.map_err(|error| broken(FORM, error))?;
        let cell = |at: usize| row.get(at).and_then(|cell| std::str::from_utf8(cell).ok()).unwrap_or_default().trim();
        let (question, response) = (cell(0), cell(1));
        let yes = cell(2).eq_ignore_ascii_case("true");
        match question {
            "PSL_DATA_COLLECTION_ENCRYPTED_IN_TRANSIT" => declaration.encrypted |= yes,
            "PSL_DATA_COLLECTION_COLLECTS_PERSONAL_DATA" => nothing |= cell(2).eq_ignore_ascii_case("false"),
            _ => answer(&mut declaration, question, response, yes),
        }
    }
    for declared in declaration.categories.values_mut() {
        declared.collected &= !nothing;
        declared.shared = declared.shared.map(|shared| shared && !nothing);
    }
    Ok(declaration)
}

fn answer(declaration: &mut Declaration, question: &str, response: &str, yes: bool) {
    let by_id = |id: &str| CATEGORIES.iter().find(|category| category.play_id == id);
    if question.starts_with("PSL_DATA_TYPES_") {
        if let Some(category) = by_id(response) {
            // Whether it is collected, shared or both is told by the rows on its usage.
            declaration.declare(category.name).shared.get_or_insert(false);
            declaration.declare(category.name).collected |= yes && !is_only_shared(declaration, category);
        }
        return;
    }
    let mut parts = question.splitn(3, ':');
    let (Some("PSL_DATA_USAGE_RESPONSES"), Some(id), Some("PSL_DATA_USAGE_COLLECTION_AND_SHARING")) =
        (parts.next(), parts.next(), parts.next())
    else {
        return;
    };
    let Some(category) = by_id(id) else { return };
    match response {
        "PSL_DATA_USAGE_ONLY_COLLECTED" => declaration.declare(category.name).collected |= yes,
        "PSL_DATA_USAGE_ONLY_SHARED" if yes => declaration.declare(category.name).shared = Some(true),
        _ => {}
    }
}

/// Told earlier as shared and not as collected. The form lists types before usage, so this is rare.
fn is_only_shared(declaration: &Declaration, category: &Category) -> bool {
    let known = declaration.categories.get(category.name);
    known.is_some_and(|declared| declared.shared == Some(true) && !declared.collected)
}

/// A listing's section; none if the document has none.
pub(super) fn listing(document: &Value) -> Option<Declaration> {
    let collected = member(document, "collectedData")?.as_array()?;
    let mut declaration = Declaration::of_all("Google Play listing, data safety", Some(false));
    for category in named(collected) {
        declaration.declare(category.name).collected = true;
    }
    let shared = member(document, "sharedData").and_then(Value::as_array);
    for category in shared.into_iter().flat_map(|shared| named(shared)) {
        declaration.declare(category.name).shared = Some(true);
    }
    let practices = member(document, "securityPractices").and_then(Value::as_array);
    let mut practices = practices.into_iter().flatten().filter_map(|practice| practice.get("practice")?.as_str());
    declaration.encrypted = practices.any(|practice| {
        let practice = practice.to_ascii_lowercase();
        practice.contains("encrypted in transit") && !practice.contains("n't") && !practice.contains("not ")
    });
    Some(declaration)
}

fn named(entries: &[Value]) -> impl Iterator<Item = &'static Category> {
    let names = entries.iter().filter_map(|entry| entry.get("data")?.as_str());
    names.filter_map(|name| CATEGORIES.iter().find(|category| category.play_name.eq_ignore_ascii_case(name)))
}
