//! Values that were encoded when they were planted: cookies and tokens are.
//!
//! Digits that prove themselves are mostly not searched as they stand; with such a value they have to be.

use crate::decode::{LAYERS, Look, begins_stream};

/// Whether a text is digits of an alphabet that stand for another text, or for the start of a compressed stream: it may
/// be a part of something longer that is encoded. Saying so of a word costs only time.
pub(super) fn is_encoded(text: &[u8]) -> bool {
    const LONG: usize = 16;
    /// By chance one in some thousand texts of an alphabet is digits of so long a text.
    const ENOUGH: usize = 8;
    let cut = |from: usize, group: usize| &text[from..from + (text.len() - from) / group * group];
    text.len() >= LONG
        && LAYERS.iter().filter_map(|layer| layer.digits()).any(|digits| {
            (0..digits.group).any(|from| {
                let speaks = |bytes: Vec<u8>| {
                    bytes.len() >= ENOUGH && (Look::of(&bytes).text() || (from == 0 && begins_stream(&bytes)))
                };
                (digits.read)(cut(from, digits.group)).is_some_and(speaks)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_planted_encoded_is_known() {
        let encoded = "eyJ1c2VyIjoiem9lIiwibWFpbCI6InpvZUBtYWlsLnRlc3QifQ";
        let texts = [
            encoded,
            &encoded[3..30],
            "7a6f65406d61696c2e74657374",
            "a6f65406d61696c2e7465737",
            "H4sIAAAAAAAAA6vKT3XITczM0UvLzC8CAP8wUHwQAAAA",
        ];
        let wrong: Vec<&str> = texts.into_iter().filter(|text| !is_encoded(text.as_bytes())).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        // Every alphabet, cut anywhere.
        for layer in LAYERS.iter().filter(|layer| layer.digits().is_some()) {
            let example = layer.example();
            for from in 0..example.len().saturating_sub(24).min(8) {
                assert!(is_encoded(&example[from..]), "{} from {from}", layer.name());
            }
        }
    }

    #[test]
    fn what_people_plant_is_hardly_ever_taken_for_encoded() {
        for text in ["zoe@mail.test", "9774d56d682e549c", "38400000-8cf0-11bd-b23e-10b96e40000d", "864040504207201"] {
            assert!(!is_encoded(text.as_bytes()), "{text}");
        }
        let first = ["zoe", "Jan", "maria.del", "ANNA", "alexander", "Lin", "ola_", "BARTHOLOMEW"];
        let last = ["lindqvist", "Kowalski", "CARMEN", "wisniewska", "Okonkwo", "van.der.berg", "internationalization"];
        let at = [
            "@mail.example",
            " Marszalkowska 12",
            "@CLINIC.EXAMPLE",
            "/results?q=1",
            "",
            "-2026-05-04",
            " 48600123456",
        ];
        let mut all = Vec::new();
        for (first, last) in first.iter().flat_map(|first| last.iter().map(move |last| (first, last))) {
            all.extend(at.iter().map(|at| format!("{first}{last}{at}")));
        }
        let taken: Vec<&String> = all.iter().filter(|text| is_encoded(text.as_bytes())).collect();
        assert!(taken.len() * 50 < all.len(), "{} of {}: {taken:?}", taken.len(), all.len());
    }
}
