//! Sealed events (`gzip` 9) and sealed transport (13), opened with the specimen's own key.
//!
//! As the Android sender does it: `ekey` is the 16-byte AES key under RSA with PKCS#1 v1.5 padding, a payload is the IV
//! and AES-128-CBC with PKCS#5 padding over gzipped JSON: of one event (9) or of the whole batch (13). What was sealed
//! for another key stays sealed and is stored so: a receiver without the key learns who sent how much, and when.

use super::Refusal;
use super::sensors::{MAX_EVENTS, MAX_INFLATED, parse, unzip};
use crate::emitter::sealed::opened_envelope;
use aes::Aes128;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use serde_json::Value;
use tattletale_core::codec::base64;

/// All events in there as one array; none if they were sealed for somebody else.
pub(super) fn open(value: &Value) -> Result<Option<Value>, Refusal> {
    let envelopes = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    if envelopes.len() > MAX_EVENTS {
        return Err(Refusal::Large("more envelopes than any sender puts into a request"));
    }
    let mut events = Vec::new();
    let mut unfolded = 0;
    for envelope in envelopes {
        let text = |name| envelope.get(name).and_then(Value::as_str);
        if text("ekey").is_none() && text("payload").is_none() {
            return Err(Refusal::Bad("an envelope without ekey or payload"));
        }
        let sealed_key = text("ekey").and_then(|ekey| base64::decode(ekey.as_bytes()));
        let Some(aes) = sealed_key.and_then(|sealed| opened_envelope(&sealed)) else { return Ok(None) };
        let payloads = match envelope.get("payloads") {
            Some(Value::Array(payloads)) => &payloads[..],
            _ => envelope.get("payload").map(std::slice::from_ref).unwrap_or_default(),
        };
        for payload in payloads {
            let bytes = payload.as_str().and_then(|payload| base64::decode(payload.as_bytes()));
            let plain = bytes.and_then(|bytes| decrypt(&aes, &bytes)).ok_or(Refusal::Bad("a payload does not open"))?;
            let json = if plain.starts_with(&[0x1f, 0x8b]) { unzip(&plain)? } else { plain };
            unfolded += json.len();
            if unfolded > MAX_INFLATED || events.len() > MAX_EVENTS {
                return Err(Refusal::Large("it unfolds to more than any sender makes"));
            }
            match parse(&json)? {
                Value::Array(batch) => events.extend(batch),
                event => events.push(event),
            }
        }
    }
    Ok(Some(Value::Array(events)))
}

fn decrypt(key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    let (iv, sealed) = bytes.split_at_checked(16)?;
    cbc::Decryptor::<Aes128>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(sealed).ok()
}
