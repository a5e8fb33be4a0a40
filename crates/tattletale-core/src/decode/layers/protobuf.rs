//! Protocol Buffers without their schema: field numbers instead of names.
//!
//! The wire format has no magic number, and a short run of any bytes may parse. So a whole buffer must parse, and
//! it must then have said enough that chance cannot have: every readable text, tag and length that fits counts as
//! bits of [evidence](Message::evidence), and below [`ENOUGH`] the layer declines. What is inside a length-delimited
//! field is a message, a text or bytes, and only a schema would tell: text wins, except behind a tag that no
//! text starts with; numbers are told as decimal digits, so that an account number or a latitude is found.

use crate::codec::digits::{is_all, not_printable};
use crate::decode::{At, Layer, Look, Needs, Opening, Slot, View};
use crate::model::FaultKind;
use std::fmt::{self, Write};
use std::ops::{Deref, Range};

pub(super) struct Protobuf;

/// Bits that chance would have to bring together; random input of any amount stays far below.
const ENOUGH: f64 = 34.0;

/// No byte says more than two bits, so nothing shorter says enough.
const SHORTEST: usize = (ENOUGH / 2.0) as usize;

/// Messages within messages that are followed here; deeper ones are unfolded as pieces of their own.
const DEEPEST: u32 = 16;

/// Highest field number that counts as an ordinary one.
const HIGHEST_FIELD: u32 = 65_535;

impl Layer for Protobuf {
    fn name(&self) -> &'static str {
        "protobuf"
    }

    fn about(&self) -> &'static str {
        "Protocol Buffers (wire format, protobuf.dev/programming-guides/encoding) without a schema, as OpenTelemetry, Firebase and Google's own services send them; places are field numbers."
    }

    fn example(&self) -> &'static [u8] {
        b"\x0a\x13marta.zoe@mail.test\x10\xae\x8a\x98\xc6\xe1\x88\xc4\x01\x1a\x09\x09\x12\x9b\x8f\x6b\x43\x01\x4a\x40"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(SHORTEST).binary().or_typed("protobuf")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let declared = view.hint.typed_as("protobuf") && !view.hint.typed_as("grpc");
        if !declared && (view.look.text() || view.bytes.len() < SHORTEST) {
            return;
        }
        let room = || Vec::with_capacity((view.bytes.len() / USUAL_FIELD).min(MOST_EXPECTED));
        let mut message = Message { fields: room(), evidence: 0.0 };
        let end = message.parse(view.bytes, 0, 0);
        let whole = end == view.bytes.len();
        let enough = |message: &Message| message.evidence >= ENOUGH || (declared && !message.fields.is_empty());
        if !whole && let Some((messages, ends)) = Message::delimited_ones(view.bytes).filter(|(all, _)| enough(all)) {
            let mut from = 0;
            for (number, end) in ends.into_iter().enumerate() {
                emit(view.bytes, &messages.fields[from..end], Some(number), out);
                from = end;
            }
            return;
        }
        // Texts are sent under this declaration, too.
        if !enough(&message) || (!whole && (!declared || view.look.text())) {
            return;
        }
        if !whole {
            out.fault(FaultKind::Corrupt, end, "is no protobuf message from here on");
        }
        emit(view.bytes, &message.fields, None, out);
    }
}

/// Whether all of it reads as a message, which chance may bring about.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    Message::default().parse(bytes, 0, 0) == bytes.len()
}

/// A field takes about as many bytes, on average.
const USUAL_FIELD: usize = 6;
/// Fields that room is made for before they are read.
const MOST_EXPECTED: usize = 512;

/// What a buffer says when it is read as a message.
#[derive(Debug, Default)]
struct Message {
    fields: Vec<Field>,
    /// Bits, roughly: how unlikely it is that random bytes read so well.
    evidence: f64,
}

/// One field, in the order of the bytes.
#[derive(Debug)]
struct Field {
    number: u32,
    depth: u32,
    span: Range<usize>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The fields behind it with a greater depth are its own.
    Message,
    Bytes,
    Number(Wire),
    /// A packed repeated field: numbers of one width.
    Numbers(Wire, usize),
}

