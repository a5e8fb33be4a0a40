//! A first glance at bytes: which classes of characters occur. One pass, so that layers can decline at once.

use crate::codec::simd::{BLOCK, ByteSet};

/// Classes that occur in some bytes, and their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    classes: u32,
    text: bool,
}

/// `0-9`
pub(super) const DIGIT: u32 = 1;
/// `a-f`
pub(super) const HEX_LOWER: u32 = 1 << 1;
/// `A-F`
pub(super) const HEX_UPPER: u32 = 1 << 2;
/// `g-z`
pub(super) const LOWER: u32 = 1 << 3;
/// `G-Z`
pub(super) const UPPER: u32 = 1 << 4;
/// `+`
pub(super) const PLUS: u32 = 1 << 5;
/// `/`
pub(super) const SLASH: u32 = 1 << 6;
/// `-` and `_`
pub(super) const DASH: u32 = 1 << 7;
/// `=`
pub(super) const EQUALS: u32 = 1 << 8;
/// `%`
pub(super) const PERCENT: u32 = 1 << 9;
/// The space
pub(super) const SPACE: u32 = 1 << 10;
/// Tab, line feed, carriage return
pub(super) const BREAK: u32 = 1 << 11;
/// `&`
pub(super) const AMPERSAND: u32 = 1 << 15;
/// `\`
pub(super) const BACKSLASH: u32 = 1 << 16;
/// `.`
pub(super) const DOT: u32 = 1 << 17;
/// `:`
pub(super) const COLON: u32 = 1 << 18;
/// `;`, `|` and `,`
pub(super) const SEPARATOR: u32 = 1 << 19;
/// `{` and `[`
pub(super) const OPENING: u32 = 1 << 20;
/// `<`
pub(super) const ANGLE: u32 = 1 << 21;
/// Printable ASCII that none of the above is.
pub(super) const OTHER: u32 = 1 << 12;
/// Printable ASCII that is neither letter nor digit nor one of `+/-_=%` nor blank.
pub(super) const PUNCTUATION: u32 = AMPERSAND | BACKSLASH | DOT | COLON | SEPARATOR | OPENING | ANGLE | OTHER;
/// Control characters other than `BREAK`
pub(super) const CONTROL: u32 = 1 << 13;
/// What UTF-8 has of characters up to U+00FF: 0x80 to 0xbf, 0xc2 and 0xc3
pub(super) const LATIN: u32 = 1 << 14;
/// 0x80 and above
pub(super) const HIGH: u32 = LATIN | 1 << 22;

const CLASS: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' => HEX_LOWER,
            b'A'..=b'F' => HEX_UPPER,
            b'g'..=b'z' => LOWER,
            b'G'..=b'Z' => UPPER,
            b'+' => PLUS,
            b'/' => SLASH,
            b'-' | b'_' => DASH,
            b'=' => EQUALS,
            b'%' => PERCENT,
            b' ' => SPACE,
            b'\t' | b'\n' | b'\r' => BREAK,
            b'&' => AMPERSAND,
            b'\\' => BACKSLASH,
            b'.' => DOT,
            b':' => COLON,
            b';' | b'|' | b',' => SEPARATOR,
            b'{' | b'[' => OPENING,
            b'<' => ANGLE,
            0x21..=0x7e => OTHER,
            0x80..=0xbf | 0xc2 | 0xc3 => LATIN,
            0xc0.. => HIGH & !LATIN,
            _ => CONTROL,
        };
        byte += 1;
    }
    table
};

impl Look {
    /// Any bytes whatever.
    pub(super) const ANY: Self = Self { classes: u32::MAX, text: false };

    /// Looks at every byte once.
    #[inline]
    pub fn of(bytes: &[u8]) -> Self {
        let classes = if bytes.len() < LONG { classes_of(bytes) } else { classes_of_long(bytes) };
        let text = classes & CONTROL == 0 && (classes & HIGH == 0 || std::str::from_utf8(bytes).is_ok());
        Self { classes, text }
    }

    /// The classes that occur, as bits.
    #[inline]
    pub(super) fn classes(self) -> u32 {
        self.classes
    }

