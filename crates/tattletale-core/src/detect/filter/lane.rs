//! One lane of the filter: patterns of one range of lengths, looked for at every position or at every fourth.
//!
//! A pattern is known by a window of a few bytes (its *anchor*). A pass computes a hash of the window at each place
//! it looks at and asks a Bloom filter of two bits in one word (Putze, Sanders and Singler, "Cache-, hash- and
//! space-efficient Bloom filters", 2007); only what passes is looked up in a table and compared. A stride of four
//! needs four neighbouring windows of each pattern, one for each way that it may lie. Letter case is folded in the
//! hash alone, which may fold more than letters: the comparison decides.

use rayon::prelude::*;
use std::ops::Range;

/// Bytes that are looked at in one go, and those behind them that their windows reach.
const BLOCK: usize = 64;
const REACH: usize = 16;

/// Most words of a Bloom filter (2^19 of 64 bits are 4 MB): beyond, more false alarms are cheaper than a filter that
/// no cache holds.
const LARGEST_FILTER: u32 = 19;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// Bytes, in any letter case.
    Text,
    /// Differences of neighbouring bytes, which one and the same key in front of all of them does not change.
    Differences,
}

/// Patterns with their anchors.
pub(super) struct Lane {
    sense: Sense,
    stride: usize,
    mask: u64,
    bloom: Vec<u64>,
    /// Binary logarithm of the number of words in `bloom`.
    words: u32,
    /// By hash.
    anchors: Vec<Anchor>,
    /// Where the anchors begin whose hashes start with the same bits.
    buckets: Vec<u32>,
    bucket_bits: u32,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    hash: u64,
    pattern: u32,
    /// Where in the pattern the window lies.
    offset: u32,
}

