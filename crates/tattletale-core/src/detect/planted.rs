//! Planted values and known actions: one multi-pattern pass over the bytes of a buffer.
//!
//! Every form of every value is a pattern of one Aho-Corasick automaton (Aho and Corasick, CACM 18(6), 1975), so
//! the cost of a pass hardly grows with the number of values. Encodings are NOT patterns: the decoder has removed
//! them before. What remains are forms that decoding cannot undo: letter case, addresses without their scheme, and
//! unsalted digests.

use super::chance;
use crate::model::{GroundTruth, Subject, url};
use aho_corasick::{AhoCorasick, MatchKind};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Shortest value that is searched, in bytes: below this every capture is full of it.
pub const MIN_LEN: usize = 3;

/// Places of one pattern that are kept per buffer, so that a short value in a large buffer cannot fill the memory.
const MAX_REPEATS: usize = 4_096;

/// Ready to search for everything in a ground truth.
pub struct Planted {
    automaton: Option<AhoCorasick>,
    patterns: Vec<Pattern>,
}

/// One byte string that is searched for, and what it stands for.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Values and actions that look like this; of actions with the same text only the first.
    pub subjects: Vec<Subject>,
    /// What was done to the value.
    pub form: Form,
    /// What must not stand around it.
    edge: Edge,
    /// Binary logarithm of the chance that random text of the same kind is this, negated.
    pub bits: f64,
}

/// What a match must not be a piece of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// It may stand anywhere.
    Free,
    /// A path: not a piece of a longer one.
    Path,
    /// An address: neither a piece of a longer one nor of another host's.
    Address,
    /// Digits only: not a piece of a longer number.
    Number,
}

/// What was done to a value that the decoder cannot undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// The value in some letter case.
    Plain,
    /// An address without scheme, fragment and trailing slash.
    Address,
    /// Unsalted hex digest; the name of the digest.
    Digest(&'static str),
}

/// A place in a buffer where a pattern stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index of the [`Pattern`].
    pub pattern: usize,
    /// Bytes in the buffer.
    pub range: Range<usize>,
}

impl Planted {
    /// Makes all patterns of the ground truth.
    pub fn new(truth: &GroundTruth) -> Self {
        let mut forms = Forms::default();
        for (index, value) in truth.values.iter().enumerate() {
            forms.add(Subject::Value(index), &value.value);
        }
        for (index, action) in truth.actions.iter().enumerate() {
            forms.add(Subject::Action(index), &action.value);
        }
        let automaton = (!forms.texts.is_empty()).then(|| {
            AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(&forms.texts)
                .expect("the patterns of a ground truth file fit an automaton")
        });
        Self { automaton, patterns: forms.patterns }
    }

    /// The pattern of a hit.
    pub fn pattern(&self, index: usize) -> &Pattern {
        &self.patterns[index]
    }

    /// Values and actions that are not looked for: too short, or an address that is only a host.
    pub fn not_sought(&self, truth: &GroundTruth) -> Vec<Subject> {
        let plain = self.patterns.iter().filter(|pattern| !matches!(pattern.form, Form::Digest(_)));
        let sought: HashSet<Subject> = plain.flat_map(|pattern| pattern.subjects.iter().copied()).collect();
        // Of actions with the same text only the first is in the patterns.
        let texts: HashSet<&str> = truth
            .actions
            .iter()
            .enumerate()
            .filter(|(index, _)| sought.contains(&Subject::Action(*index)))
            .map(|(_, action)| action.value.trim())
            .collect();
        let values = (0..truth.values.len()).map(Subject::Value).filter(|value| !sought.contains(value));
        let actions = truth.actions.iter().enumerate().filter(|(_, action)| !texts.contains(action.value.trim()));
        values.chain(actions.map(|(index, _)| Subject::Action(index))).collect()
    }

    /// How many different disguises are tried for one value: letter case and digests.
    pub const DISGUISES: f64 = 5.0;

    /// Appends every place where a pattern stands in `bytes`; of addresses only the longest at each start.
    pub fn search(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        let from = hits.len();
        self.candidates(bytes, hits);
        self.settle(bytes, hits, from);
    }

    /// Appends every match, whatever stands around it: `bytes` may hold pieces whose neighbours are not theirs.
    pub(super) fn candidates(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        let Some(automaton) = &self.automaton else { return };
        let mut repeats: HashMap<usize, usize> = HashMap::new();
        for found in automaton.find_overlapping_iter(bytes) {
            let pattern = found.pattern().as_usize();
            let repeats = repeats.entry(pattern).or_default();
            *repeats += 1;
            if *repeats <= MAX_REPEATS {
                hits.push(Hit { pattern, range: found.range() });
            }
        }
    }

