//! Texts that come again, and what became of them: apps send the same names, identifiers and addresses all the time.
//!
//! What undeclared bytes are opened into depends on these bytes alone, unless there is a key. So when all that was in
//! a text was told to a visitor that made nothing of it, the next time the sums are enough: how many nodes and leaves
//! there were, and how much was searched. The memory is that of a thread, two tables in which two texts share two
//! places and what came last stays; whole texts are compared, so that nothing passes for another.

use super::look::Look;
use super::visitor::Ending;
use crate::codec::hashing::hash;
use std::cell::Cell;

/// Shortest text that is remembered, in bytes: what is shorter is asked about by nobody.
const SHORTEST: usize = 4;
/// Longest word, in bytes: words are remembered in place.
const WORD: usize = 32;
/// Longest text.
const LONGEST: usize = 256;
/// Binary logarithm of the number of words that are remembered, 400 KiB, and of longer texts.
const SLOTS: u32 = 12;

/// Leaves of a text whose lengths are remembered; nothing is of a text that has more.
const LEAVES: usize = 15;

/// What became of a text when layers were asked, and nothing inside meant anything to the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) look: Look,
    pub(super) ending: Ending,
    /// True when the visitor made nothing of the text itself either.
    pub(super) quiet: bool,
    /// How deep it stood.
    pub(super) depth: u32,
    /// Bytes that ended as text or numbers.
    pub(super) read: u32,
    pub(super) inside: Inside,
    leaves: [u8; LEAVES],
    count: u8,
}

/// Sums over what is inside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Inside {
    pub(super) nodes: u32,
    pub(super) made: u32,
    pub(super) searched: u32,
}

impl Inside {
    /// None where a sum is too large to be remembered.
    pub(super) fn of(nodes: u64, made: u64, searched: u64) -> Option<Self> {
        let fits = |sum: u64| u32::try_from(sum).ok();
        Some(Self { nodes: fits(nodes)?, made: fits(made)?, searched: fits(searched)? })
    }
}

impl Outcome {
    const NOTHING: Self = Self {
        look: Look::ANY,
        ending: Ending { opened: false, text: false, opaque: false, decoded: false },
        quiet: false,
        depth: 0,
        read: 0,
        inside: Inside { nodes: 0, made: 0, searched: 0 },
        leaves: [0; LEAVES],
        count: 0,
    };

    /// Of a text with that look and leaves of these lengths, if they are not too many; the last is the text itself,
    /// unless it was opened.
    pub(super) fn new(look: Look, ending: Ending, leaves: &[u8]) -> Option<Self> {
        let mut kept = [0; LEAVES];
        kept.get_mut(..leaves.len())?.copy_from_slice(leaves);
        Some(Self { look, ending, leaves: kept, count: leaves.len() as u8, ..Self::NOTHING })
    }

    /// Lengths of all leaves; longer ones are 255.
    #[inline]
    pub(super) fn leaves(&self) -> &[u8] {
        self.leaves.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// True for a leaf that means nothing to the visitor, wherever it stands.
    fn is_nothing(&self) -> bool {
        let leaf = self.inside == Inside::default() && !self.ending.opened && self.count == 1;
        leaf && self.quiet && self.read == u32::from(self.leaves[0])
    }

    /// Lengths of the leaves inside.
    pub(super) fn inner_leaves(&self) -> &[u8] {
        let own = u8::from(!self.ending.opened);
        self.leaves.get(..usize::from(self.count.saturating_sub(own))).unwrap_or_default()
    }
}

/// Where a text belongs that is not remembered.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Word(usize, Word),
    Long(usize),
}

/// A text of up to [`WORD`] bytes: its first and last bytes, which overlap unless it is that long.
#[derive(Clone, Copy)]
pub(super) struct Word {
    eights: [u64; WORD / 8],
    /// Its length, and a mark if nothing became of it.
    tag: usize,
}

/// Marks a word of which nothing became.
const MARK: usize = 1 << 8;

/// For whom something is remembered: for walks that ask the same layers and go as deep, and for visitors that look for
/// the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whose {
    pub(super) deep: bool,
    pub(super) depth: usize,
    pub(super) visitor: Option<u64>,
}

/// Texts with what became of them.
pub(super) struct Memory {
    whose: Whose,
    words: Box<[Word; 1 << SLOTS]>,
    /// What became of each of them.
    became: Vec<Outcome>,
    long: Vec<(Vec<u8>, Outcome)>,
}

/// Memories that a thread keeps: few visitors take turns.
const KEPT: usize = 3;

thread_local! {
    /// The one that was used last comes last.
    static MEMORIES: Cell<Vec<Memory>> = const { Cell::new(Vec::new()) };
}

impl Memory {
    /// That of this thread. To be given back.
    pub(super) fn borrow(whose: Whose) -> Self {
        let mut memories = MEMORIES.take();
        let known = memories.iter().rposition(|memory| memory.whose == whose).map(|at| memories.remove(at));
        MEMORIES.set(memories);
        known.unwrap_or_else(|| Self {
            whose,
            words: Box::new([Word { eights: [0; WORD / 8], tag: 0 }; 1 << SLOTS]),
            became: vec![Outcome::NOTHING; 1 << SLOTS],
            long: vec![(Vec::new(), Outcome::NOTHING); 1 << SLOTS],
        })
    }

