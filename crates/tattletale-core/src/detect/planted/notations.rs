//! The same value written otherwise, where no list of texts could hold all ways: compared field by field.
//!
//! Numbers and addresses of devices lose what stands between their digits; coordinates are compared as numbers, as
//! exactly as they are written; what was split over several fields is known by its pieces, which [`super::super::beside`]
//! puts together. A map answers for all values at once, so the cost is one look-up a field.

use super::notation::{Notation, SHORTEST, bare, squeezed};
use crate::decode::Look;
use crate::detect::texts::Lexicon;
use std::ops::Range;

/// Longest field that is compared, in bytes.
pub(in crate::detect) const LONGEST: usize = 256;

/// What a field may lose at its ends: a scheme, slashes, a question mark.
const LONGEST_TAKEN_OFF: usize = 10;

/// What is known of the values, for comparison with fields. Patterns are told by their number.
#[derive(Default)]
pub(in crate::detect) struct Notations {
    /// Letters and digits alone, small.
    squeezed: Owned,
    /// Addresses of devices and ids as they are in memory.
    raw: Owned,
    coordinates: Vec<Coordinate>,
    /// Pieces as they are compared.
    pieces: Lexicon,
    /// Which piece of which value, by the position of `pieces`; several in a row after [`Notations::seal`].
    of_piece: Vec<(u32, Piece)>,
    /// Where those of each of `pieces` begin.
    starts: Vec<u32>,
    splits: Vec<Split>,
    /// By length: the first bytes that pieces have, in small letters, as bits.
    begin: Vec<[u128; 2]>,
    /// By length: whether pieces have letters beyond ASCII.
    foreign: Vec<bool>,
    /// Lengths of fields that may be something, once sealed.
    lengths: Vec<bool>,
}

/// Texts, each with the first pattern that had it.
#[derive(Default)]
struct Owned {
    texts: Lexicon,
    patterns: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Coordinate {
    degrees: f64,
    decimals: i32,
    pattern: u32,
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
}

impl Owned {
    /// False if it was there.
    fn add(&mut self, text: &[u8], pattern: u32) -> bool {
        let new = self.texts.add(text).is_some_and(|(_, new)| new);
        if new {
            self.patterns.push(pattern);
        }
        new
    }

    fn pattern(&self, text: &[u8]) -> Option<u32> {
        self.texts.find(text).map(|at| self.patterns[at as usize])
    }
}

impl Notations {
    /// Adds one of a value whose pattern is to be `pattern`; false if it says nothing new.
    pub(super) fn add(&mut self, notation: &Notation, pattern: u32) -> bool {
        match notation {
            Notation::Squeezed(text) => self.squeezed.add(text, pattern),
            Notation::Raw(bytes) => self.raw.add(bytes, pattern),
            &Notation::Coordinate { degrees, decimals } => {
                self.coordinates.push(Coordinate { degrees, decimals, pattern });
                true
            }
            Notation::Split { pieces, bits } => {
                let split = self.splits.len() as u32;
                self.splits.push(Split { pattern, pieces: pieces.len() as u8, bits: *bits });
                for (number, piece) in (0..).zip(pieces) {
                    self.begin.resize(self.begin.len().max(piece.len() + 1), [0; 2]);
                    self.foreign.resize(self.begin.len(), false);
                    self.foreign[piece.len()] |= !piece.is_ascii();
                    let first = piece.bytes().next().unwrap_or_default();
                    self.begin[piece.len()][usize::from(first >> 7)] |= 1 << (first & 127);
                    let known = self.pieces.add(piece.as_bytes());
                    self.of_piece.extend(known.map(|(at, _)| (at, Piece { split, number })));
                }
                true
            }
        }
    }

