//! LZString in its four forms: what pages use to squeeze state into storage, URLs and reports.
//!
//! The format (pieroxy.net/blog/pages/lz-string) has no magic number: a stream is a list of codes of growing width
//! that ends with a mark. A random stream asks for an entry that does not exist within a few codes, or never ends;
//! one that ends exactly with its input and has become text is believed.

use super::base64::{LONG, is_words, reads_otherwise};
use crate::decode::look::{DASH, DIGIT, EQUALS, HEX_LOWER, HEX_UPPER, HIGH, LOWER, OTHER, PLUS, SLASH, SPACE, UPPER};
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};
use std::ops::Range;

pub(super) struct LzString;

/// Shorter streams end well by chance: 96 random bits do once in 100,000 times.
const SHORTEST: usize = 16;
/// Text that must come out.
const ENOUGH: usize = 14;

const WORD: u32 = DIGIT | HEX_LOWER | HEX_UPPER | LOWER | UPPER;
/// Of base64; forms turn `+` into a blank.
const LETTERS: u32 = WORD | PLUS | EQUALS | SLASH | SPACE;

impl Layer for LzString {
    fn name(&self) -> &'static str {
        "lzstring"
    }

    fn about(&self) -> &'static str {
        "LZString (lz-string 1.5) as bytes, in base64, for URLs and in UTF-16, as web apps keep state in URLs and storage."
    }

    fn example(&self) -> &'static [u8] {
        b"N4IgrgzgpgTiBcIBeB7KIC+Q"
    }

    fn needs(&self) -> Needs {
        // A stream begins with a character, of which the first two bits tell the width: the second is never set.
        const DIGITS: Needs = Needs::NOTHING.from(SHORTEST).first_among(b'A', b'P').first_among(b'g', b'v');
        const URI: Needs = DIGITS.only(WORD | PLUS | DASH | OTHER | SPACE).richer_than_hex().or(&UTF16);
        const UTF16: Needs = Needs::NOTHING.from(SHORTEST).text().some(HIGH).or(&BYTES);
        const BYTES: Needs = Needs::NOTHING.from(SHORTEST).binary().first_among(0, 0x3f).first_among(0x80, 0xbf);
        DIGITS.only(LETTERS).richer_than_hex().or(&URI)
    }

    fn glance(&self, view: &View<'_>) -> bool {
        // The rules of base64, whose digits two of the four forms have.
        let digits = view.look.only(LETTERS);
        !(digits && (reads_otherwise(view) || (view.bytes.len() >= LONG && is_words(view.bytes))))
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.len() < SHORTEST || !self.glance(view) {
            return;
        }
        let text = if view.look.only(LETTERS) {
            // Forms turn `+` into a blank.
            inflate(
                view.bytes.iter().map(|&byte| digit(&BASE64, if byte == b' ' { b'+' } else { byte })),
                6,
                out.room(),
            )
            .or_else(|| uri(view.bytes, out.room()))
        } else if view.bytes.iter().take(SHORTEST).all(|&byte| digit(&URI, byte).is_some()) {
            uri(view.bytes, out.room())
        } else if view.look.text() {
            utf16(view.bytes, out.room())
        } else if view.bytes.len() < 1 << 20 {
            inflate(view.bytes.iter().map(|&byte| Some(u16::from(byte))), 8, out.room())
        } else {
            None
        };
        if let Some(text) = text.filter(|text| text.len() >= ENOUGH && Look::of(text).text()) {
            out.made(&text, Proof::Sure);
        }
    }
}

/// Values of the digits by their byte; 0xff for what is no digit.
type Digits = [u8; 256];

