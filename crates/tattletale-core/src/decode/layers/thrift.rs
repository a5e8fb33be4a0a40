//! Thrift messages in the compact and the binary protocol: a method name, then structs with field numbers. A struct of
//! the binary protocol is opened without a message around it too, if all of it reads as one.

use super::outline::{DEEPEST, Outline};
use super::protobuf::varint;
use crate::decode::{Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Thrift;

impl Layer for Thrift {
    fn name(&self) -> &'static str {
        "thrift"
    }

    fn about(&self) -> &'static str {
        "Thrift messages (thrift-compact-protocol.md, thrift-binary-protocol.md), framed or not, and bare structs of the binary protocol, as Jaeger's and Meta's clients send them."
    }

    fn example(&self) -> &'static [u8] {
        b"\x82\x21\x01\x04send\x18\x0dzoe@mail.test\x16\x0e\x00"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(4).first(b"\0\x80\x82\x02\x03\x04\x06\x08\x0a\x0b\x0c\x0d\x0e\x0f")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let framed = matches!(bytes, [0, a, b, c, 0x80 | 0x82, ..] if u32::from_be_bytes([0, *a, *b, *c]) as usize == bytes.len() - 4);
        let start = if framed { 4 } else { 0 };
        let (compact, message) = match bytes.get(start..start + 2) {
            Some([0x82, kind]) if kind & 0x1f == 1 && (1..=4).contains(&(kind >> 5)) => (true, true),
            Some([0x80, 0x01]) if bytes.len() > start + 12 => (false, true),
            // The kind of the first field, and its number, which is below 256.
            Some([2..=4 | 6 | 8 | 10..=15, 0]) if bytes.last() == Some(&0) && !view.look.text() => (false, false),
            _ => return,
        };
        let mut reader = Reader { bytes, at: start, compact, outline: Outline::default() };
        let read = match message {
            true => {
                // The protocol's mark and version.
                reader.outline.evidence += 8.0;
                reader.message()
            }
            false => reader.structure(0),
        };
        if read.is_some() && reader.at == bytes.len() && reader.outline.proven(view.hint.typed_as("thrift")) {
            reader.outline.emit(bytes, 1, out);
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    compact: bool,
    outline: Outline,
}

/// The kinds of value that both protocols have.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Stop,
    /// Compact fields say true or false in their type.
    Said,
    Bool,
    Byte,
    Integer(usize),
    Double,
    Binary,
    Struct,
    Map,
    List,
    Uuid,
}

