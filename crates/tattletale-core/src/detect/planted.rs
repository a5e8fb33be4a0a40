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
use std::collections::HashMap;
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
    /// Binary logarithm of the chance that random text of the same kind is this, negated.
    pub bits: f64,
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
            forms.add(Subject::Value(index), value.kind, &value.value);
        }
        for (index, action) in truth.actions.iter().enumerate() {
            forms.add(Subject::Action(index), action.kind, &action.value);
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

    /// How many different disguises are tried for one value: letter case and digests.
    pub const DISGUISES: f64 = 5.0;

    /// Appends every place where a pattern stands in `bytes`; of addresses only the longest at each start.
    pub fn search(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        let Some(automaton) = &self.automaton else { return };
        let from = hits.len();
        let mut repeats: HashMap<usize, usize> = HashMap::new();
        for found in automaton.find_overlapping_iter(bytes) {
            let pattern = found.pattern().as_usize();
            let repeats = repeats.entry(pattern).or_default();
            let address = self.patterns[pattern].form == Form::Address;
            if *repeats < MAX_REPEATS && (!address || stands_alone(bytes, found.range())) {
                *repeats += 1;
                hits.push(Hit { pattern, range: found.range() });
            }
        }
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

/// An address must not be a piece of a longer one: `h/search` is not in `h/searching`, but it is in `h/search?q=1`.
fn stands_alone(bytes: &[u8], range: Range<usize>) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte >= 0x80;
    let before = range.start.checked_sub(1).map(|at| bytes[at]);
    let rest = &bytes[range.end..];
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    let continues = match rest {
        [first, ..] if word(*first) => true,
        [b'.' | b'%' | b'~' | b'/', second, ..] => word(*second),
        _ => false,
    };
    !before.is_some_and(word) && !continues
}

#[derive(Default)]
struct Forms {
    texts: Vec<Vec<u8>>,
    patterns: Vec<Pattern>,
    known: HashMap<(Vec<u8>, Form), usize>,
}

impl Forms {
    fn add(&mut self, subject: Subject, kind: &str, text: &str) {
        let text = text.trim();
        match kind {
            "visit" | "url" if text.contains("://") => self.add_address(subject, text),
            _ => self.add_text(subject, text),
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
    }

    /// The automaton folds ASCII case; other scripts get their whole lower and upper form.
    fn add_cases(&mut self, subject: Subject, form: Form, text: &str) {
        let bits = chance::bits(text);
        for variant in [text.to_owned(), text.to_lowercase(), text.to_uppercase()] {
            self.push(subject, form, variant.into_bytes(), bits);
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
        self.push(subject, Form::Digest(name), hex.into_bytes(), digest.len() as f64 * 8.0);
    }

    fn push(&mut self, subject: Subject, form: Form, text: Vec<u8>, bits: f64) {
        if text.len() < MIN_LEN {
            return;
        }
        let key = (text.to_ascii_lowercase(), form);
        let index = *self.known.entry(key).or_insert_with(|| {
            self.texts.push(text);
            self.patterns.push(Pattern { subjects: Vec::new(), form, bits });
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

    fn planted(values: &[(&'static str, &str)], visits: &[&str]) -> Planted {
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
        Planted::new(&GroundTruth {
            values: values.iter().map(value).collect(),
            actions: visits.iter().map(action).collect(),
            ..GroundTruth::default()
        })
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
        assert!(found(&planted, "h.example/searching h.example/search.html oh.example/search h.example/").is_empty());
    }
}
