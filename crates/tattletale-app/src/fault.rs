//! What could not be read of an app or an image: file, entry, offset and one sentence.
//!
//! The core's faults have their place in a capture; these have it in a file inside files, so they are a type of their
//! own with the same kinds.

pub use tattletale_core::model::FaultKind;

/// Something that could not be read, with its place. A run that has one is incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose limit or whose error it was.
    pub kind: FaultKind,
    /// The file, and behind `/` the entries inside it, as `super.img/system_a/app/Browser/Browser.apk`.
    pub entry: String,
    /// Bytes from the start of the innermost entry, if the trouble has a place.
    pub offset: Option<u64>,
    /// One sentence for a person, without the place.
    pub message: String,
}

impl Fault {
    /// A fault in an entry; [`Fault::at`] adds the offset.
    pub fn new(kind: FaultKind, entry: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, entry: entry.into(), offset: None, message: message.into() }
    }

    /// The same at a byte offset.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The same with the entry seen from one file further out.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.entry = if self.entry.is_empty() { outer.to_owned() } else { format!("{outer}/{}", self.entry) };
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.entry.is_empty() {
            write!(f, "{}: ", self.entry)?;
        }
        write!(f, "{}", self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}
