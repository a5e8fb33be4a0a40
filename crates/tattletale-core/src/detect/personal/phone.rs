//! Phone numbers.

use super::field::is_filler;
use super::{Detector, Field, Match, Sure, Traits};

pub(super) struct Phone;

impl Detector for Phone {
    fn kind(&self) -> &'static str {
        "phone"
    }

    fn about(&self) -> &'static str {
        "a number in international form (ITU-T E.164) that the numbering plan of its country allows, by the tables of \
         the libphonenumber project; without a plus only in a field named like a phone number"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("contact", "call +48 601 234 567")
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.digits >= 8 && traits.length <= 4_096
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let named =
            field.is_named(&["phone", "tel", "telephone", "mobile", "msisdn", "cell", "whatsapp", "phone number"]);
        for (start, run) in field.runs(8, |c| c.is_ascii_digit() || "+ -().\u{a0}/".contains(c)) {
            // Numbers are written apart by blanks, so a run may hold several: each plus starts one.
            let starts: Vec<usize> = run.match_indices('+').map(|(at, _)| at).collect();
            for (position, &at) in starts.iter().enumerate() {
                let end = starts.get(position + 1).copied().unwrap_or(run.len());
                check(&run[at..end], start + at, field.text, out);
            }
            let digits: String = run.chars().filter(char::is_ascii_digit).collect();
            let alone = run.trim().len() == field.text.trim().len();
            if starts.is_empty() && named && alone {
                let digits = digits.strip_prefix("00").unwrap_or(&digits);
                if valid(&format!("+{digits}")) && !is_filler(digits) {
                    let range = start..start + run.len();
                    out.push(Match { range, value: format!("+{digits}"), sure: Sure::Yes });
                }
            }
        }
    }
}

fn check(written: &str, start: usize, text: &str, out: &mut Vec<Match>) {
    let written = written.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    // A plus inside base64 or between two terms of a query is none.
    let joined = |c: char| c.is_alphanumeric() || c == '=' || c == '_';
    let before = text[..start].chars().next_back().is_some_and(joined);
    let behind = text[start + written.len()..].chars().next().is_some_and(joined);
    let decimal = written.contains('.') && written.matches('.').count() == 1 && !written.contains([' ', '-']);
    if (8..=15).contains(&digits.len()) && !before && !behind && !decimal && !is_filler(&digits) {
        let value = format!("+{digits}");
        if valid(&value) {
            out.push(Match { range: start..start + written.len(), value, sure: Sure::Yes });
        }
    }
}

fn valid(number: &str) -> bool {
    phonenumber::parse(None, number).is_ok_and(|number| phonenumber::is_valid(&number))
}
