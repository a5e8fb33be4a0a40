//! Finds what must be hidden in short strings, also percent-encoded, escaped, in base64, in hex or as a digest.
//!
//! The detectors search bytes that the decoder has unfolded; the strings of a report (names of fields and hosts,
//! messages) were never unfolded. Here they are unfolded bluntly: every view of them that a common encoding allows
//! is searched, and where one shows something hidden the whole string is given up. Strings are short, so cost does
//! not matter; strings that are not short are given up unread.

use super::views::views;
use aho_corasick::AhoCorasick;
use std::collections::HashSet;
use std::ops::Range;
use tattletale_core::detect::chance;
use tattletale_core::detect::planted::{Form, MIN_LEN, Planted};
use tattletale_core::model::{GroundTruth, Subject, Value, url};

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
///
/// Whole values are searched as the detectors search them, with their digests. The pieces of an address are many
/// and nobody digests them: they are searched as they stand, in any letter case.
#[derive(Default)]
pub(super) struct Hidden {
    masks: Vec<String>,
    whole: Whole,
    pieces: Pieces,
    /// Everything hidden in lower case, one a line, for [`Hidden::is_piece`].
    lower: String,
}

#[derive(Default)]
struct Whole {
    truth: GroundTruth,
    of: Vec<Masked>,
    planted: Option<Planted>,
}

#[derive(Default)]
struct Pieces {
    texts: Vec<String>,
    of: Vec<Masked>,
    known: HashSet<String>,
    automaton: Option<AhoCorasick>,
}

/// Which mask, and whether it stands only for whole words.
#[derive(Clone, Copy)]
struct Masked {
    mask: usize,
    word: bool,
}

/// A place in some bytes where something hidden stands.
struct Hit {
    range: Range<usize>,
    mask: usize,
}

impl Hidden {
    /// Hides a value in all its forms.
    pub(super) fn add(&mut self, kind: &'static str, text: &str, mask: &str) {
        let text = text.trim();
        self.masks.push(mask.to_owned());
        self.add_whole(kind, text, chance::bits(text) < WORD);
        let squeezed: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        if squeezed.len() >= 6 && !text.contains("://") {
            // Only the value itself keeps its kind, and with it the search for the address as a whole.
            self.add_whole("text", &squeezed, chance::bits(&squeezed) < WORD);
        }
        if text.contains("://") || text.starts_with('/') {
            for plus in [false, true] {
                self.add_lower(&String::from_utf8_lossy(&url::percent_decode(text.as_bytes(), plus)));
            }
            pieces_of_address(text).into_iter().for_each(|piece| self.add_piece(piece));
        }
    }

    /// Hides a host, where it stands with all its labels: `t.co` is not in `reddit.com`.
    pub(super) fn add_host(&mut self, host: &str, mask: &str) {
        self.masks.push(mask.to_owned());
        self.add_whole("text", host, true);
    }

    fn add_whole(&mut self, kind: &'static str, text: &str, word: bool) {
        self.add_lower(text);
        self.whole.truth.values.push(Value { name: String::new(), kind, value: text.to_owned() });
        self.whole.of.push(Masked { mask: self.masks.len() - 1, word });
    }

    fn add_piece(&mut self, piece: String) {
        let masked = Masked { mask: self.masks.len() - 1, word: chance::bits(&piece) < WORD };
        // The automaton folds ASCII case only.
        let cases = [piece.to_lowercase(), piece.to_uppercase()].into_iter().filter(|_| !piece.is_ascii());
        for text in cases.chain([piece.clone()]).filter(|text| text.len() >= MIN_LEN) {
            if self.pieces.known.insert(text.to_ascii_lowercase()) {
                self.pieces.texts.push(text);
                self.pieces.of.push(masked);
            }
        }
    }

    fn add_lower(&mut self, text: &str) {
        let text = text.to_lowercase();
        self.lower.push_str(&text);
        self.lower.push('\n');
    }

    /// To be called once, when everything was added. What only building needs is given back.
    pub(super) fn seal(&mut self) {
        self.whole.planted = Some(Planted::new(&self.whole.truth));
        self.whole.truth = GroundTruth::default();
        let texts = std::mem::take(&mut self.pieces.texts);
        self.pieces.known = HashSet::new();
        self.pieces.automaton = (!texts.is_empty()).then(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(&texts)
                .expect("the pieces of the addresses of a ground truth fit an automaton")
        });
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
        text.chars().count() >= 3 && memchr::memmem::find(self.lower.as_bytes(), text.as_bytes()).is_some()
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
            let mask = self.masks[hit.mask].as_str();
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

    fn hits(&self, bytes: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        if let Some(planted) = &self.whole.planted {
            let mut found = Vec::new();
            planted.search(bytes, &mut found);
            for hit in found {
                let pattern = planted.pattern(hit.pattern);
                let values = pattern.subjects.iter().filter_map(|subject| match subject {
                    Subject::Value(index) => self.whole.of.get(*index),
                    Subject::Action(_) => None,
                });
                let Some(first) = values.clone().next() else { continue };
                let loose = pattern.form == Form::Digest || !values.clone().all(|value| value.word);
                if loose || is_word(bytes, &hit.range) {
                    hits.push(Hit { range: hit.range, mask: first.mask });
                }
            }
        }
        if let Some(automaton) = &self.pieces.automaton {
            for found in automaton.find_overlapping_iter(bytes) {
                let piece = self.pieces.of[found.pattern().as_usize()];
                if !piece.word || is_word(bytes, &found.range()) {
                    hits.push(Hit { range: found.range(), mask: piece.mask });
                }
            }
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
        let mut hidden = Hidden::default();
        hidden.add("person-name", "Ann", "person-name-1");
        hidden.add("text", "5223", "text-1");
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
