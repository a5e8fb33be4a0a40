//! Reading beside the writer: counts, and the events for the analytics.

use super::{Channel, Error, Event, schema};
use rusqlite::types::FromSql;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// What is in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Events, all of them.
    pub events: u64,
    /// Of these, the ones that stayed sealed.
    pub sealed: u64,
    /// By server.
    pub servers: BTreeMap<String, u64>,
    /// By channel.
    pub channels: BTreeMap<String, u64>,
    /// By wire form.
    pub forms: BTreeMap<String, u64>,
}

/// Counts what is in the database at `path`.
pub fn read_counts(path: &Path) -> Result<Counts, Error> {
    let connection = schema::open_to_read(path)?;
    let mut counts = Counts {
        events: one(&connection, "SELECT count(*) FROM events")?,
        sealed: one(&connection, "SELECT count(*) FROM events WHERE type = 'sealed'")?,
        ..Counts::default()
    };
    for (column, by) in
        [("server", &mut counts.servers), ("channel", &mut counts.channels), ("form", &mut counts.forms)]
    {
        let mut statement = connection.prepare(&format!("SELECT {column}, count(*) FROM events GROUP BY {column}"))?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        for row in rows {
            let (name, count) = row?;
            by.insert(name, count.unsigned_abs());
        }
    }
    Ok(counts)
}

fn one(connection: &Connection, query: &str) -> rusqlite::Result<u64> {
    connection.query_row(query, [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// The latest `most` events of the database at `path`, in the order of receipt.
pub fn read_events(path: &Path, most: u32) -> Result<Vec<Event>, Error> {
    let connection = schema::open_to_read(path)?;
    let mut statement = connection.prepare(
        "SELECT * FROM (SELECT id, received_at, server, channel, form, track_id, distinct_id, anonymous_id, login_id,
         original_id, type, event, time, properties, identities, lib, raw FROM events ORDER BY id DESC LIMIT ?1)
         ORDER BY id",
    )?;
    let rows = statement.query_map([most], event)?;
    Ok(rows.collect::<rusqlite::Result<Vec<Event>>>()?)
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let channel: String = row.get("channel")?;
    let form: String = row.get("form")?;
    Ok(Event {
        received_at: row.get("received_at")?,
        server: row.get("server")?,
        channel: Channel::named(&channel).unwrap_or(Channel::SensorsAnalytics),
        form: crate::collector::FORMS.into_iter().find(|&known| known == form).unwrap_or("other"),
        track_id: row.get("track_id")?,
        distinct_id: row.get("distinct_id")?,
        anonymous_id: row.get("anonymous_id")?,
        login_id: row.get("login_id")?,
        original_id: row.get("original_id")?,
        kind: row.get("type")?,
        event: row.get("event")?,
        time: row.get("time")?,
        properties: map(row, "properties")?,
        identities: map(row, "identities")?,
        lib: map(row, "lib")?,
        raw: row.get("raw")?,
    })
}

fn map(row: &Row<'_>, column: &str) -> rusqlite::Result<Map<String, Value>> {
    let text = Option::<String>::column_result(row.get_ref(column)?)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}
