//! Personal data that nobody planted, recognised in what was sent.

use super::{Part, Receiver, Step, Strength, Timestamp};
use std::ops::Range;

/// One place where personal data was recognised by its own check.
#[derive(Debug, Clone)]
pub struct Personal {
    /// One of [`super::truth::VALUE_KINDS`].
    pub kind: &'static str,
    /// In its normal form, as bytes of the party under test: mask before showing.
    pub value: String,
    /// Index of the capture.
    pub capture: usize,
    /// Position in the capture, from 0.
    pub exchange: usize,
    /// When it was sent, UTC.
    pub at: Option<Timestamp>,
    /// Who got it.
    pub receiver: Receiver,
    /// Mode in which the user was, where actions state one.
    pub mode: Option<&'static str>,
    /// True when it crossed the network unencrypted.
    pub plaintext: bool,
    /// Part of the exchange.
    pub part: Part,
    /// Layers down to the place.
    pub path: Vec<Step>,
    /// Bytes in the innermost layer.
    pub range: Range<usize>,
    /// Strong when its check leaves no doubt; weak when much else passes that check.
    pub strength: Strength,
}

impl Personal {
    /// Places that are kept per audit; those over it are counted.
    pub const KEPT: usize = 20_000;
}
