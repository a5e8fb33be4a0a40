//! CBOR, with or without the tag that says so, or several items behind one another (RFC 8742): a whole buffer must read
//! as maps or lists that say enough.

use super::outline::{DEEPEST, Outline};
use crate::decode::{Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Cbor;

/// Tag 55799, made to be a magic number.
const SELF_DESCRIBED: &[u8] = b"\xd9\xd9\xf7";

impl Layer for Cbor {
    fn name(&self) -> &'static str {
        "cbor"
    }

    fn about(&self) -> &'static str {
        "CBOR (RFC 8949) maps and lists, alone or in a sequence (RFC 8742), as in WebAuthn, COSE and health certificates, and AWS's newer clients."
    }

    fn example(&self) -> &'static [u8] {
        b"\xa2\x64mail\x6dzoe@mail.test\x61n\x1b\x00\x03\x10\x15\x8d\x2c\x05\x2e"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.binary().first_among(0x80, 0x9b).first_among(0x9f, 0xdb)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.look.text() {
            return;
        }
        let mut reader = Reader { bytes: view.bytes, at: 0, outline: Outline::default() };
        if view.bytes.starts_with(SELF_DESCRIBED) {
            reader.outline.evidence += 24.0;
        }
        let mut documents = 0;
        while reader.at < view.bytes.len() {
            // Maps, lists, and tags around them.
            let container = matches!(view.bytes[reader.at], 0x80..=0x9b | 0x9f..=0xbb | 0xbf | 0xc0..=0xdb);
            if !container || reader.value(0).is_none() {
                return;
            }
            documents += 1;
        }
        if reader.outline.proven(view.hint.typed_as("cbor")) {
            reader.outline.emit(view.bytes, documents, out);
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    outline: Outline,
}

/// Head of a data item: major type, additional information, argument (none when indefinite).
struct Head {
    major: u8,
    info: u8,
    argument: Option<u64>,
}

impl Reader<'_> {
    fn take(&mut self, count: u64) -> Option<Range<usize>> {
        let end = self.at.checked_add(usize::try_from(count).ok()?).filter(|&end| end <= self.bytes.len())?;
        let span = self.at..end;
        self.at = end;
        Some(span)
    }

    fn head(&mut self) -> Option<Head> {
        let first = *self.bytes.get(self.at)?;
        self.at += 1;
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => {
                let span = self.take(1 << (info - 24))?;
                Some(self.bytes[span].iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
            }
            31 => None,
            _ => return None,
        };
        Some(Head { major, info, argument })
    }

    fn break_here(&mut self) -> bool {
        let here = self.bytes.get(self.at) == Some(&0xff);
        self.at += usize::from(here);
        here
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth >= DEEPEST {
            return None;
        }
        let start = self.at;
        let head = self.head()?;
        match (head.major, head.argument) {
            (0, Some(number)) => self.outline.number(start..self.at, number),
            (1, Some(number)) => self.outline.number(start..self.at, -1 - i128::from(number)),
            (2, Some(length)) => {
                let span = self.take(length)?;
                self.outline.binary(span);
            }
            (3, Some(length)) => {
                let span = self.take(length)?;
                return self.outline.text(self.bytes, span);
            }
            // Strings in chunks: rare, and told chunk by chunk.
            (2 | 3, None) => {
                self.outline.open(false);
                while !self.break_here() {
                    self.value(depth + 1)?;
                }
                self.outline.close();
            }
            (4 | 5, count) => return self.container(count, head.major == 5, depth),
            (6, Some(_)) => return self.value(depth + 1),
            (7, Some(bits)) => match head.info {
                26 => self.outline.float(start..self.at, f64::from(f32::from_bits(bits as u32))),
                27 => self.outline.float(start..self.at, f64::from_bits(bits)),
                _ => self.outline.nothing(),
            },
            _ => return None,
        }
        Some(())
    }

    fn container(&mut self, count: Option<u64>, map: bool, depth: usize) -> Option<()> {
        if count.is_some_and(|count| count > (self.bytes.len() - self.at) as u64) {
            return None;
        }
        self.outline.open(map);
        let mut left = count.unwrap_or(u64::MAX);
        while left > 0 && !(count.is_none() && self.break_here()) {
            if map {
                self.key()?;
            }
            self.value(depth + 1)?;
            left -= 1;
        }
        self.outline.close();
        Some(())
    }

    /// Keys are texts, or numbers as COSE has them.
    fn key(&mut self) -> Option<()> {
        let head = self.head()?;
        match (head.major, head.argument?) {
            (0, number) => self.outline.field(number),
            (1, number) => self.outline.field(number.wrapping_add(1).wrapping_neg()),
            (3, length) => {
                let span = self.take(length)?;
                return self.outline.key(self.bytes, span);
            }
            _ => return None,
        }
        Some(())
    }
}