    /// Keeps of the matches from `from` on those that stand alone in `bytes`, their own place.
    pub(super) fn settle(&self, bytes: &[u8], hits: &mut Vec<Hit>, from: usize) {
        let mut position = 0;
        hits.retain(|hit| {
            position += 1;
            position <= from || self.patterns[hit.pattern].edge.allows(bytes, hit.range.clone())
        });
        if hits.len() > from + 1 {
            self.keep_longest_addresses(hits, from);
        }
    }

    fn keep_longest_addresses(&self, hits: &mut Vec<Hit>, from: usize) {
        let address = |hit: &Hit| self.patterns[hit.pattern].form == Form::Address;
        let mut longest: HashMap<usize, usize> = HashMap::new();
        for hit in hits[from..].iter().filter(|hit| address(hit)) {
            let end = longest.entry(hit.range.start).or_default();
            *end = hit.range.end.max(*end);
        }
        let mut position = 0;
        hits.retain(|hit| {
            position += 1;
            position <= from || !address(hit) || longest[&hit.range.start] == hit.range.end
        });
    }
}

impl Edge {
    fn of(text: &str, form: Form) -> Self {
        match form {
            Form::Address => Self::Address,
            Form::Plain if text.starts_with('/') => Self::Path,
            Form::Plain if text.bytes().all(|byte| byte.is_ascii_digit()) => Self::Number,
            Form::Plain | Form::Digest(_) => Self::Free,
        }
    }

    fn allows(self, bytes: &[u8], range: Range<usize>) -> bool {
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
        [first, ..] if is_word(*first) => false,
        [b'.' | b'%' | b'~' | b'/', second, ..] => !is_word(*second),
        _ => true,
    }
}

/// `h.example` is not in `oh.example` or `other.h.example`; `www.` is left out by many, so it may stand before.
fn host_starts(before: &[u8]) -> bool {
    let before = before.strip_suffix(b".").map_or(Some(before), |label| label.strip_suffix(b"www"));
    before.is_some_and(|before| before.last().is_none_or(|&byte| byte != b'.' && !is_word(byte)))
}

#[derive(Default)]
struct Forms {
    texts: Vec<Vec<u8>>,
    patterns: Vec<Pattern>,
    known: HashMap<(Vec<u8>, Form), usize>,
}

impl Forms {
    fn add(&mut self, subject: Subject, text: &str) {
        let text = text.trim();
        match text.contains("://") && !text.contains(char::is_whitespace) {
            true => self.add_address(subject, text),
            false => self.add_text(subject, text),
        }
        self.add_digests(subject, text);
    }

    fn add_text(&mut self, subject: Subject, text: &str) {
        let path = text.starts_with('/');
        let text = if path { text.trim_end_matches('/') } else { text };
        self.add_cases(subject, Form::Plain, text);
        if path {
            self.add_cases(
                subject,
                Form::Plain,
                &String::from_utf8_lossy(&url::percent_decode(text.as_bytes(), false)),
            );
        }
    }

    fn add_address(&mut self, subject: Subject, text: &str) {
        let Some(bare) = url::bare(text) else { return };
        for plus in [false, true] {
            let decoded = url::percent_decode(bare.as_bytes(), plus);
            self.add_cases(subject, Form::Address, &String::from_utf8_lossy(&decoded));
        }
        self.add_cases(subject, Form::Address, &bare);
        // Blanks are written in either way, and what is not ASCII mostly escaped.
        let read = String::from_utf8_lossy(&url::percent_decode(bare.as_bytes(), true)).into_owned();
        for blank in ["%20", "+"] {
            self.add_cases(subject, Form::Address, &url::percent_encode(&read, blank));
        }
    }

