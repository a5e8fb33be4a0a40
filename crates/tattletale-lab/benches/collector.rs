//! `cargo bench -p tattletale-lab --bench collector`: what the collectors can take, held against bare SQLite.
//!
//! Three loads over TLS from 16 connections on the same machine (so the clients share its cores): as fast as it goes
//! with batches of 50, single events as images, and 2,000 events/s for ten seconds with the times that a client waits.
//! Then the same table and the same durability, filled by one thread without any server, in transactions as large as
//! the 16 connections can make them: the ratio says what HTTP, TLS, gzip, JSON and waiting cost.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a command that prints its figures")]

#[path = "../tests/collector/client.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod client;
#[path = "../tests/collector/forms.rs"]
mod forms;

use client::Client;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tattletale_lab::lab::{Lab, Options};
use tattletale_lab::wire::{SINGAPORE, TOKEN_PARAMETER};

const CONNECTIONS: usize = 16;
const BATCH: i64 = 50;

/// Events per second that are asked of a collector on two cores.
const ASKED: i64 = 2000;

static NEXT: AtomicI64 = AtomicI64::new(1);

fn main() {
    let lab = Lab::up(Options::default()).unwrap();
    let fast = load("batches of 50, as fast as it goes", &lab, Duration::from_secs(10), BATCH, None);
    load("single events as images", &lab, Duration::from_secs(5), 1, None);
    let pace =
        Duration::from_secs(1) * u32::try_from(CONNECTIONS as i64 * BATCH).unwrap() / u32::try_from(ASKED).unwrap();
    load("2,000 events/s in batches of 50", &lab, Duration::from_secs(10), BATCH, Some(pace));
    let (stored, sent) = (lab.stored().unwrap().events, NEXT.load(Ordering::Relaxed) - 1);
    println!("stored {stored} of at most {sent} made");
    let bare = bare(fast.0);
    println!(
        "bare SQLite, {} events a transaction: {bare:.0} events/s; the collector makes {:.2} of it",
        BATCH * CONNECTIONS as i64,
        fast.1 / bare
    );
}

/// Sends for a time; acknowledged events and events per second.
fn load(name: &str, lab: &Lab, time: Duration, batch: i64, pace: Option<Duration>) -> (usize, f64) {
    // Made beforehand: gzip on the client's side is not what is measured. When they run out, a sender ends early.
    let ready: usize = match (batch, pace) {
        (1, _) => 10_000,
        (_, None) => 2000,
        (_, Some(_)) => 200,
    };
    let target = |path: &str| format!("{path}?project=p&{TOKEN_PARAMETER}={}", lab.endpoints().token.as_str());
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let bodies: Vec<String> = (0..ready).map(|_| body(batch)).collect();
            let config = lab.authority().client_config().unwrap();
            (Client::tls(lab.endpoints().singapore, SINGAPORE, config).unwrap(), bodies)
        })
        .collect();
    let start = Instant::now();
    let waits: Vec<Vec<Duration>> = std::thread::scope(|scope| {
        let threads: Vec<_> = senders
            .into_iter()
            .map(|(mut client, bodies)| {
                scope.spawn(move || {
                    let mut waits = Vec::new();
                    for (number, body) in bodies.iter().enumerate() {
                        if let Some(pace) = pace {
                            std::thread::sleep((pace * number as u32).saturating_sub(start.elapsed()));
                        }
                        if start.elapsed() > time {
                            break;
                        }
                        let asked = Instant::now();
                        let answer = match batch {
                            1 => client.send("GET", &format!("{}&{body}", target("/sa.gif")), &[], b""),
                            _ => client.send("POST", &target("/sa"), &[], body.as_bytes()),
                        };
                        assert_eq!(answer.unwrap().status, 200);
                        waits.push(asked.elapsed());
                    }
                    waits
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let took = start.elapsed().as_secs_f64();
    let mut waits: Vec<Duration> = waits.into_iter().flatten().collect();
    waits.sort();
    let events = waits.len() * batch as usize;
    let at = |share: f64| waits[(share * (waits.len() - 1) as f64) as usize].as_secs_f64() * 1000.0;
    let rate = events as f64 / took;
    println!(
        "{name}: {events} events in {took:.1} s, {rate:.0} events/s; answered in p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    (events, rate)
}

fn body(batch: i64) -> String {
    let first = NEXT.fetch_add(batch, Ordering::Relaxed);
    let events: Vec<_> =
        (first..first + batch).map(|number| forms::event("0f1e2d3c-4b5a-4678-9abc-def012345678", number)).collect();
    if batch == 1 { forms::web(&events[0]) } else { forms::android(&events) }
}

/// The same table, index and durability; no server.
fn bare(events: usize) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = rusqlite::Connection::open(folder.path().join("bare.db")).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection
        .execute_batch(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, server TEXT NOT NULL,
             channel TEXT NOT NULL, form TEXT NOT NULL, track_id INTEGER, distinct_id TEXT, type TEXT NOT NULL,
             event TEXT, time INTEGER, properties TEXT NOT NULL, lib TEXT);
             CREATE UNIQUE INDEX retry ON events (track_id, distinct_id, time);",
        )
        .unwrap();
    let made: Vec<_> =
        (0..events as i64).map(|number| forms::event("0f1e2d3c-4b5a-4678-9abc-def012345678", number)).collect();
    let start = Instant::now();
    for group in made.chunks(BATCH as usize * CONNECTIONS) {
        let transaction = connection.transaction().unwrap();
        {
            let mut statement = transaction
                .prepare_cached(
                    "INSERT OR IGNORE INTO events (received_at, server, channel, form, track_id, distinct_id, type, event,
                     time, properties, lib) VALUES (0, 'singapore', 'sa', 'gzip list', ?1, ?2, 'track', ?3, ?4, ?5, ?6)",
                )
                .unwrap();
            for event in group {
                let text = |name: &str| event[name].as_str();
                let row = (
                    event["_track_id"].as_i64(),
                    text("distinct_id"),
                    text("event"),
                    event["time"].as_i64(),
                    event["properties"].to_string(),
                    event["lib"].to_string(),
                );
                statement.execute(row).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
    events as f64 / start.elapsed().as_secs_f64()
}
