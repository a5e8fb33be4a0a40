//! The table of digests: a filter that fits a cache, then slots of four bytes, then the digest itself made again.
//!
//! Keys are bits of digests and so are spread evenly already: they need no hashing of their own. A slot holds which
//! text in which way, and as many bits of the key as there is room beside that; the position tells twenty bits more.
//! Eight million digests (100,000 e-mail addresses) take 50 MB so. They are made on all cores; because the table is
//! cut into shards by the first bits of the keys, it is filled on all cores too, a piece that fits a cache at a time.

use super::{ALGORITHMS, Digest, Seen, Turn};
use crate::detect::texts::Texts;
use rayon::prelude::*;
use std::collections::HashMap;

/// Chains of two digests are looked for up to so many texts' owners: they triple the table.
const CHAINED_VALUES: usize = 1_000;

/// Digests of 32 bits are looked for up to so many values: chance would make one of a thousand numbers a hit.
const SHORT_VALUES: usize = 1_000;

/// Most words of the filter (2^20 of 64 bits are 8 MB).
const LARGEST_FILTER: usize = 1 << 20;

/// Fewest words of the filter of a shard: a few kilobytes are no matter, and false alarms are.
const LEAST_FILTER: usize = 1 << 9;

/// Words of a filter that a cache near the core holds.
const NEAR: usize = 1 << 17;

/// Digests that share a shard, at least: so many keys are spread evenly enough that none overflows.
const SHARD: usize = 1 << 14;

/// Most shards, as a power of two.
const MOST_SHARDS: u32 = 8;

/// Texts whose digests are made before they are put into the table.
const BATCH: usize = 1 << 15;

/// Texts whose digests one core makes in one go.
const PORTION: usize = 1 << 10;

const EMPTY: u32 = u32::MAX;

/// Digests of many texts.
#[derive(Default)]
pub(in crate::detect) struct Table {
    ways: Vec<Way>,
    texts: Texts,
    owners: Vec<u32>,
    /// Which texts are digested by the customary algorithms only.
    rare: Vec<bool>,
    /// Shards of equal length, one for each value of the first bits.
    filter: Vec<u64>,
    slots: Vec<u32>,
    shape: Shape,
    /// Those of 32 bits, by their value.
    short: HashMap<u32, Vec<u32>>,
}

/// Where a key belongs.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    /// Binary logarithm of the number of shards.
    shards: u32,
    /// Slots of one shard.
    slots: usize,
    /// Words of the filter of one shard: a power of two.
    words: usize,
    /// Bits of a slot that say which text in which way; the others are of the key.
    entry: u32,
}

/// How a text becomes what is in the table.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// The digest that is made of the text itself.
    first: usize,
    /// The digest of that one's hexadecimal text, if there is one.
    outer: Option<usize>,
    turn: Turn,
}

/// What a run of bytes was recognised as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) struct Entry {
    /// What the caller gave with the text.
    pub(in crate::detect) owner: u32,
    /// The digest that is written.
    pub(in crate::detect) outer: &'static str,
    /// The digest whose hexadecimal text it was made of.
    pub(in crate::detect) inner: Option<&'static str>,
    /// How many of its bits are there.
    pub(in crate::detect) bits: usize,
}

impl Shape {
    fn new(digests: usize, entries: u64) -> Self {
        let shards = (digests / SHARD).max(1).ilog2().min(MOST_SHARDS);
        let each = digests.div_ceil(1 << shards);
        let words = (each / 8).next_power_of_two().clamp(LEAST_FILTER, LARGEST_FILTER >> shards);
        Self { shards, slots: each * 3 / 2 + 1, words, entry: entries.max(1).ilog2() + 1 }
    }

    /// Which shard.
    #[inline]
    fn shard(self, key: u64) -> usize {
        key.unbounded_shr(64 - self.shards) as usize
    }

    /// Word of the shard's filter, and the two bits there.
    #[inline]
    fn word(self, key: u64) -> (usize, u64) {
        ((key >> 20) as usize & self.words.saturating_sub(1), 1 << (key & 63) | 1 << (key >> 6 & 63))
    }

