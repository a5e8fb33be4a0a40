//! What every TOML file that a person writes for us has in common: values with their places, and errors that help.
//!
//! A misspelt key that is silently ignored would turn a gap into a clean result, so readers refuse what they do not
//! know and name the nearest known word. An error knows its line and byte; the file's name is added by whoever opened
//! it.

use super::Timestamp;
use super::truth::Kind;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Why a file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct TomlError {
    /// Line in the file, from 1.
    pub line: usize,
    /// Byte offset in the file.
    pub offset: usize,
    /// What is wrong, naming the entry.
    pub message: String,
    /// A line of help.
    pub help: String,
}

/// A key and what it is set to, each with its place.
pub type Entry<'i, 't> = (&'i Spanned<Cow<'t, str>>, &'i Spanned<DeValue<'t>>);

/// Reads the values of one file. `place` in its methods names the entry in messages: `[[value]] number 2`.
#[derive(Debug, Clone, Copy)]
pub struct TomlReader<'t> {
    text: &'t str,
    help: &'static str,
}

impl<'t> TomlReader<'t> {
    /// For the text of a file; `help` shows how an entry is written, for values of the wrong type.
    pub fn new(text: &'t str, help: &'static str) -> Self {
        Self { text: text.strip_prefix('\u{feff}').unwrap_or(text), help }
    }

    /// The whole file as a table.
    pub fn parse(&self) -> Result<Spanned<DeTable<'t>>, TomlError> {
        DeTable::parse(self.text)
            .map_err(|error| self.error(error.span().unwrap_or(0..0), error.message(), "the file must be TOML 1.0"))
    }

    /// An error at a place of the file (in bytes).
    pub fn error(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> TomlError {
        let offset = span.start.min(self.text.len());
        let line = self.text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        TomlError { line, offset, message: message.into(), help: help.into() }
    }

    /// The elements of an array.
    pub fn array<'i>(&self, item: &'i Spanned<DeValue<'t>>, place: &str) -> Result<&'i DeArray<'t>, TomlError> {
        match item.get_ref() {
            DeValue::Array(array) => Ok(array),
            other => Err(self.wrong_type(item.span(), place, "an array", other)),
        }
    }

    /// The keys of a table with what they are set to.
    pub fn table<'i>(
        &self,
        item: &'i Spanned<DeValue<'t>>,
        place: &str,
    ) -> Result<impl Iterator<Item = Entry<'i, 't>> + use<'i, 't>, TomlError>
    where
        't: 'i,
    {
        match item.get_ref() {
            DeValue::Table(table) => Ok(table.iter()),
            other => Err(self.wrong_type(item.span(), place, "a table", other)),
        }
    }

    /// A string.
    pub fn string<'i>(&self, item: &'i Spanned<DeValue<'t>>, place: &str) -> Result<&'i str, TomlError> {
        match item.get_ref() {
            DeValue::String(text) => Ok(text),
            other => Err(self.wrong_type(item.span(), place, "a string (in quotes)", other)),
        }
    }

    /// A string that says something.
    pub fn text(&self, item: &Spanned<DeValue<'t>>, place: &str) -> Result<String, TomlError> {
        let text = self.string(item, place)?.trim();
        match text.is_empty() {
            true => Err(self.error(item.span(), format!("{place}: this is empty"), self.help)),
            false => Ok(text.to_owned()),
        }
    }

    /// A whole number from 1.
    pub fn count(&self, item: &Spanned<DeValue<'t>>, place: &str) -> Result<u32, TomlError> {
        let number = match item.get_ref() {
            DeValue::Integer(number) => number,
            other => return Err(self.wrong_type(item.span(), place, "a whole number from 1", other)),
        };
        let parsed = u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|&number| number > 0);
        parsed
            .ok_or_else(|| self.error(item.span(), format!("{place}: `{number}` is no whole number from 1"), self.help))
    }

    /// A time with its offset from UTC, as a TOML time or as a string.
    pub fn time(&self, item: &Spanned<DeValue<'t>>, place: &str) -> Result<Timestamp, TomlError> {
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

    /// One of the known kinds, by name.
    pub fn kind(
        &self,
        item: &Spanned<DeValue<'t>>,
        place: &str,
        known: &'static [Kind],
    ) -> Result<&'static str, TomlError> {
        let text = self.string(item, place)?;
        let names: Vec<&str> = known.iter().map(|kind| kind.name).collect();
        let found = known.iter().find(|kind| kind.name == text);
        found.map(|kind| kind.name).ok_or_else(|| self.unknown("kind or mode", item.span(), text, &names))
    }

    /// The error for a word that is not known, naming the nearest one that is.
    pub fn unknown(&self, what: &str, span: Range<usize>, word: &str, known: &[&str]) -> TomlError {
        let distance = |name: &&&str| (strsim::jaro_winkler(word, name) * 1000.0) as u32;
        let nearest = known.iter().max_by_key(distance).copied().unwrap_or_default();
        self.error(
            span,
            format!("unknown {what} `{word}`, the nearest known one is `{nearest}`"),
            format!("known: {}", known.join(", ")),
        )
    }

    /// The error for a value of the wrong type.
    pub fn wrong_type(&self, span: Range<usize>, place: &str, wanted: &str, found: &DeValue<'_>) -> TomlError {
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
