//! The table of digests: a filter that fits a cache, then slots of eight bytes, then the digest itself made again.
//!
//! Keys are bits of digests and so are spread evenly already: they need no hashing of their own. A slot holds 32 bits
//! of the key and which text in which way; the position tells about as many bits again. Eleven million digests
//! (100,000 e-mail addresses) take about 110 MB so.

use super::{ALGORITHMS, Digest, Seen, Turn};
use rayon::prelude::*;
use std::collections::HashMap;

/// Chains of two digests are looked for up to so many texts' owners: they triple the table.
const CHAINED_VALUES: usize = 1_000;

/// Digests of 32 bits are looked for up to so many values: chance would make one of a thousand numbers a hit.
const SHORT_VALUES: usize = 1_000;

/// Most words of the filter (2^20 of 64 bits are 8 MB).
const LARGEST_FILTER: usize = 1 << 20;

const EMPTY: u32 = u32::MAX;

/// Digests of many texts.
#[derive(Default)]
pub(in crate::detect) struct Table {
    ways: Vec<Way>,
    texts: Texts,
    filter: Vec<u64>,
    slots: Vec<Slot>,
    /// Those of 32 bits, by their value.
    short: HashMap<u32, Vec<u32>>,
}

/// The texts that are digested, one after the other, each with its owner.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<(u32, u32)>,
}

#[derive(Clone, Copy)]
struct Slot {
    key: u32,
    entry: u32,
}

/// How a text becomes what is in the table.
#[derive(Debug, Clone, Copy)]
struct Way {
    outer: usize,
    inner: Option<usize>,
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

impl Table {
    /// Digests all texts; each comes with a number that a hit gives back. `values` is how many values they are of.
    pub(in crate::detect) fn new(texts: &[(Vec<u8>, u32)], values: usize) -> Self {
        let ways = Way::all(values <= CHAINED_VALUES);
        let mut table = Self { ways, ..Self::default() };
        for (text, owner) in texts {
            table.texts.bytes.extend_from_slice(text);
            table.texts.ends.push((table.texts.bytes.len() as u32, *owner));
        }
        let long = table.ways.iter().filter(|way| !way.is_short()).count() * texts.len();
        table.slots = vec![Slot { key: 0, entry: EMPTY }; long * 5 / 4 + 1];
        table.filter = vec![0; (long / 8 + 1).next_power_of_two().min(LARGEST_FILTER)];
        // A batch at a time: what was made needs room until it is in the table.
        const BATCH: usize = 1 << 14;
        for from in (0..texts.len()).step_by(BATCH) {
            let batch: Vec<Vec<(u64, u32)>> =
                (from..texts.len().min(from + BATCH)).into_par_iter().map(|text| table.keys(text)).collect();
            for (key, entry) in batch.into_iter().flatten() {
                table.insert(key, entry, values);
            }
        }
        table
    }

    /// Keys of a text in every way, the first 64 bits each; of those that have only 32, these.
    fn keys(&self, text: usize) -> Vec<(u64, u32)> {
        let mut made: [Option<Digest>; 32] = [None; 32];
        let bytes = self.texts.at(text).0;
        let keys = self.ways.iter().enumerate().map(|(number, way)| {
            let inner = *made[way.inner.unwrap_or(way.outer)]
                .get_or_insert_with(|| (ALGORITHMS[way.inner.unwrap_or(way.outer)].make)(bytes));
            let digest = way.of(inner);
            let key = digest.bytes[..8].iter().fold(0, |key, &byte| key << 8 | u64::from(byte));
            let key = if way.is_short() { key >> 32 } else { key };
            (key, (text * self.ways.len() + number) as u32)
        });
        keys.collect()
    }

