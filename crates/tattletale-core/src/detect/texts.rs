//! Many short byte strings in little memory: all bytes in one piece, and an index of those that are known already.
//!
//! With 100,000 values there are a million of such strings (ways to write a value, normal forms, pieces). A map of
//! vectors takes a hundred bytes for each beside its own; here it is four, and eight more where they are looked up.

use crate::codec::hashing::hash;
use std::ops::Range;

/// Byte strings, each known by its position.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Texts {
    /// Appends one; its position. Nothing is appended when four gigabytes are full.
    pub(super) fn push(&mut self, text: &[u8]) -> Option<u32> {
        let end = u32::try_from(self.bytes.len() + text.len()).ok()?;
        self.bytes.extend_from_slice(text);
        self.ends.push(end);
        Some(self.ends.len() as u32 - 1)
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The one at a position below [`Texts::len`].
    pub(super) fn at(&self, position: u32) -> &[u8] {
        &self.bytes[self.range(position)]
    }

    /// Bytes of the longest.
    pub(super) fn longest(&self) -> usize {
        (0..self.ends.len() as u32).map(|position| self.range(position).len()).max().unwrap_or_default()
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u32>()
    }

    /// To be called when nothing more is appended: gives back what was kept in advance.
    pub(super) fn seal(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn range(&self, position: u32) -> Range<usize> {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        start as usize..self.ends[position as usize] as usize
    }
}

/// Byte strings of which none is there twice, and which are found by what they are.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    texts: Texts,
    /// At most half of them are in use; those are never removed.
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    tag: u32,
    text: u32,
}

const FREE: Slot = Slot { tag: 0, text: u32::MAX };

impl Lexicon {
    /// With room for so many before it grows.
    pub(super) fn with_room(count: usize) -> Self {
        Self { texts: Texts::default(), slots: vec![FREE; (count * 2).next_power_of_two().max(16)] }
    }

    /// The position of a text, and whether it is new.
    pub(super) fn add(&mut self, text: &[u8]) -> Option<(u32, bool)> {
        if self.texts.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(text);
        match self.seek(hash, text) {
            Ok(known) => Some((known, false)),
            Err(free) => {
                let position = self.texts.push(text)?;
                self.slots[free] = Slot { tag: hash as u32, text: position };
                Some((position, true))
            }
        }
    }

    /// The position of a text that is there.
    pub(super) fn find(&self, text: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.seek(hash(text), text).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The texts alone, when nothing more is looked up.
    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        self.texts.size() + self.slots.capacity() * size_of::<Slot>()
    }

    /// Where the text is, or else the slot that it would take.
    fn seek(&self, hash: u64, text: &[u8]) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.text == FREE.text {
                return Err(at);
            }
            if slot.tag == hash as u32 && self.texts.at(slot.text) == text {
                return Ok(slot.text);
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        self.slots = vec![FREE; (self.slots.len() * 2).max(16)];
        for position in 0..self.texts.len() as u32 {
            let text = self.texts.at(position);
            let hash = hash(text);
            if let Err(free) = self.seek(hash, text) {
                self.slots[free] = Slot { tag: hash as u32, text: position };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn a_lexicon_is_a_map(texts in proptest::collection::vec("[ab]{0,6}", 0..200), asked in "[ab]{0,6}") {
            let (mut lexicon, mut map) = (Lexicon::with_room(texts.len() / 2), HashMap::new());
            for text in &texts {
                let next = map.len() as u32;
                let known = map.contains_key(text);
                let position = *map.entry(text.clone()).or_insert(next);
                prop_assert_eq!(lexicon.add(text.as_bytes()), Some((position, !known)));
            }
            prop_assert_eq!(lexicon.find(asked.as_bytes()), map.get(&asked).copied());
            prop_assert_eq!(lexicon.len(), map.len());
            let kept = lexicon.into_texts();
            prop_assert!(map.iter().all(|(text, &position)| kept.at(position) == text.as_bytes()));
        }
    }
}
