//! The ways to write one value that no list of texts could hold: digits without what stands between them, the bytes
//! that they stand for, a number of degrees, pieces.

use super::normal;
use crate::detect::chance;
use crate::model::url;

/// Fewer letters and digits than this are too common once what stands between them is gone.
pub(super) const SHORTEST: usize = 7;

/// Pieces of an address that stand alone must say this much: a bare host or `/` never does.
const TELLING: f64 = 20.0;

/// Another way in which a value may be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Notation {
    Squeezed(Vec<u8>),
    Raw(Vec<u8>),
    Coordinate { degrees: f64, decimals: i32 },
    Split { pieces: Vec<String>, bits: f64 },
}

impl Notation {
    /// All notations of a value; many have none but their own.
    pub(super) fn all(kind: &str, text: &str) -> Vec<Self> {
        let mut all = Vec::new();
        match kind {
            "latitude" | "longitude" => all.extend(Self::coordinate(text)),
            "phone" => all.extend(normal::forms(kind, text).iter().filter_map(|form| Self::squeezed(form))),
            "imei" => Self::add_imei(text, &mut all),
            "mac" | "bssid" | "uuid" | "advertising-id" | "android-id" => Self::add_hex(text, &mut all),
            "imsi" | "iccid" | "card" | "iban" | "serial" => all.extend(Self::squeezed(text)),
            "person-name" => {
                let words: Vec<&str> = text.split_whitespace().collect();
                if let [first, .., last] = words.as_slice() {
                    all.push(Self::split(&[first, last]));
                }
            }
            "email" => {
                if let Some((local, domain)) = text.split_once('@').filter(|(local, _)| chance::bits(local) >= TELLING)
                {
                    all.push(Self::split(&[local, domain]));
                }
            }
            _ if text.contains("://") => Self::add_address(text, &mut all),
            _ => {}
        }
        all
    }

    fn squeezed(text: &str) -> Option<Self> {
        let key = squeezed(text.as_bytes());
        (key.len() >= SHORTEST).then_some(Self::Squeezed(key))
    }

    /// With and without the check digit, and with the two digits of the software's version in its place.
    fn add_imei(text: &str, all: &mut Vec<Self>) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        all.extend(Self::squeezed(&digits));
        if let Some(body) = digits.get(..14) {
            all.extend(Self::squeezed(body));
            let check =
                (0..10).map(|digit| format!("{body}{digit}")).find(|number| crate::detect::personal::luhn(number));
            all.extend(check.and_then(|number| Self::squeezed(&number)));
        }
    }

    fn add_hex(text: &str, all: &mut Vec<Self>) {
        all.extend(Self::squeezed(text));
        let digits: Vec<u8> = text.bytes().filter_map(url::hex_digit).collect();
        let bytes: Vec<u8> = digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
        if let Some(number) = bytes.first_chunk::<6>().filter(|_| bytes.len() == 6) {
            let number = number.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
            all.extend(Self::squeezed(&number.to_string()));
        }
        if matches!(bytes.len(), 6 | 8 | 16) && digits.len().is_multiple_of(2) {
            all.push(Self::Raw(bytes));
        }
    }

    fn coordinate(text: &str) -> Option<Self> {
        let degrees = text.parse::<f64>().ok().filter(|degrees| degrees.abs() <= 180.0)?;
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
        Some(Self::Coordinate { degrees, decimals })
    }

    /// Host and path, or host, path and query, each in a field of its own.
    fn add_address(text: &str, all: &mut Vec<Self>) {
        let parts = url::Parts::of(text);
        let (host, path) = (parts.host(), parts.path.trim_end_matches('/'));
        let decoded = |text: &str| String::from_utf8_lossy(&url::percent_decode(text.as_bytes(), true)).into_owned();
        let behind = if parts.query.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.query) };
        if host.is_empty() || chance::bits(&behind) < TELLING {
            return;
        }
        all.push(Self::split(&[&host, &behind]));
        if decoded(&behind) != behind {
            all.push(Self::split(&[&host, &decoded(&behind)]));
        }
        if !parts.query.is_empty() && !path.is_empty() {
            all.push(Self::split(&[&host, path, parts.query]));
        }
    }

    fn split(pieces: &[&str]) -> Self {
        let bits = pieces.iter().map(|piece| chance::bits(piece)).sum();
        Self::Split { pieces: pieces.iter().map(|piece| bare(piece)).collect(), bits }
    }
}

/// Letters and digits alone, small.
pub(super) fn squeezed(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
}

/// Small letters, without what addresses lose: scheme, slash at the end, question mark in front.
pub(super) fn bare(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
    text.trim_start_matches('?').trim_end_matches('/').to_owned()
}
