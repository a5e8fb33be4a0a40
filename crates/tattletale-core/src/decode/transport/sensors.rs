//! Sensors Analytics: the service that the browsers of the reported case told their users' pages and searches to.
//!
//! Sources: sa-sdk-android 3.2.10 and its HEAD, sa-sdk-javascript and its encryption plugins, the Python and Node
//! clients; their messages are in the real captures of this project. One event goes in `data`, several in `data_list`.
//! The checksum (`crc`, or `crc=` inside `ext`) is Java's `String.hashCode` of the field's text; `gzip` is no truth
//! value but a code: 1 for gzip in base64, 9 for sealed events, 13 for a sealed batch.

use super::{Check, Document, Meaning, Transport, Unfolded, field, plain, quoted, text, was_unsealed};
use crate::decode::Tree;
use crate::model::{Exchange, Part};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) struct SensorsAnalytics;

impl Transport for SensorsAnalytics {
    fn name(&self) -> &'static str {
        "Sensors Analytics"
    }

    fn about(&self) -> &'static str {
        "Events of the Sensors Analytics clients (Android, JavaScript, Python, Node), plain, gzipped or sealed: the checksum and the gzip code are held against what is there."
    }

    fn recognise(&self, exchange: &Exchange, parts: &[Unfolded]) -> Option<Meaning> {
        let sent = parts.iter().filter(|part| matches!(part.part, Part::Query | Part::Body));
        sent.filter_map(|part| Message::of(exchange, part)).map(|message| message.meaning(self.name())).next()
    }
}

/// One request.
struct Message<'t> {
    form: &'t Tree,
    /// True when it stands in the query of a URL.
    query: bool,
    /// True for a body that was declared to be text, as beacons are.
    beacon: bool,
    /// True for `data_list`.
    list: bool,
    data: &'t Tree,
    document: Document<'t>,
    content: Content,
}

enum Content {
    Events(Vec<Value>),
    Sealed {
        /// Ciphertexts.
        payloads: usize,
        /// True for the plugin that names its key instead of sending it in an envelope.
        named_key: bool,
    },
}

impl<'t> Message<'t> {
    fn of(exchange: &Exchange, part: &'t Unfolded) -> Option<Self> {
        let form = &part.tree;
        let list = field(form, "data_list");
        let data = list.or_else(|| field(form, "data"))?;
        let document = Document::below(data)?;
        let content = Content::of(&document.json)?;
        let query = part.part == Part::Query;
        let stated = exchange.request.body.media_type.as_deref().or(exchange.request.header("content-type"));
        let beacon = !query && stated.is_some_and(|stated| stated.starts_with("text/plain"));
        Some(Self { form, query, beacon, list: list.is_some(), data, document, content })
    }

    fn meaning(&self, name: &'static str) -> Meaning {
        let checks = [self.checksum(), Some(self.code()), self.types()].into_iter().flatten().collect();
        Meaning { name, form: self.form(), checks, notes: self.notes() }
    }

    fn gzip(&self) -> Option<&str> {
        text(self.form, "gzip")
    }

