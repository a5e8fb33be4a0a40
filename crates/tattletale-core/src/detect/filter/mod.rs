//! Many byte strings at once, in any letter case, and under any single-byte XOR: a filter on windows of a few bytes.
//!
//! Aho and Corasick's automaton (CACM 18(6), 1975) visits a state for every byte, and with many patterns every state
//! is a miss of the cache. A filter asks one word for each place it looks at, and looks at every fourth or eighth place
//! only where all patterns are long enough. Patterns are kept in few lanes, because each lane reads the bytes again.
//!
//! `x[i] ^ x[i+1]` is the same for a text and for that text under any key of one byte, so a lane over differences
//! finds every key, and no key at all too: long patterns are looked for there alone. The bit that tells small letters
//! from capitals is left out of the hash, so that one window stands for a pattern in every case and under every key.
//! Under a key a text needs more bytes to mean anything: see [`LEAST_DIFFERENCES`].

mod lane;
mod repeating;

use super::texts::Texts;
use lane::{Lane, Sense};
pub use repeating::RepeatedKey;
pub(super) use repeating::Repeating;
use std::ops::Range;

/// Fewer differences than this are found by chance in any capture (64 times in 210 MB for a thousand values of eight
/// digits, never from twelve on).
pub(super) const LEAST_DIFFERENCES: usize = 12;

/// Up to so many patterns share a lane whatever their length: their short windows raise few false alarms.
const FEW: usize = 256;

/// Shortest patterns that have a lane of their own where there are many.
const LONG: usize = 11;

/// Shortest patterns whose windows are long enough for many.
const MIDDLE: usize = 8;

/// A set of patterns; each is known by its position.
#[derive(Default)]
pub(super) struct Filter {
    patterns: Texts,
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
    /// Patterns are looked for as text, in any case of ASCII letters; those of fewer than three bytes are never found.
    /// Those that `keyed` says are looked for under single-byte keys too, as they are, in small letters and in
    /// capitals, if they have more than [`LEAST_DIFFERENCES`] bytes.
    pub(super) fn new(patterns: Texts, keyed: &[bool]) -> Self {
        let length = |member: &u32| patterns.at(*member).len();
        let all = 0..patterns.len() as u32;
        let (turned, open): (Vec<u32>, Vec<u32>) = all
            .filter(|member| length(member) >= 3)
            .partition(|member| keyed[*member as usize] && length(member) > LEAST_DIFFERENCES);
        let of_length = |range: Range<usize>| -> Vec<u32> {
            open.iter().copied().filter(|member| range.contains(&length(member))).collect()
        };
        let lanes = match open.len() {
            ..=FEW => vec![open],
            _ => vec![of_length(3..MIDDLE), of_length(MIDDLE..LONG), of_length(LONG..usize::MAX)],
        };
        let lane = |sense, members: Vec<u32>| {
            let shortest = members.iter().map(length).min()?;
            let shape = shape(sense, shortest, members.len() <= FEW);
            Some(Lane::new(sense, shape, &members, &patterns))
        };
        let lanes: Vec<Lane> = lanes.into_iter().filter_map(|members| lane(Sense::Text, members)).collect();
        let turned = lane(Sense::Differences, turned);
        Self { patterns, lanes, turned }
    }

    /// Calls `each` with every place where a pattern stands, lane by lane.
    pub(super) fn find(&self, bytes: &[u8], mut each: impl FnMut(Match)) {
        let mut found = |pattern: u32, start: usize, turned: bool| {
            let text = self.patterns.at(pattern);
            let range = start..start + text.len();
            let Some(there) = bytes.get(range.clone()) else { return };
            if there.eq_ignore_ascii_case(text) {
                each(Match { pattern: pattern as usize, range, key: None });
            } else if let (true, Some(key)) = (turned, key(text, there)) {
                each(Match { pattern: pattern as usize, range, key: Some(key) });
            }
        };
        for lane in self.lanes.iter().filter(|lane| lane.shortest() <= bytes.len()) {
            lane.scan(bytes, &mut |pattern, start| found(pattern, start, false));
        }
        if let Some(lane) = self.turned.as_ref().filter(|lane| lane.shortest() <= bytes.len()) {
            lane.scan(bytes, &mut |pattern, start| found(pattern, start, true));
        }
    }

    /// What is looked for.
    pub(super) fn patterns(&self) -> &Texts {
        &self.patterns
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        self.patterns.size() + self.lanes.iter().chain(&self.turned).map(Lane::size).sum::<usize>()
    }
}

