//! How what is planted is found in the bytes of a buffer, and which of the matches stand.

use super::edge::Edge;
use super::hit::{By, Hit, Kept, NO_PATTERN};
use super::{Planted, chance};
use crate::detect::digests::runs::{Run, What};
use crate::detect::digests::{Seen, runs};
use crate::detect::filter::Repeating;
use std::collections::HashMap;
use std::ops::Range;

/// Runs that are looked up together where the filter lies in no cache near the core.
const TOGETHER: usize = 64;

impl Planted {
    /// Appends every place where a pattern stands in `bytes`; of addresses only the longest at each start.
    pub fn search(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        let from = hits.len();
        self.candidates(bytes, &[], hits);
        hits.extend(self.as_bytes(bytes));
        let mut position = 0;
        hits.retain(|hit| {
            position += 1;
            position <= from || hit.by != By::Unexplained
        });
        self.settle(bytes, hits, from);
    }

    /// Appends every match, whatever stands around it: `bytes` may hold pieces whose neighbours are not theirs. What
    /// lies inside of one of those that are `apart`, in order, is left out.
    pub(in crate::detect) fn candidates(&self, bytes: &[u8], apart: &[Range<usize>], hits: &mut Vec<Hit>) {
        // Most bytes have no such pieces, and numbers are searched one by one.
        if apart.is_empty() {
            self.texts(bytes, hits);
            return self.digests(bytes, hits);
        }
        let (from, mut texts, mut digests) = (hits.len(), Kept::default(), Kept::default());
        // A text may go on inside of a piece; a digest ends where pieces do.
        for window in outside(apart, self.longest, bytes.len()) {
            self.texts_within(bytes, window, &mut texts, hits);
        }
        for window in outside(apart, 0, bytes.len()) {
            self.digests_within(bytes, window, &mut digests, hits);
        }
        leave_out(apart, hits, from);
    }

    /// Appends every place where a value stands as text or under a key of one byte, whatever stands around it.
    pub fn texts(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        self.texts_within(bytes, 0..bytes.len(), &mut Kept::default(), hits);
    }

    fn texts_within(&self, bytes: &[u8], window: Range<usize>, kept: &mut Kept, hits: &mut Vec<Hit>) {
        self.filter.find(&bytes[window.clone()], |found| {
            let by = found.key.map_or(By::Text, By::Key);
            let range = behind(window.start, &found.range);
            kept.add(Hit { pattern: self.of_text[found.pattern] as usize, range, by }, hits);
        });
    }

    /// Appends every place where a value stands under a key of several bytes that is repeated: costly, and so only in
    /// a deep search. Values must have eight bytes more than the key.
    pub(in crate::detect) fn repeated(&self, bytes: &[u8], apart: &[Range<usize>], hits: &mut Vec<Hit>) {
        /// Bits that differences must tell to be looked for.
        const WORTH: f64 = 20.0;
        let texts = self.filter.patterns();
        let repeating = self
            .repeating
            .get_or_init(|| Repeating::new(texts, |text, length| chance::told_by_differences(text, length) > WORTH));
        let (mut kept, from) = (Kept::default(), hits.len());
        for window in outside(apart, self.longest, bytes.len()) {
            repeating.find(texts, bytes, window, |text, range, key| {
                let pattern = self.of_text[text as usize] as usize;
                kept.add(Hit { pattern, range, by: By::Repeated(key) }, hits);
            });
        }
        leave_out(apart, hits, from);
    }

    /// Appends every run that is a digest of a value, and those that have the shape of one and are none.
    pub fn digests(&self, bytes: &[u8], hits: &mut Vec<Hit>) {
        self.digests_within(bytes, 0..bytes.len(), &mut Kept::default(), hits);
    }

    fn digests_within(&self, bytes: &[u8], window: Range<usize>, kept: &mut Kept, hits: &mut Vec<Hit>) {
        if self.digests.is_empty() {
            return;
        }
        let (short, inside) = (self.digests.has_short(), &bytes[window.clone()]);
        let there = |run: Run| Run { range: behind(window.start, &run.range), ..run };
        if !self.digests.is_far() {
            return runs::scan(inside, short, |run| self.look_up(there(run), bytes, kept, hits));
        }
        let mut waiting: Vec<Run> = Vec::new();
        runs::scan(inside, short, |run| {
            waiting.push(there(run));
            if waiting.len() == TOGETHER {
                self.look_up_all(&mut waiting, bytes, kept, hits);
            }
        });
        self.look_up_all(&mut waiting, bytes, kept, hits);
    }