static BASE64: Digits = digits(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
static URI: Digits = digits(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$");

const fn digits(alphabet: &[u8; 65]) -> Digits {
    let mut digits = [0xff; 256];
    let mut value = 0;
    while value < alphabet.len() {
        // The last is padding and stands for zeros.
        digits[alphabet[value] as usize] = (value & 63) as u8;
        value += 1;
    }
    digits
}

fn digit(digits: &Digits, byte: u8) -> Option<u16> {
    Some(u16::from(digits[usize::from(byte)])).filter(|&value| value < 64)
}

fn uri(bytes: &[u8], room: usize) -> Option<Vec<u8>> {
    inflate(bytes.iter().map(|&byte| digit(&URI, if byte == b' ' { b'+' } else { byte })), 6, room)
}

/// Fifteen bits a character, moved by 32 so that none is a control character.
fn utf16(bytes: &[u8], room: usize) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    // Nearly all of these characters lie beyond ASCII.
    if text.chars().take(16).filter(char::is_ascii).count() > 4 {
        return None;
    }
    let units = text.encode_utf16().map(|unit| unit.checked_sub(32).filter(|&unit| unit < 1 << 15));
    inflate(units, 15, room)
}

/// Reads codes from units of `width` bits each; none if they are no stream that ends with them.
fn inflate(units: impl Iterator<Item = Option<u16>> + Clone, width: u32, room: usize) -> Option<Vec<u8>> {
    if !is_stream(units.clone(), width) {
        return None;
    }
    let mut bits = Bits::new(units, width);
    // Entries as spans of the output: every entry is some earlier output and one more unit.
    let mut out: Vec<u16> = Vec::new();
    let mut entries: Vec<Range<usize>> = Vec::new();
    let first = bits.literal(2)?;
    out.push(first);
    entries.push(0..1);
    let (mut code_bits, mut until_wider) = (3u32, 4usize);
    let mut last = 0..1;
    loop {
        let code = usize::from(bits.take(code_bits)?);
        let start = out.len();
        match code {
            0 | 1 => {
                let unit = bits.take(if code == 0 { 8 } else { 16 })?;
                out.push(unit);
                entries.push(start..start + 1);
                until_wider -= 1;
            }
            2 => break,
            _ => {
                let known = entries.len() + 3;
                let from = match entries.get(code - 3) {
                    Some(entry) => entry.clone(),
                    None if code == known => last.start..last.end + 1,
                    None => return None,
                };
                // The last entry and its first unit again: that unit is written as it is copied.
                for at in from {
                    out.push(out[at]);
                }
            }
        }
        if until_wider == 0 {
            until_wider = 1 << code_bits;
            code_bits += 1;
        }
        entries.push(last.start..last.end + 1);
        last = start..out.len();
        until_wider -= 1;
        if until_wider == 0 {
            until_wider = 1 << code_bits;
            code_bits += 1;
        }
        if out.len() * 3 > room || code_bits > 16 {
            return None;
        }
    }
    let ended = bits.ended();
    ended.then(|| String::from_utf16_lossy(&out).into_bytes())
}

/// Whether the first codes could be those of a stream: what they stand for does not matter for that, so nothing is
/// kept. Most bytes that are none are known here.
fn is_stream(units: impl Iterator<Item = Option<u16>>, width: u32) -> bool {
    const CODES: usize = 64;
    let mut bits = Bits::new(units, width);
    let (mut code_bits, mut until_wider) = (3u32, 4usize);
    let mut known = 4;
    let mut codes = || -> Option<bool> {
        bits.literal(2)?;
        for _ in 0..CODES {
            match usize::from(bits.take(code_bits)?) {
                literal @ (0 | 1) => {
                    bits.take(if literal == 0 { 8 } else { 16 })?;
                    known += 1;
                    until_wider -= 1;
                }
                2 => return Some(true),
                code if code > known => return Some(false),
                _ => {}
            }
            if until_wider == 0 {
                until_wider = 1 << code_bits;
                code_bits += 1;
            }
            known += 1;
            until_wider -= 1;
            if until_wider == 0 {
                until_wider = 1 << code_bits;
                code_bits += 1;
            }
        }
        Some(true)
    };
    codes().unwrap_or(false)
}

/// Bits of the stream, the highest of each unit first; numbers have their lowest bit first.
struct Bits<I> {
    units: I,
    width: u32,
    /// Bits that were read and not taken, the next one lowest: fewer than a unit has.
    held: u64,
    left: u32,
}

impl<I: Iterator<Item = Option<u16>>> Bits<I> {
    fn new(units: I, width: u32) -> Self {
        Self { units, width, held: 0, left: 0 }
    }

    /// At most 16 bits.
    fn take(&mut self, count: u32) -> Option<u16> {
        while self.left < count {
            let unit = self.units.next()??;
            self.held |= u64::from(unit.reverse_bits() >> (u16::BITS - self.width)) << self.left;
            self.left += self.width;
        }
        let value = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.left -= count;
        Some(value as u16)
    }

    /// The first code says how wide the first unit is.
    fn literal(&mut self, code_bits: u32) -> Option<u16> {
        match self.take(code_bits)? {
            0 => self.take(8),
            1 => self.take(16),
            _ => None,
        }
    }

    /// Nothing but zeros and at most a few units of padding behind the end mark.
    fn ended(&mut self) -> bool {
        let zeros = self.held == 0;
        // Padding of base64 stands for zeros as well.
        zeros && self.units.by_ref().take(5).enumerate().all(|(position, unit)| position < 4 && unit == Some(0))
    }
}
