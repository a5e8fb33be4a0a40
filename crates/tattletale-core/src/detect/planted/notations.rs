//! The same value written otherwise, where no list of texts could hold all ways: compared field by field.
//!
//! Numbers and addresses of devices lose what stands between their digits; coordinates are compared as numbers, as
//! exactly as they are written; what was split over several fields is known by its pieces, which [`super::super::beside`]
//! puts together. A map answers for all values at once, so the cost is one look-up a field.

use super::normal;
use crate::decode::Look;
use crate::detect::chance;
use crate::model::url;
use std::collections::HashMap;
use std::ops::Range;

/// Longest field that is compared, in bytes.
pub(in crate::detect) const LONGEST: usize = 256;

/// Fewer letters and digits than this are too common once what stands between them is gone.
const SHORTEST: usize = 7;

/// What a field may lose at its ends: a scheme, slashes, a question mark.
const LONGEST_TAKEN_OFF: usize = 10;

/// Pieces of an address that stand alone must say this much: a bare host or `/` never does.
const TELLING: f64 = 20.0;

/// What is known of the values, for comparison with fields. Patterns are told by their number.
#[derive(Default)]
pub(in crate::detect) struct Notations {
    /// Letters and digits alone, small.
    squeezed: HashMap<Vec<u8>, u32>,
    /// Addresses of devices and ids as they are in memory.
    raw: HashMap<Vec<u8>, u32>,
    coordinates: Vec<Coordinate>,
    pieces: HashMap<String, Vec<Piece>>,
    splits: Vec<Split>,
    /// By length: the first bytes that pieces have, in small letters, as bits.
    begin: Vec<[u128; 2]>,
}

#[derive(Debug, Clone, Copy)]
struct Coordinate {
    degrees: f64,
    decimals: i32,
    pattern: u32,
    latitude: bool,
}

/// A piece of a value that may stand in a field of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::detect) struct Piece {
    /// Which [`Split`].
    pub(in crate::detect) split: u32,
    /// Which piece of it.
    pub(in crate::detect) number: u8,
}

/// One way to cut a value into pieces.
#[derive(Debug, Clone, Copy)]
pub(in crate::detect) struct Split {
    pub(in crate::detect) pattern: u32,
    pub(in crate::detect) pieces: u8,
    /// Bits of surprise in all pieces together.
    pub(in crate::detect) bits: f64,
}

/// A value in another notation.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::detect) struct Alike {
    pub(in crate::detect) pattern: u32,
    pub(in crate::detect) range: Range<usize>,
    /// Bits of surprise, if not those of the whole value.
    pub(in crate::detect) bits: Option<f64>,
    /// For a coordinate, whether it is a latitude: two of them say more than one.
    pub(in crate::detect) latitude: Option<bool>,
}

impl Notations {
    /// Adds a value; false if there is no other notation for it. Its pattern is to be `pattern`.
    pub(super) fn add(&mut self, kind: &str, text: &str, pattern: u32) -> bool {
        let known = |own: &Self| (own.squeezed.len(), own.raw.len(), own.coordinates.len(), own.splits.len());
        let before = known(self);
        match kind {
            "latitude" | "longitude" => self.add_coordinate(text, kind == "latitude", pattern),
            "phone" => normal::forms(kind, text).iter().for_each(|form| self.add_squeezed(form, pattern)),
            "imei" => self.add_imei(text, pattern),
            "mac" | "bssid" | "uuid" | "advertising-id" | "android-id" => self.add_hex(text, pattern),
            "imsi" | "iccid" | "card" | "iban" | "serial" => self.add_squeezed(text, pattern),
            "person-name" => {
                let words: Vec<&str> = text.split_whitespace().collect();
                if let [first, .., last] = words.as_slice() {
                    self.add_split(&[first, last], pattern);
                }
            }
            "email" => {
                if let Some((local, domain)) = text.split_once('@').filter(|(local, _)| chance::bits(local) >= TELLING)
                {
                    self.add_split(&[local, domain], pattern);
                }
            }
            _ if text.contains("://") => self.add_address(text, pattern),
            _ => {}
        }
        known(self) != before
    }

    fn add_squeezed(&mut self, text: &str, pattern: u32) {
        let key = squeezed(text.as_bytes());
        if key.len() >= SHORTEST {
            self.squeezed.entry(key).or_insert(pattern);
        }
    }

