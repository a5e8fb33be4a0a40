//! `/aggregate`: what the control variants send instead, a JSON object of counts or a record of consent.
//!
//! No identity belongs in there, and one that says so by its name is refused: a control that slips is no control.

use super::Refusal;
use super::sensors::parse;
use crate::store::{Channel, Event};
use serde_json::Value;

/// Bytes of such an object; counts are small.
const MAX: usize = 64 << 10;

/// Names of members, at the top, that only an identity has.
const IDENTITY: [&str; 6] = ["distinct_id", "anonymous_id", "login_id", "original_id", "identities", "uuid"];

/// Reads one object.
pub(super) fn read(body: &[u8]) -> Result<Event, Refusal> {
    if body.len() > MAX {
        return Err(Refusal::Large("counts are smaller than this"));
    }
    let Value::Object(counts) = parse(body)? else { return Err(Refusal::Bad("not an object of counts")) };
    if IDENTITY.iter().any(|name| counts.contains_key(*name)) {
        return Err(Refusal::Bad("an identity does not belong among counts"));
    }
    let mut event = Event::new(Channel::Aggregate, "aggregate", "aggregate");
    event.event = counts.get("event").and_then(Value::as_str).map(str::to_owned);
    event.time = counts.get("time").and_then(Value::as_i64);
    event.properties = counts;
    Ok(event)
}
