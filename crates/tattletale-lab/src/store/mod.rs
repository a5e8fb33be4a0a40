//! What the collectors keep: SQLite behind one writer thread, in a folder that is erased with the lab.
//!
//! A collector says "received" only after the commit that holds the events: a client deletes what was received, so
//! an early yes would lose events at the next crash. Commits cost a disk flush each, so the writer takes everything
//! that waits into one commit (`writer`); requests that arrive during a flush share the next.

mod event;
mod folder;
mod read;
mod schema;
pub(crate) mod writer;

pub use event::{Channel, Event};
pub use read::{Counts, read_counts, read_events};

pub(crate) use folder::Folder;
pub(crate) use writer::Writer;

use std::path::PathBuf;

/// Name of the database inside the lab's folder.
pub const DATABASE: &str = "events.db";

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused.
    #[error("the lab's store: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The folder or a file in it.
    #[error("{path}: {error}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The writer has ended, so nothing can be acknowledged any more.
    #[error("the lab's store is closed")]
    Closed,
}