    /// To be called once, when everything was added.
    pub(super) fn seal(&mut self) {
        self.coordinates.sort_by(|a, b| a.degrees.total_cmp(&b.degrees));
        self.of_piece.sort_by_key(|(at, _)| *at);
        self.of_piece.shrink_to_fit();
        self.splits.shrink_to_fit();
        let mut start = 0;
        self.starts = (0..=self.pieces.len() as u32)
            .map(|at| {
                start += self.of_piece[start..].iter().take_while(|(piece, _)| *piece < at).count();
                start as u32
            })
            .collect();
        self.lengths = (0..=LONGEST).map(|length| self.may_have(length)).collect();
    }

    /// Bytes of memory.
    pub(in crate::detect) fn size(&self) -> usize {
        let owned = |owned: &Owned| owned.texts.size() + owned.patterns.capacity() * size_of::<u32>();
        owned(&self.squeezed)
            + owned(&self.raw)
            + self.pieces.size()
            + self.coordinates.capacity() * size_of::<Coordinate>()
            + self.of_piece.capacity() * size_of::<(u32, Piece)>()
            + self.starts.capacity() * size_of::<u32>()
            + self.splits.capacity() * size_of::<Split>()
    }

    /// One of the ways to cut a value.
    pub(in crate::detect) fn split(&self, piece: Piece) -> Split {
        self.splits[piece.split as usize]
    }

    /// Whether anything may be written in so many bytes.
    fn may_have(&self, length: usize) -> bool {
        let piece =
            || self.begin[..self.begin.len().min(length + 1)].iter().skip(length.saturating_sub(LONGEST_TAKEN_OFF));
        length > 0
            && ((!self.raw.texts.is_empty() && matches!(length, 6 | 8 | 16))
                || (!self.squeezed.texts.is_empty() && length >= SHORTEST)
                || !self.coordinates.is_empty()
                || piece().any(|begin| *begin != [0; 2]))
    }

    /// Whether it is worth asking what a field is: a glance, for most fields are nothing.
    #[inline]
    pub(in crate::detect) fn may_know(&self, bytes: &[u8], look: Look) -> bool {
        self.lengths.get(bytes.len()).is_some_and(|may| *may) && self.may_be_known(bytes, look)
    }

    fn may_be_known(&self, bytes: &[u8], look: Look) -> bool {
        let length = bytes.len();
        (!self.raw.texts.is_empty() && matches!(length, 6 | 8 | 16))
            || (!self.squeezed.texts.is_empty() && length >= SHORTEST)
            || (!self.coordinates.is_empty() && (look.fractional() || only_degrees(bytes)))
            || self.may_be_piece(bytes, look)
    }

    /// Whether some piece has that length and begins so, once it is [`bare`].
    #[inline]
    fn may_be_piece(&self, bytes: &[u8], look: Look) -> bool {
        if self.splits.is_empty() {
            return false;
        }
        // Letters beyond ASCII change their length with their case, but not by much.
        if !look.ascii() {
            let near = bytes.len().saturating_sub(LONGEST_TAKEN_OFF)..(bytes.len() + 1).min(self.foreign.len());
            return self.foreign.get(near).is_some_and(|foreign| foreign.contains(&true));
        }
        // Nothing is taken off at the ends of most.
        let [first, .., last] = bytes else { return true };
        let plain = !matches!(first, b'\t'..=b'\r' | b' ' | b'?' | b'h' | b'H' | b'/')
            && !matches!(last, b'\t'..=b'\r' | b' ' | b'?' | b'/');
        let bytes = if plain { bytes } else { bare_ascii(bytes) };
        let first = bytes.first().map_or(0, u8::to_ascii_lowercase);
        self.begin.get(bytes.len()).is_some_and(|begin| begin[0] >> first & 1 == 1)
    }

    /// What stands in a field in another notation.
    pub(in crate::detect) fn alike(&self, bytes: &[u8], found: &mut Vec<Alike>) {
        if bytes.len() > LONGEST || bytes.is_empty() {
            return;
        }
        let whole = |pattern: u32| Alike { pattern, range: 0..bytes.len(), bits: None };
        if !self.raw.texts.is_empty() && matches!(bytes.len(), 6 | 8 | 16) {
            found.extend(self.raw.pattern(bytes).map(whole));
        }
        if !self.squeezed.texts.is_empty() && bytes.len() >= SHORTEST {
            found.extend(self.squeezed.pattern(&squeezed(bytes)).map(whole));
            self.digits(bytes, found);
        }
        if !self.coordinates.is_empty() {
            self.degrees(bytes, found);
        }
    }

