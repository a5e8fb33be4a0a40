//! The forms in which Sensors Analytics clients send events.
//!
//! Sources: sa-sdk-android 3.2.10 for the Android batch, captures of sa-sdk-javascript 1.15.5 and 1.26.16 for those
//! of web pages (`tests/real/browser-sa2020-image`, `browser-sa2024-batch`). The functions here are pure: JSON in,
//! the text of a form out.

use super::event::Event;
use crate::clock::ModelTime;
use flate2::{Compression, write::GzEncoder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::io::Write;

/// What neither `Uri.encode` (Android) nor `encodeURIComponent` (ECMA-262) leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Percent-encodes text for a query or a form.
pub fn component(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Java's `String.hashCode` of ASCII text: `h = 31 h + c`, signed 32 bits, wrapping.
pub fn java_hash(ascii: &str) -> i32 {
    ascii.bytes().fold(0i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
}

/// gzip, at the default level.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory has no way to fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// Base64 with the standard alphabet and padding.
pub fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

/// Body of the Android client: `crc=<int>&gzip=1&data_list=<value>` with the value = base64(gzip(JSON array)).
pub fn android_batch(events: &[Value]) -> String {
    let value = base64(&gzip(Value::from(events).to_string().as_bytes()));
    android_form("1", &value)
}

/// Body of the Android client around a value that is encoded already; `code` as in `gzip=<code>`.
pub fn android_form(code: &str, value: &str) -> String {
    format!("crc={}&gzip={code}&data_list={}", java_hash(value), component(value))
}

/// One event as web pages send it: `data=<value>&ext=crc%3D<int>`; behind the query of an image, or as a body.
pub fn web_single(event: &Value) -> String {
    let value = base64(event.to_string().as_bytes());
    format!("data={}&ext={}", component(&value), component(&format!("crc={}", java_hash(&value))))
}

/// Several events as web pages send them: `data_list=<value>`, no gzip, no checksum.
pub fn web_batch(events: &[Value]) -> String {
    format!("data_list={}", component(&base64(Value::from(events).to_string().as_bytes())))
}

/// The event as the Android client writes it at `flushed`.
pub fn android_event(event: &Event, app_version: &str, flushed: ModelTime) -> Value {
    let mut written = json!({
        "_track_id": track_id(event),
        "time": event.time.0,
        "type": event.kind,
        "event": event.name,
        "distinct_id": event.distinct_id,
        "lib": {
            "$lib": "Android", "$lib_version": ANDROID_VERSION, "$app_version": app_version, "$lib_method": "code",
            "$lib_detail": "com.sensorsdata.analytics.android.sdk.SensorsDataAPI##track##SensorsDataAPI.java##1",
        },
        "properties": event.properties,
        "_flush_time": flushed.0,
    });
    if let Some(original) = &event.original_id {
        written["original_id"] = original.as_str().into();
    }
    written
}

/// The event as a web page's client writes it: 1.15.5 for single events, 1.26.16 for batches.
pub fn web_event(event: &Event, anonymous_id: &str, flushed: Option<ModelTime>) -> Value {
    let version = if flushed.is_some() { "1.26.16" } else { "1.15.5" };
    let mut written = json!({
        "distinct_id": event.distinct_id,
        "lib": { "$lib": "js", "$lib_method": "code", "$lib_version": version },
        "properties": event.properties,
        "anonymous_id": anonymous_id,
        "type": event.kind,
        "event": event.name,
        "_track_id": track_id(event),
    });
    if event.distinct_id != anonymous_id {
        written["login_id"] = event.distinct_id.as_str().into();
    }
    if let Some(flushed) = flushed {
        written["identities"] = json!({ "$identity_cookie_id": anonymous_id, "$identity_anonymous_id": anonymous_id });
        written["time"] = event.time.0.into();
        written["_flush_time"] = flushed.0.into();
    }
    written
}

/// Version of the Android client of that time.
pub const ANDROID_VERSION: &str = "3.2.10";

/// A number that a receiver uses to drop repeats: the same for every try to send the same event.
fn track_id(event: &Event) -> u32 {
    let text = format!("{}{}{}", event.name, event.time.0, event.distinct_id);
    text.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_as_java_computes_it() {
        assert_eq!(java_hash(""), 0);
        assert_eq!(java_hash("hello"), 99_162_322);
        assert_eq!(java_hash("polygenelubricants"), i32::MIN);
    }

    #[test]
    fn components() {
        assert_eq!(component("a+/=b {\"ó"), "a%2B%2F%3Db%20%7B%22%C3%B3");
        assert_eq!(component("A-_.!~*'()9"), "A-_.!~*'()9");
    }
}