    /// The slot of the shard that a key would take first.
    #[inline]
    fn slot(self, key: u64) -> usize {
        ((u128::from(key << self.shards) * self.slots as u128) >> 64) as usize
    }

    /// An entry beside bits of its key.
    fn tagged(self, key: u64, entry: u32) -> u32 {
        ((key >> 12) as u32).unbounded_shl(self.entry) | entry
    }

    /// The entry of a slot, if the bits beside it are those of the key.
    fn entry(self, key: u64, slot: u32) -> Option<u32> {
        let entry = slot & !u32::MAX.unbounded_shl(self.entry);
        (self.tagged(key, entry) == slot).then_some(entry)
    }
}

impl Table {
    /// Digests all texts; each comes with a number that a hit gives back, and whether it is rare: then only the
    /// algorithms that are chained digest it. `values` is how many values they are of.
    pub(in crate::detect) fn new(texts: Texts, owners: Vec<u32>, rare: Vec<bool>, values: usize) -> Self {
        let ways = Way::all(values <= CHAINED_VALUES);
        // More texts than can be numbered would take a hundred gigabytes.
        let count = texts.len().min((EMPTY - 1) as usize / ways.len());
        let of_all = ways.iter().filter(|way| !way.is_short()).count();
        let of_rare = ways.iter().filter(|way| way.is_customary()).count();
        let long = rare[..count].iter().map(|&rare| if rare { of_rare } else { of_all }).sum();
        // One more than there are entries: so no slot that is in use has all bits set.
        let shape = Shape::new(long, (count * ways.len()) as u64 + 1);
        let filter = vec![0; shape.words << shape.shards];
        let slots = vec![EMPTY; shape.slots << shape.shards];
        let mut table = Self { ways, texts, owners, rare, filter, slots, shape, short: HashMap::new() };
        for from in (0..count).step_by(BATCH) {
            let portions: Vec<usize> = (from..count.min(from + BATCH)).step_by(PORTION).collect();
            let made: Vec<Made> = portions.into_par_iter().map(|at| table.make(at..count.min(at + PORTION))).collect();
            let shards = table.slots.par_chunks_mut(shape.slots).zip(table.filter.par_chunks_mut(shape.words));
            shards.enumerate().for_each(|(shard, (slots, filter))| {
                for &(key, entry) in made.iter().flat_map(|made| &made.long[shard]) {
                    insert(shape, slots, filter, key, entry);
                }
            });
            for (number, entry) in made.into_iter().flat_map(|made| made.short).filter(|_| values <= SHORT_VALUES) {
                table.short.entry(number).or_default().push(entry);
            }
        }
        table
    }

    /// The digests of some texts in every way.
    fn make(&self, texts: std::ops::Range<usize>) -> Made {
        let shards = 1 << self.shape.shards;
        let room = texts.len() * self.ways.len() / shards * 5 / 4;
        let mut made = Made { long: vec![Vec::new(); shards], short: Vec::new() };
        made.long.iter_mut().for_each(|shard| shard.reserve(room));
        let mut number = 0;
        // One algorithm after the other, each for all texts: the code of all would not fit a cache.
        for ways in self.ways.chunk_by(|a, b| a.first == b.first) {
            let algorithm = &ALGORITHMS[ways[0].first];
            for text in texts.clone().filter(|&text| !self.rare[text] || algorithm.chained) {
                let digest = (algorithm.make)(self.texts.at(text as u32));
                for (number, way) in (number..).zip(ways) {
                    let (entry, key) = ((text * self.ways.len() + number) as u32, way.key(&digest));
                    match way.is_short() {
                        true => made.short.push(((key >> 32) as u32, entry)),
                        false => made.long[self.shape.shard(key)].push((key, entry)),
                    }
                }
            }
            number += ways.len();
        }
        made
    }

    /// True when there is nothing to look for.
    pub(in crate::detect) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// False when no digests of 32 bits are looked for.
    pub(in crate::detect) fn has_short(&self) -> bool {
        !self.short.is_empty()
    }

    /// Whether the filter is too large for a cache near the core.
    pub(in crate::detect) fn is_far(&self) -> bool {
        self.filter.len() > NEAR
    }

