//! Signature files of our own form: TOML, one `[[signature]]` each, strictly read.

use serde::Deserialize;

use super::{Signature, SignatureError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    signature: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: String,
    evidence: String,
    organisation: Option<String>,
    category: Option<String>,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    strings: Vec<String>,
    least: Option<usize>,
    #[serde(default)]
    version_files: Vec<String>,
}

/// Reads a file of signatures.
pub(super) fn parse(text: &str) -> Result<Vec<Signature>, SignatureError> {
    let file: File = toml::from_str(text).map_err(|error| SignatureError(error.message().to_owned()))?;
    file.signature.into_iter().map(signature).collect()
}

fn signature(row: Row) -> Result<Signature, SignatureError> {
    let wrong = |what: &str| Err(SignatureError(format!("signature `{}` {what}", row.id)));
    if row.evidence.trim().is_empty() {
        return wrong("says nothing in `evidence`");
    }
    if row.classes.iter().chain(&row.hosts).any(|name| name.len() < 3) {
        return wrong("has a class or host so short that it fits everything");
    }
    let least = row.least.unwrap_or(row.strings.len());
    if !row.strings.is_empty() && (least < 2 || least > row.strings.len()) {
        return wrong("must ask for at least two of its strings to come together");
    }
    Ok(Signature {
        id: row.id,
        name: row.name,
        organisation: row.organisation,
        category: row.category,
        classes: row.classes,
        hosts: row.hosts,
        strings: row.strings,
        least,
        version_files: row.version_files,
        evidence: row.evidence,
        code: None,
        network: None,
    })
}
