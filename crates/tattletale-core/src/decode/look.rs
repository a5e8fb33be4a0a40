//! A first glance at bytes: which classes of characters occur. One pass, so that layers can decline at once.

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
        // Eight at a time: this is done with every byte.
        let (eights, rest) = bytes.as_chunks::<8>();
        let mut classes = rest.iter().fold(0, |classes, &byte| classes | CLASS[usize::from(byte)]);
        for [a, b, c, d, e, f, g, h] in eights {
            let class = |byte: &u8| CLASS[usize::from(*byte)];
            classes |= class(a) | class(b) | class(c) | class(d) | class(e) | class(f) | class(g) | class(h);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_text_from_binary() {
        assert!(Look::of("zażółć\n".as_bytes()).text());
        assert!(!Look::of(b"a\0b").text());
        assert!(!Look::of(b"\xff\xfe").text());
        assert!(Look::of(b"12af").only(DIGIT | HEX_LOWER));
        assert!(Look::of(b"aZ9").mixed() && !Look::of(b"az9").mixed());
    }
}
