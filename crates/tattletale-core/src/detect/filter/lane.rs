//! One lane of the filter: patterns of one range of lengths, looked for at every place or at every second to eighth.
//!
//! A pattern is known by a window of a few bytes (its *anchor*). A pass computes a hash of the window at each place
//! it looks at and asks a Bloom filter of two bits in one word (Putze, Sanders and Singler, "Cache-, hash- and
//! space-efficient Bloom filters", 2007); only what passes is looked up in a table and compared. A stride of four
//! needs four neighbouring windows of each pattern, one for each way that it may lie. Letter case is folded in the
//! hash alone, which may fold more than letters: the comparison decides.

use crate::detect::texts::Texts;
use rayon::prelude::*;
use std::ops::Range;

/// Bytes that are looked at in one go, and those behind them that their windows reach.
const BLOCK: usize = 64;
const REACH: usize = 16;

/// Places that are looked at before those that passed are.
const NOTED: usize = 256;

/// How many anchors share a word of the Bloom filter, about.
const ANCHORS_A_WORD: usize = 4;

/// Most words of the first Bloom filter (2^17 of 64 bits are 1 MB): beyond, more false alarms are cheaper than a
/// filter that no cache near the core holds. The second one, of 32 MB at most, is asked for those alarms only.
const LARGEST_FIRST: u32 = 17;
const LARGEST_SECOND: u32 = 22;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// Bytes, in any letter case.
    Text,
    /// Differences of neighbouring bytes, which one and the same key for all of them does not change.
    Differences,
}

/// Patterns with their anchors.
pub(super) struct Lane {
    sense: Sense,
    /// Bytes of the shortest pattern.
    shortest: usize,
    stride: usize,
    mask: u64,
    /// Asked at every place; stays in a cache.
    first: Vec<u64>,
    /// Binary logarithm of the number of words in `first`.
    words: u32,
    /// Asked for what passes the first, with another hash.
    second: Vec<u64>,
    /// The same for `second`.
    other_words: u32,
    /// By hash.
    anchors: Vec<Anchor>,
    /// Where the anchors begin whose hashes start with the same bits.
    buckets: Vec<u32>,
    bucket_bits: u32,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    /// Bits of the hash that the choice of the bucket leaves over.
    tag: u32,
    pattern: u32,
    /// Where in the pattern the window lies.
    offset: u32,
}

impl Lane {
    /// A lane for patterns of at least `width + stride - 1` bytes (one more for differences). Windows are `width`
    /// bytes, at most eight; the stride is 1, 2, 4 or 8.
    pub(super) fn new(sense: Sense, (width, stride): (usize, usize), members: &[u32], patterns: &Texts) -> Self {
        let mask = u64::MAX >> (64 - 8 * width);
        let windows = |member: u32| windows(sense, mask, width, patterns.at(member));
        // How often each window occurs among the patterns: the rarest is the best anchor.
        const COUNTERS: u32 = 20;
        let mut counts = vec![0u8; 1 << COUNTERS];
        let slot = |hash: u64| (hash >> (64 - COUNTERS)) as usize;
        for &member in members {
            windows(member).for_each(|(hash, _)| counts[slot(hash)] = counts[slot(hash)].saturating_add(1));
        }
        let counts = counts;
        let chosen = |&member: &u32| {
            let cost = |(hash, common): (u64, u32)| (hash, u32::from(counts[slot(hash)]) * 64 + common);
            let costs: Vec<(u64, u32)> = windows(member).map(cost).collect();
            let neighbours = costs.windows(stride).enumerate();
            let best = neighbours.min_by_key(|(_, run)| run.iter().map(|(_, cost)| cost).sum::<u32>());
            let (from, run) = best.map_or((0, Vec::new()), |(from, run)| (from, run.to_vec()));
            run.into_iter().zip(from as u32..).map(move |((hash, _), offset)| (hash, member, offset))
        };
        let mut anchors: Vec<(u64, u32, u32)> = members.par_iter().flat_map_iter(chosen).collect();
        anchors.par_sort_unstable();
        let size = |most: u32| (anchors.len() / ANCHORS_A_WORD).max(64).next_power_of_two().ilog2().min(most);
        let (words, other_words) = (size(LARGEST_FIRST), size(LARGEST_SECOND));
        let bucket_bits = anchors.len().max(64).next_power_of_two().ilog2().min(24);
        let (mut first, mut second) = (vec![0; 1 << words], vec![0; 1 << other_words]);
        for &(hash, ..) in &anchors {
            first[(hash >> (64 - words)) as usize] |= bits(hash);
            let hash = other(hash);
            second[(hash >> (64 - other_words)) as usize] |= bits(hash);
        }
        let buckets = buckets(&anchors, bucket_bits);
        let anchor = |(hash, pattern, offset)| Anchor { tag: tag(hash), pattern, offset };
        let anchors = anchors.into_iter().map(anchor).collect();
        let shortest = members.iter().map(|&member| patterns.at(member).len()).min().unwrap_or_default();
        Self { sense, shortest, stride, mask, first, words, second, other_words, anchors, buckets, bucket_bits }
    }

