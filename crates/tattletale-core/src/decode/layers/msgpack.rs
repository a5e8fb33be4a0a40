//! MessagePack, which has no magic number: a whole buffer must read as one map or list that says enough.

use super::outline::{DEEPEST, Outline};
use crate::decode::{Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct MessagePack;

impl Layer for MessagePack {
    fn name(&self) -> &'static str {
        "msgpack"
    }

    fn about(&self) -> &'static str {
        "MessagePack (msgpack spec, 2.0) maps and lists, as Datadog's trace agents and Fluentd's forwarders send them."
    }

    fn example(&self) -> &'static [u8] {
        b"\x82\xa4mail\xadzoe@mail.test\xa1n\xcf\x00\x03\x10\x15\x8d\x2c\x05\x2e"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.binary().first_among(0x80, 0x9f).first_among(0xdc, 0xdf)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !matches!(view.bytes.first(), Some(0x80..=0x9f | 0xdc..=0xdf)) || view.look.text() {
            return;
        }
        let mut reader = Reader { bytes: view.bytes, at: 0, outline: Outline::default() };
        let mut documents = 0;
        while reader.at < view.bytes.len() {
            // Streams of several documents are sent too; each must be a container.
            let container = matches!(view.bytes[reader.at], 0x80..=0x9f | 0xdc..=0xdf);
            if !container || reader.value(0).is_none() {
                return;
            }
            documents += 1;
        }
        if reader.outline.proven(view.hint.typed_as("msgpack")) {
            reader.outline.emit(view.bytes, documents, out);
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    outline: Outline,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.bytes.len())?;
        let span = self.at..end;
        self.at = end;
        Some(span)
    }

    /// A big-endian number of 1, 2, 4 or 8 bytes.
    fn uint(&mut self, width: usize) -> Option<u64> {
        let span = self.take(width)?;
        Some(self.bytes[span].iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn length(&mut self, width: usize) -> Option<usize> {
        usize::try_from(self.uint(width)?).ok()
    }

    /// Length of the text that starts here, if one does.
    fn text_length(&mut self) -> Option<usize> {
        let kind = *self.bytes.get(self.at)?;
        self.at += 1;
        match kind {
            0xa0..=0xbf => Some(usize::from(kind & 0x1f)),
            0xd9..=0xdb => self.length(1 << (kind - 0xd9)),
            _ => None,
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let start = self.at;
        let kind = *self.bytes.get(start)?;
        self.at += 1;
        match kind {
            0x00..=0x7f => self.outline.number(start..self.at, kind),
            0xe0..=0xff => self.outline.number(start..self.at, kind.cast_signed()),
            0x80..=0x8f => return self.container(usize::from(kind & 0xf), true, depth),
            0x90..=0x9f => return self.container(usize::from(kind & 0xf), false, depth),
            0xdc..=0xdf => {
                let count = self.length(if kind & 1 == 0 { 2 } else { 4 })?;
                return self.container(count, kind >= 0xde, depth);
            }
            0xa0..=0xbf | 0xd9..=0xdb => {
                self.at = start;
                let length = self.text_length()?;
                let span = self.take(length)?;
                return self.outline.text(self.bytes, span);
            }
            0xc0 | 0xc2 | 0xc3 => self.outline.nothing(),
            0xc4..=0xc6 => {
                let length = self.length(1 << (kind - 0xc4))?;
                let span = self.take(length)?;
                self.outline.binary(span);
            }
            0xc7..=0xc9 => {
                let length = self.length(1 << (kind - 0xc7))?;
                let span = self.take(length.checked_add(1)?)?;
                self.outline.binary(span);
            }
            0xca => {
                let float = f32::from_bits(u32::try_from(self.uint(4)?).ok()?);
                self.outline.float(start..self.at, f64::from(float));
            }
            0xcb => {
                let float = f64::from_bits(self.uint(8)?);
                self.outline.float(start..self.at, float);
            }
            0xcc..=0xcf => {
                let number = self.uint(1 << (kind - 0xcc))?;
                self.outline.number(start..self.at, number);
            }
            0xd0..=0xd3 => {
                let width = 1 << (kind - 0xd0);
                let shift = 64 - 8 * width as u32;
                let number = (self.uint(width)? << shift).cast_signed() >> shift;
                self.outline.number(start..self.at, number);
            }
            0xd4..=0xd8 => {
                let span = self.take((1 << (kind - 0xd4)) + 1)?;
                self.outline.binary(span);
            }
            0xc1 => return None,
        }
        Some(())
    }

    fn container(&mut self, count: usize, map: bool, depth: usize) -> Option<()> {
        // Every value takes a byte: a count beyond that is none, and is not worked off.
        if depth >= DEEPEST || count > self.bytes.len() - self.at {
            return None;
        }
        self.outline.open(map);
        for _ in 0..count {
            if map {
                self.key()?;
            }
            self.value(depth + 1)?;
        }
        self.outline.close();
        Some(())
    }

    /// Keys are texts, or numbers where a schema or a table of texts is shared.
    fn key(&mut self) -> Option<()> {
        let kind = *self.bytes.get(self.at)?;
        if let 0..=0x7f | 0xcc..=0xcf = kind {
            self.at += 1;
            let number = if kind < 0x80 { u64::from(kind) } else { self.uint(1 << (kind - 0xcc))? };
            self.outline.field(number);
            return Some(());
        }
        let length = self.text_length()?;
        let span = self.take(length)?;
        self.outline.key(self.bytes, span)
    }
}
