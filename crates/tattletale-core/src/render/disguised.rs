//! Finds what must be hidden in short strings, also percent-encoded, escaped, in base64, in hex or as a digest.
//!
//! The detectors search bytes that the decoder has unfolded; the strings of a report (names of fields and hosts,
//! messages) were never unfolded. Here they are unfolded bluntly: every view of them that a common encoding allows
//! is searched, and where one shows something hidden the whole string is given up. Strings are short, so cost does
//! not matter; strings that are not short are given up unread.

use super::views::views;
use crate::detect::chance;
use crate::detect::planted::{Form, Hit, Planted};
use crate::model::{GroundTruth, Subject, Value, url};
use std::collections::HashSet;
use std::ops::Range;

/// Longest string that is looked at, in bytes.
const LONGEST: usize = 4096;

/// How many encodings may lie around each other.
const DEPTH: usize = 3;

/// Views of one string that are searched at most; what has more is given up.
const MOST_VIEWS: usize = 400;

/// A piece of an address is hidden on its own when it says more than a common word: bits by [`chance::bits`].
const TELLING: f64 = 30.0;

/// Below this, a value is hidden only where it stands as a word: `Ann` is not in `channel`. Bits as above.
const WORD: f64 = 20.0;

/// What stands for a string that was given up.
pub(super) const GIVEN_UP: &str = "[masked]";

/// Everything that must not be shown, each with its mask.
#[derive(Default)]
pub(super) struct Hidden {
    truth: GroundTruth,
    masks: Vec<String>,
    words: Vec<bool>,
    planted: Option<Planted>,
}

impl Hidden {
    /// Hides a value in all its forms.
    pub(super) fn add(&mut self, kind: &'static str, text: &str, mask: &str) {
        let mut forms = vec![text.trim().to_owned()];
        let squeezed: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        if squeezed.len() >= 6 && !text.contains("://") {
            forms.push(squeezed);
        }
        if text.contains("://") || text.starts_with('/') {
            forms.extend(pieces_of_address(text));
        }
        for (position, form) in forms.into_iter().enumerate() {
            // Only the value itself keeps its kind, and with it the search for the address as a whole.
            let kind = if position == 0 { kind } else { "text" };
            self.words.push(chance::bits(&form) < WORD);
            self.truth.values.push(Value { name: String::new(), kind, value: form });
            self.masks.push(mask.to_owned());
        }
    }

    /// Hides a host, where it stands with all its labels: `t.co` is not in `reddit.com`.
    pub(super) fn add_host(&mut self, host: &str, mask: &str) {
        self.words.push(true);
        self.truth.values.push(Value { name: String::new(), kind: "text", value: host.to_owned() });
        self.masks.push(mask.to_owned());
    }

    /// To be called once, when everything was added.
    pub(super) fn seal(&mut self) {
        self.planted = Some(Planted::new(&self.truth));
    }

    /// The text with every hidden value replaced by its mask, or [`GIVEN_UP`].
    pub(super) fn replace(&self, text: &str) -> String {
        if self.masks.is_empty() {
            return text.to_owned();
        }
        if text.len() > LONGEST {
            return GIVEN_UP.to_owned();
        }
        let mut out = String::new();
        let mut from = 0;
        for (range, mask) in self.places(text) {
            let kept = &text[from..range.start];
            if self.in_disguise(kept) {
                return GIVEN_UP.to_owned();
            }
            out.push_str(kept);
            out.push_str(&format!("[{mask}]"));
            from = range.end;
        }
        if self.in_disguise(&text[from..]) {
            return GIVEN_UP.to_owned();
        }
        out.push_str(&text[from..]);
        out
    }

    /// True when the text is a piece of something hidden, of at least three characters: what is left of a value
    /// that was cut.
    pub(super) fn is_piece(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        text.chars().count() >= 3 && self.truth.values.iter().any(|value| value.value.to_lowercase().contains(&text))
    }

    /// Where hidden values stand in the open, overlapping ones as one place with the mask of the longest.
    fn places(&self, text: &str) -> Vec<(Range<usize>, &str)> {
        let mut hits = self.hits(text.as_bytes());
        hits.sort_by_key(|hit| (hit.range.start, std::cmp::Reverse(hit.range.end)));
        let mut places: Vec<(Range<usize>, usize, &str)> = Vec::new();
        for hit in hits {
            let mut range = hit.range.clone();
            // A match may begin inside a character only if the text is not what it looks like: take all of it.
            while !text.is_char_boundary(range.start) {
                range.start -= 1;
            }
            while !text.is_char_boundary(range.end) {
                range.end += 1;
            }
            let mask = self.mask(&hit);
            match places.last_mut() {
                Some((last, longest, kept)) if range.start < last.end => {
                    if range.len() > *longest {
                        (*longest, *kept) = (range.len(), mask);
                    }
                    last.end = last.end.max(range.end);
                }
                _ => places.push((range.clone(), range.len(), mask)),
            }
        }
        places.into_iter().map(|(range, _, mask)| (range, mask)).collect()
    }

    fn mask(&self, hit: &Hit) -> &str {
        let subjects = self.planted.as_ref().map(|planted| planted.pattern(hit.pattern).subjects.as_slice());
        match subjects.and_then(<[_]>::first) {
            Some(Subject::Value(index)) => &self.masks[*index],
            _ => "masked",
        }
    }

    fn hits(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        if let Some(planted) = &self.planted {
            planted.search(bytes, &mut hits);
            hits.retain(|hit| {
                let pattern = planted.pattern(hit.pattern);
                let word = |subject: &Subject| matches!(subject, Subject::Value(index) if self.words[*index]);
                let loose = matches!(pattern.form, Form::Digest(_)) || !pattern.subjects.iter().all(word);
                loose || is_word(bytes, &hit.range)
            });
        }
        hits
    }