    /// What a field may be a piece of.
    pub(in crate::detect) fn pieces(&self, bytes: &[u8]) -> impl Iterator<Item = Piece> {
        self.pieces_in(bytes).iter().map(|(_, piece)| *piece)
    }

    fn pieces_in(&self, bytes: &[u8]) -> &[(u32, Piece)] {
        if bytes.len() > LONGEST || !self.may_be_piece(bytes, Look::of(bytes)) {
            return &[];
        }
        let text = std::str::from_utf8(bytes).ok();
        let at = text.and_then(|text| self.pieces.find(bare(text).as_bytes()));
        at.map_or(&[], |at| &self.of_piece[self.starts[at as usize] as usize..self.starts[at as usize + 1] as usize])
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
            if let Some(pattern) = self.squeezed.pattern(&squeezed(run)) {
                let range = start + first..start + last;
                found.push(Alike { pattern, range, bits: None });
            }
        }
    }

    /// Numbers that are a coordinate as exactly as they are written, alone or with commas between them.
    fn degrees(&self, bytes: &[u8], found: &mut Vec<Alike>) {
        let number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        // As languages with a decimal comma print it.
        let comma = memchr::memchr_iter(b',', bytes).count() == 1 && only_degrees(bytes) && !bytes.contains(&b'.');
        let points =
            comma.then(|| bytes.iter().map(|&byte| if byte == b',' { b'.' } else { byte }).collect::<Vec<u8>>());
        let bytes = points.as_deref().filter(|bytes| decimals(bytes) >= 4).unwrap_or(bytes);
        // Among words only what is written with a point and as exactly as devices do.
        let fewest = if only_degrees(bytes) { 2 } else { 4 };
        let mut from = 0;
        for run in bytes.split(|byte| !number(byte)) {
            let range = from..from + run.len();
            from += run.len() + 1;
            let Some(text) = std::str::from_utf8(run).ok().filter(|text| text.len() >= 4) else { continue };
            let Ok(written) = text.parse::<f64>() else { continue };
            let digits = text.bytes().filter(u8::is_ascii_digit).count() as f64;
            let decimals = decimals(run);
            // Whole numbers are millionths or ten-millionths of a degree.
            let readings: &[(f64, i32)] = match decimals {
                1.. => &[(1.0, decimals)],
                _ if fewest == 2 => &[(1e6, 6), (1e7, 7)],
                _ => &[],
            };
            for &(scale, decimals) in readings.iter().filter(|(_, decimals)| *decimals >= fewest) {
                for coordinate in self.near(written / scale, decimals) {
                    let said = digits.min(digits - f64::from(decimals - coordinate.decimals.min(decimals)));
                    found.push(Alike {
                        pattern: coordinate.pattern,
                        range: range.clone(),
                        bits: Some(said * std::f64::consts::LOG2_10),
                    });
                }
            }
        }
    }

    /// Coordinates that are `degrees` when rounded or cut to so many decimals, or to their own, or to 32 bits.
    fn near(&self, degrees: f64, decimals: i32) -> impl Iterator<Item = &Coordinate> {
        let unit = 10f64.powi(-decimals).max(degrees.abs() * f64::from(f32::EPSILON));
        let first = self.coordinates.partition_point(|coordinate| coordinate.degrees < degrees - unit);
        let within = move |coordinate: &&Coordinate| coordinate.degrees <= degrees + unit;
        self.coordinates[first..].iter().take_while(within).filter(move |coordinate| {
            let scale = 10f64.powi(decimals.min(coordinate.decimals));
            let [own, written] = [coordinate.degrees, degrees].map(|value| value * scale);
            // Decimals beyond those that are known may be anything that rounds away.
            let near = (own.round() - written.round()).abs() < 0.5 || (own.trunc() - written).abs() < 1e-3;
            near || is_single(coordinate.degrees, degrees)
        })
    }
}

