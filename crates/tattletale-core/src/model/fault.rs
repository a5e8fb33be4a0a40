//! What went wrong while reading what the party under test sent: a finding of its own, never a crash.

use super::{Part, Step};

/// Something that could not be processed, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of trouble.
    pub kind: FaultKind,
    /// Exchange it belongs to, if it got that far.
    pub exchange: Option<usize>,
    /// Part of the exchange.
    pub part: Option<Part>,
    /// Layers down to the trouble.
    pub path: Vec<Step>,
    /// Byte offset: in the capture file when `part` is none, else in the innermost layer.
    pub offset: Option<u64>,
    /// One sentence for a person, without the place.
    pub message: String,
}

/// Whose limit or whose error it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// A limit of ours ended the work (depth, nodes, bytes).
    Limit,
    /// The data ends before its own format says it should.
    Truncated,
    /// The data contradicts its own format.
    Corrupt,
}

impl FaultKind {
    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Truncated => "truncated",
            Self::Corrupt => "corrupt",
        }
    }
}

impl Fault {
    /// Faults in exchanges that are kept whatever they say.
    pub const KEPT: usize = 10_000;
    /// Beyond that, those of one sort, so that what breaks everywhere hides nothing else.
    pub const KEPT_OF_ONE: usize = 100;

    /// A fault without a place; the callers on the way out fill it in.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, exchange: None, part: None, path: Vec::new(), offset: None, message: message.into() }
    }

    /// The same at a byte offset.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(exchange) = self.exchange {
            write!(f, "exchange {exchange}")?;
            if let Some(part) = &self.part {
                write!(f, ", {part}")?;
            }
            if !self.path.is_empty() {
                write!(f, ", {}", super::display_path(&self.path))?;
            }
            write!(f, ": ")?;
        }
        write!(f, "{}", self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}