/// How a number is written.
#[derive(Debug, Clone, Copy)]
enum Wire {
    Varint,
    Fixed64,
    Fixed32,
}

impl Message {
    /// Reads fields from `base` on, to the end of `bytes` or to what no message has; the offset where it ended.
    fn parse(&mut self, bytes: &[u8], base: usize, depth: u32) -> usize {
        let mut at = base;
        while at < bytes.len() {
            match self.field(bytes, at, depth) {
                Some(next) => at = next,
                None => return at,
            }
        }
        at
    }

    /// Messages behind one another, each behind its length, as `writeDelimitedTo` streams them; how many fields there
    /// are up to the end of each.
    fn delimited_ones(bytes: &[u8]) -> Option<(Self, Vec<usize>)> {
        let (mut messages, mut ends, mut at) = (Self::default(), Vec::new(), 0);
        while at < bytes.len() {
            let (length, start) = varint(bytes, at)?;
            let end = start.checked_add(usize::try_from(length).ok()?).filter(|&end| end <= bytes.len())?;
            if end == start || messages.parse(&bytes[..end], start, 0) != end {
                return None;
            }
            ends.push(messages.fields.len());
            at = end;
        }
        Some((messages, ends))
    }

    fn field(&mut self, bytes: &[u8], at: usize, depth: u32) -> Option<usize> {
        let (tag, start) = varint(bytes, at)?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| (1..=HIGHEST_FIELD).contains(number))?;
        // Of the 256 first bytes, 60 are tags of the fields up to 15.
        self.evidence += if number <= 15 { 2.0 } else { 0.5 };
        let (end, wire) = match tag & 7 {
            0 => (varint(bytes, start)?.1, Wire::Varint),
            1 => (start + 8, Wire::Fixed64),
            2 => {
                let (length, start) = varint(bytes, start)?;
                let end = start.checked_add(usize::try_from(length).ok()?).filter(|&end| end <= bytes.len())?;
                self.delimited(&bytes[..end], start, number, depth);
                return Some(end);
            }
            3 => return self.group(bytes, start, number, depth),
            5 => (start + 4, Wire::Fixed32),
            _ => return None,
        };
        if end > bytes.len() {
            return None;
        }
        self.fields.push(Field { number, depth, span: start..end, kind: Kind::Number(wire) });
        Some(end)
    }

    /// Fields up to the tag that ends their group; the offset behind it.
    fn group(&mut self, bytes: &[u8], mut at: usize, number: u32, depth: u32) -> Option<usize> {
        if depth >= DEEPEST {
            return None;
        }
        self.fields.push(Field { number, depth, span: at..at, kind: Kind::Message });
        loop {
            let (tag, next) = varint(bytes, at)?;
            if tag == u64::from(number) << 3 | 4 {
                return Some(next);
            }
            at = self.field(bytes, at, depth + 1)?;
        }
    }

    /// Decides what is in a length-delimited field: `bytes` ends with it.
    fn delimited(&mut self, bytes: &[u8], start: usize, number: u32, depth: u32) {
        let content = &bytes[start..];
        let span = start..bytes.len();
        let length_fits = if content.len() < 128 { 2.0 } else { 0.5 };
        self.evidence += length_fits;
        // Tags of low fields are control characters: most messages are known by their first byte to be no text.
        let text = content.first().is_some_and(|&first| first >= b' ' || is_break(first)) && is_text(content);
        // A line feed is the tag of a first field that has a length: few texts start with one.
        if (!text || content[0] == b'\n') && !content.is_empty() && depth < DEEPEST {
            let (fields, evidence) = (self.fields.len(), self.evidence);
            self.fields.push(Field { number, depth, span: span.clone(), kind: Kind::Message });
            if self.parse(bytes, start, depth + 1) == bytes.len() {
                return;
            }
            self.fields.truncate(fields);
            self.evidence = evidence;
        }
        let mut kind = Kind::Bytes;
        if text {
            // 97 of 256 bytes are text; what is no letter or digit says less, and no text says more than 60 bits.
            self.evidence += (content.len() as f64 * 1.4).min(60.0);
        } else if let Some((wire, width)) = packed(content) {
            kind = Kind::Numbers(wire, width);
        }
        self.fields.push(Field { number, depth, span, kind });
    }
}

