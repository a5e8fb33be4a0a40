//! Apple's binary property lists: a magic number, objects, a table of their offsets, a trailer.

use super::protobuf::plausible;
use crate::decode::{At, Layer, Needs, Opening, Slot, View};
use std::ops::Range;

pub(super) struct Bplist;

const DEEPEST: usize = 48;

impl Layer for Bplist {
    fn name(&self) -> &'static str {
        "bplist"
    }

    fn about(&self) -> &'static str {
        "Binary property lists (bplist00, Apple's CFBinaryPList.c), as iOS and macOS clients send them."
    }

    fn example(&self) -> &'static [u8] {
        b"bplist00\xd1\x01\x02Tmail]zoe@mail.test\x08\x0b\x10\0\0\0\0\0\0\x01\x01\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1e"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(8).binary().first(b"b")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !view.bytes.starts_with(b"bplist0") {
            return;
        }
        let Some(mut reader) = Reader::new(view.bytes) else { return };
        let top = reader.top;
        reader.object(top, &mut Vec::new());
        // Objects are told in the order of the bytes, as pieces must be.
        reader.leaves.sort_by_key(|leaf| leaf.span.start);
        let mut end = 0;
        for leaf in &reader.leaves {
            if leaf.span.start < end {
                continue;
            }
            end = leaf.span.end;
            match &leaf.kind {
                Kind::Piece => out.piece(At::Way(&leaf.way), leaf.span.clone()),
                Kind::Text(text) => out.unescaped(At::Way(&leaf.way), leaf.span.clone(), text.as_bytes()),
                Kind::Number(digits) => out.number(At::Way(&leaf.way), leaf.span.clone(), digits),
            }
        }
    }
}

/// Length of a list with more behind it: up to the trailer that says where its own table of offsets stands.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    const TRAILER: usize = 32;
    // Its first five bytes are not used.
    let trailers = memchr::memmem::find_iter(bytes, &[0; 5]).flat_map(|at| at..at + 5);
    let fits = |&at: &usize| {
        let trailer = bytes.get(at..at + TRAILER)?;
        let number = |at: usize| usize::try_from(uint(&trailer[at..at + 8])).ok();
        let table = number(8)?.checked_mul(usize::from(trailer[6]))?.checked_add(number(24)?)?;
        (table == at && number(8)? > 0).then_some(())
    };
    trailers.into_iter().find(|at| fits(at).is_some()).map(|at| at + TRAILER)
}

struct Reader<'a> {
    bytes: &'a [u8],
    /// Offsets of the objects; those that were told are gone, so that work is bounded by their number.
    offsets: Vec<Option<usize>>,
    reference: usize,
    top: usize,
    leaves: Vec<Leaf<'a>>,
}

struct Leaf<'a> {
    way: Vec<Slot<'a>>,
    span: Range<usize>,
    kind: Kind,
}

enum Kind {
    Piece,
    Text(String),
    Number(String),
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let trailer = bytes.len().checked_sub(32).filter(|&at| at >= 8)?;
        let byte = |at: usize| usize::from(bytes[trailer + at]);
        let number = |at: usize| usize::try_from(uint(&bytes[trailer + at..trailer + at + 8])).ok();
        let (width, reference) = (byte(6), byte(7));
        let (count, top, table) = (number(8)?, number(16)?, number(24)?);
        let table = bytes.get(table..table.checked_add(count.checked_mul(width)?)?)?;
        if !(1..=8).contains(&width) || !(1..=8).contains(&reference) {
            return None;
        }
        let offsets = table.chunks_exact(width).map(|offset| usize::try_from(uint(offset)).ok()).collect();
        Some(Self { bytes, offsets, reference, top, leaves: Vec::new() })
    }

    fn object(&mut self, index: usize, way: &mut Vec<Slot<'a>>) -> Option<()> {
        let at = self.offsets.get_mut(index)?.take()?;
        let (kind, low) = self.marker(at)?;
        let (count, start) = self.count(at, low)?;
        match kind {
            1 => {
                let span = self.span(at + 1, 1 << low.min(4))?;
                self.leaf(way, span.clone(), Kind::Number(uint(&self.bytes[span]).to_string()));
            }
            2 | 3 => {
                let span = self.span(at + 1, if kind == 3 { 8 } else { 1 << low.min(3) })?;
                let bits = uint(&self.bytes[span.clone()]);
                let float = if span.len() == 4 { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) };
                self.leaf(
                    way,
                    span,
                    Kind::Number(if plausible(float) { float.to_string() } else { format!("{float:e}") }),
                );
            }
            4 | 5 => {
                let span = self.span(start, count)?;
                self.leaf(way, span, Kind::Piece);
            }
            6 => {
                let span = self.span(start, count.checked_mul(2)?)?;
                let units = self.bytes[span.clone()].chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                let text = char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect();
                self.leaf(way, span, Kind::Text(text));
            }
            0xa | 0xc if way.len() < DEEPEST => {
                for position in 0..count {
                    let index = self.index(start, position)?;
                    way.push(Slot::Index(position));
                    self.object(index, way);
                    way.pop();
                }
            }
            0xd if way.len() < DEEPEST => {
                for position in 0..count {
                    let key = self.index(start, position)?;
                    let value = self.index(start, count.checked_add(position)?)?;
                    way.push(Slot::Key(self.key(key).unwrap_or_default()));
                    self.object(value, way);
                    way.pop();
                }
            }
            _ => {}
        }
        Some(())
    }

    fn marker(&self, at: usize) -> Option<(u8, u8)> {
        let marker = *self.bytes.get(at)?;
        Some((marker >> 4, marker & 0xf))
    }

    /// Length and start of what follows a marker: fifteen means that an integer object with the length follows.
    fn count(&self, at: usize, low: u8) -> Option<(usize, usize)> {
        if low != 0xf {
            return Some((usize::from(low), at + 1));
        }
        let (1, power @ 0..=3) = self.marker(at + 1)? else { return None };
        let span = self.span(at + 2, 1 << power)?;
        Some((usize::try_from(uint(&self.bytes[span.clone()])).ok()?, span.end))
    }

    fn span(&self, start: usize, length: usize) -> Option<Range<usize>> {
        let end = start.checked_add(length).filter(|&end| end <= self.bytes.len())?;
        Some(start..end)
    }

    fn index(&self, start: usize, position: usize) -> Option<usize> {
        let span = self.span(start.checked_add(position.checked_mul(self.reference)?)?, self.reference)?;
        usize::try_from(uint(&self.bytes[span])).ok()
    }

    /// Names of members are shared between dictionaries: read without taking them.
    fn key(&self, index: usize) -> Option<&'a [u8]> {
        let at = (*self.offsets.get(index)?)?;
        let (5, low) = self.marker(at)? else { return None };
        let (count, start) = self.count(at, low)?;
        self.bytes.get(self.span(start, count)?)
    }

    fn leaf(&mut self, way: &[Slot<'a>], span: Range<usize>, kind: Kind) {
        if !span.is_empty() {
            self.leaves.push(Leaf { way: way.to_vec(), span, kind });
        }
    }
}

/// A big-endian number; of sixteen bytes the last eight.
fn uint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}