impl Reader<'_> {
    fn kind(&self, code: u8) -> Option<Kind> {
        use Kind::*;
        let compact =
            [Stop, Said, Said, Byte, Integer(2), Integer(4), Integer(8), Double, Binary, List, List, Map, Struct, Uuid];
        match (self.compact, code) {
            (true, code) => compact.get(usize::from(code)).copied(),
            (false, 0) => Some(Stop),
            (false, 2) => Some(Bool),
            (false, 3) => Some(Byte),
            (false, 4) => Some(Double),
            (false, 6) => Some(Integer(2)),
            (false, 8) => Some(Integer(4)),
            (false, 10) => Some(Integer(8)),
            (false, 11) => Some(Binary),
            (false, 12) => Some(Struct),
            (false, 13) => Some(Map),
            (false, 14 | 15) => Some(List),
            (false, _) => None,
        }
    }

    fn take(&mut self, count: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len())?;
        let span = self.at..end;
        self.at = end;
        Some(span)
    }

    fn byte(&mut self) -> Option<u8> {
        let span = self.take(1)?;
        Some(self.bytes[span.start])
    }

    fn varint(&mut self) -> Option<u64> {
        let (value, end) = varint(self.bytes, self.at)?;
        self.at = end;
        Some(value)
    }

    fn fixed(&mut self, width: usize) -> Option<i64> {
        let span = self.take(width)?;
        let value = self.bytes[span].iter().fold(0, |value: u64, &byte| value << 8 | u64::from(byte));
        let shift = 64 - 8 * width as u32;
        Some((value << shift).cast_signed() >> shift)
    }

    fn integer(&mut self, width: usize) -> Option<i64> {
        match self.compact {
            true => self.varint().map(|value| (value >> 1).cast_signed() ^ -(value & 1).cast_signed()),
            false => self.fixed(width),
        }
    }

    fn length(&mut self) -> Option<usize> {
        match self.compact {
            true => usize::try_from(self.varint()?).ok(),
            false => usize::try_from(self.fixed(4)?).ok(),
        }
    }

    fn message(&mut self) -> Option<()> {
        if self.compact {
            self.take(2)?;
            self.varint()?;
        } else {
            self.take(4)?;
        }
        let length = self.length()?;
        let name = self.take(length)?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_:.".contains(byte);
        if name.is_empty() || !self.bytes[name.clone()].iter().all(plain) {
            return None;
        }
        self.outline.evidence += 2.0 * name.len() as f64;
        if !self.compact {
            self.take(4)?;
        }
        self.structure(0)
    }

    fn structure(&mut self, depth: usize) -> Option<()> {
        if depth >= DEEPEST {
            return None;
        }
        self.outline.open(true);
        let mut id = 0i64;
        loop {
            let head = self.byte()?;
            let kind = self.kind(if self.compact { head & 0xf } else { head })?;
            if kind == Kind::Stop {
                break;
            }
            id = match (self.compact, head >> 4) {
                (false, _) => self.fixed(2)?,
                (true, 0) => self.integer(2)?,
                (true, delta) => id.checked_add(i64::from(delta))?,
            };
            self.outline.field(u64::try_from(id).ok()?);
            self.value(kind, depth)?;
        }
        self.outline.close();
        Some(())
    }

    fn value(&mut self, kind: Kind, depth: usize) -> Option<()> {
        let start = self.at;
        match kind {
            Kind::Stop => return None,
            Kind::Said => self.outline.nothing(),
            Kind::Bool | Kind::Byte => {
                let byte = self.byte()?;
                self.outline.number(start..self.at, byte);
            }
            Kind::Integer(width) => {
                let number = self.integer(width)?;
                self.outline.number(start..self.at, number);
            }
            Kind::Double => {
                let span = self.take(8)?;
                let mut bytes: [u8; 8] = self.bytes[span].try_into().ok()?;
                if self.compact {
                    bytes.reverse();
                }
                self.outline.float(start..self.at, f64::from_be_bytes(bytes));
            }
            Kind::Uuid => {
                let span = self.take(16)?;
                self.outline.binary(span);
            }
            Kind::Binary => {
                let length = self.length()?;
                let span = self.take(length)?;
                match std::str::from_utf8(&self.bytes[span.clone()]) {
                    Ok(_) => self.outline.text(self.bytes, span)?,
                    Err(_) => self.outline.binary(span),
                }
            }
            Kind::Struct => return self.structure(depth + 1),
            Kind::List => {
                let (count, code) = match self.compact {
                    true => {
                        let head = self.byte()?;
                        let count = if head >> 4 == 15 { self.length()? } else { usize::from(head >> 4) };
                        (count, head & 0xf)
                    }
                    false => {
                        let code = self.byte()?;
                        (self.length()?, code)
                    }
                };
                self.elements(count, &[code], depth)?;
            }
            Kind::Map => {
                let (count, key, value) = match self.compact {
                    true => match self.length()? {
                        0 => (0, 0, 0),
                        count => {
                            let kinds = self.byte()?;
                            (count, kinds >> 4, kinds & 0xf)
                        }
                    },
                    false => {
                        let (key, value) = (self.byte()?, self.byte()?);
                        (self.length()?, key, value)
                    }
                };
                self.elements(count, &[key, value], depth)?;
            }
        }
        Some(())
    }

    /// Elements of a list, or keys and values of a map in turn.
    fn elements(&mut self, count: usize, kinds: &[u8], depth: usize) -> Option<()> {
        if count > self.bytes.len() - self.at || depth >= DEEPEST {
            return None;
        }
        self.outline.open(false);
        for _ in 0..count {
            for &code in kinds {
                match self.kind(code)? {
                    // In a collection, truth takes a byte of its own.
                    Kind::Said => self.value(Kind::Bool, depth + 1)?,
                    kind => self.value(kind, depth + 1)?,
                }
            }
        }
        self.outline.close();
        Some(())
    }
}