    /// False when nothing has these first 64 bits: what most runs are asked.
    #[inline]
    pub(in crate::detect) fn may_have(&self, key: u64) -> bool {
        let (word, bits) = self.shape.word(key);
        let word = self.filter.get(self.shape.shard(key) * self.shape.words + word).copied().unwrap_or_default();
        word & bits == bits
    }

    /// What these bits are a digest of: the first entry that agrees with all of them.
    pub(in crate::detect) fn find(&self, seen: &Seen) -> Option<Entry> {
        self.find_by_key(seen.key(), || Some(*seen))
    }

    /// The same for those of which only the first 64 bits were read yet.
    pub(in crate::detect) fn find_by_key(&self, key: u64, all: impl FnOnce() -> Option<Seen>) -> Option<Entry> {
        if self.is_empty() || !self.may_have(key) {
            return None;
        }
        let shard = self.shape.shard(key) * self.shape.slots;
        let (before, from) = self.slots[shard..shard + self.shape.slots].split_at(self.shape.slot(key));
        let taken = from.iter().chain(before).take_while(|slot| **slot != EMPTY);
        let mut alike = taken.filter_map(|&slot| self.shape.entry(key, slot)).peekable();
        // Most false alarms of the filter end here.
        alike.peek()?;
        let seen = all()?;
        alike.find_map(|entry| self.entry(entry, &seen))
    }

    /// What a number is a 32-bit digest of.
    pub(in crate::detect) fn find_short(&self, number: u32) -> Option<Entry> {
        let entry = *self.short.get(&number)?.first()?;
        let way = self.ways[entry as usize % self.ways.len()];
        let owner = self.owners[entry as usize / self.ways.len()];
        Some(Entry { owner, outer: ALGORITHMS[way.first].name, inner: None, bits: 32 })
    }

    /// How many digests each value stands in the table as, about.
    pub(in crate::detect) fn ways(&self) -> usize {
        self.ways.len()
    }

    /// Bytes of memory, but for the few digests of 32 bits.
    pub(in crate::detect) fn size(&self) -> usize {
        self.texts.size()
            + self.owners.capacity() * size_of::<u32>()
            + self.rare.capacity()
            + self.filter.len() * size_of::<u64>()
            + self.slots.len() * size_of::<u32>()
    }

    fn entry(&self, entry: u32, seen: &Seen) -> Option<Entry> {
        let way = self.ways[entry as usize % self.ways.len()];
        let text = entry as usize / self.ways.len();
        let digest = way.of((ALGORITHMS[way.first].make)(self.texts.at(text as u32)));
        let bits = seen.agrees(&digest)?;
        let name = |algorithm: usize| ALGORITHMS[algorithm].name;
        let (outer, inner) = way.outer.map_or((way.first, None), |outer| (outer, Some(way.first)));
        Some(Entry { owner: self.owners[text], outer: name(outer), inner: inner.map(name), bits })
    }
}

/// Keys with their entries: the first 64 bits of digests by shard; of those that have only 32, these.
struct Made {
    long: Vec<Vec<(u64, u32)>>,
    short: Vec<(u32, u32)>,
}

/// Into one shard, of which one slot in three stays free.
fn insert(shape: Shape, slots: &mut [u32], filter: &mut [u64], key: u64, entry: u32) {
    let (word, bits) = shape.word(key);
    filter[word] |= bits;
    let first = shape.slot(key);
    let free = (first..slots.len()).chain(0..first).find(|&at| slots[at] == EMPTY);
    if let Some(free) = free {
        slots[free] = shape.tagged(key, entry);
    }
}

impl Way {
    /// All ways, those with the same first digest beside each other.
    fn all(chains: bool) -> Vec<Self> {
        let ways = ALGORITHMS.iter().enumerate().flat_map(|(first, algorithm)| {
            let alone = algorithm.turns.iter().map(move |&turn| Self { first, outer: None, turn });
            let chained =
                ALGORITHMS.iter().enumerate().filter(move |(_, outer)| chains && algorithm.chained && outer.chained);
            alone.chain(chained.map(move |(outer, _)| Self { first, outer: Some(outer), turn: Turn::None }))
        });
        ways.collect()
    }

