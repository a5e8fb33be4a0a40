//! Other ways to spell a value that may stand anywhere in a text: few enough to be looked for as texts.

use crate::model::url::hex_digit;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// All that are not the text itself.
pub(super) fn all(kind: &str, text: &str) -> Vec<String> {
    let mut all = match kind {
        "mac" | "bssid" => of_pairs(&digits(text)),
        "uuid" | "advertising-id" if digits(text).len() == 32 => vec![digits(text)],
        "android-id" => of_number(text),
        "person-name" => of_name(text),
        "search" | "typed" | "text" => of_words(text),
        _ => Vec::new(),
    };
    all.retain(|spelling| !spelling.eq_ignore_ascii_case(text));
    all
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_lowercase()).collect()
}

/// An address of six bytes as the tools of several makers print it, without zeros in front among them.
fn of_pairs(digits: &str) -> Vec<String> {
    let pairs: Vec<&str> = (0..6).filter_map(|pair| digits.get(pair * 2..pair * 2 + 2)).collect();
    if digits.len() != 12 || pairs.len() != 6 {
        return Vec::new();
    }
    let short: Vec<&str> = pairs.iter().map(|pair| pair.strip_prefix('0').unwrap_or(pair)).collect();
    let fours: Vec<String> = pairs.chunks(2).map(<[&str]>::concat).collect();
    vec![pairs.join(":"), pairs.join("-"), digits.to_owned(), fours.join("."), short.join(":")]
}

/// Sixty-four bits as programs hold them: a number with or without a sign.
fn of_number(text: &str) -> Vec<String> {
    let number = text.bytes().try_fold(0u64, |number, digit| Some(number << 4 | u64::from(hex_digit(digit)?)));
    match number {
        Some(number) if text.len() == 16 => vec![number.to_string(), number.cast_signed().to_string()],
        _ => Vec::new(),
    }
}

/// The last name first, and both in the letters of ASCII. A word alone has none: every spelling is one more that chance
/// may write, and few single names are long enough to stay strong beside it.
fn of_name(text: &str) -> Vec<String> {
    let Some((first, last)) = text.rsplit_once(' ') else { return Vec::new() };
    vec![folded(text), format!("{last}, {first}"), format!("{last} {first}")]
}

/// Words as addresses and keys have them: with something else between, maybe without accents.
fn of_words(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain = words.len() > 1 && words.iter().all(|word| word.chars().all(char::is_alphanumeric));
    if !plain {
        return Vec::new();
    }
    let spelt = |words: &[&str]| ["-", "_", "+", ","].map(|between| words.join(between)).to_vec();
    let mut all = spelt(&words);
    let ascii = folded(text);
    if ascii != text {
        all.extend(spelt(&ascii.split_whitespace().collect::<Vec<_>>()));
    }
    all
}

/// Letters without their marks (Unicode Standard Annex 15), and those that only look like letters with marks.
fn folded(text: &str) -> String {
    let letter = |c: char| match c {
        'ł' => 'l',
        'Ł' => 'L',
        'ø' => 'o',
        'Ø' => 'O',
        'đ' => 'd',
        'Đ' => 'D',
        'ı' => 'i',
        c => c,
    };
    text.nfd().filter(|c| !is_combining_mark(*c)).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_and_words_have_several() {
        assert_eq!(
            all("mac", "F8:E5:07:D1:12:0A"),
            ["f8-e5-07-d1-12-0a", "f8e507d1120a", "f8e5.07d1.120a", "f8:e5:7:d1:12:a"]
        );
        assert_eq!(all("uuid", "38400000-8CF0-11bd-b23e-10b96e40000d"), ["384000008cf011bdb23e10b96e40000d"]);
        assert_eq!(all("android-id", "a8d7f0932c5be17d"), ["12166457433259762045", "-6280286640449789571"]);
        assert_eq!(
            all("person-name", "Łucja Żółkiewska"),
            ["Lucja Zolkiewska", "Żółkiewska, Łucja", "Żółkiewska Łucja"]
        );
        assert!(all("person-name", "Łucja").is_empty());
        assert_eq!(
            all("search", "clinic near me"),
            ["clinic-near-me", "clinic_near_me", "clinic+near+me", "clinic,near,me"]
        );
        assert!(all("search", "żółw morski").contains(&"zolw-morski".to_owned()));
        assert!(all("search", "clinic").is_empty() && all("mac", "F8:E5").is_empty() && all("email", "a b").is_empty());
    }
}
