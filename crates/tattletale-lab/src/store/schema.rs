//! The one table, and how a connection to it is opened.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// `retry` keeps duplicates out: a client that did not hear the answer sends the same events again. SQLite takes
/// NULLs for different, so events without a `_track_id` are always new.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS events (
    id           INTEGER PRIMARY KEY,
    received_at  INTEGER NOT NULL,
    server       TEXT NOT NULL,
    channel      TEXT NOT NULL,
    form         TEXT NOT NULL,
    track_id     INTEGER,
    distinct_id  TEXT,
    anonymous_id TEXT,
    login_id     TEXT,
    original_id  TEXT,
    type         TEXT NOT NULL,
    event        TEXT,
    time         INTEGER,
    properties   TEXT NOT NULL,
    identities   TEXT,
    lib          TEXT,
    raw          BLOB
);
CREATE UNIQUE INDEX IF NOT EXISTS retry ON events (track_id, distinct_id, time);
";

/// Opens for writing. WAL with full synchronisation: a commit has reached the disk when it returns, and what has
/// returned survives both `kill -9` and a power cut.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// Opens for reading beside the writer.
pub(super) fn open_to_read(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_on_the_disk_when_it_returns() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("a.db")).unwrap();
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!((&mode[..], synchronous), ("wal", 2), "WAL and FULL (sqlite.org/pragma.html#pragma_synchronous)");
        let reader = open_to_read(&folder.path().join("a.db")).unwrap();
        assert!(reader.execute("DELETE FROM events", []).is_err());
    }
}
