//! UTF-16 in, UTF-8 out: Windows tools (PowerShell's `>`, some exports) write text captures in UTF-16.
//!
//! Everything else passes unchanged, but for a UTF-8 byte-order mark: white space takes its place, so that offsets
//! stay those of the file. After a conversion from UTF-16, offsets in faults count the UTF-8 form.

use std::borrow::Cow;
use std::io::{self, Read};

/// How the text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    /// UTF-8, or anything that is not UTF-16.
    Bytes,
    /// Two bytes a unit, low byte first.
    LittleEndian,
    /// Two bytes a unit, high byte first.
    BigEndian,
}

impl Storage {
    /// From the byte-order mark, or from a first character that is ASCII and stored in two bytes.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0xff, 0xfe, ..] => Self::LittleEndian,
            [0xfe, 0xff, ..] => Self::BigEndian,
            [b'{' | b'[' | b' ' | b'\r' | b'\n', 0, _, 0, ..] => Self::LittleEndian,
            [0, b'{' | b'[' | b' ' | b'\r' | b'\n', 0, _, ..] => Self::BigEndian,
            _ => Self::Bytes,
        }
    }
}

/// A file's first bytes as UTF-8, without a byte-order mark.
pub(super) fn head_as_utf8(head: &[u8]) -> Cow<'_, [u8]> {
    let storage = Storage::of(head);
    if storage == Storage::Bytes {
        return Cow::Borrowed(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head));
    }
    let mut out = Vec::new();
    Units { storage, pending: Vec::new(), high: None }.push(head, &mut out);
    blank_mark(&mut out);
    Cow::Owned(out)
}

/// Turns UTF-16 into UTF-8 as it is read; a surrogate without its other half becomes U+FFFD.
pub(super) struct Utf8<'r> {
    input: &'r mut dyn Read,
    units: Units,
    /// UTF-8 that has been made and not yet handed out, from `given` on.
    ready: Vec<u8>,
    given: usize,
}

impl<'r> Utf8<'r> {
    /// Looks at the first four bytes to tell how the text is stored.
    pub(super) fn new(input: &'r mut dyn Read) -> io::Result<Self> {
        let mut head = Vec::new();
        (&mut *input).take(4).read_to_end(&mut head)?;
        let storage = Storage::of(&head);
        let mut units = Units { storage, pending: Vec::new(), high: None };
        let mut ready = Vec::new();
        match storage {
            Storage::Bytes => ready = head,
            _ => units.push(&head, &mut ready),
        }
        blank_mark(&mut ready);
        Ok(Self { input, units, ready, given: 0 })
    }
}

impl Read for Utf8<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() {
            if self.units.storage == Storage::Bytes {
                return self.input.read(buffer);
            }
            self.ready.clear();
            self.given = 0;
            let mut chunk = [0; 16 << 10];
            match self.input.read(&mut chunk)? {
                0 => return Ok(0),
                count => self.units.push(&chunk[..count], &mut self.ready),
            }
        }
        let count = buffer.len().min(self.ready.len() - self.given);
        buffer[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

fn blank_mark(text: &mut [u8]) {
    if let Some(mark) = text.strip_prefix(b"\xef\xbb\xbf").map(|rest| text.len() - rest.len()) {
        text[..mark].fill(b' ');
    }
}

struct Units {
    storage: Storage,
    /// The first byte of a unit whose second has not been read.
    pending: Vec<u8>,
    /// A first surrogate that waits for its second.
    high: Option<u16>,
}

impl Units {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.pending.extend_from_slice(bytes);
        let pending = std::mem::take(&mut self.pending);
        let (pairs, rest) = pending.as_chunks::<2>();
        self.pending = rest.to_vec();
        for &pair in pairs {
            let unit = match self.storage {
                Storage::BigEndian => u16::from_be_bytes(pair),
                _ => u16::from_le_bytes(pair),
            };
            self.unit(unit, out);
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        let first = self.high.take();
        let opens_pair = (0xd800..0xdc00).contains(&unit);
        self.high = opens_pair.then_some(unit);
        for c in char::decode_utf16(first.into_iter().chain((!opens_pair).then_some(unit))) {
            let c = c.unwrap_or('\u{fffd}');
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str, storage: Storage) -> Vec<u8> {
        let bytes = |unit: u16| if storage == Storage::BigEndian { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn both_byte_orders_with_and_without_mark() {
        for storage in [Storage::LittleEndian, Storage::BigEndian] {
            for text in ["\u{feff}{\"a\":\"ó😀\"}", "{\"a\":\"ó😀\"}"] {
                let file = stored(text, storage);
                let mut out = String::new();
                Utf8::new(&mut &file[..]).unwrap().read_to_string(&mut out).unwrap();
                assert_eq!(out.trim_start(), "{\"a\":\"ó😀\"}");
                assert_eq!(&*head_as_utf8(&file), out.as_bytes());
            }
        }
    }

    #[test]
    fn halves_and_leftovers() {
        let mut file = stored("{{", Storage::LittleEndian);
        file.extend_from_slice(&[0x3d, 0xd8, 0x3d, 0xd8, 0x00, 0xde, 0x00, 0xde, 0x41]);
        let mut out = String::new();
        Utf8::new(&mut &file[..]).unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(out, "{{\u{fffd}😀\u{fffd}");
    }

    #[test]
    fn other_bytes_pass() {
        for file in [&b""[..], b"{", b"{\"a\":1}", b"\xff\x00\xff\x00"] {
            let mut out = Vec::new();
            Utf8::new(&mut &file[..]).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(out, file);
        }
    }
}
