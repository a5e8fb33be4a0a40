//! Texts under a key of 2 to 32 bytes that is repeated: part of a deep search.
//!
//! `x[i] ^ x[i+k]` is the same for a text and for that text under any key of `k` bytes, wherever in the text the key
//! begins, as `x[i] ^ x[i+1]` is for one byte. So for each length of keys the differences at that distance are looked
//! for in those of the bytes: thirty-one passes, whatever the number of keys. What agrees gives the key away, and is
//! compared with it. Where a shorter key does it too, only that is told.

use super::lane::{Lane, Sense};
use super::{FEW, shape};
use crate::detect::texts::Texts;
use std::ops::{Range, RangeInclusive};

/// Lengths of keys.
const LENGTHS: RangeInclusive<usize> = 2..=RepeatedKey::LONGEST;

/// A text must be so much longer than the key: that is how many bytes are known.
const BEYOND: usize = 8;

/// One byte of so many of a key may be zero: of longer keys by chance hardly more are.
const MOST_OPEN: usize = 4;

/// Bytes whose differences are taken in one go.
const CHUNK: usize = 1 << 16;

/// A key of several bytes, as it lies over the buffer from its first byte on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatedKey {
    bytes: [u8; Self::LONGEST],
    length: u8,
}

impl RepeatedKey {
    const LONGEST: usize = 32;

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The key of `length` bytes that turns a text which begins at `start` into what is there; none if there is no
    /// such key, or if it is itself the repetition of a shorter one.
    fn of(text: &[u8], there: &[u8], case: fn(&u8) -> u8, length: usize, start: usize) -> Option<Self> {
        let mut bytes = [0; Self::LONGEST];
        let (key, turn) = (&mut bytes[..length], start % length);
        let masks = || text.iter().zip(there).map(|(text, there)| case(text) ^ there);
        masks().take(length).enumerate().for_each(|(at, mask)| key[(turn + at) % length] = mask);
        let fits = masks().enumerate().all(|(at, mask)| key[(turn + at) % length] == mask);
        let shorter = (1..length).filter(|shorter| length.is_multiple_of(*shorter));
        let repeats = shorter.into_iter().any(|shorter| (0..length).all(|at| key[at] == key[at % shorter]));
        // A byte of zero leaves what is there as it stands: a text that is much like this one is not this one.
        let open = key.iter().filter(|mask| **mask == 0).count() * MOST_OPEN > length;
        (fits && !repeats && !open).then_some(Self { bytes, length: length as u8 })
    }
}

/// Lanes over differences at each distance.
pub(in crate::detect) struct Repeating(Vec<Distance>);

struct Distance {
    length: usize,
    lane: Lane,
    /// Which text each pattern of the lane is of.
    of: Vec<u32>,
}

impl Repeating {
    /// `worth` says of a text and a length of keys whether its differences at that distance mean anything.
    pub(in crate::detect) fn new(texts: &Texts, worth: impl Fn(&[u8], usize) -> bool) -> Self {
        let distance = |length: usize| {
            let (mut patterns, mut of, mut shortest) = (Texts::default(), Vec::new(), usize::MAX);
            for number in 0..texts.len() as u32 {
                let text = texts.at(number);
                if text.len() < length + BEYOND || !worth(text, length) {
                    continue;
                }
                let pattern = differences(text, length);
                if patterns.push(&pattern).is_some() {
                    shortest = shortest.min(pattern.len());
                    of.push(number);
                }
            }
            if of.is_empty() {
                return None;
            }
            let members: Vec<u32> = (0..patterns.len() as u32).collect();
            let shape = shape(Sense::Text, shortest, members.len() <= FEW);
            Some(Distance { length, lane: Lane::new(Sense::Text, shape, &members, &patterns), of })
        };
        Self(LENGTHS.filter_map(distance).collect())
    }

    /// Calls `each` with every place in a window of the bytes where one of the texts stands under such a key, and the
    /// text's number.
    pub(in crate::detect) fn find(
        &self,
        texts: &Texts,
        bytes: &[u8],
        window: Range<usize>,
        mut each: impl FnMut(u32, Range<usize>, RepeatedKey),
    ) {
        let longest = self.0.iter().flat_map(|distance| &distance.of).map(|text| texts.at(*text).len()).max();
        let longest = longest.unwrap_or_default();
        for from in window.clone().step_by(CHUNK) {
            let chunk = &bytes[from..window.end.min(from + CHUNK + longest)];
            for distance in self.0.iter().filter(|distance| chunk.len() > distance.length) {
                distance.lane.scan(&differences(chunk, distance.length), &mut |pattern, start| {
                    let number = distance.of[pattern as usize];
                    let text = texts.at(number);
                    let range = from + start..from + start + text.len();
                    let Some(there) = bytes.get(range.clone()).filter(|_| start < CHUNK) else { return };
                    let cases: [fn(&u8) -> u8; 3] = [|byte| *byte, u8::to_ascii_lowercase, u8::to_ascii_uppercase];
                    let mut keys = cases
                        .iter()
                        .filter_map(|case| RepeatedKey::of(text, there, *case, distance.length, range.start));
                    // What stands there in the open, in mixed case, is found as that.
                    if let Some(key) = keys.next().filter(|_| !there.eq_ignore_ascii_case(text)) {
                        each(number, range, key);
                    }
                });
            }
        }
    }
}

/// Each byte with the one that many places further on.
fn differences(bytes: &[u8], distance: usize) -> Vec<u8> {
    bytes.iter().zip(&bytes[distance..]).map(|(first, second)| first ^ second).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_key_wherever_it_begins() {
        let text = b"marta.eaea5ae2@example.org, of Long Street";
        let mut texts = Texts::default();
        assert!(texts.push(text).is_some());
        let repeating = Repeating::new(&texts, |_, _| true);
        for length in 1..=33 {
            let key: Vec<u8> = (0..length).map(|at| (at * 89 + 7) as u8 ^ 0xa5).collect();
            for before in [0, 1, 40, CHUNK - 20] {
                let plain = [&vec![b'-'; before], text.to_ascii_uppercase().as_slice(), b" and more"].concat();
                let sealed: Vec<u8> = plain.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
                let mut found = Vec::new();
                repeating
                    .find(&texts, &sealed, 0..sealed.len(), |_, range, key| found.push((range, key.bytes().to_vec())));
                let ours = (2..=32).contains(&length).then(|| (before..before + text.len(), key.clone()));
                assert_eq!(found, ours.into_iter().collect::<Vec<_>>(), "{length} {before}");
            }
        }
        repeating.find(&texts, text, 0..text.len(), |_, range, key| panic!("{range:?} {key:?}"));
    }
}
