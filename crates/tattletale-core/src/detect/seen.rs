//! What was seen in one part.

use super::closed::Closed;
use super::digests::salted;
use crate::model::{Hashes, Sighting, Subject};
use std::ops::Range;

/// A run that has the shape of a whole digest and is none of anything known. Nearly every message has one and nearly
/// none is ever explained, so that what is told of a place is found by another walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Unexplained {
    /// The layers down to it, as [`Chain::number`](crate::decode::Chain::number).
    pub way: u64,
    /// Bytes in the innermost layer.
    pub range: Range<usize>,
    /// As it is written.
    pub text: Vec<u8>,
}

impl Unexplained {
    /// What it says, if it is a digest.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        salted::bytes_of(&self.text)
    }
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
