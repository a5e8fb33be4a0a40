//! Modelled time: the clock that the made-up person lives by.
//!
//! A day is lived in seconds. What the phone writes into its events is modelled time; when a request was recorded is
//! wall time, which only the caller knows and hands in.

use std::fmt;
use std::ops::{Add, Sub};
use tattletale_core::model::Timestamp;

/// A moment of the modelled day: milliseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelTime(pub i64);

impl ModelTime {
    /// The same moment as a timestamp; a moment outside the calendar becomes 1970.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Add<i64> for ModelTime {
    type Output = Self;

    /// Later by so many milliseconds.
    fn add(self, milliseconds: i64) -> Self {
        Self(self.0 + milliseconds)
    }
}

impl Sub for ModelTime {
    type Output = i64;

    /// Milliseconds between the two.
    fn sub(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl fmt::Display for ModelTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

/// Milliseconds of a second.
pub const SECOND: i64 = 1_000;

/// Milliseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;

/// Milliseconds of a day.
pub const DAY: i64 = 24 * 60 * MINUTE;