    /// In fewer bytes there is nothing to be found.
    pub(super) fn shortest(&self) -> usize {
        self.shortest
    }

    /// Bytes of memory.
    pub(super) fn size(&self) -> usize {
        (self.first.len() + self.second.len()) * size_of::<u64>()
            + self.anchors.capacity() * size_of::<Anchor>()
            + self.buckets.len() * size_of::<u32>()
    }

    /// Calls `each` with every pattern that may stand in `bytes` and the place where it would begin; its bytes are
    /// not compared yet.
    pub(super) fn scan(&self, bytes: &[u8], each: &mut impl FnMut(u32, usize)) {
        match (self.sense, self.stride) {
            (Sense::Text, 1) => self.scan_by::<1, false>(bytes, each),
            (Sense::Text, 2) => self.scan_by::<2, false>(bytes, each),
            (Sense::Text, 4) => self.scan_by::<4, false>(bytes, each),
            (Sense::Text, _) => self.scan_by::<8, false>(bytes, each),
            (Sense::Differences, 4) => self.scan_by::<4, true>(bytes, each),
            (Sense::Differences, _) => self.scan_by::<8, true>(bytes, each),
        }
    }

    /// Places that pass are noted first and looked at when a segment ends: their misses of the cache then overlap.
    fn scan_by<const STRIDE: usize, const DIFFERENCES: bool>(&self, bytes: &[u8], each: &mut impl FnMut(u32, usize)) {
        let mut suspects = [0u32; NOTED];
        for (number, segment) in bytes.chunks(NOTED * STRIDE).enumerate() {
            let base = number * NOTED * STRIDE;
            let mut noted = 0;
            for from in (base..base + segment.len()).step_by(BLOCK) {
                let rest = &bytes[from..];
                let mut probe = |block| {
                    self.probe::<STRIDE, DIFFERENCES>(block, (from - base) as u32, &mut suspects, &mut noted);
                };
                match rest.first_chunk() {
                    Some(block) => probe(block),
                    None => probe(&padded(rest)),
                }
            }
            for &at in &suspects[..noted] {
                self.look::<DIFFERENCES>(bytes, base + at as usize, each);
            }
        }
    }

    /// Notes the places of a block whose windows pass the first filter.
    #[inline]
    fn probe<const STRIDE: usize, const DIFFERENCES: bool>(
        &self,
        block: &[u8; BLOCK + REACH],
        from: u32,
        suspects: &mut [u32; NOTED],
        noted: &mut usize,
    ) {
        let (bloom, shift, mask) = (self.first.as_slice(), 64 - self.words, self.mask);
        let mut passed = 0u64;
        for step in 0..BLOCK / STRIDE {
            let at = step * STRIDE;
            let hash = hash(window::<DIFFERENCES>(block, at), mask);
            let bits = bits(hash);
            // The index is below the length, which is a power of two; only the compiler does not know.
            let word = bloom.get((hash >> shift) as usize).copied().unwrap_or_default();
            passed |= u64::from(word & bits == bits) << at;
        }
        while passed != 0 {
            suspects[*noted % NOTED] = from + passed.trailing_zeros();
            *noted += 1;
            passed &= passed - 1;
        }
    }