    fn in_disguise(&self, text: &str) -> bool {
        let mut seen: HashSet<Vec<u8>> = HashSet::new();
        let mut fresh = vec![text.as_bytes().to_vec()];
        for _ in 0..DEPTH {
            let (mut inner, mut dead_ends) = (Vec::new(), Vec::new());
            fresh.iter().for_each(|bytes| views(bytes, &mut inner, &mut dead_ends));
            if inner.iter().chain(&dead_ends).any(|view| !self.hits(view).is_empty()) {
                return true;
            }
            inner.retain(|view| seen.insert(view.clone()));
            if seen.len() > MOST_VIEWS {
                return true;
            }
            fresh = inner;
        }
        false
    }
}

/// True when neither end of a place lies within a run of letters or of digits; `userMarta` is two runs.
fn is_word(bytes: &[u8], range: &Range<usize>) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    let joined = |at: usize| match (at.checked_sub(1).and_then(|before| bytes.get(before)), bytes.get(at)) {
        (Some(&a), Some(&b)) if a.is_ascii_lowercase() && b.is_ascii_uppercase() => false,
        (Some(&a), Some(&b)) => (letter(a) && letter(b)) || (a.is_ascii_digit() && b.is_ascii_digit()),
        _ => false,
    };
    !joined(range.start) && !joined(range.end)
}

/// What an address says apart from its host: its path, and every segment and parameter that is telling by itself.
fn pieces_of_address(address: &str) -> Vec<String> {
    let parts = url::Parts::of(address);
    let mut pieces = Vec::new();
    if let Some(bare) = url::bare(address) {
        pieces.push(bare);
    }
    let path = parts.path.trim_end_matches('/');
    let whole = if parts.query.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.query) };
    let inner = path.split('/').chain(parts.query.split(['&', '=', ';'])).chain(parts.fragment.split(['&', '=']));
    for piece in [whole.as_str(), path, parts.query, parts.fragment].into_iter().chain(inner) {
        for plus in [false, true] {
            let decoded = String::from_utf8_lossy(&url::percent_decode(piece.as_bytes(), plus)).into_owned();
            for form in [piece.to_owned(), decoded] {
                if chance::bits(&form) >= TELLING && !pieces.contains(&form) {
                    pieces.push(form);
                }
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(values: &[(&'static str, &str, &str)]) -> Hidden {
        let mut hidden = Hidden::default();
        for (kind, value, mask) in values {
            hidden.add(kind, value, mask);
        }
        hidden.seal();
        hidden
    }

    #[test]
    fn in_the_open_the_mask_stands_in_its_place() {
        let hidden = hidden(&[
            ("email", "Marta@example.org", "email-1"),
            ("person-name", "Marta Żółć", "person-name-1"),
            ("visit", "https://clinic.example/conditions/early-menopause?q=b%C3%B3l+w+klatce", "visit-1"),
        ]);
        let cases = [
            ("$.users['marta@EXAMPLE.org'].id", "$.users['[email-1]'].id"),
            ("MARTA ŻÓŁĆ!", "[person-name-1]!"),
            ("https://clinic.example/conditions/early-menopause?q=b%C3%B3l+w+klatce#x", "https://[visit-1]#x"),
            ("from /conditions/early-menopause on", "from [visit-1] on"),
            ("page.early-menopause", "page.[visit-1]"),
            ("q: ból w klatce", "q: [visit-1]"),
            ("clinic.example", "clinic.example"),
            ("$.properties.email", "$.properties.email"),
        ];
        for (text, expected) in cases {
            assert_eq!(hidden.replace(text), expected);
        }
    }

    #[test]
    fn in_disguise_the_whole_string_is_given_up() {
        let hidden = hidden(&[
            ("email", "marta@example.org", "email-1"),
            ("phone", "+48 600 123 456", "phone-1"),
            ("person-name", "Marta Żółć", "person-name-1"),
        ]);
        for text in [
            "marta%40example.org",
            "marta%2540example.org",
            r"marta\u0040example.org",
            "marta&#64;example.org",
            "u_bWFydGFAZXhhbXBsZS5vcmc",
            "uid-6d61727461406578616d706c652e6f7267",
            "marta.example.org",
            "gro.elpmaxe@atram",
            "(600) 123-456 / 48600123456",
            r"Marta \u017b\u00f3\u0142\u0107",
            "mArTa żÓłĆ",
            &"x".repeat(5000),
        ] {
            let shown = hidden.replace(text);
            assert!(shown == GIVEN_UP || shown.contains("[phone-1]"), "{text}: {shown}");
        }
        assert!(hidden.is_piece("ta@exam") && !hidden.is_piece("ta") && !hidden.is_piece("tax"));
    }

    #[test]
    fn short_values_and_hosts_are_hidden_as_words() {
        let mut hidden = hidden(&[("person-name", "Ann", "person-name-1"), ("text", "5223", "text-1")]);
        hidden.add_host("t.co", "first-party-1");
        hidden.seal();
        for open in ["channel.example", "reddit.com", "$.x152231", "planned"] {
            assert_eq!(hidden.replace(open), open);
        }
        let cases = [
            ("user_ann7", "user_[person-name-1]7"),
            ("userAnn", "user[person-name-1]"),
            ("$.lat5223", "$.lat[text-1]"),
            ("https://t.co/x", "https://[first-party-1]/x"),
        ];
        for (text, expected) in cases {
            assert_eq!(hidden.replace(text), expected);
        }
    }

    #[test]
    fn nothing_hidden_nothing_changed() {
        assert_eq!(hidden(&[]).replace("marta%40example.org"), "marta%40example.org");
    }
}
