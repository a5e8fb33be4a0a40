//! Planted values and known actions: what is looked for in the bytes of a buffer.
//!
//! Plain forms are found in one pass whose cost hardly grows with their number ([`super::filter`]). Encodings are NOT
//! patterns: the decoder has removed them before. What remains are forms that decoding cannot undo: letter case, addresses
//! without their scheme, and digests, which one table knows whatever their number ([`super::digests`]).

mod dates;
mod edge;
mod encoded;
mod forms;
mod hit;
pub(super) mod normal;
mod notation;
pub(super) mod notations;
mod search;
mod spellings;
mod subjects;

use super::chance;
use super::digests::Table;
use super::digests::salted::Salted;
use super::filter::{Filter, Repeating};
use crate::model::{GroundTruth, Subject};
use edge::Edge;
use forms::Forms;
pub use hit::{By, Hit};
use notations::Notations;
use std::collections::HashSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
pub use subjects::Subjects;

/// Shortest value that is searched, in bytes: below this every capture is full of it.
pub const MIN_LEN: usize = 3;

/// Ready to search for everything in a ground truth.
pub struct Planted {
    filter: Filter,
    /// Bytes of the longest text that it looks for.
    longest: usize,
    /// For a deep search, made when one begins.
    repeating: OnceLock<Repeating>,
    patterns: Vec<Pattern>,
    /// The pattern of each text that the filter looks for.
    of_text: Vec<u32>,
    digests: Table,
    salted: Salted,
    notations: Notations,
    /// True when some text may be digits that stand for another.
    encoded: bool,
    /// No other has it, in this process.
    id: u64,
}

/// One byte string that is searched for, and what it stands for.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Values and actions that look like this; of actions with the same text only the first.
    pub subjects: Subjects,
    /// What was done to the value.
    pub form: Form,
    /// What must not stand around it.
    edge: Edge,
    /// Binary logarithm of the chance that random text of the same kind is this, negated.
    pub bits: f64,
    /// How many ways to write it are looked for.
    pub tried: f64,
    /// Which half of something it is, if the other beside it makes both say more.
    pub(super) half: Option<Half>,
}

/// One of two things that say more beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Half {
    /// Of a place.
    Latitude,
    /// Of a place.
    Longitude,
    /// Of a name.
    First,
    /// Of a name.
    Last,
}

impl Half {
    pub(super) fn of(kind: &str) -> Option<Self> {
        match kind {
            "latitude" => Some(Self::Latitude),
            "longitude" => Some(Self::Longitude),
            _ => None,
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Latitude => Self::Longitude,
            Self::Longitude => Self::Latitude,
            Self::First => Self::Last,
            Self::Last => Self::First,
        }
    }
}

/// What was done to a value that the decoder cannot undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// The value in some letter case.
    Plain,
    /// An address without scheme, fragment and trailing slash.
    Address,
    /// Only a digest of it was there: a hit says which.
    Digest,
}

impl Planted {
    /// Makes all patterns of the ground truth.
    pub fn new(truth: &GroundTruth) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let forms = Forms::of(truth);
        let values = truth.values.len() + truth.actions.len();
        let subjects =
            truth.values.iter().map(|value| &value.value).chain(truth.actions.iter().map(|action| &action.value));
        let encoded = subjects.into_iter().any(|text| encoded::is_encoded(text.trim().as_bytes()));
        let (filter, digests) = rayon::join(
            || Filter::new(forms.texts, &forms.keyed),
            || Table::new(forms.digested.into_texts(), forms.of_digested, forms.capitals, values),
        );
        Self {
            longest: filter.patterns().longest(),
            filter,
            repeating: OnceLock::new(),
            of_text: forms.of_text,
            patterns: forms.patterns,
            digests,
            salted: Salted::new(truth),
            notations: forms.notations,
            encoded,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Tells it from every other of this process.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Bytes of memory that all of it takes, but for what single values share with others.
    pub fn size(&self) -> usize {
        self.filter.size()
            + self.digests.size()
            + self.notations.size()
            + self.of_text.capacity() * size_of::<u32>()
            + self.patterns.capacity() * size_of::<Pattern>()
    }

    /// What is tried with salts on runs that have the shape of a digest and that nothing else explains.
    pub fn salted(&self) -> &Salted {
        &self.salted
    }

    /// Whether something may be seen in the digits of an alphabet as they are written: what was planted may be some.
    pub(super) fn may_be_encoded(&self) -> bool {
        self.encoded
    }

    /// What is compared field by field.
    pub(super) fn notations(&self) -> &Notations {
        &self.notations
    }

    /// The pattern of a hit.
    pub fn pattern(&self, index: usize) -> &Pattern {
        &self.patterns[index]
    }

    /// Values and actions that are not looked for: too short, or an address that is only a host.
    pub fn not_sought(&self, truth: &GroundTruth) -> Vec<Subject> {
        let plain = self.patterns.iter().filter(|pattern| pattern.form != Form::Digest);
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

    /// True for a hit on an address, with its host.
    pub(super) fn is_address(&self, hit: &Hit) -> bool {
        hit.by == By::Text && self.patterns[hit.pattern].form == Form::Address
    }

    /// How many digests are looked for of each text: what chance is multiplied with.
    pub(super) fn digests_tried(&self) -> f64 {
        self.digests.ways() as f64
    }
}

impl Pattern {
    fn digest(subjects: Subjects, bits: f64) -> Self {
        Self { subjects, form: Form::Digest, edge: Edge::Free, bits, tried: 1.0, half: None }
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
        // SHA-256 of the address in small letters.
        let digest = "438c4c7afe600cdf1e455c369bec76dc970fc8ca463447c7b387a347f3c79331";
        assert_eq!(found(&planted, digest)[0].0, Form::Digest);
        assert_eq!(found(&planted, &digest.to_uppercase()).len(), 1);
        assert!(found(&planted, &digest.replace('a', "b")).is_empty());
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
