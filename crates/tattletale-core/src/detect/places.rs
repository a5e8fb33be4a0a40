//! Places where something could have stood by chance, counted over a whole capture.

use super::chance;
use crate::model::{Among, Odds};

/// How many places there were where a value could have stood by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// Bytes searched.
    pub bytes: u64,
    /// Fields (leaves of the walk) by their length; longer ones count as the last.
    pub fields: [u64; 256],
    /// Runs that have the shape of a digest.
    pub runs: u64,
}

impl Default for Places {
    fn default() -> Self {
        Self { bytes: 0, fields: [0; 256], runs: 0 }
    }
}

impl Places {
    /// Adds what another walk counted.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.runs += other.runs;
        self.fields.iter_mut().zip(other.fields).for_each(|(sum, more)| *sum += more);
    }

    /// Chance hits expected of something of that length.
    pub fn expected(&self, odds: &Odds, length: usize) -> f64 {
        let places = match odds.among {
            Among::Bytes => self.bytes,
            Among::Fields => self.fields[length.min(255)],
            Among::Runs => self.runs,
        };
        chance::expected(places, odds.tried, odds.bits)
    }
}
