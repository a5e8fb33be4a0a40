//! Encrypted forms: what the `sealed` variant sends, and no other.
//!
//! From sa-sdk-android (HEAD): `gzip=9` seals every event, `gzip=13` a whole batch. The value is a JSON array of
//! `{"ekey", "pkv", "payloads", "flush_time"}` and stands in the form without outer gzip and base64. A payload is
//! base64(IV ‖ AES-128-CBC-PKCS5(gzip(JSON))), `ekey` the base64 of the AES key in an RSA envelope (PKCS#1 v1.5).
//!
//! The receiver's key pair is part of the specimen and published here: it protects nothing. It lets the lab's own
//! collector read what an audit cannot. RSA is two lines over a big-number crate because the `rsa` crate of today
//! carries an open advisory (timing of decryption, RUSTSEC-2023-0071) and much that a specimen has no use for.

use super::sensors::{base64, gzip};
use crate::clock::ModelTime;
use crate::seeded::Seeded;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use num_bigint::BigUint;
use serde_json::{Value, json};
use tattletale_core::codec::inflate::{Framing, inflate};

/// How much one payload holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// `gzip=9`: one event a payload.
    Event,
    /// `gzip=13`: the whole batch in one payload.
    Batch,
}

impl Code {
    /// As in `gzip=<code>`.
    pub fn number(self) -> &'static str {
        match self {
            Self::Event => "9",
            Self::Batch => "13",
        }
    }
}

/// Version of the public key, as in `pkv`.
const KEY_VERSION: u32 = 1;

/// Largest inflated payload that [`open`] makes.
const LARGEST: usize = 16 << 20;

/// Seals events for the receiver: the value of `data_list`.
pub fn seal(code: Code, events: &[Value], flushed: ModelTime, seeded: &mut Seeded) -> String {
    let key: [u8; 16] = seeded.bytes();
    let mut payload = |json: String| {
        let iv: [u8; 16] = seeded.bytes();
        let cipher = cbc::Encryptor::<aes::Aes128>::new(&key.into(), &iv.into());
        let sealed = cipher.encrypt_padded_vec::<Pkcs7>(&gzip(json.as_bytes()));
        base64(&[&iv[..], &sealed].concat())
    };
    let payloads: Vec<String> = match code {
        Code::Event => events.iter().map(|event| payload(event.to_string())).collect(),
        Code::Batch => vec![payload(Value::from(events).to_string())],
    };
    let envelope = base64(&enveloped(&key, seeded));
    json!([{ "ekey": envelope, "pkv": KEY_VERSION, "payloads": payloads, "flush_time": flushed.0 }]).to_string()
}

/// Opens what [`seal`] made, with the specimen's private key; none when it is anything else.
pub fn open(value: &str) -> Option<Vec<Value>> {
    let mut events = Vec::new();
    for sealed in serde_json::from_str::<Value>(value).ok()?.as_array()? {
        let decode = |text: &Value| base64_simd::STANDARD.decode_to_vec(text.as_str()?).ok();
        let key = opened_envelope(&decode(&sealed["ekey"])?)?;
        for payload in sealed["payloads"].as_array()? {
            let bytes = decode(payload)?;
            let (iv, body) = bytes.split_first_chunk::<16>()?;
            let cipher = cbc::Decryptor::<aes::Aes128>::new(&key.into(), &(*iv).into());
            let zipped = cipher.decrypt_padded_vec::<Pkcs7>(body).ok()?;
            let mut json = Vec::new();
            inflate(Framing::Gzip, &zipped, &mut json, LARGEST);
            match serde_json::from_slice(&json).ok()? {
                Value::Array(batch) => events.extend(batch),
                event => events.push(event),
            }
        }
    }
    Some(events)
}

/// RSAES-PKCS1-v1_5 (RFC 8017, 7.2.1): 00 02, padding without zeros, 00, message; then to the public power.
fn enveloped(key: &[u8; 16], seeded: &mut Seeded) -> Vec<u8> {
    let mut block = vec![0, 2];
    block.extend((0..KEY_BYTES - 3 - key.len()).map(|_| 1 + seeded.below(255) as u8));
    block.push(0);
    block.extend(key);
    let sealed = BigUint::from_bytes_be(&block).modpow(&BigUint::from(65_537u32), &number(MODULUS)).to_bytes_be();
    [vec![0; KEY_BYTES - sealed.len()], sealed].concat()
}

pub(crate) fn opened_envelope(sealed: &[u8]) -> Option<[u8; 16]> {
    let block = BigUint::from_bytes_be(sealed).modpow(&number(PRIVATE_EXPONENT), &number(MODULUS)).to_bytes_be();
    // The leading zero is gone with the number.
    let padding = block.strip_prefix(&[2])?;
    let message = &padding[padding.iter().position(|&byte| byte == 0)? + 1..];
    message.try_into().ok()
}

