//! Bank accounts.

use super::{Detector, Field, Match, Sure, Traits};

pub(super) struct Iban;

/// Countries and lengths of their numbers (SWIFT, IBAN registry).
const COUNTRIES: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VG", 24),
    ("XK", 20),
];

impl Detector for Iban {
    fn kind(&self) -> &'static str {
        "iban"
    }

    fn about(&self) -> &'static str {
        "a country and its length (SWIFT, IBAN registry) with the check of ISO 13616 (remainder 1 of 97), in capitals"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("text", "to DE89 3704 0044 0532 0130 00")
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.digits >= 10 && traits.length >= 15
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        for (start, run) in field.runs(15, |c| c.is_ascii_digit() || c.is_ascii_uppercase() || c == ' ') {
            let mut from = 0;
            while from + 15 <= run.len() {
                let word = from == 0 && field.text[..start].ends_with(|c: char| c.is_alphanumeric());
                match (!word).then(|| at(&run[from..])).flatten() {
                    Some((length, value)) => {
                        out.push(Match { range: start + from..start + from + length, value, sure: Sure::Yes });
                        from += length;
                    }
                    None => from = run[from..].find(' ').map_or(run.len(), |blank| from + blank + 1),
                }
            }
        }
    }
}

/// A number at the start of `text`, with the bytes that it takes.
fn at(text: &str) -> Option<(usize, String)> {
    let (_, length) = COUNTRIES.iter().find(|(country, _)| text.starts_with(country))?;
    let mut value = String::new();
    let mut end = 0;
    for (position, byte) in text.bytes().enumerate() {
        if value.len() == *length {
            break;
        }
        if byte != b' ' {
            value.push(char::from(byte));
            end = position + 1;
        }
    }
    let ends = text[end..].chars().next().is_none_or(|c| c == ' ');
    let digits = value.len() == *length && value[2..4].bytes().all(|byte| byte.is_ascii_digit());
    (ends && digits && remainder(&value) == 1).then_some((end, value))
}

fn remainder(value: &str) -> u32 {
    let moved = value[4..].chars().chain(value[..4].chars());
    moved.fold(0, |remainder, c| match c.to_digit(36) {
        Some(digit) if digit > 9 => (remainder * 100 + digit) % 97,
        Some(digit) => (remainder * 10 + digit) % 97,
        None => remainder,
    })
}