fn is_text(content: &[u8]) -> bool {
    is_all(content, not_printable) || Look::of(content).text()
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r')
}

/// Tells the fields of a message, of the one with that number if there are several.
fn emit(bytes: &[u8], fields: &[Field], message: Option<usize>, out: &mut Opening<'_, '_>) {
    let mut way: Vec<Slot<'_>> = Vec::with_capacity(8);
    way.extend(message.map(Slot::Index));
    let base = way.len();
    for Field { number, depth, span, kind } in fields {
        let depth = base + *depth as usize;
        way.truncate(depth);
        way.push(Slot::Field(u64::from(*number)));
        debug_assert_eq!(way.len(), depth + 1);
        match *kind {
            Kind::Message => {}
            Kind::Bytes if span.is_empty() => {}
            Kind::Bytes => out.piece(At::Way(&way), span.clone()),
            Kind::Number(wire) => out.number(At::Way(&way), span.clone(), &wire.digits(&bytes[span.clone()])),
            Kind::Numbers(wire, width) => {
                for (index, start) in span.clone().step_by(width).enumerate() {
                    way.truncate(depth + 1);
                    way.push(Slot::Index(index));
                    let span = start..start + width;
                    out.number(At::Way(&way), span.clone(), &wire.digits(&bytes[span]));
                }
            }
        }
    }
}

impl Wire {
    /// As a person would write it.
    fn digits(self, bytes: &[u8]) -> Digits {
        match self {
            Self::Varint => integer(varint(bytes, 0).map_or(0, |(value, _)| value)),
            Self::Fixed64 => fixed64(bytes),
            Self::Fixed32 => fixed32(bytes),
        }
    }
}

/// Numbers behind one another, where they are too alike for chance: places, amounts and times are sent so.
///
/// Doubles and floats that all read like ones, or at least three varints of one size. How they are written, and the
/// bytes that each takes.
fn packed(content: &[u8]) -> Option<(Wire, usize)> {
    const DOUBLES: usize = 2;
    const FLOATS: usize = 4;
    const VARINTS: usize = 3;
    let fits = |width: usize, fewest: usize| content.len().is_multiple_of(width) && content.len() >= width * fewest;
    let double = |bytes: &[u8; 8]| plausible(f64::from_le_bytes(*bytes));
    let float = |bytes: &[u8; 4]| plausible(f64::from(f32::from_le_bytes(*bytes)));
    let doubles = fits(8, DOUBLES) && content.as_chunks::<8>().0.iter().all(double);
    let floats = fits(4, FLOATS) && content.as_chunks::<4>().0.iter().all(float);
    // Two floats read as one double have all the digits that a double can have: the shorter reading is what was meant.
    let digits = |wire: Wire, width| content.chunks(width).map(|number| wire.digits(number).len()).sum::<usize>();
    match (doubles, floats) {
        (true, true) if digits(Wire::Fixed64, 8) > digits(Wire::Fixed32, 4) => return Some((Wire::Fixed32, 4)),
        (true, _) => return Some((Wire::Fixed64, 8)),
        (false, true) => return Some((Wire::Fixed32, 4)),
        (false, false) => {}
    }
    let width = varint(content, 0)?.1;
    let whole = |bytes: &[u8]| varint(bytes, 0).is_some_and(|(_, end)| end == bytes.len());
    (width > 1 && fits(width, VARINTS) && content.chunks(width).all(whole)).then_some((Wire::Varint, width))
}

/// A base-128 varint at `at` and the offset behind it; none beyond ten bytes or 64 bits.
#[inline]
pub(super) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    match bytes.get(at) {
        Some(&byte) if byte < 0x80 => Some((u64::from(byte), at + 1)),
        _ => long_varint(bytes, at),
    }
}

fn long_varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (position, &byte) in bytes.get(at..)?.iter().take(10).enumerate() {
        if position == 9 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte < 0x80 {
            return Some((value, at + position + 1));
        }
    }
    None
}

/// Negative numbers are sent as the two's complement of 64 bits.
fn integer(value: u64) -> Digits {
    if value >> 63 == 1 { Digits::of(value.cast_signed()) } else { Digits::of(value) }
}