    /// With and without the check digit, and with the two digits of the software's version in its place.
    fn add_imei(&mut self, text: &str, pattern: u32) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        self.add_squeezed(&digits, pattern);
        if let Some(body) = digits.get(..14) {
            self.add_squeezed(body, pattern);
            let check =
                (0..10).map(|digit| format!("{body}{digit}")).find(|number| crate::detect::personal::luhn(number));
            check.iter().for_each(|number| self.add_squeezed(number, pattern));
        }
    }

    fn add_hex(&mut self, text: &str, pattern: u32) {
        self.add_squeezed(text, pattern);
        let digits: Vec<u8> = text.bytes().filter_map(url::hex_digit).collect();
        let bytes: Vec<u8> = digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
        if let Some(number) = bytes.first_chunk::<6>().filter(|_| bytes.len() == 6) {
            let number = number.iter().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
            self.add_squeezed(&number.to_string(), pattern);
        }
        if matches!(bytes.len(), 6 | 8 | 16) && digits.len().is_multiple_of(2) {
            self.raw.entry(bytes).or_insert(pattern);
        }
    }

    fn add_coordinate(&mut self, text: &str, latitude: bool, pattern: u32) {
        let Some(degrees) = text.parse::<f64>().ok().filter(|degrees| degrees.abs() <= 180.0) else { return };
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
        self.coordinates.push(Coordinate { degrees, decimals, pattern, latitude });
    }

    /// Host and path, or host, path and query, each in a field of its own.
    fn add_address(&mut self, text: &str, pattern: u32) {
        let parts = url::Parts::of(text);
        let (host, path) = (parts.host(), parts.path.trim_end_matches('/'));
        let decoded = |text: &str| String::from_utf8_lossy(&url::percent_decode(text.as_bytes(), true)).into_owned();
        let behind = if parts.query.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.query) };
        if host.is_empty() || chance::bits(&behind) < TELLING {
            return;
        }
        self.add_split(&[&host, &behind], pattern);
        if decoded(&behind) != behind {
            self.add_split(&[&host, &decoded(&behind)], pattern);
        }
        if !parts.query.is_empty() && !path.is_empty() {
            self.add_split(&[&host, path, parts.query], pattern);
        }
    }

    fn add_split(&mut self, pieces: &[&str], pattern: u32) {
        let split = self.splits.len() as u32;
        let bits = pieces.iter().map(|piece| chance::bits(piece)).sum();
        self.splits.push(Split { pattern, pieces: pieces.len() as u8, bits });
        for (number, piece) in (0..).zip(pieces) {
            let piece = bare(piece);
            if self.begin.len() <= piece.len() {
                self.begin.resize(piece.len() + 1, [0; 2]);
            }
            let first = piece.bytes().next().unwrap_or_default();
            self.begin[piece.len()][usize::from(first >> 7)] |= 1 << (first & 127);
            self.pieces.entry(piece).or_default().push(Piece { split, number });
        }
    }

    /// To be called once, when everything was added.
    pub(super) fn seal(&mut self) {
        self.coordinates.sort_by(|a, b| a.degrees.total_cmp(&b.degrees));
    }

    /// One of the ways to cut a value.
    pub(in crate::detect) fn split(&self, piece: Piece) -> Split {
        self.splits[piece.split as usize]
    }

    /// What stands in a field in another notation.
    pub(in crate::detect) fn alike(&self, bytes: &[u8], found: &mut Vec<Alike>) {
        if bytes.len() > LONGEST || bytes.is_empty() {
            return;
        }
        let whole = |pattern: &u32| Alike { pattern: *pattern, range: 0..bytes.len(), bits: None, latitude: None };
        if !self.raw.is_empty() && matches!(bytes.len(), 6 | 8 | 16) {
            found.extend(self.raw.get(bytes).map(whole));
        }
        if !self.squeezed.is_empty() && bytes.len() >= SHORTEST {
            found.extend(self.squeezed.get(&squeezed(bytes)).map(whole));
            self.digits(bytes, found);
        }
        if !self.coordinates.is_empty() {
            self.degrees(bytes, found);
        }
    }

    /// Whether it is worth asking what a field is: a glance, for most fields are nothing.
    pub(in crate::detect) fn may_know(&self, bytes: &[u8], look: Look) -> bool {
        let length = bytes.len();
        (1..=LONGEST).contains(&length)
            && ((!self.raw.is_empty() && matches!(length, 6 | 8 | 16))
                || (!self.squeezed.is_empty() && length >= SHORTEST)
                || (!self.coordinates.is_empty() && may_be_degrees(bytes))
                || self.may_be_piece(bytes, look))
    }

    /// What a field may be a piece of.
    pub(in crate::detect) fn pieces(&self, bytes: &[u8]) -> &[Piece] {
        if bytes.len() > LONGEST || !self.may_be_piece(bytes, Look::of(bytes)) {
            return &[];
        }
        let text = std::str::from_utf8(bytes).ok();
        text.and_then(|text| self.pieces.get(&bare(text))).map_or(&[], Vec::as_slice)
    }

    /// Whether some piece has that length and begins so, once it is [`bare`].
    fn may_be_piece(&self, bytes: &[u8], look: Look) -> bool {
        if self.splits.is_empty() {
            return false;
        }
        // Letters beyond ASCII change their length with their case, but not by much.
        if !look.ascii() {
            let near = bytes.len().saturating_sub(LONGEST_TAKEN_OFF)..(bytes.len() + 1).min(self.begin.len());
            return self.begin.get(near).is_some_and(|begin| begin.iter().any(|begin| *begin != [0; 2]));
        }
        // Nothing is taken off at the ends of most.
        let [first, .., last] = bytes else { return true };
        let plain = first.is_ascii_alphanumeric() && !matches!(first, b'h' | b'H') && last.is_ascii_alphanumeric();
        let bytes = if plain { bytes } else { bare_ascii(bytes) };
        let first = bytes.first().map_or(0, u8::to_ascii_lowercase);
        self.begin.get(bytes.len()).is_some_and(|begin| begin[0] >> first & 1 == 1)
    }

    /// Numbers in a longer text, with what people put between digits.
    fn digits(&self, bytes: &[u8], found: &mut Vec<Alike>) {
        let belongs = |byte: &u8| byte.is_ascii_digit() || b" +()-./".contains(byte);
        let mut from = 0;
        for run in bytes.split(|byte| !belongs(byte)) {
            let start = from;
            from += run.len() + 1;
            if run.len() < SHORTEST || run.len() == bytes.len() {
                continue;
            }
            let digit = |byte: &u8| byte.is_ascii_digit();
            let Some(first) = run.iter().position(digit) else { continue };
            let last = run.iter().rposition(digit).map_or(first, |last| last + 1);
            if let Some(pattern) = self.squeezed.get(&squeezed(run)) {
                let range = start + first..start + last;
                found.push(Alike { pattern: *pattern, range, bits: None, latitude: None });
            }
        }
    }

    /// Numbers that are a coordinate as exactly as they are written, alone or with commas between them.
    fn degrees(&self, bytes: &[u8], found: &mut Vec<Alike>) {
        let number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if !may_be_degrees(bytes) {
            return;
        }
        let mut from = 0;
        for run in bytes.split(|byte| !number(byte)) {
            let range = from..from + run.len();
            from += run.len() + 1;
            let Some(text) = std::str::from_utf8(run).ok().filter(|text| text.len() >= 4) else { continue };
            let Ok(written) = text.parse::<f64>() else { continue };
            let digits = text.bytes().filter(u8::is_ascii_digit).count() as f64;
            let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
            // Whole numbers are millionths or ten-millionths of a degree.
            let readings: &[(f64, i32)] = if decimals > 0 { &[(1.0, decimals)] } else { &[(1e6, 6), (1e7, 7)] };
            for &(scale, decimals) in readings.iter().filter(|(_, decimals)| *decimals >= 2) {
                for coordinate in self.near(written / scale, decimals) {
                    let said = digits.min(digits - f64::from(decimals - coordinate.decimals.min(decimals)));
                    found.push(Alike {
                        pattern: coordinate.pattern,
                        range: range.clone(),
                        bits: Some(said * std::f64::consts::LOG2_10),
                        latitude: Some(coordinate.latitude),
                    });
                }
            }
        }
    }

    /// Coordinates that are `degrees` when rounded or cut to so many decimals, or to their own.
    fn near(&self, degrees: f64, decimals: i32) -> impl Iterator<Item = &Coordinate> {
        let unit = 10f64.powi(-decimals);
        let first = self.coordinates.partition_point(|coordinate| coordinate.degrees < degrees - unit);
        let within = move |coordinate: &&Coordinate| coordinate.degrees <= degrees + unit;
        self.coordinates[first..].iter().take_while(within).filter(move |coordinate| {
            let scale = 10f64.powi(decimals.min(coordinate.decimals));
            let [own, written] = [coordinate.degrees, degrees].map(|value| value * scale);
            // Decimals beyond those that are known may be anything that rounds away.
            (own.round() - written.round()).abs() < 0.5 || (own.trunc() - written).abs() < 1e-3
        })
    }
}

