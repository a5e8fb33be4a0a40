//! What a value looks like: could it single out a device at all, and how many bits could it hold at most?
//!
//! Names of fields say nothing here: they are the sender's choice, and a sender with something to hide chooses well.
//! The length follows Englehardt and Narayanan, "Online tracking: a 1-million-site measurement and analysis" (CCS
//! 2016), who take 8 to 100 characters for a cookie that identifies. A planted value needs no shape: it is known.

use std::fmt;
use tattletale_core::model::Timestamp;

/// Shortest and longest value that may be an identifier, in bytes (Englehardt and Narayanan 2016).
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=100;

/// Bits from which a value is taken for drawn when there is only one device to look at. A build commit has them too,
/// which is why such a value is never more than "whether it differs between devices is unknown".
const STRONG: f64 = 60.0;

/// The form of a value that could be an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// RFC 9562, with its version digit.
    Uuid {
        /// 1 to 8; other digits are no version.
        version: u8,
    },
    /// Hexadecimal digits, with or without separators.
    Hex {
        /// How many digits.
        digits: u8,
    },
    /// 15 digits whose last is the check digit of the others (3GPP TS 23.003, annex B).
    Imei,
    /// Six pairs of hexadecimal digits with separators (IEEE 802).
    Mac,
    /// Decimal digits.
    Digits {
        /// How many.
        digits: u8,
    },
    /// `someone@host`.
    Email,
    /// Letters and digits without order.
    Token {
        /// How many characters.
        chars: u8,
        /// Characters to choose from at each place, by the classes that occur.
        alphabet: u8,
    },
}

/// Why a value is no identifier by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Plain {
    /// Shorter than eight bytes: a switch, a small number, a language, one of a few.
    Short,
    /// Longer than a hundred bytes.
    Long,
    /// Stands for "no value": zeros, one character over and over, a constant that systems give instead of an id.
    Nothing,
    /// A decimal number, a size, or a version.
    Measure,
    /// A moment: a Unix time near the recording, or a date.
    Moment,
    /// An address, a path, a package or file name.
    Name,
    /// Words.
    Text,
}

impl Shape {
    /// The shape of a value, or why it has none. `near` is a time of the recording, Unix milliseconds.
    pub fn of(value: &[u8], near: Option<i64>) -> Result<Self, Plain> {
        let Ok(text) = std::str::from_utf8(value) else {
            // A number or digest as it is in memory.
            let drawn = (8..=32).contains(&value.len()) && value.iter().any(|byte| *byte != value[0]);
            return if drawn { Ok(Self::Hex { digits: 2 * value.len() as u8 }) } else { Err(Plain::Text) };
        };
        let text = text.trim();
        if is_nothing(text) {
            return Err(Plain::Nothing);
        }
        if !LENGTHS.contains(&text.len()) {
            return Err(if text.len() < *LENGTHS.start() { Plain::Short } else { Plain::Long });
        }
        if is_moment(text, near) {
            return Err(Plain::Moment);
        }
        if is_email(text) {
            return Ok(Self::Email);
        }
        if let Some(shape) = numbered(text) {
            return Ok(shape);
        }
        token(text)
    }

    /// Most bits that the format can hold. Of an IMEI the check digit holds none and the first eight digits name the
    /// model; of a version 4 UUID six bits are fixed (RFC 9562, section 5.4), as of the other versions.
    pub fn most_bits(self) -> f64 {
        let decimal = f64::log2(10.0);
        match self {
            Self::Uuid { .. } => 122.0,
            Self::Hex { digits } => 4.0 * f64::from(digits),
            Self::Imei => 14.0 * decimal,
            Self::Mac => 48.0,
            Self::Digits { digits } => f64::from(digits) * decimal,
            // RFC 5321, section 4.5.3.1: what a mailbox may hold is no useful bound; an address has one holder.
            Self::Email => f64::INFINITY,
            Self::Token { chars, alphabet } => f64::from(chars) * f64::from(alphabet).log2(),
        }
    }

    /// Whether it looks drawn even where there is no second device to compare with.
    pub fn is_strong(self) -> bool {
        matches!(self, Self::Imei | Self::Mac | Self::Email) || self.most_bits() >= STRONG
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid { version } => write!(f, "UUID version {version}"),
            Self::Hex { digits } => write!(f, "{digits} hex digits"),
            Self::Imei => f.write_str("15 digits with an IMEI's check digit"),
            Self::Mac => f.write_str("MAC address"),
            Self::Digits { digits } => write!(f, "{digits} digits"),
            Self::Email => f.write_str("e-mail address"),
            Self::Token { chars, .. } => write!(f, "{chars} letters and digits"),
        }
    }
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "too short to single anybody out",
            Self::Long => "too long for an identifier",
            Self::Nothing => "a value that stands for none",
            Self::Measure => "a number, size or version",
            Self::Moment => "a moment",
            Self::Name => "an address or a name",
            Self::Text => "words",
        })
    }
}

