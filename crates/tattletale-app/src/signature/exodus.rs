//! The list of Exodus Privacy as its service gives it: `{"trackers": {"ID": {...}}}`, or the rows as an array (ETIP).

use serde_json::Value;

use super::{Signature, SignatureError};

/// Shorter expressions are left out, as Exodus does: they fit everything.
const SHORTEST: usize = 4;

/// Reads the list; rows without an expression are left out.
pub(super) fn parse(text: &str) -> Result<Vec<Signature>, SignatureError> {
    let file: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| SignatureError(format!("is no JSON: {error}")))?;
    let rows = file.get("trackers").unwrap_or(&file);
    let rows: Vec<(Option<String>, &Value)> = match rows {
        Value::Object(rows) => rows.iter().map(|(id, row)| (Some(id.clone()), row)).collect(),
        Value::Array(rows) => rows.iter().map(|row| (None, row)).collect(),
        _ => return Err(SignatureError("has no `trackers`".to_owned())),
    };
    let found: Vec<Signature> = rows.into_iter().filter_map(|(id, row)| signature(id, row)).collect();
    match found.is_empty() {
        true => Err(SignatureError("has no tracker with a `code_signature` or `network_signature`".to_owned())),
        false => Ok(found),
    }
}

fn signature(id: Option<String>, row: &Value) -> Option<Signature> {
    let said = |key: &str| row.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let expression = |key| said(key).filter(|text| text.len() >= SHORTEST && *text != "NC").map(str::to_owned);
    let (code, network) = (expression("code_signature"), expression("network_signature"));
    if code.is_none() && network.is_none() {
        return None;
    }
    let name = said("name")?.to_owned();
    let categories = row.get("categories").or_else(|| row.get("category")).and_then(Value::as_array);
    let id = id.or_else(|| row.get("id").map(|id| id.to_string().trim_matches('"').to_owned()))?;
    Some(Signature {
        id: format!("exodus-{id}"),
        category: categories.and_then(|all| all.first()?.as_str()).map(str::to_lowercase),
        evidence: format!(
            "Exodus Privacy, tracker {id}{}",
            said("website").map(|w| format!(", {w}")).unwrap_or_default()
        ),
        name,
        code,
        network,
        ..Signature::default()
    })
}