    /// What passes the second filter too is looked up.
    #[inline]
    fn look<const DIFFERENCES: bool>(&self, bytes: &[u8], at: usize, each: &mut impl FnMut(u32, usize)) {
        let rest = bytes.get(at..).unwrap_or_default();
        let window = match rest.first_chunk() {
            Some(block) => window::<DIFFERENCES>(block, 0),
            None => window::<DIFFERENCES>(&padded(rest), 0),
        };
        let hash = hash(window, self.mask);
        let other = other(hash);
        let word = self.second[(other >> (64 - self.other_words)) as usize];
        if word & bits(other) != bits(other) {
            return;
        }
        for anchor in self.anchors_of(hash) {
            if let Some(start) = at.checked_sub(anchor.offset as usize) {
                each(anchor.pattern, start);
            }
        }
    }

    fn anchors_of(&self, hash: u64) -> impl Iterator<Item = &Anchor> {
        let bucket = (hash >> (64 - self.bucket_bits)) as usize;
        let range: Range<usize> = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        self.anchors[range].iter().filter(move |anchor| anchor.tag == tag(hash))
    }
}

/// Sets the bit that tells small letters from capitals in every byte.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// An odd number without a pattern, for another hash.
const OTHER_FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

/// The highest bits are the best mixed ones.
#[inline]
fn hash(window: u64, mask: u64) -> u64 {
    ((window | FOLD) & mask).wrapping_mul(FACTOR)
}

/// Bits of the hash that mostly do not choose the bucket.
#[inline]
fn tag(hash: u64) -> u32 {
    (hash >> 20) as u32
}

/// Another hash, made of the first.
#[inline]
fn other(hash: u64) -> u64 {
    (hash ^ hash >> 32).wrapping_mul(OTHER_FACTOR)
}

#[inline]
fn window<const DIFFERENCES: bool>(block: &[u8; BLOCK + REACH], at: usize) -> u64 {
    if DIFFERENCES { load(block, at) ^ load(block, at + 1) } else { load(block, at) }
}

fn padded(rest: &[u8]) -> [u8; BLOCK + REACH] {
    let mut block = [0; BLOCK + REACH];
    let length = rest.len().min(BLOCK + REACH);
    block[..length].copy_from_slice(&rest[..length]);
    block
}

#[inline]
fn load(block: &[u8; BLOCK + REACH], at: usize) -> u64 {
    block[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Two bits of a word, from another part of the hash than the choice of the word.
#[inline]
fn bits(hash: u64) -> u64 {
    1 << (hash >> 32 & 63) | 1 << (hash >> 38 & 63)
}

/// Hashes of all windows of a pattern, each with how common its bytes are.
fn windows(sense: Sense, mask: u64, width: usize, text: &[u8]) -> impl Iterator<Item = (u64, u32)> {
    let count = (text.len() + 1).saturating_sub(width + usize::from(sense == Sense::Differences));
    let word = move |at: usize| {
        let rest = &text[at..];
        let short = || rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        rest.first_chunk().map_or_else(short, |bytes| u64::from_le_bytes(*bytes))
    };
    let common = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(COMMONNESS[usize::from(byte)])).sum();
    (0..count).map(move |at| {
        let window = match sense {
            Sense::Text => word(at),
            Sense::Differences => word(at) ^ word(at + 1),
        };
        (hash(window, mask), common(&text[at..at + width]))
    })
}

/// How common a byte is in what is captured, roughly: letters that English is full of, and what JSON puts between.
static COMMONNESS: [u8; 256] = {
    let mut commonness = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        commonness[byte] = match (byte as u8).to_ascii_lowercase() {
            b'e' | b't' | b'a' | b'i' | b'o' | b'n' | b's' | b'r' | b'"' | b':' | b'/' | b'0' | b'1' => 4,
            b'a'..=b'z' | b'.' | b'-' | b'_' => 3,
            b'0'..=b'9' => 2,
            _ => 1,
        };
        byte += 1;
    }
    commonness
};

fn buckets(anchors: &[(u64, u32, u32)], bits: u32) -> Vec<u32> {
    let mut starts = vec![0u32; (1 << bits) + 1];
    for (hash, ..) in anchors {
        starts[(hash >> (64 - bits)) as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    starts
}
