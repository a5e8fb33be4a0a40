//! Two transports that were reported, in every form that their clients send, opened by the general decoder alone.
//!
//! Sensors Analytics: form and query, one event or a batch, gzipped or not, with or without checksum, payloads of any
//! length (so that padding and its percent-encoding take every shape). MIUI's `track/spock`: base64 for URLs. There is
//! no adapter for either: what opens them here opens whatever else is built of the same layers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "the encoders serve several tests")]
mod encoders;

use encoders::{DISGUISES, base64};
use tattletale_core::decode::{Hint, Limits};
use tattletale_core::detect::{Places, Planted, look};
use tattletale_core::model::{GroundTruth, Value};

const TERM: &str = "ból głowy 7f3a91";

/// One way of sending.
struct Form {
    name: &'static str,
    hint: Hint<'static>,
    /// Layers from the part down to the value.
    layers: &'static [&'static str],
    send: fn(&str) -> Vec<u8>,
}

fn gzip(text: &str) -> Vec<u8> {
    (DISGUISES.iter().find(|disguise| disguise.name == "gzip").unwrap().encode)(text.as_bytes())
}

fn percent(text: &[u8]) -> String {
    text.iter().fold(String::new(), |out, &byte| match byte.is_ascii_alphanumeric() {
        true => out + &char::from(byte).to_string(),
        false => out + &format!("%{byte:02X}"),
    })
}

/// Java's `String.hashCode`, which the clients send as `crc`.
fn crc(text: &[u8]) -> i32 {
    text.iter().fold(0i32, |hash, &byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
}

fn ext(data: &[u8]) -> String {
    percent(format!("crc={}", crc(data)).as_bytes())
}

/// As Python's `json` writes what is not ASCII.
fn ascii(json: &str) -> String {
    json.encode_utf16().fold(String::new(), |out, unit| match u8::try_from(unit) {
        Ok(byte) if byte < 0x80 => out + &char::from(byte).to_string(),
        _ => out + &format!("\\u{unit:04x}"),
    })
}

const QUERY: Hint<'static> = Hint { media_type: None, content_encoding: None, query: true };
const FORM: Hint<'static> =
    Hint { media_type: Some("application/x-www-form-urlencoded"), content_encoding: None, query: false };
const TEXT: Hint<'static> = Hint { media_type: Some("text/plain"), content_encoding: None, query: false };

const FORMS: &[Form] = &[
    Form {
        name: "Android",
        hint: FORM,
        layers: &["form", "base64", "gzip", "json"],
        send: |event| {
            let data = base64(&gzip(&format!("[{event}]")));
            format!("crc={}&gzip=1&data_list={}", crc(&data), percent(&data)).into_bytes()
        },
    },
    Form {
        name: "JavaScript, image",
        hint: QUERY,
        layers: &["form", "base64", "json"],
        send: |event| {
            let data = base64(event.as_bytes());
            format!("project=a&data={}&ext={}", percent(&data), ext(&data)).into_bytes()
        },
    },
    Form {
        name: "JavaScript, ajax",
        hint: FORM,
        layers: &["form", "base64", "json"],
        send: |event| {
            let data = base64(event.as_bytes());
            format!("data={}&ext={}", percent(&data), ext(&data)).into_bytes()
        },
    },
    Form {
        name: "JavaScript, beacon",
        hint: TEXT,
        layers: &["form", "base64", "json"],
        send: |event| {
            let data = base64(event.as_bytes());
            format!("data={}&ext={}", percent(&data), ext(&data)).into_bytes()
        },
    },
    Form {
        name: "JavaScript, batch",
        hint: FORM,
        layers: &["form", "base64", "json"],
        send: |event| format!("data_list={}", percent(&base64(format!("[{event},{event}]").as_bytes()))).into_bytes(),
    },
    Form {
        name: "Python, one",
        hint: FORM,
        layers: &["form", "base64", "gzip", "json"],
        send: |event| format!("data={}&gzip=1", percent(&base64(&gzip(&ascii(event))))).into_bytes(),
    },
    Form {
        name: "Python and Node, batch",
        hint: FORM,
        layers: &["form", "base64", "gzip", "json"],
        send: |event| {
            format!("gzip=1&data_list={}", percent(&base64(&gzip(&ascii(&format!("[{event}]")))))).into_bytes()
        },
    },
    Form {
        name: "padding not escaped",
        hint: Hint { media_type: None, content_encoding: None, query: false },
        layers: &["form", "base64", "json"],
        send: |event| [b"gzip=0&data=".to_vec(), base64(event.as_bytes())].concat(),
    },
    Form {
        name: "MIUI spock",
        hint: FORM,
        layers: &["form", "base64", "json"],
        send: |event| {
            let value = String::from_utf8(base64(
                format!("{{\"H\":{{\"m\":\"Redmi\"}},\"B\":[{{\"H\":{{}},\"B\":{event}}}]}}").as_bytes(),
            ))
            .unwrap();
            format!("value={}&ts=1700000000&nonce=7&sign=abc&gzip=0", value.replace('+', "-").replace('/', "_"))
                .into_bytes()
        },
    },
];

#[test]
fn every_form_at_every_length() {
    let value = Value { name: "term".into(), kind: "search", value: TERM.into() };
    let planted = Planted::new(&GroundTruth { values: vec![value], ..GroundTruth::default() });
    let mut wrong = Vec::new();
    for form in FORMS {
        for length in 0..120 {
            let event = format!(
                "{{\"event\":\"search\",\"properties\":{{\"search_word\":\"{TERM}\",\"pad\":\"{}\"}}}}",
                "x".repeat(length)
            );
            let bytes = (form.send)(&event);
            let (seen, walked) = look(&planted, &bytes, form.hint, &Limits::default(), &mut Places::default());
            let found =
                seen.sightings.first().map(|sighting| sighting.path.iter().map(|step| step.layer).collect::<Vec<_>>());
            if found.as_deref() != Some(form.layers) || !walked.faults.is_empty() {
                wrong.push(format!("{} with {length}: {found:?} {:?}", form.name, walked.faults));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
