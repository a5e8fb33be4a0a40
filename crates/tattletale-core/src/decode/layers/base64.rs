//! Base64 in all its spellings. An alphabet proves nothing, so what comes out decides.

use crate::codec::base64::{decode, decode_short, head};
use crate::decode::look::{
    BREAK, CONTROL, DASH, DIGIT, EQUALS, HEX_LOWER, HEX_UPPER, LOWER, PLUS, SLASH, SPACE, UPPER,
};
use crate::decode::needs::LONG_FOR_HEX;
use crate::decode::opening::FEWEST_BINARY;
use crate::decode::{At, Digits, Layer, Look, Needs, Opening, Proof, View};
use std::borrow::Cow;

pub(super) struct Base64;

const SHORTEST: usize = 8;
/// Texts up to here are decoded without memory of their own, in characters.
const SHORT: usize = 64;
/// So many digits tell an alphabet, in characters.
pub(super) const LONG: usize = 24;
/// Of eight digits one is a letter but for one run in a million; numbers, dates and checksums have none.
const LETTERS: u32 = HEX_LOWER | HEX_UPPER | LOWER | UPPER;
const ALPHABET: u32 = DIGIT | HEX_LOWER | HEX_UPPER | LOWER | UPPER | PLUS | SLASH | DASH | EQUALS | BREAK | SPACE;

impl Layer for Base64 {
    fn name(&self) -> &'static str {
        "base64"
    }

    fn about(&self) -> &'static str {
        "Base64 and base64url (RFC 4648), padded or not, wrapped, and with `+` turned into blanks by a form decoder."
    }

    fn example(&self) -> &'static [u8] {
        b"eyJ1c2VyIjoiem9lIn0="
    }

    fn digits(&self) -> Option<Digits> {
        Some(Digits { group: 4, read: whole })
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(SHORTEST).only(ALPHABET).some(LETTERS).richer_than_hex()
    }

    fn glance(&self, view: &View<'_>) -> bool {
        let (bytes, look) = (view.bytes, view.look);
        // What does not begin like a text must be so long, and must not read like words.
        let begins = || head(bytes).is_none_or(|head| may_begin_text(&head));
        let may_be_binary = || bytes.len() * 3 / 4 >= FEWEST_BINARY && !is_words(bytes);
        let digits = bytes.len() >= SHORTEST && look.only(ALPHABET) && look.has(LETTERS);
        digits && !reads_otherwise(view) && (begins() || may_be_binary())
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !self.glance(view) {
            return;
        }
        if view.bytes.len() > out.room() {
            return out.made(view.bytes, Proof::Guess);
        }
        let mut short = [0; SHORT / 4 * 3];
        let decoded = match view.bytes.len() <= SHORT {
            true => decode_short(view.bytes, &mut short).map(Cow::Borrowed),
            false => decode(view.bytes).map(Cow::Owned),
        };
        let Some(decoded) = decoded else { return };
        let look = Look::of(&decoded);
        let text = look.text();
        if text || (decoded.len() >= FEWEST_BINARY && !is_words(view.bytes)) {
            out.made_that_looks(At::Whole, &decoded, look, if text { Proof::Sure } else { Proof::Guess });
        }
    }
}

/// Of what is not wrapped.
fn whole(digits: &[u8]) -> Option<Vec<u8>> {
    if digits.iter().any(u8::is_ascii_whitespace) { None } else { decode(digits) }
}

/// Whether these are the first bytes of some text: no control characters, and characters that may end behind them.
pub(super) fn may_begin_text(head: &[u8]) -> bool {
    let look = Look::of(head);
    let whole_so_far = || match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    !look.has(CONTROL) && (look.ascii() || whole_so_far())
}

/// Words in small letters, the first letter of each maybe a capital, as people and programmers write names and paths.
///
/// Of sixteen random digits one run in 20,000 reads like that, of 24 one in two million; what comes out of it is
/// believed only if it is text.
pub(super) fn is_words(bytes: &[u8]) -> bool {
    const SHORTEST_WORD: usize = 4;
    // Of the word that has begun.
    let mut letters = None;
    for &byte in bytes.strip_prefix(b"/").unwrap_or(bytes) {
        letters = match (byte, letters) {
            (b'a'..=b'z', _) => Some(letters.unwrap_or(0) + 1),
            (b'A'..=b'Z', None | Some(SHORTEST_WORD..)) => Some(1),
            (b' ' | b'_' | b'-' | b'/', Some(SHORTEST_WORD..)) => None,
            _ => return false,
        };
    }
    letters.is_some_and(|letters| letters >= SHORTEST_WORD)
}

/// Whether so long a run of digits would have had to be drawn from a part of the alphabet only.
///
/// Of 24 digits one is a small letter and one a capital but for one run in 10⁶, and a blank stands for the one digit
/// in 64 that is a plus, which the alphabet for URLs does not have.
pub(super) fn reads_otherwise(view: &View<'_>) -> bool {
    let (small, capital) = (view.look.has(LOWER | HEX_LOWER), view.look.has(UPPER | HEX_UPPER));
    let one_case = view.bytes.len() >= LONG && !(small && capital);
    let hex = view.bytes.len() >= LONG_FOR_HEX && view.look.hexadecimal();
    let blanks = || memchr::memchr_iter(b' ', view.bytes).count();
    let blank = view.look.has(SPACE) && !view.look.has(BREAK);
    one_case || hex || (blank && (view.look.has(DASH) || blanks() > 2 + view.bytes.len() / 16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Hint;

    #[test]
    fn words_are_no_digits() {
        for words in ["SearchResultClick", "Checkout Completed", "winter coat", "profile_page", "/home/account"] {
            assert!(is_words(words.as_bytes()), "{words}");
        }
        for digits in ["SGVsbG8gV29ybGQ", "wHqzkfjHaPqowieR", "abcdeFGhijkl", "words with 1", "abc defg", "word a"] {
            assert!(!is_words(digits.as_bytes()), "{digits}");
        }
    }

    #[test]
    fn numbers_are_no_digits() {
        for number in ["35524520", "37044468172", "16092513"] {
            assert!(decode(number.as_bytes()).is_some_and(|bytes| Look::of(&bytes).text()), "{number}");
            let (look, hint) = (Look::of(number.as_bytes()), Hint::default());
            assert!(!Base64.glance(&View { bytes: number.as_bytes(), look, hint }), "{number}");
        }
    }

    #[test]
    fn a_first_glance_lets_text_through() {
        assert!(may_begin_text("zoë".as_bytes()) && may_begin_text(b"ab\xc5") && may_begin_text(b"\xe4\xbb\x96"));
        assert!(!may_begin_text(b"a\x00b") && !may_begin_text(b"a\x80b") && !may_begin_text(b"\xff\xfea"));
    }
}
