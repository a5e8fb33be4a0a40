//! Tables that say who runs a host or an address: two that are bundled, and those that a user brings.
//!
//! A table answers with single facts and never with a verdict; which of several tables is right is nobody's to say
//! here. Files that a user brings are as hostile as captures: a wrong one is an error with its offset.
//!
//! A new kind of file is one file here, its `mod` line and its line in [`KINDS`].

mod bundled;
mod disconnect;
mod easyprivacy;
mod mmdb;
mod names;
mod reported;
mod trackerdb;

use crate::model::{About, Aspect, Fact, Source};
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::Arc;

pub use bundled::ThirdPartyWeb;
pub use reported::Reported;

/// Something that knows names, addresses or both.
pub trait Table: Debug + Send + Sync {
    /// What it knows of a host name, lower case.
    fn of_name(&self, _host: &str, _facts: &mut Vec<Fact>) {}

    /// What it knows of an address.
    fn of_address(&self, _address: IpAddr, _facts: &mut Vec<Fact>) {}

    /// Looks at all of it, where opening it did not: for a file that is taken in for the first time.
    fn verify(&self) -> Result<(), TableError> {
        Ok(())
    }
}

/// A kind of file that a user can bring.
pub trait Kind: Sync {
    /// The word for it in lists.
    fn name(&self) -> &'static str;

    /// One line for a person: what it says, and where it comes from.
    fn about(&self) -> &'static str;

    /// Whether the file looks like it.
    fn sniff(&self, bytes: &[u8]) -> bool;

    /// Reads it whole.
    fn open(&self, bytes: Vec<u8>, origin: &Origin) -> Result<Opened, TableError>;
}

/// Every kind of file, most specific recognition first.
pub static KINDS: &[&dyn Kind] =
    &[&mmdb::Mmdb, &trackerdb::TrackerDb, &disconnect::Disconnect, &easyprivacy::EasyPrivacy];

/// A file as it came to us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Name of the file, without folders.
    pub file: String,
    /// SHA-256 of it, lower-case hex.
    pub sha256: String,
}

/// A table that could be read.
#[derive(Debug)]
pub struct Opened {
    /// Name of its kind.
    pub kind: &'static str,
    /// What it says of itself.
    pub source: Arc<Source>,
    /// What it holds, in words: `5,103 names`.
    pub holds: String,
    /// The table.
    pub table: Box<dyn Table>,
}

/// Why a file is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TableError {
    /// What is wrong with it, on one line.
    pub message: String,
    /// Where, in bytes from the start of the file.
    pub offset: u64,
    /// What the user can do about it.
    pub help: String,
}

impl TableError {
    fn new(message: impl Into<String>, offset: u64) -> Self {
        let help = "get the file again; it may be cut off or of another kind".to_owned();
        Self { message: message.into(), offset, help }
    }

    /// From serde_json, which counts lines.
    fn json(error: &serde_json::Error, bytes: &[u8]) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|end| end + 1));
        let start = starts.take(error.line()).last().unwrap_or(0);
        let offset = (start + error.column().saturating_sub(1)).min(bytes.len()) as u64;
        let whole = error.to_string();
        let message = whole.split(" at line ").next().unwrap_or(&whole);
        Self::new(message, offset)
    }
}

/// Reads a file of any kind in [`KINDS`].
pub fn open(bytes: Vec<u8>, origin: &Origin) -> Result<Opened, TableError> {
    match KINDS.iter().find(|kind| kind.sniff(&bytes)) {
        Some(kind) => kind.open(bytes, origin),
        None => {
            let known: Vec<String> = KINDS.iter().map(|kind| format!("{} ({})", kind.name(), kind.about())).collect();
            let help = format!("there are: {}", known.join("; "));
            Err(TableError { message: "is no table of a known kind".to_owned(), offset: 0, help })
        }
    }
}

/// Evidence of a file: whoever has the same one can check it.
fn of_file(origin: &Origin) -> String {
    format!("{}, SHA-256 {}", origin.file, origin.sha256)
}

/// Collects facts of one source about one thing.
struct Facts<'f> {
    facts: &'f mut Vec<Fact>,
    source: &'f Arc<Source>,
    about: About,
}

impl Facts<'_> {
    /// Adds a fact unless the source leaves it empty.
    fn say(&mut self, aspect: Aspect, value: &str) {
        let value = value.trim();
        if !value.is_empty() {
            let (about, source) = (self.about.clone(), Arc::clone(self.source));
            self.facts.push(Fact { aspect, about, value: value.to_owned(), source });
        }
    }

    /// Adds a country unless it is no ISO 3166-1 alpha-2 code; `ZZ` and the like mean "unknown".
    fn country(&mut self, aspect: Aspect, code: &str, city: &str) {
        let code = code.trim().to_ascii_uppercase();
        if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) && !matches!(&*code, "ZZ" | "XX") {
            let city = city.trim();
            self.say(aspect, &if city.is_empty() { code } else { format!("{code}, {city}") });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_refused_with_the_kinds_there_are() {
        for bytes in [&b""[..], b"\x89PNG", b"{}", b"[1,2]", b"SQLite format 3\0"] {
            let error = open(bytes.to_vec(), &Origin::default()).unwrap_err();
            assert!(KINDS.iter().all(|kind| error.help.contains(kind.name())), "{error:?}");
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        let names: std::collections::BTreeSet<_> = KINDS.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), KINDS.len());
    }

    #[test]
    fn json_errors_have_their_byte() {
        let bytes = b"{\n  \"a\": 1,\n  x\n}";
        let error = serde_json::from_slice::<serde_json::Value>(bytes).unwrap_err();
        assert_eq!(bytes[TableError::json(&error, bytes).offset as usize], b'x');
    }
}