    pub(super) fn give_back(self) {
        let mut memories = MEMORIES.take();
        if memories.len() == KEPT {
            memories.remove(0);
        }
        memories.push(self);
        MEMORIES.set(memories);
    }

    /// Whether a text is a word of which [nothing](Outcome::is_nothing) became: most are.
    #[inline]
    pub(super) fn has_nothing(&self, bytes: &[u8]) -> bool {
        let Some(word) = Word::of(bytes) else { return false };
        let (slot, word) = (word.slot(), word.marked());
        self.words[slot].is(&word) || self.words[slot ^ 1].is(&word)
    }

    /// What became of a text; else its place, if it can be remembered.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8]) -> Result<&Outcome, Option<Place>> {
        let Some(word) = Word::of(bytes) else { return self.find_long(bytes) };
        let slot = word.slot();
        let place = [slot, slot ^ 1].into_iter().find(|place| self.words[*place].marked().is(&word.marked()));
        place.and_then(|place| self.became.get(place)).ok_or(Some(Place::Word(slot, word)))
    }

    fn find_long(&self, bytes: &[u8]) -> Result<&Outcome, Option<Place>> {
        if !(SHORTEST..=LONGEST).contains(&bytes.len()) {
            return Err(None);
        }
        let slot = slot(bytes);
        for place in [slot, slot ^ 1] {
            match self.long.get(place) {
                Some((known, outcome)) if known == bytes => return Ok(outcome),
                _ => {}
            }
        }
        Err(Some(Place::Long(slot)))
    }

    /// Remembers what became of a text that belongs there.
    pub(super) fn add(&mut self, place: Place, bytes: &[u8], outcome: Outcome) {
        match place {
            Place::Word(slot, word) => {
                self.words[slot ^ 1] = self.words[slot];
                self.words[slot] = if outcome.is_nothing() { word.marked() } else { word };
                self.became.swap(slot, slot ^ 1);
                self.became[slot] = outcome;
            }
            Place::Long(slot) => {
                self.long.swap(slot, slot ^ 1);
                let (known, became) = &mut self.long[slot];
                known.clear();
                known.extend_from_slice(bytes);
                *became = outcome;
            }
        }
    }
}

/// Multiplier of a hash (Knuth, The Art of Computer Programming, volume 3, 6.4).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The place of a longer text.
fn slot(bytes: &[u8]) -> usize {
    (hash(bytes) >> (64 - SLOTS)) as usize
}

impl Word {
    #[inline]
    fn of(bytes: &[u8]) -> Option<Self> {
        let length = bytes.len();
        let eight = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let four = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
        let eights = match length {
            SHORTEST..8 => [four(bytes.first_chunk()), four(bytes.last_chunk()), 0, 0],
            8..=16 => [eight(bytes.first_chunk()), eight(bytes.last_chunk()), 0, 0],
            17..=WORD => {
                let (first, last) = (&bytes[8..16], &bytes[length - 16..length - 8]);
                let (first, last) = (eight(first.first_chunk()), eight(last.first_chunk()));
                [eight(bytes.first_chunk()), eight(bytes.last_chunk()), first, last]
            }
            _ => return None,
        };
        Some(Self { eights, tag: length })
    }

    #[inline]
    fn marked(self) -> Self {
        Self { tag: self.tag | MARK, ..self }
    }

    #[inline]
    fn is(&self, other: &Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.eights, other.eights);
        a == e && b == f && c == g && d == h && self.tag == other.tag
    }

    #[inline]
    fn slot(&self) -> usize {
        let [a, b, c, d] = self.eights;
        let mixed = (a ^ b.rotate_left(29) ^ c.rotate_left(13) ^ d.rotate_left(47)).wrapping_add(self.tag as u64);
        (mixed.wrapping_mul(FACTOR) >> (64 - SLOTS)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_again_and_no_other_is_taken_for_it() {
        let mut memory = Memory::borrow(Whose { deep: true, depth: 48, visitor: Some(7) });
        let text: Vec<u8> = (0..300u32).map(|at| b'a' + (at * at % 23) as u8).collect();
        for length in 0..=300 {
            let bytes = &text[..length];
            let found = memory.find(bytes);
            let Err(place) = found else { panic!("{length} bytes were never added") };
            assert_eq!(place.is_some(), (SHORTEST..=LONGEST).contains(&length));
            let Some(place) = place else { continue };
            let outcome = Outcome { read: length as u32, ..Outcome::NOTHING };
            memory.add(place, bytes, outcome);
            assert_eq!(memory.find(bytes).ok(), Some(&outcome));
            for at in 0..length {
                let mut other = bytes.to_vec();
                other[at] ^= 1;
                assert!(memory.find(&other).is_err(), "{length} {at}");
            }
        }
    }

    #[test]
    fn another_visitor_knows_nothing_of_it() {
        let ours = Whose { deep: false, depth: 48, visitor: Some(1) };
        let mut memory = Memory::borrow(ours);
        let Err(Some(place)) = memory.find(b"text") else { panic!("a place") };
        memory.add(place, b"text", Outcome::NOTHING);
        memory.give_back();
        let again = Memory::borrow(ours);
        assert!(again.find(b"text").is_ok());
        again.give_back();
        let others = [
            Whose { deep: true, ..ours },
            Whose { depth: 4, ..ours },
            Whose { visitor: Some(2), ..ours },
            Whose { visitor: None, ..ours },
        ];
        for whose in others {
            assert!(Memory::borrow(whose).find(b"text").is_err());
        }
    }
}
