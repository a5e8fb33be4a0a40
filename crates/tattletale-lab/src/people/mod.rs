//! Made-up people and their days.
//!
//! Nobody here exists: mail addresses end in `example.org` (RFC 2606), names come from a short list written for
//! this project, and every value that is planted carries a token of this person, so a value that is found can come
//! from nowhere else.

mod day;
mod words;

pub use day::{Day, Deed, DeedKind, Engine, Mode, Page};

use crate::seeded::Seeded;

/// A made-up person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Marks everything of this person: 8 hex digits.
    pub token: String,
    /// Name with the token, so that it is a person's name and still unique.
    pub full_name: String,
    /// Mail address at example.org.
    pub email: String,
    /// Number of the maker's account: digits.
    pub account_id: String,
}

impl Person {
    /// The same seed makes the same person.
    pub fn generate(seed: u64) -> Self {
        let mut seeded = Seeded::new(seed, "person");
        let token = seeded.token();
        let (first, last) = (*seeded.pick(words::FIRST_NAMES), *seeded.pick(words::LAST_NAMES));
        Self {
            full_name: format!("{first} {last}-{token}"),
            email: format!("{}.{token}@example.org", words::plain(first)),
            account_id: format!("9{}", seeded.digits(12)),
            token,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_made_up_and_their_own() {
        let (ann, bob) = (Person::generate(1), Person::generate(2));
        assert_eq!(ann, Person::generate(1));
        assert_ne!(ann.token, bob.token);
        for person in [ann, bob] {
            assert!(person.email.ends_with("@example.org") && person.email.is_ascii(), "{}", person.email);
            assert!(person.email.contains(&person.token) && person.full_name.contains(&person.token));
        }
    }
}
