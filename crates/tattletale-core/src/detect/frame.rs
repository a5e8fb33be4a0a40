//! A node that is open while a walk is searched: the matches in its bytes, until pieces of it take them.

use super::planted::{By, Hit};
use std::ops::Range;

/// An open node with the matches in its bytes that no piece has taken.
pub(super) struct Frame {
    /// By their start: those that pieces may still come to.
    ahead: std::vec::IntoIter<Hit>,
    /// Those that begin before all pieces that are still to come.
    passed: Vec<Hit>,
    /// How many sightings there were before it.
    pub(super) mark: usize,
    /// Pieces that were not searched with its bytes, and that are still to come.
    pub(super) apart: std::vec::IntoIter<Range<usize>>,
    /// True when its bytes were not searched, since what they stand for speaks for itself.
    pub(super) encoded: bool,
}

impl Frame {
    pub(super) fn new(hits: Vec<Hit>, mark: usize) -> Self {
        Self::around(hits, Vec::new(), mark)
    }

    /// For a node in which some pieces are searched when they come.
    pub(super) fn around(hits: Vec<Hit>, apart: Vec<Range<usize>>, mark: usize) -> Self {
        Self { ahead: hits.into_iter(), passed: Vec::new(), mark, apart: apart.into_iter(), encoded: false }
    }

    /// For a node that is searched only if what it stands for does not hold.
    pub(super) fn encoded(mark: usize) -> Self {
        Self { encoded: true, ..Self::new(Vec::new(), mark) }
    }

    /// Where the next match begins, at or behind `from`.
    #[inline]
    pub(super) fn ahead(&mut self, from: usize) -> usize {
        // Pieces come in order: matches before this one are of no interest any more.
        while let Some(hit) = self.ahead.as_slice().first() {
            if hit.range.start >= from {
                return hit.range.start;
            }
            self.passed.extend(self.ahead.next());
        }
        usize::MAX
    }

    /// Whether a match begins in a piece that comes next: most hold none.
    #[inline]
    pub(super) fn reaches(&mut self, span: &Range<usize>) -> bool {
        self.ahead(span.start) < span.end
    }

    /// Takes the next match out if it is a run inside `span` that nothing explains; counted from the start of `span`.
    pub(super) fn unexplained(&mut self, span: &Range<usize>) -> Option<Range<usize>> {
        let reaches = self.reaches(span);
        let next = self.ahead.as_slice().first().filter(|hit| reaches && hit.by == By::Unexplained)?;
        if next.range.end > span.end {
            return None;
        }
        let run = self.ahead.next()?.range;
        Some(run.start - span.start..run.end - span.start)
    }

    /// What no piece has taken.
    pub(super) fn left(self) -> Vec<Hit> {
        match self.passed.is_empty() {
            true => self.ahead.collect(),
            false => self.passed.into_iter().chain(self.ahead).collect(),
        }
    }

    /// Whether something known lies in a piece.
    pub(super) fn has_known(&self, span: &Range<usize>) -> bool {
        let known = |hit: &Hit| hit.by != By::Unexplained && overlap(&hit.range, span);
        self.passed.iter().chain(self.ahead.as_slice()).any(known)
    }

    pub(super) fn has_digest(&self, span: &Range<usize>) -> bool {
        let digest = |hit: &Hit| matches!(hit.by, By::Digest { .. }) && overlap(&hit.range, span);
        self.passed.iter().chain(self.ahead.as_slice()).any(digest)
    }

    /// Moves the matches that lie inside `span` out, counted from its start, once it is known to [reach](Self::reaches)
    /// there.
    pub(super) fn hand_down(&mut self, span: &Range<usize>, into: &mut Vec<Hit>) {
        while self.ahead.as_slice().first().is_some_and(|hit| hit.range.start < span.end)
            && let Some(hit) = self.ahead.next()
        {
            match hit.range.end <= span.end {
                true => {
                    let range = hit.range.start - span.start..hit.range.end - span.start;
                    into.push(Hit { range, ..hit });
                }
                false => self.passed.push(hit),
            }
        }
    }
}

pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
