//! Runs that look like digests, and what became of them: in words for people, as a row for programs.

use super::words::number;
use serde::Serialize;
use tattletale_core::detect::salted;
use tattletale_core::model::Hashes;

/// For the JSON report.
#[derive(Serialize)]
pub(super) struct Row {
    seen: u64,
    explained: u64,
    tried_with_salts: u64,
    untried: u64,
    /// Digests made at most, with values of a message as salts and keys.
    most_per_message: u64,
    most_per_capture: u64,
}

impl Row {
    pub(super) fn of(hashes: &Hashes) -> Self {
        Self {
            seen: hashes.seen,
            explained: hashes.explained,
            tried_with_salts: hashes.tried,
            untried: hashes.untried,
            most_per_message: salted::PER_MESSAGE,
            most_per_capture: salted::PER_CAPTURE,
        }
    }
}

/// What became of runs that look like digests, none where all of them were explained.
pub(super) fn words(hashes: &Hashes) -> Option<String> {
    let unexplained = hashes.seen.saturating_sub(hashes.explained);
    if unexplained == 0 {
        return None;
    }
    let known = match hashes.explained {
        0 => String::new(),
        n => format!(", besides {} of what is known", number(n)),
    };
    let tried = match (hashes.tried, hashes.untried) {
        (_, 0) => "also with every value of their message as a salt or key".to_owned(),
        (tried, untried) => format!(
            "{} also with every value of their message as a salt or key, {} not or not with all (at most {} digests a \
             message and {} a capture are made)",
            number(tried),
            number(untried),
            number(salted::PER_MESSAGE),
            number(salted::PER_CAPTURE),
        ),
    };
    let look = if unexplained == 1 { "1 place looks" } else { &format!("{} places look", number(unexplained)) };
    Some(format!("{look} like a digest of something else{known}: {tried}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_tried_is_said() {
        let told = |seen, explained, tried, untried| words(&Hashes { seen, explained, tried, untried });
        assert_eq!(told(2, 2, 0, 0), None);
        assert_eq!(
            told(3, 2, 1, 0).as_deref(),
            Some(
                "1 place looks like a digest of something else, besides 2 of what is known: also with every value of \
                 their message as a salt or key"
            )
        );
        assert!(
            told(9, 0, 2, 7).is_some_and(|words| words.contains("2 also") && words.contains("7 not or not with all"))
        );
    }
}