    fn insert(&mut self, key: u64, entry: u32, values: usize) {
        if self.ways[entry as usize % self.ways.len()].is_short() {
            if values <= SHORT_VALUES {
                self.short.entry(key as u32).or_default().push(entry);
            }
            return;
        }
        let (word, bits) = self.place(key);
        self.filter[word] |= bits;
        let mut at = self.slot(key);
        while self.slots[at].entry != EMPTY {
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        self.slots[at] = Slot { key: key as u32, entry };
    }

    /// Word of the filter, and the two bits there.
    #[inline]
    fn place(&self, key: u64) -> (usize, u64) {
        let word = (key >> 20) as usize & self.filter.len().saturating_sub(1);
        (word, 1 << (key & 63) | 1 << (key >> 6 & 63))
    }

    fn slot(&self, key: u64) -> usize {
        ((u128::from(key) * self.slots.len() as u128) >> 64) as usize
    }

    /// True when there is nothing to look for.
    pub(in crate::detect) fn is_empty(&self) -> bool {
        self.texts.ends.is_empty()
    }

    /// False when nothing has these first 64 bits: what most runs are asked.
    #[inline]
    pub(in crate::detect) fn may_have(&self, key: u64) -> bool {
        let (word, bits) = self.place(key);
        !self.slots.is_empty() && self.filter[word] & bits == bits
    }

    /// What these bits are a digest of: the first entry that agrees with all of them.
    pub(in crate::detect) fn find(&self, seen: &Seen) -> Option<Entry> {
        let key = seen.key();
        if !self.may_have(key) {
            return None;
        }
        let mut at = self.slot(key);
        loop {
            let slot = self.slots[at];
            if slot.entry == EMPTY {
                return None;
            }
            if slot.key == key as u32
                && let Some(entry) = self.entry(slot.entry, seen)
            {
                return Some(entry);
            }
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
    }

    /// What a number is a 32-bit digest of.
    pub(in crate::detect) fn find_short(&self, number: u32) -> Option<Entry> {
        let entry = *self.short.get(&number)?.first()?;
        let way = self.ways[entry as usize % self.ways.len()];
        let owner = self.texts.at(entry as usize / self.ways.len()).1;
        Some(Entry { owner, outer: ALGORITHMS[way.outer].name, inner: None, bits: 32 })
    }

    /// How many digests each value stands in the table as, about.
    pub(in crate::detect) fn ways(&self) -> usize {
        self.ways.len()
    }

    fn entry(&self, entry: u32, seen: &Seen) -> Option<Entry> {
        let way = self.ways[entry as usize % self.ways.len()];
        let (text, owner) = self.texts.at(entry as usize / self.ways.len());
        let digest = way.of((ALGORITHMS[way.inner.unwrap_or(way.outer)].make)(text));
        let bits = seen.agrees(&digest)?;
        let inner = way.inner.map(|inner| ALGORITHMS[inner].name);
        Some(Entry { owner, outer: ALGORITHMS[way.outer].name, inner, bits })
    }
}

impl Texts {
    fn at(&self, text: usize) -> (&[u8], u32) {
        let start = text.checked_sub(1).map_or(0, |before| self.ends[before].0);
        let (end, owner) = self.ends[text];
        (&self.bytes[start as usize..end as usize], owner)
    }
}

impl Way {
    fn all(chains: bool) -> Vec<Self> {
        let algorithms = ALGORITHMS.iter().enumerate();
        let alone = algorithms
            .clone()
            .flat_map(|(outer, algorithm)| algorithm.turns.iter().map(move |&turn| Self { outer, inner: None, turn }));
        let chained = || algorithms.clone().filter(|(_, algorithm)| chains && algorithm.chained).map(|(at, _)| at);
        let chains = chained()
            .flat_map(|outer| chained().map(move |inner| Self { outer, inner: Some(inner), turn: Turn::None }));
        alone.chain(chains).collect()
    }

    /// What is written, from the digest of the text itself.
    fn of(&self, first: Digest) -> Digest {
        let last = match self.inner {
            None => first,
            Some(_) => {
                let mut hex = [0; 128];
                let length = first.hex(&mut hex);
                (ALGORITHMS[self.outer].make)(&hex[..length])
            }
        };
        last.turned(self.turn)
    }

    fn is_short(&self) -> bool {
        self.turn == Turn::Words(4) || matches!(ALGORITHMS[self.outer].turns, [_, Turn::Words(4)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(texts: &[&str]) -> Table {
        let texts: Vec<(Vec<u8>, u32)> =
            texts.iter().zip(0..).map(|(text, owner)| (text.as_bytes().to_vec(), owner)).collect();
        Table::new(&texts, texts.len())
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
}