impl Lane {
    /// A lane for patterns of at least `width + stride - 1` bytes (one more for differences); `pattern` gives the
    /// bytes of one. Windows are `width` bytes, at most eight.
    pub(super) fn new<'p>(
        sense: Sense,
        (width, stride): (usize, usize),
        members: &[u32],
        pattern: impl Fn(u32) -> &'p [u8] + Sync,
    ) -> Self {
        let mask = u64::MAX >> (64 - 8 * width);
        let hashes = |member: u32| windows(sense, mask, width, pattern(member));
        // How often each window occurs among the patterns: the rarest is the best anchor.
        const COUNTERS: u32 = 20;
        let mut counts = vec![0u8; 1 << COUNTERS];
        let slot = |hash: u64| (hash >> (64 - COUNTERS)) as usize;
        for &member in members {
            for hash in hashes(member) {
                counts[slot(hash)] = counts[slot(hash)].saturating_add(1);
            }
        }
        let anchored = members.par_iter().flat_map_iter(|&member| {
            let own: Vec<u64> = hashes(member).collect();
            let text = pattern(member);
            let cost = |at: &usize| {
                let crowd: u32 = own[*at..at + stride].iter().map(|&hash| u32::from(counts[slot(hash)])).sum();
                crowd * 64 + text[*at..at + width].iter().map(|&byte| commonness(byte)).sum::<u32>()
            };
            let best = (0..=own.len().saturating_sub(stride)).min_by_key(cost).unwrap_or_default();
            let chosen: Vec<Anchor> = (best..own.len().min(best + stride))
                .map(|offset| Anchor { hash: own[offset], pattern: member, offset: offset as u32 })
                .collect();
            chosen
        });
        let mut anchors: Vec<Anchor> = anchored.collect();
        anchors.par_sort_unstable_by_key(|anchor| (anchor.hash, anchor.pattern, anchor.offset));
        let words = (anchors.len() / 4).max(64).next_power_of_two().ilog2().min(LARGEST_FILTER);
        let bucket_bits = (anchors.len() * 2).max(64).next_power_of_two().ilog2().min(24);
        let mut lane = Self {
            sense,
            stride,
            mask,
            bloom: vec![0; 1 << words],
            words,
            buckets: buckets(&anchors, bucket_bits),
            bucket_bits,
            anchors,
        };
        for anchor in &lane.anchors {
            lane.bloom[(anchor.hash >> (64 - words)) as usize] |= bits(anchor.hash);
        }
        lane
    }

    /// Calls `each` with every pattern that may stand in `bytes` and the place where it would begin; its bytes are
    /// not compared yet.
    pub(super) fn scan(&self, bytes: &[u8], each: &mut impl FnMut(u32, usize)) {
        let mut from = 0;
        let mut padded = [0; BLOCK + REACH];
        while from < bytes.len() {
            let rest = &bytes[from..];
            let block: &[u8; BLOCK + REACH] = match rest.first_chunk() {
                Some(block) => block,
                None => {
                    padded.fill(0);
                    padded[..rest.len()].copy_from_slice(rest);
                    &padded
                }
            };
            let suspects = match (self.sense, self.stride) {
                (Sense::Text, 1) => self.suspects::<1, false>(block),
                (Sense::Text, _) => self.suspects::<4, false>(block),
                (Sense::Differences, _) => self.suspects::<4, true>(block),
            };
            if suspects != 0 {
                self.alarm(suspects, block, from, bytes.len(), each);
            }
            from += BLOCK;
        }
    }

    /// One bit for each place of the block whose window passes the filter.
    #[inline]
    fn suspects<const STRIDE: usize, const DIFFERENCES: bool>(&self, block: &[u8; BLOCK + REACH]) -> u64 {
        let (bloom, shift, mask) = (self.bloom.as_slice(), 64 - self.words, self.mask);
        let mut suspects = 0u64;
        for step in 0..BLOCK / STRIDE {
            let at = step * STRIDE;
            let window = match DIFFERENCES {
                true => load(block, at) ^ load(block, at + 1),
                false => load(block, at) | FOLD,
            };
            let hash = (window & mask).wrapping_mul(FACTOR);
            let bits = bits(hash);
            // The index is below the length, which is a power of two; only the compiler does not know.
            let word = bloom.get((hash >> shift) as usize).copied().unwrap_or_default();
            suspects |= u64::from(word & bits == bits) << at;
        }
        suspects
    }

    #[cold]
    fn alarm(
        &self,
        mut suspects: u64,
        block: &[u8; BLOCK + REACH],
        from: usize,
        end: usize,
        each: &mut impl FnMut(u32, usize),
    ) {
        while suspects != 0 {
            let at = suspects.trailing_zeros() as usize;
            suspects &= suspects - 1;
            let window = match self.sense {
                Sense::Differences => load(block, at) ^ load(block, at + 1),
                Sense::Text => load(block, at) | FOLD,
            };
            let hash = (window & self.mask).wrapping_mul(FACTOR);
            for anchor in self.anchors_of(hash) {
                if let Some(start) = (from + at).checked_sub(anchor.offset as usize)
                    && start < end
                {
                    each(anchor.pattern, start);
                }
            }
        }
    }

    fn anchors_of(&self, hash: u64) -> impl Iterator<Item = &Anchor> {
        let bucket = (hash >> (64 - self.bucket_bits)) as usize;
        let range: Range<usize> = self.buckets[bucket] as usize..self.buckets[bucket + 1] as usize;
        self.anchors[range].iter().filter(move |anchor| anchor.hash == hash)
    }
}

/// Sets the bit that tells small letters from capitals in every byte.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn load(block: &[u8], at: usize) -> u64 {
    block[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Two bits of a word, from another part of the hash than the choice of the word.
#[inline]
fn bits(hash: u64) -> u64 {
    1 << (hash >> 32 & 63) | 1 << (hash >> 38 & 63)
}

/// Hashes of all windows of a pattern.
fn windows(sense: Sense, mask: u64, width: usize, text: &[u8]) -> impl Iterator<Item = u64> {
    let extra = usize::from(sense == Sense::Differences);
    text.windows(width + extra).map(move |window| {
        let mut padded = [0; 16];
        padded[..window.len()].copy_from_slice(window);
        let value = match sense {
            Sense::Text => load(&padded, 0) | FOLD,
            Sense::Differences => load(&padded, 0) ^ load(&padded, 1),
        };
        (value & mask).wrapping_mul(FACTOR)
    })
}

/// How common a byte is in what is captured, roughly: letters that English is full of, and what JSON puts between.
fn commonness(byte: u8) -> u32 {
    match byte.to_ascii_lowercase() {
        b'e' | b't' | b'a' | b'i' | b'o' | b'n' | b's' | b'r' | b'"' | b':' | b'/' | b'0' | b'1' => 4,
        b'a'..=b'z' | b'.' | b'-' | b'_' => 3,
        b'0'..=b'9' => 2,
        _ => 1,
    }
}

fn buckets(anchors: &[Anchor], bits: u32) -> Vec<u32> {
    let mut starts = vec![0u32; (1 << bits) + 1];
    for anchor in anchors {
        starts[(anchor.hash >> (64 - bits)) as usize + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    starts
}