/// Eight bytes, little-endian: a floating-point number where that reads like one, else an integer.
fn fixed64(bytes: &[u8]) -> Digits {
    let bits = bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
    let float = f64::from_bits(bits);
    if plausible(float) { Digits::of(float) } else { integer(bits) }
}

fn fixed32(bytes: &[u8]) -> Digits {
    let bits = bytes.try_into().map(u32::from_le_bytes).unwrap_or_default();
    let float = f32::from_bits(bits);
    if plausible(f64::from(float)) { Digits::of(float) } else { Digits::of(bits) }
}

/// A number as written, without memory of its own: the longest plausible one has 24 characters.
struct Digits {
    text: [u8; Self::LONGEST],
    length: usize,
}

impl Digits {
    const LONGEST: usize = 40;

    fn of(number: impl fmt::Display) -> Self {
        let mut digits = Self { text: [0; Self::LONGEST], length: 0 };
        // What does not fit is cut off, which no number is.
        let _ = write!(digits, "{number}");
        digits
    }
}

impl fmt::Write for Digits {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.text.get_mut(self.length..self.length + more.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(more.as_bytes());
        self.length += more.len();
        Ok(())
    }
}

impl Deref for Digits {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

/// Integers of ordinary size are vanishingly small as floating-point numbers, and the other way round.
pub(super) fn plausible(float: f64) -> bool {
    (1e-6..1e16).contains(&float.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(bytes: &[u8]) -> Option<f64> {
        let mut message = Message::default();
        (message.parse(bytes, 0, 0) == bytes.len()).then_some(message.evidence)
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(&*fixed64(&52.011037f64.to_le_bytes()), "52.011037");
        assert_eq!(&*fixed64(&1_790_000_000_000_000_000u64.to_le_bytes()), "1790000000000000000");
        assert_eq!(&*fixed32(&21.5f32.to_le_bytes()), "21.5");
        assert_eq!(&*fixed32(&7u32.to_le_bytes()), "7");
        assert_eq!(varint(b"\xae\x8a\x98\xc6\xe1\x88\xc4\x01", 0).map(|(value, _)| value), Some(862_318_179_517_742));
        assert_eq!(&*integer(u64::MAX), "-1");
        for float in [1e-6, -1.234_567_890_123_456_7e-6, 9_999_999_999_999_998.0, -1.797_693_134_862_315_7e15] {
            assert_eq!(&*fixed64(&f64::to_le_bytes(float)), float.to_string());
        }
    }

    #[test]
    fn packed_numbers_are_told_one_by_one() {
        let digits = |bytes: &[u8]| {
            let (wire, width) = packed(bytes)?;
            Some(bytes.chunks(width).map(|number| wire.digits(number).to_string()).collect::<Vec<_>>())
        };
        let places = [52.011037f64, 21.25].map(f64::to_le_bytes).concat();
        assert_eq!(digits(&places).unwrap(), ["52.011037", "21.25"]);
        assert_eq!(
            digits(&[1.5f32, 2.5, 3.5, 4.5].map(f32::to_le_bytes).concat()).unwrap(),
            ["1.5", "2.5", "3.5", "4.5"]
        );
        assert_eq!(digits(b"\xae\x8a\x18\xaf\x8a\x18\xb0\x8a\x18").unwrap(), ["394542", "394543", "394544"]);
        assert_eq!(digits(b"\x01\x02\x03\x04"), None);
        assert_eq!(digits(b"\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }

    #[test]
    fn groups_end_where_their_tag_says() {
        assert!(evidence(b"\x13\x0a\x04abcd\x14\x18\x01").is_some());
        assert_eq!(evidence(b"\x13\x0a\x04abcd\x1c\x18\x01"), None);
        assert_eq!(evidence(b"\x13\x0a\x04abcd"), None);
        assert_eq!(evidence(&b"\x13".repeat(100_000)), None);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        assert_eq!(evidence(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01abc"), None);
        assert_eq!(evidence(b"\x0a\x05abcd"), None);
        assert_eq!(evidence(b"\x09abc"), None);
        assert!(evidence(b"\x0a\x04abcd").is_some());
    }
}
