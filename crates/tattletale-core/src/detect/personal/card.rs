//! Numbers of payment cards.

use super::field::{is_filler, luhn};
use super::{Detector, Field, Match, Sure, Traits};

pub(super) struct Card;

impl Detector for Card {
    fn kind(&self) -> &'static str {
        "card"
    }

    fn about(&self) -> &'static str {
        "13 to 19 digits with Luhn's check under a network's range and of its length (ISO/IEC 7812-1), written in groups or \
         in a field named like a card; decimals of a number are none"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("text", "4539 5787 6362 1486")
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.digits >= 13
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let named = field.is_named(&["card", "cc", "card number", "pan", "credit card", "ccnum", "cardnumber"]);
        for (start, run) in field.runs(13, |c| c.is_ascii_digit() || c == ' ' || c == '-') {
            let run_start = start + run.len() - run.trim_start_matches([' ', '-']).len();
            let run = run.trim_matches([' ', '-']);
            let digits: String = run.chars().filter(char::is_ascii_digit).collect();
            let joined = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
            let before = field.text[..run_start].chars().next_back().is_some_and(joined);
            let behind = field.text[run_start + run.len()..].chars().next().is_some_and(|c| c.is_alphanumeric());
            if before || behind || !in_a_range(&digits) || !luhn(&digits) || is_filler(&digits) {
                continue;
            }
            if named || is_grouped(run, digits.len()) {
                out.push(Match { range: run_start..run_start + run.len(), value: digits, sure: Sure::Yes });
            }
        }
    }
}

/// Ranges and lengths of the networks, as ISO/IEC 7812 issuers publish them.
fn in_a_range(digits: &str) -> bool {
    let prefix = |length: usize| digits.get(..length).and_then(|prefix| prefix.parse::<u32>().ok()).unwrap_or(0);
    let lengths: &[usize] = match (prefix(1), prefix(2), prefix(4)) {
        (4, ..) => &[13, 16, 19],
        (_, 51..=55, _) | (_, _, 2221..=2720) => &[16],
        (_, 34 | 37, _) => &[15],
        (_, 62 | 65, _) | (_, _, 6011 | 3528..=3589) => &[16, 17, 18, 19],
        (_, 36 | 38 | 39, _) | (_, _, 3000..=3059) => &[14],
        _ => &[],
    };
    lengths.contains(&digits.len())
}

/// Groups as on a card: of four, or 4-6-5.
fn is_grouped(run: &str, digits: usize) -> bool {
    let groups: Vec<usize> = run.split([' ', '-']).map(str::len).collect();
    groups == [4, 6, 5]
        || (digits >= 16 && groups.len() >= 4 && groups[..groups.len() - 1].iter().all(|&group| group == 4))
}
