//! MIUI's own analytics, the second channel of the reported case: `track/spock`.
//!
//! Source: a decompiled listing of an older `com.miui.analytics` in a public repository. A form with `value`, `ts`,
//! `nonce` and `sign`; the value is base64 for URLs of JSON `{"H": header, "B": [{"H": header, "B": event}]}`, gzipped
//! when that pays. The header of an event leaves out what equals the outer one, so an event alone does not say whose
//! it is: the notes tell each with its header whole.

use super::{Check, Document, Meaning, Transport, Unfolded, field, plain, quoted, text};
use crate::decode::Tree;
use crate::model::{Exchange, Part};
use serde_json::{Map, Value};

pub(super) struct Spock;

/// Events that are told one by one.
const MOST_EVENTS: usize = 8;

/// What the letters of a header stand for, as far as the listing shows.
const WORDS: [(&str, &str); 17] = [
    ("m", "model"),
    ("h", "build"),
    ("x", "build"),
    ("d", "build"),
    ("o", "product"),
    ("e", "device"),
    ("cv", "version of the client"),
    ("l", "locale"),
    ("r", "region"),
    ("y", "international"),
    ("p", "package"),
    ("g", "advertising id"),
    ("n", "network"),
    ("a", "MAC"),
    ("b", "IMEI"),
    ("k", "name of the event"),
    ("et", "time of the event"),
];

impl Transport for Spock {
    fn name(&self) -> &'static str {
        "MIUI track/spock"
    }

    fn about(&self) -> &'static str {
        "Events of MIUI's system analytics: the header of each event is told whole, with what it leaves to the outer one."
    }

    fn recognise(&self, _: &Exchange, parts: &[Unfolded]) -> Option<Meaning> {
        let form = &parts.iter().find(|part| part.part == Part::Body)?.tree;
        let document = Document::below(field(form, "value")?)?;
        let outer = document.json["H"].as_object()?;
        let events = document.json["B"].as_array()?;
        let headers: Vec<&Map<String, Value>> =
            events.iter().map(|event| event["H"].as_object()).collect::<Option<_>>()?;
        let mut checks = vec![thinned(outer, &headers)];
        checks.extend(code(form, &document));
        if field(form, "sign").is_some() {
            checks.push(Check::unknown("signature", "how sign is made was not reported"));
        }
        let mut notes: Vec<String> = headers
            .iter()
            .take(MOST_EVENTS)
            .enumerate()
            .map(|(number, own)| format!("event {number}: {}", told(&merged(outer, own))))
            .collect();
        if headers.len() > MOST_EVENTS {
            notes.push(format!("{} events more", headers.len() - MOST_EVENTS));
        }
        let form = if document.is_gzipped() { "batch, gzipped" } else { "batch" };
        Some(Meaning { name: self.name(), form, checks, notes })
    }
}

/// An event's header, whole: its own word goes before the outer one.
fn merged(outer: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    outer.iter().chain(own).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn told(header: &Map<String, Value>) -> String {
    const MOST: usize = 32;
    let word = |key: &str| WORDS.iter().find(|(letter, _)| *letter == key).map(|(_, word)| format!(" ({word})"));
    let told = header
        .iter()
        .take(MOST)
        .map(|(key, value)| format!("{}{} {}", quoted(key), word(key).unwrap_or_default(), plain(value)));
    told.collect::<Vec<_>>().join(", ")
}

fn thinned(outer: &Map<String, Value>, headers: &[&Map<String, Value>]) -> Check {
    const WHAT: &str = "headers of events";
    let repeated = headers.iter().filter(|own| own.iter().any(|(key, value)| outer.get(key) == Some(value))).count();
    match repeated {
        0 => Check::new(WHAT, true, format!("{} leave out all that equals the outer one", headers.len())),
        _ => Check::new(WHAT, false, format!("{repeated} of {} repeat what the outer one says", headers.len())),
    }
}

/// The listing does not settle whether the code is a field or a header: it is held against the value where it is one.
fn code(form: &Tree, document: &Document<'_>) -> Option<Check> {
    const WHAT: &str = "gzip code";
    let code = text(form, "gzip")?;
    let why = format!("{}, and there is {}", quoted(code), document.way());
    Some(match code {
        "0" | "1" => Check::new(WHAT, document.is_gzipped() == (code == "1"), why),
        _ => Check::unknown(WHAT, why),
    })
}