    /// The filter is asked for all of them first, so that the misses of the cache overlap.
    fn look_up_all(&self, waiting: &mut Vec<Run>, bytes: &[u8], kept: &mut Kept, hits: &mut Vec<Hit>) {
        let mut worth = 0u64;
        for (number, run) in waiting.iter().enumerate() {
            let known = run.what.key().is_none_or(|key| self.digests.may_have(key));
            worth |= u64::from(known | run.shaped) << number;
        }
        for (number, run) in waiting.drain(..).enumerate() {
            if worth >> number & 1 == 1 {
                self.look_up(run, bytes, kept, hits);
            }
        }
    }

    #[inline]
    fn look_up(&self, run: Run, bytes: &[u8], kept: &mut Kept, hits: &mut Vec<Hit>) {
        let entry = match run.what {
            What::Short(number) => self.digests.find_short(number),
            What::Hex(key) | What::Letters(key) | What::Number(key) => {
                self.digests.find_by_key(key, || run.seen(bytes))
            }
        };
        match entry {
            Some(entry) => kept.add(Hit::digest(entry, run.range), hits),
            None if run.shaped => {
                kept.add(Hit { pattern: NO_PATTERN, range: run.range, by: By::Unexplained }, hits);
            }
            None => {}
        }
    }

    /// Whether a field of bytes is as long as some digest.
    #[inline]
    pub(in crate::detect) fn may_be_digest(bytes: &[u8]) -> bool {
        (8..=64).contains(&bytes.len())
    }

    /// What a whole field of bytes is the digest of, as it comes out of the binary formats.
    pub(in crate::detect) fn as_bytes(&self, bytes: &[u8]) -> Option<Hit> {
        let binary = || bytes.iter().any(|&byte| !(b' '..=b'~').contains(&byte));
        if self.digests.is_empty() || !Self::may_be_digest(bytes) || !binary() {
            return None;
        }
        let entry = self.digests.find(&Seen::bytes(bytes)?)?;
        // Bytes behind the digest make it something else.
        (entry.bits == bytes.len() * 8).then(|| Hit::digest(entry, 0..bytes.len()))
    }

    /// Keeps of the matches from `from` on those that stand alone in `bytes`, their own place.
    pub(in crate::detect) fn settle(&self, bytes: &[u8], hits: &mut Vec<Hit>, from: usize) {
        let mut position = 0;
        hits.retain(|hit| {
            position += 1;
            position <= from || hit.by != By::Text || self.patterns[hit.pattern].edge.allows(bytes, hit.range.clone())
        });
        if hits.len() > from + 1 {
            self.keep_longest_addresses(hits, from);
        }
    }

    fn keep_longest_addresses(&self, hits: &mut Vec<Hit>, from: usize) {
        let address = |hit: &Hit| self.is_address(hit);
        let mut longest: HashMap<usize, usize> = HashMap::new();
        for hit in hits[from..].iter().filter(|hit| address(hit)) {
            let end = longest.entry(hit.range.start).or_default();
            *end = hit.range.end.max(*end);
        }
        let whole: Vec<Hit> = hits[from..]
            .iter()
            .filter(|hit| address(hit) && longest[&hit.range.start] == hit.range.end)
            .cloned()
            .collect();
        // The path of an address inside that address says nothing more, unless it is something else's too.
        let told = |hit: &Hit| {
            let subjects = |hit: &Hit| &self.patterns[hit.pattern].subjects;
            let around = |whole: &&Hit| whole.range.start < hit.range.start && hit.range.end <= whole.range.end;
            let path = hit.by == By::Text && self.patterns[hit.pattern].edge == Edge::Path;
            path && whole
                .iter()
                .filter(around)
                .any(|whole| subjects(hit).iter().all(|subject| subjects(whole).contains(subject)))
        };
        let mut position = 0;
        hits.retain(|hit| {
            position += 1;
            position <= from || if address(hit) { longest[&hit.range.start] == hit.range.end } else { !told(hit) }
        });
    }
}

/// A place that was counted from `start` on.
fn behind(start: usize, range: &Range<usize>) -> Range<usize> {
    start + range.start..start + range.end
}

/// What lies outside of pieces, in order, and up to `margin` bytes inside of them.
fn outside(pieces: &[Range<usize>], margin: usize, length: usize) -> Vec<Range<usize>> {
    let (mut windows, mut from) = (Vec::with_capacity(pieces.len() + 1), 0);
    for piece in pieces.iter().filter(|piece| piece.len() > 2 * margin) {
        windows.push(from..piece.start + margin);
        from = piece.end - margin;
    }
    windows.push(from..length);
    windows
}

/// Takes the hits from `from` on away that lie inside of one of these pieces.
fn leave_out(pieces: &[Range<usize>], hits: &mut Vec<Hit>, from: usize) {
    let inside = |hit: &Hit| {
        let after = pieces.partition_point(|piece| piece.end < hit.range.end);
        pieces.get(after).is_some_and(|piece| piece.start <= hit.range.start)
    };
    let mut position = 0;
    hits.retain(|hit| {
        position += 1;
        position <= from || !inside(hit)
    });
}
