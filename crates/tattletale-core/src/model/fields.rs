//! What every field of every message held: the raw material for links, repetition and differences.
//!
//! A field is a host, a part and a path in which positions and random names are replaced by `*`, so that the same
//! member of two events is one field. Values are kept up to a length, distinct ones up to a number, uses up to a number:
//! the party under test decides how much it sends, not how much memory that takes. What is over a bound is counted.

use super::{Part, Timestamp};

/// All fields of one audit, in order of first use.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// The fields.
    pub fields: Vec<Field>,
    /// Fields and values that were over a bound and are not kept.
    pub dropped: u64,
}

/// One field and what it held over time.
#[derive(Debug, Clone)]
pub struct Field {
    /// Host that received it.
    pub host: String,
    /// Part of the exchange.
    pub part: Part,
    /// Layers down to it on one line, positions and random names as `*`.
    pub path: String,
    /// Distinct values in order of first use, as bytes of the party under test, the first [`Field::LONGEST`] of each.
    pub values: Vec<Vec<u8>>,
    /// Every use that is kept, in the order of the captures.
    pub uses: Vec<Use>,
    /// How often it was used, kept or not.
    pub used: u64,
}

/// One use of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Index into [`Field::values`]; none when there were too many distinct ones.
    pub value: Option<u32>,
    /// Index of the capture.
    pub capture: u32,
    /// Exchange in the capture.
    pub exchange: u32,
    /// Which record (element of a batch) of the exchange; records of one exchange have different numbers.
    pub record: u32,
    /// When the exchange was sent, UTC.
    pub at: Option<Timestamp>,
    /// The time that the record states of itself, by the clock of the sender.
    pub stated: Option<Timestamp>,
    /// Mode in which the user was: by the record's own time where that is known, else by that of the exchange.
    pub mode: Option<&'static str>,
}

impl Field {
    /// Bytes of a value that are kept.
    pub const LONGEST: usize = 256;
    /// Distinct values of a field that are kept.
    pub const VALUES: usize = 1_024;
    /// Uses of a field that are kept.
    pub const USES: usize = 16_384;

    /// The value of a use, if it is kept.
    pub fn value(&self, of: &Use) -> Option<&[u8]> {
        self.values.get(of.value? as usize).map(Vec::as_slice)
    }

    /// True when no value and no use of it was over a bound.
    pub fn is_whole(&self) -> bool {
        self.used == self.uses.len() as u64 && self.uses.iter().all(|used| used.value.is_some())
    }
}

impl Fields {
    /// Fields of an audit that are kept.
    pub const FIELDS: usize = 20_000;
    /// Bytes of values of an audit that are kept.
    pub const BYTES: usize = 64 << 20;
}