/// Letters and digits alone, small.
fn squeezed(text: &[u8]) -> Vec<u8> {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
}

/// Digits with what stands between and around coordinates.
fn may_be_degrees(bytes: &[u8]) -> bool {
    bytes.len() <= 64 && bytes.iter().all(|byte| byte.is_ascii_digit() || b".-,; ".contains(byte))
}

/// What [`bare`] leaves of a text, but for its letter case.
fn bare_ascii(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let first = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let last = bytes.iter().rposition(|byte| !blank(byte)).map_or(first, |last| last + 1);
    let bytes = &bytes[first..last];
    let behind = |scheme: &[u8]| {
        bytes.split_at_checked(scheme.len()).filter(|(head, _)| head.eq_ignore_ascii_case(scheme)).map(|(_, rest)| rest)
    };
    let bytes = behind(b"https://").or_else(|| behind(b"http://")).unwrap_or(bytes);
    let first = bytes.iter().position(|&byte| byte != b'?').unwrap_or(bytes.len());
    let last = bytes.iter().rposition(|&byte| byte != b'/').map_or(first, |last| last + 1);
    &bytes[first.min(last)..last]
}

/// Small letters, without what addresses lose: scheme, slash at the end, question mark in front.
fn bare(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
    text.trim_start_matches('?').trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(kind: &str, value: &str, field: &[u8]) -> Vec<(usize, usize)> {
        let mut notations = Notations::default();
        notations.add(kind, value, 7);
        notations.seal();
        let mut found = Vec::new();
        notations.alike(field, &mut found);
        assert!(found.iter().all(|alike| alike.pattern == 7));
        found.into_iter().map(|alike| (alike.range.start, alike.range.end)).collect()
    }

    #[test]
    fn numbers_in_any_notation() {
        for field in ["+48 600-123-456", "(48) 600 123 456", "0048600123456", "600.123.456", "0600 123 456"] {
            assert_eq!(alike("phone", "+48 600 123 456", field.as_bytes()), [(0, field.len())], "{field}");
        }
        assert_eq!(alike("phone", "+48600123456", b"call 600 123 456, now"), [(5, 16)]);
        for field in ["A4-5E-60-C2-19-0B", "a45e.60c2.190b", "a45e60c2190b", "180725257214219"] {
            assert_eq!(alike("mac", "a4:5e:60:c2:19:0b", field.as_bytes()), [(0, field.len())], "{field}");
        }
        assert_eq!(alike("mac", "a4:5e:60:c2:19:0b", b"\xa4\x5e\x60\xc2\x19\x0b"), [(0, 6)]);
        for field in ["86-404050-420720-1", "86404050420720"] {
            assert_eq!(alike("imei", "864040504207201", field.as_bytes()), [(0, field.len())], "{field}");
        }
        assert!(alike("phone", "+48600123456", b"148600123456").is_empty());
    }

    #[test]
    fn coordinates_as_exact_as_they_are_written() {
        for field in ["52.2297", "52.23", "52.22967", "52229676", "522296756", "52.22967560"] {
            assert_eq!(alike("latitude", "52.2296756", field.as_bytes()), [(0, field.len())], "{field}");
        }
        for field in ["52.2298", "52.24", "52", "52.2", "5222967", "-52.2297", "52.2296766"] {
            assert!(alike("latitude", "52.2296756", field.as_bytes()).is_empty(), "{field}");
        }
        assert_eq!(alike("longitude", "-21.0122287", b"52.2297,-21.0122"), [(8, 16)]);
    }

    #[test]
    fn pieces_are_known_however_they_are_written() {
        let mut notations = Notations::default();
        notations.add("person-name", "Marta Anna Żółkiewska", 1);
        notations.add("visit", "https://Clinic.example/conditions/early-menopause?x=1", 2);
        notations.add("visit", "https://clinic.example/", 3);
        let number =
            |text: &str| notations.pieces(text.as_bytes()).iter().map(|piece| piece.number).collect::<Vec<_>>();
        assert_eq!((number("MARTA"), number("żółkiewska"), number("Anna")), (vec![0], vec![1], vec![]));
        assert_eq!(number("https://clinic.example/"), [0, 0]);
        assert_eq!((number("/conditions/early-menopause?x=1"), number("?x=1")), (vec![1], vec![2]));
    }
}