/// The private key as a file for `tattletale audit --keys`.
pub fn key_file() -> String {
    format!(
        "[[key]]\nname = \"specimen\"\nkind = \"rsa-private\"\nmodulus = \"{MODULUS}\"\nexponent = \"0{PRIVATE_EXPONENT}\"\n"
    )
}

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap_or_default()
}

/// Bytes of the modulus: 2048 bits.
const KEY_BYTES: usize = 256;

const MODULUS: &str = "\
    bae8cdb8ccb13174ca7143074accf40398549cc6f32ef62f121948d12439d9179e3c059037f0965801a8c4688caefcd1ea12\
    66468a3b9b4ac3a757e930f3f808e6acff35439fb27f76ecee3820aa811eb9b54eb814781bbe954909d61895b3bd8048a949\
    73ed98edf3802cda1a70754789739b7268c6884dbbf70c7a6068b6b1116e2416cc289701f2251175ada113b2253f8a465bd1\
    05218c6f765e5a8ece1097c8e1f05fd6241bc1c744b6ca043c8e2036d8ae431132aa09cd3092c7ba06c32ab63bbc78df9776\
    192a11fcc224fc80921ac2c21222491f32b1498369fca80f8e20066be848fabba43ee167465726527f67b0dc6cfbc214146a\
    d6b98eb60383";

/// Published on purpose, see above.
const PRIVATE_EXPONENT: &str = "\
    d78286c7307d3ee1186b4536009c163499a28b57cf73b3e2ccf8dfbfb0b2b80b46253ee4edc5e214276af376f92a407dbebe\
    e85e7d6a026ca4f12c541c605c507c69b6f9db61cf96ae5c121b757978d7cc9903e30c4c50f136d5b86f11247628123a6061\
    e936bec1344ff367525a48b540af4e950f14f07a1b8e323d08875f325daba7dbb1aa214ddbfb893178a4527e64acd911171c\
    3969cfae6f13c2d010447a26dd989d739c456bb7458656ac39b2e9213a823eb7a73049b90903e45b098816f9db63c85a3170\
    b6e3bac1815fd8ce995a40622ff52af1e039cb5e122a9314f0625f1e40bf1968f5556021fe2ac0807d05e93524cc5ee9db27\
    d8f91aeb24d";

#[cfg(test)]
mod tests {
    use super::*;

    /// An audit that has the private key reads what it could not read without.
    #[test]
    fn an_audit_with_the_key_finds_what_one_without_does_not() {
        use std::sync::Arc;
        use tattletale_core::decode::{Hint, Limits, keys};
        use tattletale_core::detect::{Places, Planted, look};
        use tattletale_core::model::{GroundTruth, Value as Planting};

        let mail = "zoe-7f3a1@mail.test";
        let events = [json!({ "event": "a", "properties": { "mail": mail } }), json!({ "event": "b", "again": mail })];
        let value = Planting { name: "mail".into(), kind: "email", value: mail.into() };
        let planted = Planted::new(&GroundTruth { values: vec![value], ..GroundTruth::default() });
        let keys = Arc::new(keys::parse(&key_file()).unwrap());
        for code in [Code::Event, Code::Batch] {
            let sealed = seal(code, &events, ModelTime(9), &mut Seeded::new(1, "seal"));
            let body = format!(
                "gzip={}&data_list={}",
                code.number(),
                percent_encoding::utf8_percent_encode(&sealed, percent_encoding::NON_ALPHANUMERIC)
            );
            let seen =
                |limits: &Limits| look(&planted, body.as_bytes(), Hint::default(), limits, &mut Places::default()).0;
            let found = seen(&Limits { keys: keys.clone(), ..Limits::default() });
            let ways: Vec<Vec<&str>> =
                found.sightings.iter().map(|s| s.path.iter().map(|step| step.layer).collect()).collect();
            assert_eq!(ways, [["form", "json", "base64", "aes-cbc", "gzip", "json"]; 2], "{code:?}");
            assert!(found.sightings.iter().all(|sighting| sighting.path[3].at.as_deref() == Some("specimen")));
            let without = seen(&Limits::default());
            assert!(without.sightings.is_empty() && !without.opaque.is_empty(), "{code:?}");
        }
    }

    #[test]
    fn opens_what_it_sealed() {
        let events = [json!({ "event": "a" }), json!({ "event": "ból", "n": 2 })];
        for (code, payloads) in [(Code::Event, 2), (Code::Batch, 1)] {
            let value = seal(code, &events, ModelTime(9), &mut Seeded::new(1, "seal"));
            let outer: Value = serde_json::from_str(&value).unwrap();
            let keys: Vec<&String> = outer[0].as_object().unwrap().keys().collect();
            assert_eq!(keys, ["ekey", "flush_time", "payloads", "pkv"]);
            assert_eq!(outer[0]["payloads"].as_array().unwrap().len(), payloads);
            assert!(!value.contains("event"));
            assert_eq!(open(&value).unwrap(), events);
        }
        assert_eq!(open("[{\"ekey\":\"AAAA\",\"payloads\":[]}]"), None);
        assert_eq!(open("x"), None);
    }
}
