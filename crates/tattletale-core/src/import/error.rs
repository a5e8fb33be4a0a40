//! Why a file could not be read at all, and what to do about it.
//!
//! One bad entry is never an error (see [`super`]); these are for files that yield nothing.

use std::fmt;
use std::io;

use super::unicode;
use crate::codec::json::{Kind, Token, Tokens, unescape};

/// A file in which there is nothing to read. One line, without the file's name and without [`ImportError::offset`]:
/// the caller knows the one and says the other.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No byte in it.
    #[error("the file is empty")]
    Empty,
    /// No importer knows it.
    #[error("not a capture in a format that can be read: {looks_like}")]
    UnknownFormat {
        /// What it seems to be instead.
        looks_like: LooksLike,
    },
    /// JSON that may be a HAR, but has no array `log.entries`.
    #[error("a HAR without an array `log.entries`")]
    NoEntries {
        /// Where the file ends.
        offset: u64,
    },
    /// Not readable up to its first entry.
    #[error("entry 0 was not reached: {why}")]
    Broken {
        /// Where it stops making sense, in bytes from the start.
        offset: u64,
        /// What is wrong there.
        why: &'static str,
    },
    /// The reader failed.
    #[error("reading failed in or before entry {entry}: {source}")]
    Io {
        /// Bytes that had been read.
        offset: u64,
        /// The entry that was due next, from 0.
        entry: usize,
        /// What the reader said.
        source: io::Error,
    },
}

impl ImportError {
    /// Byte of the file where reading ended.
    pub fn offset(&self) -> u64 {
        match self {
            Self::Empty | Self::UnknownFormat { .. } => 0,
            Self::NoEntries { offset } | Self::Broken { offset, .. } | Self::Io { offset, .. } => *offset,
        }
    }

    /// One line: what the user can do.
    pub fn help(&self) -> String {
        match self {
            Self::Empty => "export the capture again; the recorder may still have been writing".to_owned(),
            Self::UnknownFormat { looks_like } => format!("{}; {}", looks_like.advice(), readable()),
            Self::NoEntries { .. } => "export again with at least one request recorded".to_owned(),
            Self::Broken { .. } => "the file was cut or damaged near its start: export it again".to_owned(),
            Self::Io { .. } => "the exchanges before this place were read; copy the file anew and try again".to_owned(),
        }
    }
}

fn readable() -> String {
    let formats: Vec<String> = super::IMPORTERS.iter().map(|i| format!("{} ({})", i.name(), i.about())).collect();
    format!("can be read: {}", formats.join(", "))
}

/// What an unknown file seems to be, from its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LooksLike {
    /// gzip (RFC 1952).
    Gzip,
    /// ZIP that is no SAZ.
    Zip,
    /// pcap, either byte order, micro- or nanoseconds.
    Pcap,
    /// pcapng.
    Pcapng,
    /// WARC.
    Warc,
    /// XML.
    Xml,
    /// A web page.
    Html,
    /// JSON, but not a HAR.
    Json {
        /// The first names at its top level; empty when it is no object.
        names: Vec<String>,
    },
    /// Text of no known kind.
    Text,
    /// Bytes of no known kind.
    Binary,
}

impl LooksLike {
    /// The guess for a file that starts like this.
    pub fn of(head: &[u8]) -> Self {
        const MAGIC: [(&[u8], LooksLike); 8] = [
            (b"\x1f\x8b", LooksLike::Gzip),
            (b"PK\x03\x04", LooksLike::Zip),
            (b"\xa1\xb2\xc3\xd4", LooksLike::Pcap),
            (b"\xd4\xc3\xb2\xa1", LooksLike::Pcap),
            (b"\xa1\xb2\x3c\x4d", LooksLike::Pcap),
            (b"\x4d\x3c\xb2\xa1", LooksLike::Pcap),
            (b"\x0a\x0d\x0d\x0a", LooksLike::Pcapng),
            (b"WARC/", LooksLike::Warc),
        ];
        if let Some((_, known)) = MAGIC.into_iter().find(|(magic, _)| head.starts_with(magic)) {
            return known;
        }
        let text = unicode::head_as_utf8(head);
        let text = text.trim_ascii_start();
        match text.first() {
            Some(b'{' | b'[') if !text.contains(&0) => Self::Json { names: names(text) },
            Some(b'<') => markup(text),
            _ if text.iter().all(|&byte| byte >= b' ' || byte.is_ascii_whitespace() || byte == 0x1b) => Self::Text,
            _ => Self::Binary,
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Gzip => "unpack it first",
            Self::Zip => "unpack it and name the capture inside",
            Self::Html => "this may be the page of a failed download",
            _ => "export the capture as HAR",
        }
    }
}

impl fmt::Display for LooksLike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "it is compressed with gzip",
            Self::Zip => "it is a ZIP archive",
            Self::Pcap => "it is a pcap",
            Self::Pcapng => "it is a pcapng",
            Self::Warc => "it is a WARC",
            Self::Xml => "it looks like XML",
            Self::Html => "it looks like a web page",
            Self::Json { names } if names.is_empty() => "it is JSON, but not a HAR",
            Self::Json { names } => return write!(f, "it is JSON, but not a HAR (has {})", names.join(", ")),
            Self::Text => "it looks like plain text",
            Self::Binary => "it looks like binary data",
        })
    }
}

fn markup(text: &[u8]) -> LooksLike {
    let start = text[..text.len().min(4096)].to_ascii_lowercase();
    let has = |needle: &[u8]| memchr::memmem::find(&start, needle).is_some();
    if has(b"<!doctype html") || has(b"<html") { LooksLike::Html } else { LooksLike::Xml }
}

/// Up to five names at the top level, as far as the head goes, each cut to a readable length.
fn names(text: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut tokens = Tokens::new(text);
    while let Ok(Some(Token { kind, span })) = tokens.next_token() {
        match kind {
            Kind::ObjectStart | Kind::ArrayStart => depth += 1,
            Kind::ObjectEnd | Kind::ArrayEnd => depth -= 1,
            Kind::Key | Kind::EscapedKey if depth == 1 && names.len() < 5 => {
                let name = String::from_utf8_lossy(&unescape(&text[span])).into_owned();
                names.push(name.chars().filter(|c| !c.is_control()).take(40).collect());
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_left_to_the_caller() {
        let errors = [
            ImportError::NoEntries { offset: 4711 },
            ImportError::Broken { offset: 4711, why: "no name" },
            ImportError::Io { offset: 4711, entry: 3, source: io::Error::other("gone") },
        ];
        for error in errors {
            assert_eq!(error.offset(), 4711);
            assert!(!error.to_string().contains("4711"), "{error}");
        }
    }
}