    /// True when some byte is of one of these classes.
    #[inline]
    pub fn has(self, classes: u32) -> bool {
        self.classes & classes != 0
    }

    /// True when every byte is of one of these classes.
    #[inline]
    pub fn only(self, classes: u32) -> bool {
        self.classes & !classes == 0
    }

    /// True for UTF-8 without control characters.
    #[inline]
    pub fn text(self) -> bool {
        self.text
    }

    /// True when every byte is below 0x80.
    #[inline]
    pub fn ascii(self) -> bool {
        !self.has(HIGH)
    }

    /// True when every byte is printable ASCII.
    #[inline]
    pub fn printable(self) -> bool {
        !self.has(BREAK | CONTROL | HIGH)
    }

    /// True when every byte is a hexadecimal digit, in one letter case.
    #[inline]
    pub fn hexadecimal(self) -> bool {
        self.only(DIGIT | HEX_LOWER) || self.only(DIGIT | HEX_UPPER)
    }

    /// True when digits and a point occur, as in a decimal fraction.
    #[inline]
    pub fn fractional(self) -> bool {
        self.has(DIGIT) && self.has(DOT)
    }

    /// True when small letters, capitals and digits all occur, as in any longer run of radix-64 digits.
    #[inline]
    pub fn mixed(self) -> bool {
        self.has(DIGIT) && self.has(HEX_LOWER | LOWER) && self.has(HEX_UPPER | UPPER)
    }
}

/// Shortest bytes in which most blocks have the classes of those before them.
const LONG: usize = 4 * BLOCK;

/// Eight at a time.
#[inline]
fn classes_of(bytes: &[u8]) -> u32 {
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut classes = rest.iter().fold(0, |classes, &byte| classes | CLASS[usize::from(byte)]);
    for [a, b, c, d, e, f, g, h] in eights {
        let class = |byte: &u8| CLASS[usize::from(*byte)];
        classes |= class(a) | class(b) | class(c) | class(d) | class(e) | class(f) | class(g) | class(h);
    }
    classes
}

/// What is of classes that are known to occur says nothing new, and is passed over in whole blocks.
#[inline(never)]
fn classes_of_long(bytes: &[u8]) -> u32 {
    let (mut blocks, rest) = bytes.as_chunks::<BLOCK>();
    let (mut classes, mut known, mut in_known) = (classes_of(rest), 0, ByteSet::NONE);
    while !blocks.is_empty() {
        let (next, others) = blocks.split_at(blocks.len().min(2));
        classes |= classes_of(next.as_flattened());
        let mut new = classes & !known;
        while new != 0 {
            in_known = in_known.union(&SETS[new.trailing_zeros() as usize]);
            new &= new - 1;
        }
        known = classes;
        blocks = &others[in_known.only_in(others)..];
    }
    classes
}

/// The bytes of each class.
static SETS: [ByteSet; 23] = {
    let mut sets = [ByteSet::NONE; 23];
    let mut byte = 0;
    while byte < 256 {
        let mut class = 0;
        while class < sets.len() {
            if CLASS[byte] >> class & 1 == 1 {
                sets[class] = sets[class].with(byte as u8);
            }
            class += 1;
        }
        byte += 1;
    }
    sets
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However rare a class is, and wherever it stands.
        #[test]
        fn no_byte_is_passed_over(
            common: u8,
            rare in proptest::collection::vec((0..1000usize, any::<u8>()), 0..4),
            length in 0..1000usize,
        ) {
            let mut bytes = vec![common; length];
            for (at, byte) in rare {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            let classes = bytes.iter().fold(0, |classes, &byte| classes | CLASS[usize::from(byte)]);
            prop_assert_eq!(Look::of(&bytes).classes(), classes);
        }
    }

    #[test]
    fn tells_text_from_binary() {
        assert!(Look::of("zażółć\n".as_bytes()).text());
        assert!(!Look::of(b"a\0b").text());
        assert!(!Look::of(b"\xff\xfe").text());
        assert!(Look::of(b"12af").only(DIGIT | HEX_LOWER));
        assert!(Look::of(b"aZ9").mixed() && !Look::of(b"az9").mixed());
    }
}
