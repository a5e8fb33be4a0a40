//! The way from the tasks that relay to the one thread that writes.
//!
//! Finished exchanges wait in memory for so many bytes and no more: who finishes one waits until there is room, and
//! with it the client, so a slow disk slows the traffic and loses nothing. What is cut off when a task is dropped
//! cannot wait and goes in beside it.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use tattletale_core::model::{Blind, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::open::{Passed, Upgraded};
use super::spool::{Memory, Spool};
use super::{Clock, Notice};

/// What may wait to be written, in KiB.
const ROOM: u32 = 16 << 10;

/// One thing to record.
#[derive(Debug)]
pub(crate) enum Entry {
    /// With the room it takes while it waits.
    Exchange(Box<Passed>, Option<OwnedSemaphorePermit>),
    /// A WebSocket message after the exchange that was upgraded.
    Message { of: Arc<Upgraded>, message: Said, room: Option<OwnedSemaphorePermit> },
    /// What could not be seen.
    Blind(Box<Blind>),
    /// What the person who records should know; not part of the recording.
    Notice(Notice),
    /// Everything before this is to be written; then the recording ends.
    End,
}

/// A WebSocket message.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) at: Timestamp,
    pub(crate) sent: bool,
    pub(crate) text: bool,
    pub(crate) bytes: Vec<u8>,
    /// Bytes that the message had beyond those kept.
    pub(crate) cut: u64,
}

/// Why nothing is recorded any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) String);

/// The way to the recording; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    entries: Sender<Entry>,
    memory: Arc<Memory>,
    room: Arc<Semaphore>,
    clock: Clock,
    failed: watch::Sender<Option<Failed>>,
    records: bool,
}

impl Log {
    pub(crate) fn new(entries: Sender<Entry>, memory: Arc<Memory>, clock: Clock, records: bool) -> Self {
        let room = Arc::new(Semaphore::new(ROOM as usize));
        Self { entries, memory, room, clock, failed: watch::Sender::new(None), records }
    }

    pub(super) fn spool(&self) -> Spool {
        Spool::new(&self.memory)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether bodies are kept at all.
    pub(super) fn records(&self) -> bool {
        self.records
    }

    /// Waits for room for so many bytes.
    pub(crate) async fn room(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let wanted = u32::try_from(bytes >> 10).unwrap_or(ROOM).saturating_add(1).min(ROOM);
        Arc::clone(&self.room).acquire_many_owned(wanted).await.ok()
    }

    pub(crate) fn enter(&self, entry: Entry) {
        // The writer outlives everybody who relays, but for one that panicked: then nothing may pass either.
        if self.entries.send(entry).is_err() {
            self.fail(&io::Error::other("the thread that writes the recording is gone"));
        }
    }

    /// From now on nothing can be recorded; the first reason stands.
    pub(crate) fn fail(&self, error: &io::Error) {
        self.failed.send_if_modified(|failed| {
            let first = failed.is_none();
            failed.get_or_insert_with(|| Failed(error.to_string()));
            first
        });
    }

    /// Why nothing is recorded any more, if so.
    pub(crate) fn failure(&self) -> Option<Failed> {
        self.failed.borrow().clone()
    }

    /// Comes back when nothing can be recorded any more.
    pub(crate) async fn failed(&self) -> Failed {
        let mut failed = self.failed.subscribe();
        let known = failed.wait_for(Option::is_some).await.ok().and_then(|failed| failed.clone());
        match known {
            Some(failed) => failed,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn notice(&self, notice: Notice) {
        self.enter(Entry::Notice(notice));
    }
}
