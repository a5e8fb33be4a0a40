//! What was seen in one part.

use super::closed::Closed;
use crate::model::{Excerpt, Hashes, Sighting, Step, Subject};
use std::ops::Range;

/// A run that has the shape of a whole digest and is none of anything known.
#[derive(Debug, Clone, PartialEq)]
pub struct Unexplained {
    /// Layers down to it.
    pub path: Vec<Step>,
    /// Bytes in the innermost layer.
    pub range: Range<usize>,
    /// True when it is all that stands there.
    pub whole: bool,
    /// What it says, if it is a digest.
    pub bytes: Vec<u8>,
    /// The run and its surroundings.
    pub excerpt: Excerpt,
}

/// What was seen in one part.
#[derive(Debug, Default)]
pub struct Seen {
    /// Each thing once per place, in the order of the walk.
    pub sightings: Vec<Sighting>,
    /// The first few closed places.
    pub opaque: Vec<Closed>,
    /// Runs that have the shape of a digest.
    pub hashes: Hashes,
    /// The first few of those that nothing explains.
    pub unexplained: Vec<Unexplained>,
    /// Things that were seen in more places than are kept.
    pub crowded: Vec<Subject>,
}
