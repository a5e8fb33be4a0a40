//! What Sensors Analytics senders send, turned into events.
//!
//! A value is base64 of JSON, gzipped or not, of one event (`data`) or of many (`data_list`); beside it `crc` (or the
//! same inside `ext`) and `gzip`, which says 1 for compressed and 9 or 13 for sealed ([`super::sealed`]). Senders agree
//! on the fields, not on when they send them, so each is optional here and what is there must be right.
//!
//! Outside debug mode an event that makes no sense does not cost its neighbours: the others are stored. A request of
//! which nothing makes sense is refused.

use super::sealed;
use super::{Refusal, checksum};
use crate::fields::Fields;
use crate::store::{Channel, Event};
use serde_json::{Map, Value};
use tattletale_core::codec::{base64, inflate};

/// Bytes that a request may unfold to.
pub const MAX_INFLATED: usize = 16 << 20;

/// Events in one request; the Android sender makes at most 50.
pub const MAX_EVENTS: usize = 1000;

/// Types of events, from the senders' sources.
const TYPES: [&str; 12] = [
    "track",
    "track_signup",
    "track_id_bind",
    "track_id_unbind",
    "profile_set",
    "profile_set_once",
    "profile_increment",
    "profile_append",
    "profile_unset",
    "profile_delete",
    "item_set",
    "item_delete",
];

/// What is known of a request beside its fields.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) image: bool,
    pub(super) beacon: bool,
    /// Debug mode: every event must make sense.
    pub(super) strict: bool,
}

/// Reads the events of one request.
pub(super) fn read(fields: &Fields, form: Form) -> Result<Vec<Event>, Refusal> {
    let (value, list) = match (fields.first("data_list"), fields.first("data")) {
        (Some(list), _) => (list, true),
        (None, Some(one)) => (one, false),
        (None, None) => return Err(Refusal::Bad("neither data nor data_list")),
    };
    let is_json = matches!(value.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['));
    // A form decoder makes a space of an unescaped plus; base64 has no spaces.
    let restored: Vec<u8> = match is_json {
        true => value.to_vec(),
        false => value.iter().map(|&byte| if byte == b' ' { b'+' } else { byte }).collect(),
    };
    check(fields, &restored)?;
    let gzip = fields.first("gzip");
    if is_json {
        let name = match gzip {
            Some(b"13") => "sealed transport",
            Some(b"9") if fields.first("ext").is_none() => "sealed events",
            _ => "sealed plugin",
        };
        return match sealed::open(&parse(&restored)?)? {
            Some(opened) => events(opened, name, form.strict),
            None => {
                let mut event = Event::new(Channel::SensorsAnalytics, name, "sealed");
                event.raw = Some(restored);
                Ok(vec![event])
            }
        };
    }
    let bytes = base64::decode(&restored).ok_or(Refusal::Bad("the value is not base64"))?;
    let (json, compressed) = match gzip {
        Some(b"1") => (unzip(&bytes)?, true),
        Some(b"9" | b"13") => return Err(Refusal::Bad("said to be sealed, and is not")),
        _ => (bytes, false),
    };
    let name = match (form, compressed, list) {
        (Form { image: true, .. }, ..) => "image",
        (Form { beacon: true, .. }, ..) => "beacon",
        (_, true, true) => "gzip list",
        (_, true, false) => "gzip one",
        (_, false, true) => "plain list",
        (_, false, false) => "plain one",
    };
    events(parse(&json)?, name, form.strict)
}

/// A checksum may be absent; one that is there must be right.
fn check(fields: &Fields, value: &[u8]) -> Result<(), Refusal> {
    let ext = fields.first("ext").map(Fields::parse);
    let given = fields.first("crc").or_else(|| ext.as_ref().and_then(|ext| ext.first("crc")));
    match given {
        Some(given) if !checksum::agrees(given, value) => Err(Refusal::Bad("the checksum does not agree")),
        _ => Ok(()),
    }
}

/// Gunzips, up to [`MAX_INFLATED`].
pub(super) fn unzip(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    match inflate::inflate(inflate::Framing::Gzip, bytes, &mut out, MAX_INFLATED) {
        inflate::End::Complete => Ok(out),
        inflate::End::Limit => Err(Refusal::Large("it unfolds to more than any sender makes")),
        inflate::End::Truncated | inflate::End::Corrupt { .. } => Err(Refusal::Bad("broken gzip")),
    }
}

/// JSON, at most 128 deep (the parser's own limit).
pub(super) fn parse(json: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(json).map_err(|_| Refusal::Bad("not JSON, or nested too deep"))
}

fn events(value: Value, form: &'static str, strict: bool) -> Result<Vec<Event>, Refusal> {
    let values = match value {
        Value::Array(values) => values,
        one => vec![one],
    };
    if values.len() > MAX_EVENTS {
        return Err(Refusal::Large("more events than any sender puts into a request"));
    }
    let sent = values.len();
    let events: Vec<Event> = values.into_iter().filter_map(|value| event(value, form)).collect();
    match events.is_empty() || (strict && events.len() < sent) {
        true => Err(Refusal::Bad("not an event: it needs a type, a distinct_id and properties")),
        false => Ok(events),
    }
}

/// One event; none if it makes no sense.
fn event(value: Value, form: &'static str) -> Option<Event> {
    let Value::Object(mut fields) = value else { return None };
    let kind = text(&mut fields, "type").filter(|kind| TYPES.contains(&&kind[..]))?;
    let mut event = Event::new(Channel::SensorsAnalytics, form, &kind);
    event.event = text(&mut fields, "event");
    event.distinct_id = text(&mut fields, "distinct_id").filter(|id| !id.is_empty());
    let about_an_item = kind.starts_with("item_");
    if (event.distinct_id.is_none() && !about_an_item) || (event.event.is_none() && kind.starts_with("track")) {
        return None;
    }
    event.anonymous_id = text(&mut fields, "anonymous_id");
    event.login_id = text(&mut fields, "login_id");
    event.original_id = text(&mut fields, "original_id");
    event.track_id = fields.get("_track_id").and_then(Value::as_i64);
    event.time = fields.get("time").and_then(time);
    event.properties = match fields.remove("properties") {
        Some(Value::Object(properties)) => properties,
        None => Map::new(),
        Some(_) => return None,
    };
    event.identities = object(&mut fields, "identities");
    event.lib = object(&mut fields, "lib");
    Some(event)
}

/// Milliseconds; a fraction is cut off.
fn time(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|time| time as i64))
}

/// A text; a number is written out, since some apps give their accounts as numbers.
fn text(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    match fields.remove(name)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn object(fields: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match fields.remove(name) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