    /// What is written, from the digest of the text itself.
    fn of(&self, first: Digest) -> Digest {
        let last = match self.outer {
            None => first,
            Some(outer) => {
                let mut hex = [0; 128];
                let length = first.hex(&mut hex);
                (ALGORITHMS[outer].make)(&hex[..length])
            }
        };
        last.turned(self.turn)
    }

    /// The first 64 bits of what is written.
    fn key(&self, first: &Digest) -> u64 {
        match (self.outer, self.turn) {
            (None, Turn::None) => first.key(),
            _ => self.of(*first).key(),
        }
    }

    fn is_customary(&self) -> bool {
        ALGORITHMS[self.first].chained
    }

    fn is_short(&self) -> bool {
        self.turn == Turn::Words(4) || matches!(ALGORITHMS[self.first].turns, [_, Turn::Words(4)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(texts: &[&str]) -> Table {
        let mut kept = Texts::default();
        texts.iter().for_each(|text| assert!(kept.push(text.as_bytes()).is_some()));
        Table::new(kept, (0..texts.len() as u32).collect(), vec![false; texts.len()], texts.len())
    }

    #[test]
    fn every_algorithm_is_found_whole_and_truncated() {
        let table = table(&["ann@example.org", "abc"]);
        for algorithm in ALGORITHMS {
            let digest = (algorithm.make)(b"abc");
            let Some(whole) = Seen::bytes(digest.bytes()) else { continue };
            for seen in [whole, Seen::bytes(&digest.bytes()[..8]).unwrap()] {
                let entry = table.find(&seen).unwrap();
                assert_eq!((entry.owner, entry.outer, entry.bits), (1, algorithm.name, seen.bits));
            }
        }
        assert_eq!(table.find_short(0xba6b_d213), None);
        assert_eq!(table.find_short(0x32d1_53ff).map(|entry| entry.outer), Some("xxh32"));
    }

    #[test]
    fn chains_and_the_middle_of_md5() {
        let table = table(&["abc"]);
        // SHA-1 of the text 900150983cd24fb0d6963f7d28e17f72.
        let chain = ALGORITHMS[1].make;
        let seen = Seen::bytes(chain(b"900150983cd24fb0d6963f7d28e17f72").bytes()).unwrap();
        let entry = table.find(&seen).unwrap();
        assert_eq!((entry.outer, entry.inner), ("sha1", Some("md5")));
        let middle = table.find(&Seen::hex(b"3CD24FB0D6963F7D").unwrap()).unwrap();
        assert_eq!((middle.outer, middle.bits), ("md5", 64));
    }

    #[test]
    fn one_wrong_bit_is_no_hit() {
        let table = table(&["abc"]);
        assert!(table.find(&Seen::hex(b"900150983cd24fb0d6963f7d28e17f72").unwrap()).is_some());
        assert!(table.find(&Seen::hex(b"900150983cd24fb0d6963f7d28e17f73").unwrap()).is_none());
        assert!(table.find(&Seen::hex(b"900150983cd24fb0a").unwrap()).is_none());
        assert!(Table::default().find(&Seen::hex(b"900150983cd24fb0").unwrap()).is_none());
    }

    /// Enough for several shards: every digest is found again, and its neighbours' bits are not.
    #[test]
    fn many_texts_are_found_in_all_shards() {
        let texts: Vec<String> = (0..12_000).map(|number| format!("user{number}@example.org")).collect();
        let table = table(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(table.shape.shards > 1);
        for (owner, text) in texts.iter().enumerate().step_by(7) {
            for algorithm in ALGORITHMS.iter().filter(|algorithm| algorithm.name != "xxh32").step_by(5) {
                let digest = (algorithm.make)(text.as_bytes());
                let entry = table.find(&Seen::bytes(digest.bytes()).unwrap()).unwrap();
                assert_eq!((entry.owner, entry.outer), (owner as u32, algorithm.name));
                let mut other = digest;
                other.bytes[7] ^= 1;
                assert_eq!(table.find(&Seen::bytes(other.bytes()).unwrap()), None);
            }
        }
    }
}
