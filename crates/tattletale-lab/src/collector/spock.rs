//! The system's own channel, `/track/spock`: form fields `value`, `ts`, `nonce`, `sign`.
//!
//! `value` is URL-safe base64 of JSON `{"H": header, "B": [{"H": header, "B": event}]}`, or of the compressed JSON when
//! it is long. A per-event header leaves out what the outer one says, so the two are merged here. Where `gzip` is set
//! (field or header) the sources do not settle; the bytes tell anyway. How `sign` is computed is not known: it is not
//! checked.

use super::sensors::{MAX_EVENTS, MAX_INFLATED, parse};
use super::{Refusal, checksum};
use crate::fields::Fields;
use crate::store::{Channel, Event};
use hyper::header::HeaderMap;
use serde_json::{Map, Value};
use tattletale_core::codec::base64;
use tattletale_core::codec::inflate::{End, Framing, inflate};

/// Keys of the merged header that tell who it is, best first: account, advertising id, IMEI, MAC.
const WHO: [&str; 4] = ["u", "g", "b", "a"];

/// Reads the events of one request.
pub(super) fn read(fields: &Fields, query: &Fields, headers: &HeaderMap) -> Result<Vec<Event>, Refusal> {
    let value = fields.first("value").ok_or(Refusal::Bad("no value"))?;
    let said = fields.first("gzip").or_else(|| query.first("gzip"));
    let compressed = said.or_else(|| headers.get("gzip").map(|value| value.as_bytes())) == Some(b"1");
    let bytes = base64::decode(value).ok_or(Refusal::Bad("the value is not base64"))?;
    let json = if compressed { decompress(&bytes)? } else { bytes };
    let Value::Object(batch) = parse(&json)? else { return Err(Refusal::Bad("not a batch")) };
    let outer = header(&batch);
    let Some(Value::Array(parts)) = batch.get("B") else { return Err(Refusal::Bad("a batch without events")) };
    if parts.len() > MAX_EVENTS {
        return Err(Refusal::Large("more events than any sender puts into a request"));
    }
    // The nonce is drawn per upload, so with the position it tells a retry from a new event.
    let nonce = fields.first("nonce").map(|nonce| checksum::hash_code(&String::from_utf8_lossy(nonce)));
    let events = parts.iter().enumerate().filter_map(|(position, part)| {
        let mut event = event(&outer, part.as_object()?);
        event.track_id = nonce.map(|nonce| i64::from(nonce) << 16 | position as i64);
        Some(event)
    });
    let events: Vec<Event> = events.collect();
    if events.is_empty() { Err(Refusal::Bad("a batch without events")) } else { Ok(events) }
}

fn header(part: &Map<String, Value>) -> Map<String, Value> {
    part.get("H").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn event(outer: &Map<String, Value>, part: &Map<String, Value>) -> Event {
    let mut merged = outer.clone();
    merged.extend(header(part));
    let mut event = Event::new(Channel::Spock, "spock", "track");
    let text = |key: &str| merged.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    event.distinct_id = WHO.iter().find_map(|key| text(key));
    event.event = text("k").or_else(|| text("c"));
    event.time = merged.get("et").or_else(|| merged.get("st")).and_then(|time| match time {
        Value::String(time) => time.parse().ok(),
        time => time.as_i64(),
    });
    event.properties = match part.get("B") {
        Some(Value::Object(body)) => body.clone(),
        Some(other) => Map::from_iter([("B".to_owned(), other.clone())]),
        None => Map::new(),
    };
    event.properties.insert("H".to_owned(), Value::Object(merged));
    event
}

fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let framing = if bytes.starts_with(&[0x1f, 0x8b]) { Framing::Gzip } else { Framing::Zlib };
    let mut out = Vec::new();
    match inflate(framing, bytes, &mut out, MAX_INFLATED) {
        End::Complete => Ok(out),
        End::Limit => Err(Refusal::Large("it unfolds to more than any sender makes")),
        End::Truncated | End::Corrupt { .. } => Err(Refusal::Bad("broken compression")),
    }
}
