//! A day lived without sockets: what would have passed goes straight into a recording in memory.
//!
//! Benchmarks and tests live hundreds of days. The bytes are those that the front would record, without answers; wall
//! time is the modelled one at another pace, so the same plan gives the same recording.

use crate::clock::ModelTime;
use crate::endpoints::{Endpoints, NotLoopback};
use crate::registry::PLAIN;
use crate::scenario::{Lived, Plan};
use crate::wire::{Outgoing, RUSSIA, Reply, SINGAPORE, Wire};
use std::cell::Cell;
use std::io::{self, Read};
use tattletale_core::audit::{self, AuditError, Capture};
use tattletale_core::export::warc::{HttpMessage, RecordId, WarcWriter};
use tattletale_core::model::{Connection, Report, Timestamp, url};

/// Modelled milliseconds in a millisecond of wall time: a day in about twelve seconds, as in the demo.
const PACE: i64 = 3_600;
/// Wall time at which a recording starts, in microseconds.
const STARTED: i64 = 1_795_000_000_000_000;

/// Lives the plan; its recording (WARC) and what a person would know of it.
pub fn live(plan: &mut Plan) -> Result<(Vec<u8>, Lived), NotLoopback> {
    let endpoints = Endpoints {
        singapore: format!("https://{SINGAPORE}"),
        russia: format!("https://{RUSSIA}"),
        plain: format!("http://{PLAIN}"),
        token: "dry".to_owned(),
        pages: "https://localhost".to_owned(),
    };
    let first = plan.day.deeds.first().map_or(0, |deed| deed.at.0);
    let now = Cell::new(Timestamp::UNIX_EPOCH);
    let connection = Connection { http: Some("http/1.1".to_owned()), ..Connection::default() };
    let mut recording = Recording { writer: WarcWriter::new(Vec::new()), now: &now, records: 0, connection };
    let mut clock = |modelled: ModelTime| {
        let wall = Timestamp::from_microsecond(STARTED + (modelled.0 - first) * 1_000 / PACE);
        now.set(wall.unwrap_or(Timestamp::UNIX_EPOCH));
        now.get()
    };
    let lived = plan.live(&mut recording, &mut clock, &endpoints)?;
    Ok((recording.writer.into_inner(), lived))
}

/// Audits a recording of [`live`] with the ground truth of its day, fields included.
pub fn audit(recording: &[u8], lived: &Lived) -> Result<Report, AuditError> {
    let open = || -> io::Result<Box<dyn Read + '_>> { Ok(Box::new(recording)) };
    let capture = Capture { name: "day".to_owned(), open: Box::new(open), origin: None };
    let options = audit::Options { fields: true, ..audit::Options::default() };
    audit::audit(&[capture], Some(lived.truth.clone()), &options)
}

struct Recording<'c> {
    writer: WarcWriter<Vec<u8>>,
    now: &'c Cell<Timestamp>,
    records: u128,
    connection: Connection,
}

impl Wire for Recording<'_> {
    fn send(&mut self, request: &Outgoing) -> io::Result<Reply> {
        let parts = url::Parts::of(&request.url);
        let from_path = request.url.find(parts.authority).map_or("/", |at| &request.url[at + parts.authority.len()..]);
        let path = if from_path.starts_with('/') { from_path.to_owned() } else { format!("/{from_path}") };
        let mut head = format!("{} {path} HTTP/1.1\r\nHost: {}\r\n", request.method, parts.authority);
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if request.method != "GET" {
            head.push_str(&format!("Content-Length: {}\r\n", request.body.len()));
        }
        let bytes = [head.as_bytes(), b"\r\n", &request.body].concat();
        self.records += 1;
        let id = RecordId::from_random(self.records.to_be_bytes());
        let message = HttpMessage {
            at: self.now.get(),
            target: &request.url,
            connection: &self.connection,
            bytes: &bytes,
            cut_off: false,
            reserialised: false,
            resource: None,
        };
        self.writer.request(id, &message)?;
        Ok(Reply { status: 200, body: Vec::new() })
    }
}
