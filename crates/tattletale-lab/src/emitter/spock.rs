//! The second channel: what the system's own analytics service sends to `track/spock`.
//!
//! Source: a decompiled listing of an older `com.miui.analytics` in a public repository. A form with `value`, `ts`,
//! `nonce`, `sign` and `gzip`. The value is URL-safe base64 of JSON `{"H": device header, "B": [{"H": .., "B": ..}]}`;
//! a header of an event leaves out every key that equals the outer one. How `sign` is made and whether `gzip` is a
//! parameter or a header the listing does not settle: here sign is random and gzip a parameter. Names of events and
//! of what they carry are ours.

use super::event::Event;
use super::sensors::{component, gzip};
use crate::clock::ModelTime;
use crate::device::Device;
use crate::seeded::Seeded;
use serde_json::{Map, Value, json};

/// Longer JSON (in characters) is compressed if that pays.
pub const COMPRESS_OVER: usize = 100_000;

/// It pays when this many per cent or more are saved, so that less than 30 % is left.
pub const COMPRESS_BELOW_PERCENT: usize = 30;

/// The outer header: keys as in the listing. MAC and IMEI (`a`, `b`) are sent if forced or without advertising id.
pub fn device_header(device: &Device, hardware_ids: bool, now: ModelTime) -> Map<String, Value> {
    let model = device.model;
    let mut header = super::event::properties(json!({
        "m": model.sold_as, "h": model.android, "x": model.miui, "o": model.code_name, "e": model.code_name,
        "cv": "1.0.0", "l": device.language, "r": device.region, "y": 1, "p": "com.miui.analytics",
        "g": device.advertising_id, "n": "WIFI", "st": now.0,
    }));
    if hardware_ids {
        header.insert("a".into(), device.mac.as_str().into());
        header.insert("b".into(), device.imei.as_str().into());
    }
    header
}

/// The JSON of one request. Every event is written with the whole header and then thinned against the outer one.
pub fn document(outer: &Map<String, Value>, events: &[&Event], first: usize) -> Value {
    let written = events.iter().enumerate().map(|(number, event)| {
        let mut header = outer.clone();
        let own = json!({ "c": "usage", "k": event.name, "et": event.time.0, "q": first + number });
        header.extend(super::event::properties(own));
        json!({ "H": thinned(header, outer), "B": event.properties })
    });
    let written: Vec<Value> = written.collect();
    json!({ "H": outer, "B": written })
}

fn thinned(header: Map<String, Value>, outer: &Map<String, Value>) -> Map<String, Value> {
    header.into_iter().filter(|(key, value)| outer.get(key) != Some(value)).collect()
}

/// The form around a document.
pub fn form(document: &Value, now: ModelTime, seeded: &mut Seeded) -> String {
    let text = document.to_string();
    let compressed = if text.chars().count() > COMPRESS_OVER { gzip(text.as_bytes()) } else { Vec::new() };
    let pays = !compressed.is_empty() && compressed.len() * 100 < text.len() * COMPRESS_BELOW_PERCENT;
    let bytes = if pays { &compressed } else { text.as_bytes() };
    let value = base64_simd::URL_SAFE.encode_to_string(bytes);
    let (nonce, sign) = (seeded.hex(16), seeded.hex(40));
    let gzip = u8::from(pays);
    format!("value={}&ts={}&nonce={nonce}&sign={sign}&gzip={gzip}", component(&value), now.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::MODELS;
    use crate::emitter::opened::opened;
    use crate::wire::Outgoing;

    fn event(name: &'static str, text: &str) -> Event {
        Event {
            time: ModelTime(5),
            kind: "track",
            name,
            distinct_id: String::new(),
            original_id: None,
            properties: super::super::event::properties(json!({ "path": text })),
            about: None,
            mode: None,
        }
    }

    fn sent(document: &Value) -> (String, Vec<Value>) {
        let form = form(document, ModelTime(7), &mut Seeded::new(1, "spock"));
        let body = form.clone().into_bytes();
        let url = "https://russia-collector.localhost/track/spock".into();
        (form, opened(&Outgoing { method: "POST", url, headers: Vec::new(), body }))
    }

    #[test]
    fn headers_merge_back() {
        let device = Device::generate(&MODELS[0], 1);
        let outer = device_header(&device, true, ModelTime(3));
        let events = [event("folder_open", "/a"), event("folder_open", "/b")];
        let document = document(&outer, &[&events[0], &events[1]], 10);
        let (form, opened) = sent(&document);
        assert!(form.contains("&gzip=0"));
        assert_eq!(opened, std::slice::from_ref(&document));
        for (number, written) in document["B"].as_array().unwrap().iter().enumerate() {
            let own = written["H"].as_object().unwrap();
            assert!(own.keys().all(|key| !outer.contains_key(key)), "{own:?}");
            let mut merged = outer.clone();
            merged.extend(own.clone());
            assert_eq!(merged["b"], device.imei.as_str());
            assert_eq!((&merged["q"], &merged["k"]), (&json!(10 + number), &json!("folder_open")));
        }
        assert!(device_header(&device, false, ModelTime(3)).get("b").is_none());
    }

    #[test]
    fn only_what_is_long_and_dull_is_compressed() {
        let outer = Map::new();
        let dull = document(&outer, &[&event("usage", &"ab".repeat(60_000))], 0);
        let mut seeded = Seeded::new(1, "noise");
        let noise = document(&outer, &[&event("usage", &seeded.hex(120_000))], 0);
        for (document, mark) in [(dull, "&gzip=1"), (noise, "&gzip=0")] {
            let (form, opened) = sent(&document);
            assert!(form.ends_with(mark));
            assert_eq!(opened, [document]);
        }
    }
}