/// Whether a number was written after it went through 32 bits, as short as it can be or with all that those say.
fn is_single(number: f64, written: f64) -> bool {
    let single = number as f32;
    written == f64::from(single) || single.to_string().parse() == Ok(written)
}

/// Digits behind the point.
fn decimals(number: &[u8]) -> i32 {
    number.iter().position(|&byte| byte == b'.').map_or(0, |point| (number.len() - point - 1) as i32)
}

/// Digits with what stands between and around coordinates.
fn only_degrees(bytes: &[u8]) -> bool {
    bytes.len() <= 64 && bytes.iter().all(|byte| byte.is_ascii_digit() || b".-,; ".contains(byte))
}

/// What [`bare`] leaves of a text, but for its letter case.
fn bare_ascii(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let first = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let last = bytes.iter().rposition(|byte| !blank(byte)).map_or(first, |last| last + 1);
    let bytes = &bytes[first..last];
    let behind = |scheme: &[u8]| {
        let (head, rest) = bytes.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    let bytes = behind(b"https://").or_else(|| behind(b"http://")).unwrap_or(bytes);
    let first = bytes.iter().position(|&byte| byte != b'?').unwrap_or(bytes.len());
    let last = bytes.iter().rposition(|&byte| byte != b'/').map_or(first, |last| last + 1);
    &bytes[first.min(last)..last]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(kind: &str, value: &str, field: &[u8]) -> Vec<(usize, usize)> {
        let mut notations = Notations::default();
        Notation::all(kind, value).iter().for_each(|notation| _ = notations.add(notation, 7));
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
        // What 32 bits leave of it, as two languages print that.
        for field in ["52.229675", "52.22967529296875"] {
            assert_eq!(alike("latitude", "52.2296756", field.as_bytes()), [(0, field.len())], "{field}");
        }
        assert_eq!(alike("latitude", "52.2296756", b"52,2296756"), [(0, 10)]);
        assert!(alike("latitude", "52.2296756", b"52,23").is_empty());
        // Among words only with so many decimals that it is no amount or version.
        assert_eq!(alike("latitude", "52.2296756", b"maps/@52.2297,21.0122,15z"), [(6, 13)]);
        assert!(alike("latitude", "52.2296756", b"price 52.23 EUR, id 52229676").is_empty());
    }

    #[test]
    fn a_glance_takes_off_what_bare_does() {
        for text in [
            "",
            " ",
            "/",
            "?",
            "???",
            "?/",
            "//a//",
            " HTTPS://A.b/ ",
            "http://",
            "https://?x/",
            "\t?a b/\r\n",
            "\u{b}q",
        ] {
            let glance = bare_ascii(text.as_bytes()).to_ascii_lowercase();
            assert_eq!(glance, bare(text).as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn pieces_are_known_however_they_are_written() {
        let mut notations = Notations::default();
        let all = Notation::all("person-name", "Marta Anna Żółkiewska").into_iter().zip([1; 9]);
        let visit = Notation::all("visit", "https://Clinic.example/conditions/early-menopause?x=1");
        let all = all.chain(visit.into_iter().zip([2; 9]));
        let host = Notation::all("visit", "https://clinic.example/").into_iter().zip([3; 9]);
        all.chain(host).for_each(|(notation, pattern)| assert!(notations.add(&notation, pattern)));
        notations.seal();
        let number = |text: &str| notations.pieces(text.as_bytes()).map(|piece| piece.number).collect::<Vec<_>>();
        assert_eq!((number("MARTA"), number("żółkiewska"), number("Anna")), (vec![0], vec![1], vec![]));
        assert_eq!(number("https://clinic.example/"), [0, 0]);
        assert_eq!((number("/conditions/early-menopause?x=1"), number("?x=1")), (vec![1], vec![2]));
    }
}
