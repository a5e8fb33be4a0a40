//! Files that people write, such as a ground truth or a claim: TOML in which every mistake is named.
//!
//! Whoever reads such a file takes it apart with a [`Reader`], key by key. Anything unknown, missing or of the wrong
//! type becomes a [`WrittenError`] with its line, the nearest known word and a line of help. Nothing is ignored: what
//! is silently left out of an audit would make its result a false one.

use super::Timestamp;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Why a written file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct WrittenError {
    /// Line in the file, from 1.
    pub line: usize,
    /// Byte offset in the file.
    pub offset: usize,
    /// What is wrong, naming the entry.
    pub message: String,
    /// A line of help.
    pub help: String,
}

/// A value with its place in the file.
pub type Item<'i> = Spanned<DeValue<'i>>;

/// A key with its value.
pub type Entry<'i> = (&'i Spanned<Cow<'i, str>>, &'i Item<'i>);

/// Takes a parsed file apart; every method fails with the place and the reason.
pub struct Reader<'t> {
    text: &'t str,
    /// How an entry is written, for errors of type.
    help: &'static str,
}

/// The text without a byte order mark, which some editors write.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl<'t> Reader<'t> {
    /// Reads `text`; `help` shows how an entry is written.
    pub fn new(text: &'t str, help: &'static str) -> Self {
        Self { text, help }
    }

    /// The whole file as a table.
    pub fn file(&self) -> Result<DeTable<'t>, WrittenError> {
        let table = DeTable::parse(self.text)
            .map_err(|error| self.error(error.span().unwrap_or(0..0), error.message(), "the file must be TOML 1.0"))?;
        Ok(table.into_inner())
    }

    /// A refusal at `span`, with its line and a line of help.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> WrittenError {
        let offset = span.start.min(self.text.len());
        let line = self.text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        WrittenError { line, offset, message: message.into(), help: help.into() }
    }

    /// The entries of an array; refused if it is none.
    pub fn array<'i>(&self, item: &'i Item<'i>, place: &str) -> Result<&'i DeArray<'i>, WrittenError> {
        match item.get_ref() {
            DeValue::Array(array) => Ok(array),
            other => Err(self.wrong_type(item.span(), place, "an array", other)),
        }
    }

    /// The entries of a table in their order; refused if it is none.
    pub fn table<'i>(&self, item: &'i Item<'i>, place: &str) -> Result<impl Iterator<Item = Entry<'i>>, WrittenError> {
        match item.get_ref() {
            DeValue::Table(table) => Ok(table.iter()),
            other => Err(self.wrong_type(item.span(), place, "a table", other)),
        }
    }

    /// The text of a string; refused if it is none.
    pub fn string<'i>(&self, item: &'i Item<'i>, place: &str) -> Result<&'i str, WrittenError> {
        match item.get_ref() {
            DeValue::String(text) => Ok(text),
            other => Err(self.wrong_type(item.span(), place, "a string (in quotes)", other)),
        }
    }

    /// One string, or an array of them.
    pub fn strings<'i>(&self, item: &'i Item<'i>, place: &str) -> Result<Vec<(&'i str, Range<usize>)>, WrittenError> {
        match item.get_ref() {
            DeValue::Array(array) => {
                array.iter().map(|item| self.string(item, place).map(|text| (text, item.span()))).collect()
            }
            _ => Ok(vec![(self.string(item, place)?, item.span())]),
        }
    }

    /// A point in time: an RFC 3339 date-time, quoted or not.
    pub fn time(&self, item: &Item<'_>, place: &str) -> Result<Timestamp, WrittenError> {
        let text = match item.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            DeValue::String(text) => text.to_string(),
            other => return Err(self.wrong_type(item.span(), place, "a time", other)),
        };
        text.parse().map_err(|_| {
            self.error(
                item.span(),
                format!("{place}: `{text}` is not a time with its offset from UTC"),
                "write times as in RFC 3339, for example 2026-11-21T02:44:30.100Z",
            )
        })
    }

    /// `true` or `false`; refused if it is neither.
    pub fn truth(&self, item: &Item<'_>, place: &str) -> Result<bool, WrittenError> {
        match item.get_ref() {
            DeValue::Boolean(yes) => Ok(*yes),
            other => Err(self.wrong_type(item.span(), place, "true or false", other)),
        }
    }

    /// A whole number from 1 on.
    pub fn count(&self, item: &Item<'_>, place: &str) -> Result<u32, WrittenError> {
        let DeValue::Integer(number) = item.get_ref() else {
            return Err(self.wrong_type(item.span(), place, "a number", item.get_ref()));
        };
        let count = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|count| *count > 0);
        count
            .ok_or_else(|| self.error(item.span(), format!("{place}: `{number}` is not a number from 1 on"), self.help))
    }

    /// One of the `known` words.
    pub fn word(
        &self,
        item: &Item<'_>,
        place: &str,
        what: &str,
        known: &[&'static str],
    ) -> Result<&'static str, WrittenError> {
        let text = self.string(item, place)?;
        self.known(text, item.span(), what, known)
    }

    /// The same for a word that was read already.
    pub fn known(
        &self,
        text: &str,
        span: Range<usize>,
        what: &str,
        known: &[&'static str],
    ) -> Result<&'static str, WrittenError> {
        let found = known.iter().find(|name| **name == text).copied();
        found.ok_or_else(|| self.unknown(what, span, text, known))
    }

    /// The error for a word that is not known, naming the nearest that is.
    pub fn unknown(&self, what: &str, span: Range<usize>, word: &str, known: &[&str]) -> WrittenError {
        let distance = |name: &&&str| (strsim::jaro_winkler(word, name) * 1000.0) as u32;
        let nearest = known.iter().max_by_key(distance).copied().unwrap_or_default();
        self.error(
            span,
            format!("unknown {what} `{word}`, the nearest known one is `{nearest}`"),
            format!("known: {}", known.join(", ")),
        )
    }

    fn wrong_type(&self, span: Range<usize>, place: &str, wanted: &str, found: &DeValue<'_>) -> WrittenError {
        let found = match found {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.error(span, format!("{place}: expected {wanted}, found {found}"), self.help)
    }
}