/// The value without what writers of the same identifier differ in: case and separators of hexadecimal digits, case of
/// an address of mail; bytes that are no text are their hexadecimal digits. Equal keys are one identifier.
pub(super) fn key(value: &[u8]) -> Vec<u8> {
    if std::str::from_utf8(value).is_err() {
        return value.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    }
    let value = value.trim_ascii();
    let bare = without_separators(value);
    if bare.len() >= 8 && bare.iter().all(u8::is_ascii_hexdigit) {
        return bare.to_ascii_lowercase();
    }
    match std::str::from_utf8(value) {
        Ok(text) if is_email(text) => value.to_ascii_lowercase(),
        _ => value.to_vec(),
    }
}

fn without_separators(value: &[u8]) -> Vec<u8> {
    value.iter().copied().filter(|byte| !matches!(byte, b'-' | b':' | b'{' | b'}')).collect()
}

/// Zeros and the like (Android's advertising id is all zeros once it was deleted or limited), and two constants that
/// Android gave in place of ids: the MAC address since version 6, and the ANDROID_ID of a faulty 2.2.
fn is_nothing(text: &str) -> bool {
    let bare: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect();
    let same = bare.windows(2).all(|pair| pair[0] == pair[1]);
    let words = ["unknown", "undefined", "null", "none", "na", "anonymous", "020000000000", "9774d56d682e549c"];
    same || words.iter().any(|word| bare == word.as_bytes())
}

/// A Unix time in seconds, milliseconds or microseconds from 25 years before to 5 years after `near` (what was
/// installed long ago, what expires), a date of eight digits, or a date in ISO order.
fn is_moment(text: &str, near: Option<i64>) -> bool {
    const YEAR: i64 = 365 * 24 * 3_600_000;
    let bytes = text.as_bytes();
    if bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[..4].iter().all(u8::is_ascii_digit) {
        return text.parse::<Timestamp>().is_ok() || bytes[..10].iter().filter(|b| b.is_ascii_digit()).count() == 8;
    }
    let (whole, _) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let Ok(number) = whole.parse::<i64>() else { return false };
    let ms = match whole.len() {
        8 => {
            return (1990..2100).contains(&(number / 10_000))
                && (1..13).contains(&(number / 100 % 100))
                && number % 100 < 32;
        }
        10 => number * 1_000,
        13 => number,
        16 => number / 1_000,
        _ => return false,
    };
    let (first, last) = near.map_or((0, 4_102_444_800_000), |near| (near - 25 * YEAR, near + 5 * YEAR));
    (first..last).contains(&ms)
}

fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let word =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-%".contains(&b));
    word(name) && word(host) && host.contains('.')
}

/// Shapes made of digits, decimal or hexadecimal.
fn numbered(text: &str) -> Option<Shape> {
    let bytes = text.trim_start_matches('{').trim_end_matches('}').as_bytes();
    let bare = without_separators(bytes);
    let digits = u8::try_from(bare.len()).ok()?;
    if text.strip_prefix('+').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(if digits == 15 && has_check_digit(&bare) { Shape::Imei } else { Shape::Digits { digits } });
    }
    if !bare.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let groups: Vec<usize> = bytes.split(|byte| matches!(byte, b'-' | b':')).map(<[u8]>::len).collect();
    let version = (groups == [8, 4, 4, 4, 12]).then(|| bytes[14]);
    match version {
        Some(version @ b'1'..=b'8') => return Some(Shape::Uuid { version: version - b'0' }),
        _ if groups == [2; 6] => return Some(Shape::Mac),
        _ => {}
    }
    // A word of hex letters, or a date with a time, is no hexadecimal number.
    let mixed = bare.iter().any(u8::is_ascii_digit) && bare.iter().any(u8::is_ascii_alphabetic);
    (mixed && bare.len() >= 8).then_some(Shape::Hex { digits })
}

/// Luhn's check (ISO/IEC 7812-1, annex B).
fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') << (place % 2);
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Letters and digits as a generator draws them: one run of eight or more in which the classes of characters change
/// at least at every third place, or that is itself a number.
fn token(text: &str) -> Result<Shape, Plain> {
    if text.contains("://") || text.starts_with('/') {
        return Err(Plain::Name);
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.:|~%!$*".contains(&byte)) {
        return Err(Plain::Text);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || b".,-+x*:/".contains(&byte)) {
        // Two long numbers side by side are what analytics cookies hold: a draw and the first visit.
        let long =
            text.split('.').filter(|run| run.len() >= 8 && run.bytes().all(|byte| byte.is_ascii_digit())).count();
        if long == 0 || !text.contains('.') || text.split('.').count() < 3 {
            return Err(Plain::Measure);
        }
    }
    let runs = || text.split(['.', ':', '|', '~', '-', '!', '$', '*', '%']);
    let drawn = |run: &str| run.len() >= 8 && (is_number(run) || changes(run) * 3 >= run.len());
    let underscored = |run: &str| run.split('_').any(|piece| piece.len() >= 8 && is_number(piece));
    if !runs().any(|run| drawn(run) || underscored(run)) {
        let dotted = text.contains('.') && text.bytes().any(|byte| byte.is_ascii_digit());
        return Err(if dotted { Plain::Measure } else { Plain::Name });
    }
    let has = |class: fn(&u8) -> bool| text.as_bytes().iter().any(class);
    let other = |byte: &u8| !byte.is_ascii_alphanumeric();
    let alphabet = 10 * u8::from(has(u8::is_ascii_digit))
        + 26 * u8::from(has(u8::is_ascii_lowercase))
        + 26 * u8::from(has(u8::is_ascii_uppercase))
        + 2 * u8::from(has(other));
    Ok(Shape::Token { chars: text.len() as u8, alphabet })
}