    fn form(&self) -> &'static str {
        let android = field(self.form, "crc").is_some();
        match (&self.content, self.gzip()) {
            (Content::Sealed { named_key: true, .. }, _) => "JavaScript client, sealed with a key that it names",
            (Content::Sealed { .. }, Some("9")) => "Android client, each event sealed",
            (Content::Sealed { .. }, Some("13")) => "Android client, the whole batch sealed",
            (Content::Sealed { .. }, _) => "JavaScript client, sealed with an envelope for the key",
            _ if self.query && !self.list => "JavaScript client, one event as the address of an image",
            _ if android => "Android client, batch",
            (_, Some(_)) if self.list => "client on a server (Python, Node), batch",
            (_, Some(_)) => "client on a server (Python, Node), one event",
            _ if self.list => "JavaScript client, batch",
            _ if self.beacon => "JavaScript client, one event by beacon",
            _ => "JavaScript client, one event by request",
        }
    }

    fn checksum(&self) -> Option<Check> {
        const WHAT: &str = "checksum";
        let in_ext = |ext: &'t str| ext.split('&').find_map(|item| item.strip_prefix("crc="));
        let stated = text(self.form, "crc").or_else(|| text(self.form, "ext").and_then(in_ext))?;
        let computed = java_hash(&self.data.bytes);
        Some(match stated.trim().parse::<i32>() {
            Ok(number) if number == computed => {
                Check::new(WHAT, true, format!("crc says {number}, and so does the hash of the text"))
            }
            Ok(number) => Check::new(WHAT, false, format!("crc says {number}, the hash of the text is {computed}")),
            Err(_) => Check::unknown(WHAT, format!("crc is no number of 32 bits: {}", quoted(stated))),
        })
    }

    fn code(&self) -> Check {
        const WHAT: &str = "gzip code";
        let (gzipped, way) = (self.document.is_gzipped(), self.document.way());
        let sealed = match self.content {
            Content::Sealed { payloads, .. } => Some(payloads),
            Content::Events(_) => None,
        };
        let found = if sealed.is_some() { format!("{way}, sealed inside") } else { way };
        match self.gzip() {
            None | Some("0") => {
                let code = self.gzip().map_or("no code", |_| "0");
                Check::new(WHAT, !gzipped, format!("{code}, and there is {found}"))
            }
            Some("1") => Check::new(WHAT, gzipped && sealed.is_none(), format!("1 for gzip, and there is {found}")),
            Some("9") => Check::new(WHAT, sealed.is_some(), format!("9 for sealed events, and there is {found}")),
            Some("13") => Check::new(WHAT, sealed.is_some(), format!("13 for a sealed batch, and there is {found}")),
            Some(other) => Check::unknown(WHAT, format!("{} is no code that was reported", quoted(other))),
        }
    }

    /// Types of events that the clients know.
    fn types(&self) -> Option<Check> {
        let Content::Events(events) = &self.content else { return None };
        let unknown = events.iter().filter(|event| !event["type"].as_str().is_some_and(|kind| TYPES.contains(&kind)));
        let (unknown, all) = (unknown.count(), events.len());
        let why = match unknown {
            0 => format!("{all} of {all} are of a type that the clients know, each with a distinct_id"),
            _ => format!("{unknown} of {all} are of a type that no client was reported to have"),
        };
        Some(Check::new("events", unknown == 0, why))
    }

    fn notes(&self) -> Vec<String> {
        let events = match &self.content {
            Content::Events(events) => events,
            Content::Sealed { payloads, .. } => {
                let opened = if was_unsealed(self.document.tree) { "opened" } else { "not opened" };
                return vec![format!("{payloads} sealed, {opened} with the keys there are")];
            }
        };
        let mut notes = vec![format!("events: {}", names(events))];
        if let Some(lib) = events.iter().find_map(|event| event["lib"].as_object()) {
            let part = |name: &str| lib.get(name).map(plain).unwrap_or_default();
            notes.push(format!("client: {} {}", part("$lib"), part("$lib_version")));
        }
        notes.extend(events.iter().find_map(known_by));
        if events.iter().any(|event| event["original_id"].is_string()) {
            notes.push("original_id ties the id from before the sign-in to the account".to_owned());
        }
        notes
    }
}

impl Content {
    fn of(json: &Value) -> Option<Self> {
        let items = match json {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let sealed = |item: &Value| {
            (item["ekey"].is_string() && item["payloads"].is_array())
                || (!item["key_id"].is_null() && item["payload"].is_string())
        };
        let event = |item: &Value| !item["distinct_id"].is_null() && item["type"].is_string();
        match items {
            [first, ..] if items.iter().all(sealed) => Some(Self::Sealed {
                payloads: items.iter().map(|item| item["payloads"].as_array().map_or(1, Vec::len)).sum(),
                named_key: first["payload"].is_string(),
            }),
            [_, ..] if items.iter().all(event) => Some(Self::Events(items.to_vec())),
            _ => None,
        }
    }
}

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

/// Names of events with how often each occurs; of profiles and items the type.
fn names(events: &[Value]) -> String {
    const MOST: usize = 12;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for event in events {
        let name = if event["event"].is_string() { &event["event"] } else { &event["type"] };
        *counts.entry(plain(name)).or_default() += 1;
    }
    let more = counts.len().saturating_sub(MOST);
    let shown = counts.into_iter().take(MOST).map(|(name, count)| match count {
        1 => name,
        _ => format!("{name} × {count}"),
    });
    let mut shown: Vec<String> = shown.collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

/// What the person is known by: which other id of the event the `distinct_id` is the same as.
fn known_by(event: &Value) -> Option<String> {
    let id = event["distinct_id"].as_str()?;
    let is = |value: &Value| value.as_str() == Some(id);
    let identities = &event["identities"];
    // Web clients have no device number: what they send as $device_id is an id of their own.
    let android = event["lib"]["$lib"] == "Android";
    let what = if is(&event["login_id"]) || is(&identities["$identity_login_id"]) {
        "the account (login_id)"
    } else if is(&identities["$identity_android_id"]) || (android && is(&event["properties"]["$device_id"])) {
        "the phone (ANDROID_ID)"
    } else if is(&event["anonymous_id"]) || is(&identities["$identity_cookie_id"]) {
        "an id that the client made (anonymous_id)"
    } else if is(&event["properties"]["$device_id"]) {
        "what the client calls the device ($device_id)"
    } else {
        return None;
    };
    Some(format!("the user is known by {what}"))
}

/// Java's `String.hashCode` of ASCII text.
fn java_hash(text: &[u8]) -> i32 {
    text.iter().fold(0, |hash: i32, &byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
}
