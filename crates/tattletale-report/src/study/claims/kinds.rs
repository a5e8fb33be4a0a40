//! Words for what can be told: the kinds of a ground truth, and groups of them that a sentence of a maker speaks of.

use tattletale_core::model::truth::{self, ACTION_KINDS, VALUE_KINDS};

/// Kinds that go by one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The word in a claim.
    pub name: &'static str,
    /// Words for a person: one of them, and several.
    pub words: [&'static str; 2],
    /// Kinds of values and actions.
    pub kinds: &'static [&'static str],
}

/// All groups.
pub const GROUPS: &[Group] = &[
    Group {
        name: "browsing",
        words: ["thing done in the browser", "things done in the browser"],
        kinds: &["visit", "search", "download", "read-news", "url", "url-path", "typed"],
    },
    Group {
        name: "activity",
        words: ["action", "actions"],
        kinds: &[
            "visit",
            "search",
            "download",
            "read-news",
            "url",
            "url-path",
            "typed",
            "open-folder",
            "open-screen",
            "open-app",
            "play-music",
            "play-video",
            "sign-in",
            "setting",
        ],
    },
    Group {
        name: "person",
        words: ["value that names the person", "values that name the person"],
        kinds: &["email", "phone", "person-name", "postal-address", "birth-date", "account-id", "card", "iban"],
    },
    Group {
        name: "device",
        words: ["number of the device", "numbers of the device"],
        kinds: &["imei", "imsi", "iccid", "serial", "mac", "android-id"],
    },
    // A lasting pseudonym singles a person out: Article 29 Working Party, Opinion 05/2014 on anonymisation (WP216).
    Group { name: "pseudonym", words: ["lasting id", "lasting ids"], kinds: &["advertising-id", "uuid"] },
    Group {
        name: "place",
        words: ["value that tells the place", "values that tell the place"],
        kinds: &["latitude", "longitude", "ssid", "bssid"],
    },
];

/// The word for every kind.
pub(super) const ANYTHING: &str = "anything";

/// A set of kinds, as it was written: kinds, groups, or `anything`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds {
    words: Vec<&'static str>,
}

impl Kinds {
    /// Of words that [`Kinds::known`] lists; others hold nothing.
    pub fn of(words: Vec<&'static str>) -> Self {
        Self { words }
    }

    /// Every word that may be written.
    pub fn known() -> Vec<&'static str> {
        let kinds = ACTION_KINDS.iter().chain(VALUE_KINDS).map(|kind| kind.name);
        let mut known: Vec<&'static str> = kinds.collect();
        known.extend(GROUPS.iter().map(|group| group.name));
        known.push(ANYTHING);
        known.sort_unstable();
        known.dedup();
        known
    }

    /// As written.
    pub fn words(&self) -> &[&'static str] {
        &self.words
    }

    /// True when nothing was written.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a kind of a value or action is among them.
    pub fn include(&self, kind: &str) -> bool {
        self.words.iter().any(|word| includes(word, kind))
    }
}

/// Whether one written word means that kind.
pub(super) fn includes(word: &str, kind: &str) -> bool {
    let group = || GROUPS.iter().find(|group| group.name == word);
    word == kind || word == ANYTHING || group().is_some_and(|group| group.kinds.contains(&kind))
}

/// So many of what a word of a claim names: `13 visited pages`, `1 search`.
pub(super) fn counted(word: &str, count: u32) -> String {
    let [one, several] = forms(word);
    let form = if count == 1 { one } else { several };
    if count == 0 { format!("no {one}") } else { format!("{count} {form}") }
}

/// One of what a word names.
pub(super) fn one(word: &str) -> &'static str {
    forms(word)[0]
}

/// One and several of it, in plain words.
fn forms(word: &str) -> [&'static str; 2] {
    if let Some(group) = GROUPS.iter().find(|group| group.name == word) {
        return group.words;
    }
    match word {
        "visit" => ["visited page", "visited pages"],
        "search" => ["search", "searches"],
        "open-folder" => ["opened folder", "opened folders"],
        "open-screen" => ["opened screen", "opened screens"],
        "open-app" => ["opened app", "opened apps"],
        "play-music" => ["piece of music played", "pieces of music played"],
        "play-video" => ["video played", "videos played"],
        "read-news" => ["news item read", "news items read"],
        "download" => ["download", "downloads"],
        "sign-in" => ["sign-in", "sign-ins"],
        "setting" => ["changed setting", "changed settings"],
        ANYTHING => ["action", "actions"],
        value => [truth::words(value); 2],
    }
}

/// Whether a kind is one of actions.
pub(super) fn is_action(kind: &str) -> bool {
    ACTION_KINDS.iter().any(|known| known.name == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_known_kinds_only_and_activity_holds_every_action() {
        let known = Kinds::known();
        for group in GROUPS {
            assert!(group.kinds.iter().all(|kind| known.contains(kind)), "{}", group.name);
            assert!(ACTION_KINDS.iter().chain(VALUE_KINDS).all(|kind| kind.name != group.name), "{}", group.name);
        }
        assert!(ACTION_KINDS.iter().all(|kind| includes("activity", kind.name)));
        assert!(includes("browsing", "visit") && !includes("browsing", "open-folder") && includes(ANYTHING, "imei"));
    }

    #[test]
    fn counts_in_plain_words() {
        assert_eq!(counted("visit", 13), "13 visited pages");
        assert_eq!(counted("search", 1), "1 search");
        assert_eq!(counted("browsing", 0), "no thing done in the browser");
    }
}
