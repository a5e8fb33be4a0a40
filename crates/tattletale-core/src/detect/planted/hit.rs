//! Where something was recognised, and how.

use crate::detect::digests::Entry;
use crate::detect::filter::RepeatedKey;
use std::collections::HashMap;
use std::ops::Range;

/// A place in a buffer where a pattern stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Index of the [`Pattern`].
    pub pattern: usize,
    /// Bytes in the buffer.
    pub range: Range<usize>,
    /// How it was recognised.
    pub by: By,
}

/// How something was recognised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By {
    /// It stands there.
    Text,
    /// In another notation, which says as many bits.
    Notation(f64),
    /// With every byte combined with this key by exclusive or.
    Key(u8),
    /// With its bytes combined with this key of several, over and over.
    Repeated(RepeatedKey),
    /// As a digest.
    Digest {
        /// The digest that is written.
        outer: &'static str,
        /// The digest whose hexadecimal text it was made of, if any.
        inner: Option<&'static str>,
        /// Bits of it that are there.
        bits: usize,
    },
    /// Not at all: a run that has the shape of a digest. Such a hit has no pattern.
    Unexplained,
}

/// The pattern of a hit that has none.
pub(super) const NO_PATTERN: usize = usize::MAX;

/// Places of one pattern that are kept per buffer, so that a short value in a large buffer cannot fill the memory.
const MAX_REPEATS: usize = 4_096;

/// Hits of one buffer, of each pattern at most [`MAX_REPEATS`].
#[derive(Default)]
pub(super) struct Kept {
    repeats: HashMap<usize, usize>,
    /// Of those without a pattern, which are many.
    unexplained: usize,
}

impl Kept {
    pub(super) fn add(&mut self, hit: Hit, hits: &mut Vec<Hit>) {
        let repeats = match hit.pattern {
            NO_PATTERN => &mut self.unexplained,
            pattern => self.repeats.entry(pattern).or_default(),
        };
        *repeats += 1;
        if *repeats <= MAX_REPEATS {
            hits.push(hit);
        }
    }
}

impl Hit {
    /// Counted from so many bytes before.
    pub(in crate::detect) fn shift(&mut self, by: usize) {
        self.range = self.range.start + by..self.range.end + by;
    }

    pub(super) fn digest(entry: Entry, range: Range<usize>) -> Self {
        let Entry { owner, outer, inner, bits } = entry;
        Self { pattern: owner as usize, range, by: By::Digest { outer, inner, bits } }
    }
}
