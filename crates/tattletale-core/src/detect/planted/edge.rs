//! What must not stand around a match, or it is a piece of something else.

use super::Form;
use std::ops::Range;

/// What a match must not be a piece of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// It may stand anywhere.
    Free,
    /// A path: not a piece of a longer one.
    Path,
    /// An address: neither a piece of a longer one nor of another host's.
    Address,
    /// Digits only: not a piece of a longer number.
    Number,
}

impl Edge {
    pub(super) fn of(text: &str, form: Form) -> Self {
        match form {
            Form::Address => Self::Address,
            Form::Plain if text.starts_with('/') => Self::Path,
            Form::Plain if text.bytes().all(|byte| byte.is_ascii_digit()) => Self::Number,
            Form::Plain | Form::Digest => Self::Free,
        }
    }

    pub(super) fn allows(self, bytes: &[u8], range: Range<usize>) -> bool {
        let (before, behind) = (&bytes[..range.start], &bytes[range.end..]);
        match self {
            Self::Free => true,
            Self::Path => path_ends(behind),
            Self::Address => host_starts(before) && path_ends(behind),
            Self::Number => {
                let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
                !digit(before.last()) && !digit(behind.first())
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte >= 0x80
}

/// `h/search` is not in `h/searching` or `h/search.html`, but it is in `h/search?q=1` and `h/search/`.
fn path_ends(behind: &[u8]) -> bool {
    let behind = behind.strip_prefix(b"/").unwrap_or(behind);
    match behind {
        _ if begins_word(behind) => false,
        [b'.' | b'%' | b'~' | b'/', second, ..] => !is_word(*second),
        _ => true,
    }
}

/// Bytes that begin no character, as lengths in a binary message, are no part of a word.
fn begins_word(bytes: &[u8]) -> bool {
    match bytes {
        [first, ..] if first.is_ascii() => is_word(*first),
        _ => bytes[..bytes.len().min(4)].utf8_chunks().next().is_some_and(|chunk| !chunk.valid().is_empty()),
    }
}

/// `h.example` is not in `oh.example` or `other.h.example`; `www.` is left out by many, so it may stand before.
fn host_starts(before: &[u8]) -> bool {
    let before = before.strip_suffix(b".").map_or(Some(before), |label| label.strip_suffix(b"www"));
    before.is_some_and(|before| before.last().is_none_or(|&byte| byte != b'.' && !is_word(byte)))
}
