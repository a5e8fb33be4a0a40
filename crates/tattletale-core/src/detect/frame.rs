//! A node that is open while a walk is searched: the matches in its bytes, until pieces of it take them.

use super::planted::{By, Hit};
use std::ops::Range;

/// An open node: the matches in its bytes by their start, none once a piece has taken them; how many sightings there
/// were before it.
pub(super) struct Frame {
    hits: Vec<Option<Hit>>,
    /// Of these, how many begin before the pieces that are still to come.
    passed: usize,
    pub(super) mark: usize,
    /// True when its bytes were not searched, since what they stand for speaks for itself.
    pub(super) encoded: bool,
}

impl Frame {
    pub(super) fn new(hits: Vec<Hit>, mark: usize) -> Self {
        Self { hits: hits.into_iter().map(Some).collect(), passed: 0, mark, encoded: false }
    }

    /// For a node that is searched only if what it stands for does not hold.
    pub(super) fn encoded(mark: usize) -> Self {
        Self { hits: Vec::new(), passed: 0, mark, encoded: true }
    }

    /// Whether a match begins in a piece that comes next: most hold none.
    #[inline]
    pub(super) fn reaches(&mut self, span: &Range<usize>) -> bool {
        // Pieces come in order: those that were taken, and those before this one, are of no interest any more.
        while let Some(hit) = self.hits.get(self.passed) {
            match hit {
                Some(hit) if hit.range.start >= span.start => return hit.range.start < span.end,
                _ => self.passed += 1,
            }
        }
        false
    }

    /// What no piece has taken.
    pub(super) fn left(self) -> Vec<Hit> {
        self.hits.into_iter().flatten().collect()
    }

    pub(super) fn has_digest(&self, span: &Range<usize>) -> bool {
        let digest = |hit: &Hit| matches!(hit.by, By::Digest { .. }) && overlap(&hit.range, span);
        self.hits.iter().flatten().any(digest)
    }

    /// Moves the matches that lie inside `span` out, counted from its start, once it is known to [reach](Self::reaches)
    /// there.
    pub(super) fn hand_down(&mut self, span: &Range<usize>, into: &mut Vec<Hit>) {
        let start = |hit: &Option<Hit>| hit.as_ref().map(|hit| hit.range.start);
        for slot in &mut self.hits[self.passed..] {
            match slot.take_if(|hit| hit.range.end <= span.end) {
                Some(hit) => {
                    let range = hit.range.start - span.start..hit.range.end - span.start;
                    into.push(Hit { range, ..hit });
                }
                None if start(slot).is_some_and(|start| start >= span.end) => break,
                None => {}
            }
        }
    }
}

pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