/// Width of windows and the stride that go with the shortest pattern. A stride of four needs four neighbouring
/// windows in every pattern, and differences need a byte more.
fn shape(sense: Sense, shortest: usize, few: bool) -> (usize, usize) {
    let room = shortest - usize::from(sense == Sense::Differences);
    let narrowest = match (sense, few) {
        (Sense::Text, true) => 4,
        (Sense::Differences, true) => 5,
        (_, false) => 7,
    };
    let stride = [8, 4, 2].into_iter().find(|stride| room >= narrowest + stride - 1).unwrap_or(1);
    (8.min(room + 1 - stride), stride)
}

/// The byte that turns a text, as it is or in one case, into what stands there.
fn key(text: &[u8], there: &[u8]) -> Option<u8> {
    let cases: [fn(&u8) -> u8; 3] = [|byte| *byte, u8::to_ascii_lowercase, u8::to_ascii_uppercase];
    cases.into_iter().find_map(|case| {
        let key = there.first()? ^ case(text.first()?);
        there.iter().zip(text).all(|(there, text)| there ^ case(text) == key).then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    fn filter(patterns: &[Vec<u8>], keyed: bool) -> Filter {
        let mut texts = Texts::default();
        patterns.iter().for_each(|pattern| assert!(texts.push(pattern).is_some()));
        Filter::new(texts, &vec![keyed; patterns.len()])
    }

    fn found(patterns: &[Vec<u8>], bytes: &[u8]) -> Vec<(usize, usize, Option<u8>)> {
        let mut found = Vec::new();
        filter(patterns, true).find(bytes, |hit| found.push((hit.range.start, hit.pattern, hit.key)));
        found.sort_unstable();
        found
    }

    fn texts(patterns: &[&str]) -> Vec<Vec<u8>> {
        patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect()
    }

    #[test]
    fn every_length_at_every_place_under_every_key() {
        for length in 3..40 {
            let pattern: Vec<u8> = (0..length).map(|at| b'A' + (at * 7 % 50) as u8).collect();
            for start in 0..70 {
                for key in [0u8, 1, 0x5a, 0xff] {
                    let mut bytes = vec![b'.'; start];
                    bytes.extend(pattern.iter().map(|byte| byte ^ key));
                    let expected = (key == 0 || length > LEAST_DIFFERENCES)
                        .then_some((start, 0, (key != 0).then_some(key)))
                        .into_iter()
                        .collect::<Vec<_>>();
                    assert_eq!(found(std::slice::from_ref(&pattern), &bytes), expected, "{length} {start} {key}");
                }
            }
        }
    }

    /// A property below holds for few patterns; with many the lanes are others.
    #[test]
    fn many_patterns_of_every_length_are_found() {
        let number =
            |length: usize, number: usize| format!("{number:02}{}", "abcdefgh".repeat(4).split_at(length - 2).0);
        let patterns: Vec<Vec<u8>> =
            (3..33).flat_map(|length| (0..40).map(move |at| number(length, at).into_bytes())).collect();
        let text: Vec<u8> = patterns.iter().flat_map(|pattern| [pattern.as_slice(), b" "].concat()).collect();
        for keyed in [false, true] {
            let mut seen = vec![false; patterns.len()];
            filter(&patterns, keyed).find(&text, |hit| seen[hit.pattern] = true);
            assert!(seen.iter().all(|seen| *seen));
        }
    }

    #[test]
    fn any_case_and_only_the_open_text_is_told_twice() {
        let patterns = texts(&["Zoe@Mail.Example", "zoe", "mail"]);
        assert_eq!(found(&patterns, b"xZOE@mail.exampleX"), [(1, 0, None), (1, 1, None), (5, 2, None)]);
        assert!(found(&patterns, b"xZOF@mael.exampleX zo").is_empty());
        let capitals: Vec<u8> = b"ZOE@MAIL.EXAMPLE".iter().map(|byte| byte ^ 0x33).collect();
        assert_eq!(found(&patterns, &capitals), [(0, 0, Some(0x33))]);
    }

    proptest! {
        #[test]
        fn what_an_automaton_finds(
            patterns in proptest::collection::hash_set("[abAB]{3,16}", 1..40),
            text in "[abAB]{0,300}",
            keyed: bool,
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
                .map(|hit| (hit.start(), hit.pattern().as_usize()))
                .collect();
            expected.sort_unstable();
            let mut actual = Vec::new();
            filter(&patterns, keyed).find(text.as_bytes(), |hit| {
                // Of so few letters, one case is the other under a key.
                if hit.key.is_none() {
                    actual.push((hit.range.start, hit.pattern));
                }
            });
            actual.sort_unstable();
            prop_assert_eq!(actual, expected);
        }
    }
}
