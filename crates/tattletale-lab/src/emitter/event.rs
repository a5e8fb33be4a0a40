//! One event, before any encoding, with what the lab knows of it.

use crate::clock::ModelTime;
use crate::people::Mode;
use serde_json::{Map, Value};

/// Properties of an event.
pub type Properties = Map<String, Value>;

/// Something that the telemetry wants to report.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it happened.
    pub time: ModelTime,
    /// `track`, `track_signup` ...
    pub kind: &'static str,
    /// Name of the event.
    pub name: &'static str,
    /// Whose: login id, or the anonymous one.
    pub distinct_id: String,
    /// At sign-in: the anonymous id of until now, so the receiver can join both.
    pub original_id: Option<String>,
    /// What it says.
    pub properties: Properties,
    /// Known truth, never sent: position of the deed that caused it.
    pub about: Option<usize>,
    /// Known truth, never sent: the mode it was lived in.
    pub mode: Option<Mode>,
}

impl Event {
    /// Room it takes in the queue, in bytes, about.
    pub fn weight(&self) -> usize {
        let text = |value: &Value| value.as_str().map_or(8, str::len);
        200 + self.properties.iter().map(|(name, value)| name.len() + text(value) + 6).sum::<usize>()
    }
}

/// Properties from a literal JSON object; of anything else, none.
pub(crate) fn properties(object: Value) -> Properties {
    match object {
        Value::Object(map) => map,
        _ => Properties::new(),
    }
}