    /// The automaton folds ASCII case; other scripts get their whole lower and upper form.
    fn add_cases(&mut self, subject: Subject, form: Form, text: &str) {
        let bits = chance::bits(text);
        for variant in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
            let edge = Edge::of(&variant, form);
            self.push(subject, form, edge, variant.into_bytes(), bits);
        }
    }

    fn add_digests(&mut self, subject: Subject, text: &str) {
        for variant in [text.to_owned(), text.to_lowercase()] {
            let bytes = variant.as_bytes();
            self.push_digest(subject, "md5", &Md5::digest(bytes));
            self.push_digest(subject, "sha1", &Sha1::digest(bytes));
            self.push_digest(subject, "sha256", &Sha256::digest(bytes));
        }
    }

    fn push_digest(&mut self, subject: Subject, name: &'static str, digest: &[u8]) {
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.push(subject, Form::Digest(name), Edge::Free, hex.into_bytes(), digest.len() as f64 * 8.0);
    }

    fn push(&mut self, subject: Subject, form: Form, edge: Edge, text: Vec<u8>, bits: f64) {
        if text.len() < MIN_LEN {
            return;
        }
        let key = (text.to_ascii_lowercase(), form);
        let index = *self.known.entry(key).or_insert_with(|| {
            self.texts.push(text);
            self.patterns.push(Pattern { subjects: Vec::new(), form, edge, bits });
            self.patterns.len() - 1
        });
        let subjects = &mut self.patterns[index].subjects;
        let repeated_action =
            matches!(subject, Subject::Action(_)) && subjects.iter().any(|known| matches!(known, Subject::Action(_)));
        if !subjects.contains(&subject) && !repeated_action {
            subjects.push(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, Value};

    fn truth(values: &[(&'static str, &str)], visits: &[&str]) -> GroundTruth {
        let value =
            |(kind, value): &(&'static str, &str)| Value { name: (*value).into(), kind, value: (*value).into() };
        let action = |url: &&str| Action {
            name: (*url).into(),
            kind: "visit",
            value: (*url).into(),
            at: None,
            modelled_at: None,
            mode: None,
        };
        GroundTruth {
            values: values.iter().map(value).collect(),
            actions: visits.iter().map(action).collect(),
            ..GroundTruth::default()
        }
    }

    fn planted(values: &[(&'static str, &str)], visits: &[&str]) -> Planted {
        Planted::new(&truth(values, visits))
    }

    fn found(planted: &Planted, text: &str) -> Vec<(Form, String)> {
        let mut hits = Vec::new();
        planted.search(text.as_bytes(), &mut hits);
        hits.iter()
            .map(|hit| {
                let text = String::from_utf8_lossy(&text.as_bytes()[hit.range.clone()]).into_owned();
                (planted.pattern(hit.pattern).form, text)
            })
            .collect()
    }

    #[test]
    fn any_letter_case_in_any_script() {
        let planted = planted(&[("person-name", "Marta Żółć")], &[]);
        for text in ["xMARTA ŻÓŁĆx", "marta żółć", "mArTa Żółć"] {
            assert_eq!(found(&planted, text).len(), 1, "{text}");
        }
    }

    #[test]
    fn digests_in_both_cases() {
        let planted = planted(&[("email", "Ann@example.org")], &[]);
        let digest: String = Sha256::digest("ann@example.org").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found(&planted, &digest)[0].0, Form::Digest("sha256"));
        assert_eq!(found(&planted, &digest.to_uppercase()).len(), 1);
    }

    #[test]
    fn addresses_lose_scheme_and_slash_and_stand_alone() {
        let planted =
            planted(&[], &["https://h.example/search", "https://h.example/search?q=b%C3%B3l+x", "http://h.example/"]);
        assert_eq!(found(&planted, "http://h.example/search/"), [(Form::Address, "h.example/search".into())]);
        assert_eq!(found(&planted, "h.example/search?q=ból x&y"), [(Form::Address, "h.example/search?q=ból x".into())]);
        let others = "h.example/searching h.example/search.html oh.example/search o.h.example/search h.example/";
        assert!(found(&planted, others).is_empty());
        assert_eq!(found(&planted, "http://www.h.example/search").len(), 1);
        assert_eq!(found(&planted, "h.example/search?q=b%c3%b3l%20x").len(), 1, "blanks are written in either way");
    }

    #[test]
    fn paths_and_numbers_are_no_pieces_of_longer_ones() {
        let planted = planted(&[("url-path", "/a/b"), ("imei", "864040504207201")], &[]);
        assert_eq!(found(&planted, "https://h.example/a/b?x imei=864040504207201;").len(), 2);
        assert!(found(&planted, "/a/bc /a/b-c /a/b/c 1864040504207201 8640405042072011").is_empty());
    }

    #[test]
    fn what_cannot_be_searched_is_said() {
        let truth = truth(&[("text", "ab"), ("text", "abcdef")], &["http://h.example/", "http://h.example/a"]);
        assert_eq!(Planted::new(&truth).not_sought(&truth), [Subject::Value(0), Subject::Action(0)]);
    }
}
