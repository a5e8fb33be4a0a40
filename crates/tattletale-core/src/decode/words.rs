//! Short texts that no layer opens, remembered: the names and words that apps send with every event.
//!
//! Whether a layer opens undeclared bytes depends on these bytes alone, unless it has a key. So a text that was asked
//! about once, and about which no layer said anything, is a leaf whenever it comes again. The memory is a small table
//! of each thread with two places for each text, in which what came last stays; whole texts are compared, so that
//! nothing passes for another.

use super::look::Look;
use std::cell::Cell;

/// Longest text that is remembered, in bytes.
const LONGEST: usize = 32;
/// Shortest: what is shorter is asked about by nobody.
const SHORTEST: usize = 4;
/// Binary logarithm of the number of texts that are remembered: 40 KiB.
const SLOTS: u32 = 10;

/// A place in the table with the text that belongs there.
#[derive(Clone, Copy)]
pub(super) struct Word {
    slot: usize,
    text: Text,
}

/// A text of up to [`LONGEST`] bytes: its first and last bytes, which overlap unless it is that long.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Text {
    words: [u64; LONGEST / 8],
    length: usize,
}

/// Texts with what they look like.
pub(super) struct Words {
    deep: bool,
    slots: Vec<(Text, Look)>,
}

thread_local! {
    static WORDS: Cell<Option<Words>> = const { Cell::new(None) };
}

impl Words {
    /// Those of this thread, for walks that ask costly layers too or do not. To be given back.
    pub(super) fn borrow(deep: bool) -> Self {
        let nothing = (Text { words: [0; LONGEST / 8], length: 0 }, Look::ANY);
        let known = WORDS.take().filter(|words| words.deep == deep);
        known.unwrap_or_else(|| Self { deep, slots: vec![nothing; 1 << SLOTS] })
    }

    pub(super) fn give_back(self) {
        WORDS.set(Some(self));
    }

    /// What a text looks like that no layer opens; else its place, if it can be remembered.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8]) -> Result<Look, Option<Word>> {
        let Some(text) = Text::of(bytes) else { return Err(None) };
        let slot = text.hash();
        for place in [slot, slot ^ 1] {
            match self.slots.get(place) {
                Some((known, look)) if *known == text => return Ok(*look),
                _ => {}
            }
        }
        Err(Some(Word { slot, text }))
    }

    /// No layer said anything about it.
    #[inline]
    pub(super) fn add(&mut self, word: Word, look: Look) {
        self.slots[word.slot ^ 1] = self.slots[word.slot];
        self.slots[word.slot] = (word.text, look);
    }
}

impl Text {
    #[inline]
    fn of(bytes: &[u8]) -> Option<Self> {
        let length = bytes.len();
        let eight = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let four = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
        let words = match length {
            SHORTEST..8 => [four(bytes.first_chunk()), four(bytes.last_chunk()), 0, 0],
            8..=16 => [eight(bytes.first_chunk()), eight(bytes.last_chunk()), 0, 0],
            17..=LONGEST => {
                let (first, last) = (&bytes[8..16], &bytes[length - 16..length - 8]);
                let (first, last) = (eight(first.first_chunk()), eight(last.first_chunk()));
                [eight(bytes.first_chunk()), eight(bytes.last_chunk()), first, last]
            }
            _ => return None,
        };
        Some(Self { words, length })
    }

    /// Its place, by multiplication (Knuth, The Art of Computer Programming, volume 3, 6.4).
    #[inline]
    fn hash(&self) -> usize {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let [a, b, c, d] = self.words;
        let mixed = (a ^ b.rotate_left(29) ^ c.rotate_left(13) ^ d.rotate_left(47)).wrapping_add(self.length as u64);
        (mixed.wrapping_mul(FACTOR) >> (64 - SLOTS)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_again_and_no_other_is_taken_for_it() {
        let mut words = Words::borrow(true);
        let text: Vec<u8> = (0..40).map(|at| b'a' + at % 23).collect();
        for length in 0..=40 {
            let bytes = &text[..length];
            let found = words.find(bytes);
            let Err(place) = found else { panic!("{length} bytes were never added") };
            assert_eq!(place.is_some(), (SHORTEST..=LONGEST).contains(&length));
            let Some(word) = place else { continue };
            words.add(word, Look::of(bytes));
            assert!(words.find(bytes).is_ok_and(|look| look == Look::of(bytes)));
            for at in 0..length {
                let mut other = bytes.to_vec();
                other[at] ^= 1;
                assert!(words.find(&other).is_err(), "{length} {at}");
            }
        }
    }
}
