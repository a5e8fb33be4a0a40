//! The wire forms, made independently of the lab's own emitters, from the SDKs' sources.

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::io::Write;

pub(crate) fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Everything but letters and digits.
pub(crate) fn percent(text: &str) -> String {
    let encode = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() => (byte as char).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

pub(crate) fn hash_code(text: &str) -> i32 {
    text.bytes().fold(0i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
}

pub(crate) fn event(id: &str, number: i64) -> Value {
    json!({
        "_track_id": number, "time": 1_588_200_000_000i64 + number, "type": "track", "event": "page_load_event_start",
        "distinct_id": id, "lib": { "$lib": "Android" },
        "properties": { "url": format!("https://clinic.localhost/ż?n={number}"), "uuid": id },
    })
}

/// sa-sdk-android 3.2.10.
pub(crate) fn android(events: &[Value]) -> String {
    let value = base64(&gzip(Value::from(events).to_string().as_bytes()));
    format!("crc={}&gzip=1&data_list={}", hash_code(&value), percent(&value))
}

/// sa-sdk-javascript: image, ajax and beacon send the same string.
pub(crate) fn web(event: &Value) -> String {
    let value = base64(event.to_string().as_bytes());
    format!("data={}&ext={}", percent(&value), percent(&format!("crc={}", hash_code(&value))))
}
