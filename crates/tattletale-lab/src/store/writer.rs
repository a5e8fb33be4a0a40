//! The one thread that writes, and group commit.
//!
//! It waits for a first batch, takes what else is waiting up to [`GROUP`] events, writes all in one transaction and
//! answers each batch after the commit. So at low load a request costs one flush, and under load the number of
//! flushes stays the same while the groups grow: no timer, no tuning.

use super::{Error, Event, schema};
use rusqlite::{Connection, params};
use serde_json::{Map, Value};
use std::path::Path;
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Events in one commit, about; bounds the size of a transaction, and so the time until the first answer in it.
pub(crate) const GROUP: usize = 4096;

/// Batches that may wait. Senders wait beyond it, which slows the clients down instead of filling the memory.
const WAITING: usize = 256;

struct Batch {
    events: Vec<Event>,
    done: oneshot::Sender<Result<usize, Error>>,
}

/// Hands batches to the writer thread; clones share it. The thread ends when all are gone.
#[derive(Clone)]
pub(crate) struct Writer {
    batches: mpsc::Sender<Batch>,
}

impl Writer {
    /// Opens the database and starts the thread.
    pub(crate) fn start(database: &Path) -> Result<(Self, JoinHandle<()>), Error> {
        let connection = schema::open(database)?;
        let (batches, waiting) = mpsc::channel(WAITING);
        let thread = thread::Builder::new()
            .name("lab-store".to_owned())
            .spawn(move || write(connection, waiting))
            .map_err(|error| Error::Folder { path: database.to_owned(), error })?;
        Ok((Self { batches }, thread))
    }

    /// Waits until the events are committed; returns how many were new.
    pub(crate) async fn keep(&self, events: Vec<Event>) -> Result<usize, Error> {
        let (done, committed) = oneshot::channel();
        self.batches.send(Batch { events, done }).await.map_err(|_| Error::Closed)?;
        committed.await.map_err(|_| Error::Closed)?
    }
}

fn write(mut connection: Connection, mut waiting: mpsc::Receiver<Batch>) {
    while let Some(first) = waiting.blocking_recv() {
        let mut group = vec![first];
        let mut events = group[0].events.len();
        while events < GROUP {
            let Ok(batch) = waiting.try_recv() else { break };
            events += batch.events.len();
            group.push(batch);
        }
        commit(&mut connection, group);
    }
}

fn commit(connection: &mut Connection, group: Vec<Batch>) {
    match insert(connection, group.iter().map(|batch| &batch.events[..])) {
        Ok(new) => {
            for (batch, new) in group.into_iter().zip(new) {
                let _ = batch.done.send(Ok(new));
            }
        }
        // One batch that SQLite refuses must not take others with it: each gets a transaction of its own.
        Err(_) if group.len() > 1 => group.into_iter().for_each(|batch| commit(connection, vec![batch])),
        Err(error) => {
            if let Some(batch) = group.into_iter().next() {
                let _ = batch.done.send(Err(error.into()));
            }
        }
    }
}

/// Writes all batches in one transaction; how many events of each were new.
fn insert<'e>(connection: &mut Connection, batches: impl Iterator<Item = &'e [Event]>) -> rusqlite::Result<Vec<usize>> {
    let transaction = connection.transaction()?;
    let mut new = Vec::new();
    {
        let mut statement = transaction.prepare_cached(
            "INSERT OR IGNORE INTO events (received_at, server, channel, form, track_id, distinct_id, anonymous_id,
             login_id, original_id, type, event, time, properties, identities, lib, raw)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        for events in batches {
            let mut inserted = 0;
            for event in events {
                inserted += statement.execute(params![
                    event.received_at,
                    event.server,
                    event.channel.name(),
                    event.form,
                    event.track_id,
                    event.distinct_id,
                    event.anonymous_id,
                    event.login_id,
                    event.original_id,
                    event.kind,
                    event.event,
                    event.time,
                    json(&event.properties),
                    (!event.identities.is_empty()).then(|| json(&event.identities)),
                    (!event.lib.is_empty()).then(|| json(&event.lib)),
                    event.raw,
                ])?;
            }
            new.push(inserted);
        }
    }
    transaction.commit()?;
    Ok(new)
}

fn json(map: &Map<String, Value>) -> String {
    // A map of JSON values is always JSON.
    serde_json::to_string(map).unwrap_or_default()
}