fn is_number(run: &str) -> bool {
    run.bytes().all(|byte| byte.is_ascii_hexdigit()) && run.bytes().filter(u8::is_ascii_digit).count() >= 2
}

/// How often two neighbours are of different classes: digit, lower case, upper case, other.
fn changes(run: &str) -> usize {
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    run.as_bytes().windows(2).filter(|pair| class(&pair[0]) != class(&pair[1])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 November 2026, milliseconds.
    const NEAR: Option<i64> = Some(1_795_225_470_000);

    #[test]
    fn what_could_identify() {
        let cases = [
            ("6f1c2a34-9b1e-4c77-8f00-52d1c0a9be11", "UUID version 4"),
            ("cd2597a3d6a0e17c", "16 hex digits"),
            ("02:A3:33:66:ea:fe", "MAC address"),
            ("861500630523253", "15 digits with an IMEI's check digit"),
            ("861500630523254", "15 digits"),
            ("marta.150a6daf@example.org", "e-mail address"),
            ("user-150a6daf", "13 letters and digits"),
            ("1a1fc009dfc560-0264628fedc1c6-1f543b4d-921600-1a1fc009dfee3e", "56 hex digits"),
            ("GA1.2.1034567123.1795225470", "27 letters and digits"),
            ("acct_84213377", "13 letters and digits"),
            ("q9Zt4LmX0aPw7RkB2c", "18 letters and digits"),
            ("9034567123", "10 digits"),
        ];
        for (value, words) in cases {
            assert_eq!(
                Shape::of(value.as_bytes(), NEAR).map(|shape| shape.to_string()).as_deref(),
                Ok(words),
                "{value}"
            );
        }
    }

    #[test]
    fn what_could_not() {
        let cases = [
            ("true", Plain::Short),
            ("pl-PL", Plain::Short),
            ("00000000-0000-0000-0000-000000000000", Plain::Nothing),
            ("02:00:00:00:00:00", Plain::Nothing),
            ("9774d56d682e549c", Plain::Nothing),
            ("1080x2340", Plain::Measure),
            ("52.005386", Plain::Measure),
            ("12.0.3.0", Plain::Measure),
            ("QKQ1.200114.002", Plain::Measure),
            ("1795225470123", Plain::Moment),
            ("1795225470", Plain::Moment),
            ("20261121", Plain::Moment),
            ("2026-11-21T02:44:30Z", Plain::Moment),
            ("https://clinic.localhost/a8f3c1d29b", Plain::Name),
            ("com.android.browser", Plain::Name),
            ("page_load_event_finish", Plain::Name),
            ("pageLoadEventFinish", Plain::Name),
            ("Redmi Note 8", Plain::Text),
        ];
        for (value, why) in cases {
            assert_eq!(Shape::of(value.as_bytes(), NEAR), Err(why), "{value}");
        }
    }

    #[test]
    fn writings_of_one_identifier_have_one_key() {
        assert_eq!(key(b"02:A3:33:66:EA:FE"), key(b"02a33366eafe"));
        assert_eq!(key(b"6F1C2A34-9B1E-4C77-8F00-52D1C0A9BE11"), key(b"6f1c2a349b1e4c778f0052d1c0a9be11"));
        assert_eq!(key(b"Marta@Example.org"), key(b"marta@example.org"));
        assert_ne!(key(b"q9Zt4LmX"), key(b"Q9zT4lMx"));
    }

    #[test]
    fn bits_are_those_of_the_format() {
        let bits = |value: &str| Shape::of(value.as_bytes(), NEAR).unwrap().most_bits();
        assert_eq!(bits("cd2597a3d6a0e17c"), 64.0);
        assert_eq!(bits("6f1c2a34-9b1e-4c77-8f00-52d1c0a9be11"), 122.0);
        assert!((46.0..47.0).contains(&bits("861500630523253")));
        assert!(Shape::of(b"M1908C3JG", NEAR).is_ok_and(|shape| !shape.is_strong()));
    }
}
