//! Many byte strings at once, in any letter case, and under any single-byte XOR: a filter on windows of a few bytes.
//!
//! Aho and Corasick's automaton (CACM 18(6), 1975) visits a state for every byte, and with many patterns every state
//! is a miss of the cache. A filter asks one word for each place it looks at, and looks at every fourth place only
//! where all patterns are long enough. So patterns are kept in lanes by their length: one short value does not slow
//! the long ones down. Costs: about half a cycle a byte for long patterns, one to two cycles where there are short ones.
//!
//! `x[i] ^ x[i+1]` is the same for a text and for that text under any key of one byte, so one lane over differences
//! finds every key. It needs more bytes to mean anything: see [`LEAST_DIFFERENCES`].

mod lane;

use lane::{Lane, Sense};
use std::ops::Range;

/// Fewer differences than this are found by chance in any capture (64 times in 210 MB for a thousand values of eight
/// digits, never from twelve on).
pub(super) const LEAST_DIFFERENCES: usize = 12;

/// Shortest patterns of the lane that looks at every fourth place: a window of eight bytes must lie whole in each.
const LONG: usize = 11;

/// Shortest patterns whose window is eight bytes.
const MIDDLE: usize = 8;

/// So many patterns of a middle length share the lane of the shortest.
const FEW: usize = 256;

/// A set of patterns; each is known by its position.
#[derive(Default)]
pub(super) struct Filter {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    lanes: Vec<Lane>,
    turned: Option<Lane>,
}

/// A place where a pattern stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) pattern: usize,
    pub(super) range: Range<usize>,
    /// What every byte was combined with, if anything.
    pub(super) key: Option<u8>,
}

impl Filter {
    /// The first `open` patterns are looked for as text, in any case of ASCII letters; those of fewer than three bytes
    /// are never found. Those behind are looked for under single-byte keys, if they are long enough.
    pub(super) fn new(patterns: &[Vec<u8>], open: usize) -> Self {
        let mut filter = Self::default();
        for pattern in patterns {
            filter.bytes.extend_from_slice(pattern);
            filter.ends.push(filter.bytes.len() as u32);
        }
        let of_length = |lengths: Range<usize>| -> Vec<u32> {
            let members = patterns[..open].iter().enumerate().filter(|(_, pattern)| lengths.contains(&pattern.len()));
            members.map(|(at, _)| at as u32).collect()
        };
        let (mut tiny, mut middle) = (of_length(3..MIDDLE), of_length(MIDDLE..LONG));
        if !tiny.is_empty() && middle.len() <= FEW {
            tiny.append(&mut middle);
        }
        let width = if tiny.iter().any(|&member| patterns[member as usize].len() == 3) { 3 } else { 4 };
        let lanes = [(tiny, width, 1), (middle, 8, 1), (of_length(LONG..usize::MAX), 8, 4)];
        let text = |member: u32| patterns[member as usize].as_slice();
        let lanes = lanes.into_iter().filter(|(members, ..)| !members.is_empty());
        filter.lanes =
            lanes.map(|(members, width, stride)| Lane::new(Sense::Text, (width, stride), &members, text)).collect();
        let long = |member: &u32| patterns[*member as usize].len() > LEAST_DIFFERENCES;
        let members: Vec<u32> = (open as u32..patterns.len() as u32).filter(long).collect();
        filter.turned = (!members.is_empty()).then(|| Lane::new(Sense::Differences, (8, 4), &members, text));
        filter
    }

    /// Calls `each` with every place where a pattern stands, lane by lane.
    pub(super) fn find(&self, bytes: &[u8], mut each: impl FnMut(Match)) {
        for lane in &self.lanes {
            lane.scan(bytes, &mut |pattern, start| {
                let text = self.pattern(pattern as usize);
                let there = bytes.get(start..start + text.len());
                if there.is_some_and(|there| there.eq_ignore_ascii_case(text)) {
                    each(Match { pattern: pattern as usize, range: start..start + text.len(), key: None });
                }
            });
        }
        if let Some(lane) = &self.turned {
            lane.scan(bytes, &mut |pattern, start| {
                let text = self.pattern(pattern as usize);
                let Some(there) = bytes.get(start..start + text.len()) else { return };
                let key = there[0] ^ text[0];
                // What stands there in the open, in any letter case, was found as that.
                let open = key == 0 || (key == 0x20 && there.eq_ignore_ascii_case(text));
                if !open && there.iter().zip(text).all(|(there, text)| there ^ text == key) {
                    each(Match { pattern: pattern as usize, range: start..start + text.len(), key: Some(key) });
                }
            });
        }
    }

    fn pattern(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[at] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    fn found(patterns: &[Vec<u8>], bytes: &[u8]) -> Vec<(usize, usize, Option<u8>)> {
        let mut found = Vec::new();
        let both = [patterns, patterns].concat();
        let filter = Filter::new(&both, patterns.len());
        filter.find(bytes, |hit| found.push((hit.range.start, hit.pattern % patterns.len(), hit.key)));
        found.sort_unstable();
        found
    }

    fn texts(patterns: &[&str]) -> Vec<Vec<u8>> {
        patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect()
    }

    #[test]
    fn any_length_any_place_any_case() {
        let patterns = texts(&["Ann", "ann.lee", "ann.lee@m", "ann.lee@mail.example"]);
        for before in 0..140 {
            let text = format!("{}ANN.Lee@mail.example", "-".repeat(before));
            let expected: Vec<_> = (0..4).map(|pattern| (before, pattern, None)).collect();
            assert_eq!(found(&patterns, text.as_bytes()), expected);
        }
    }

    #[test]
    fn every_key_is_found() {
        let patterns = texts(&["ann.lee@mail.example"]);
        for key in 1..=255u8 {
            let turned: Vec<u8> = b"id=ann.lee@mail.example;".iter().map(|byte| byte ^ key).collect();
            assert_eq!(found(&patterns, &turned), [(3, 0, Some(key))], "{key}");
        }
        assert!(found(&texts(&["ann.lee@mail"]), &b"ann.lee@mail".map(|byte| byte ^ 7)).is_empty(), "too short");
    }

    proptest! {
        /// The same matches as an automaton finds, for patterns of few letters, so that they overlap.
        #[test]
        fn as_an_automaton(
            patterns in proptest::collection::hash_set("[abAB]{3,16}", 1..40),
            text in "[abAB]{0,300}",
        ) {
            let patterns: Vec<Vec<u8>> = {
                let mut folded: Vec<String> = patterns.into_iter().map(|pattern| pattern.to_lowercase()).collect();
                folded.sort();
                folded.dedup();
                folded.into_iter().map(String::into_bytes).collect()
            };
            let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&patterns).unwrap();
            let mut expected: Vec<_> = automaton
                .find_overlapping_iter(text.as_bytes())
                .map(|hit| (hit.start(), hit.pattern().as_usize(), None))
                .collect();
            expected.sort_unstable();
            let mut actual = Vec::new();
            let filter = Filter::new(&patterns, patterns.len());
            filter.find(text.as_bytes(), |hit| actual.push((hit.range.start, hit.pattern, hit.key)));
            actual.sort_unstable();
            prop_assert_eq!(actual, expected);
        }
    }
}
