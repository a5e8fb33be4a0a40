//! Words, names and places that are common, and how common: a bundled list by classes of SCOWL, and in front of it the
//! words that programs use for their own parts.
//!
//! `data/common-words.txt` has a line for each of 13,000 words of at least six letters, sorted, with its class: `a` for
//! the four thousand words that are used most (each about as often as one of 2^12 is), `b` for the next eight thousand,
//! `c` for names and places. `scripts/common-words` makes it. Shorter words have few enough bits by their letters.

use crate::detect::texts::Lexicon;
use std::sync::LazyLock;

/// Words that programs use for their own parts: as a name of a screen or a setting they stand in every capture, so
/// they say next to nothing, whatever their length.
static COMMON: &[&str] = &[
    "about",
    "account",
    "action",
    "active",
    "add",
    "address",
    "android",
    "app",
    "apps",
    "article",
    "audio",
    "auto",
    "back",
    "banner",
    "bar",
    "blue",
    "bluetooth",
    "book",
    "browser",
    "button",
    "cache",
    "calendar",
    "camera",
    "cancel",
    "card",
    "cart",
    "category",
    "center",
    "chat",
    "check",
    "checkout",
    "chrome",
    "click",
    "close",
    "color",
    "com",
    "contact",
    "contacts",
    "content",
    "cookie",
    "dark",
    "data",
    "date",
    "default",
    "delete",
    "desktop",
    "detail",
    "details",
    "device",
    "dialog",
    "direct",
    "display",
    "document",
    "done",
    "download",
    "downloads",
    "edit",
    "email",
    "en",
    "end",
    "error",
    "event",
    "exit",
    "false",
    "favorites",
    "feed",
    "file",
    "files",
    "folder",
    "font",
    "footer",
    "gallery",
    "general",
    "google",
    "group",
    "header",
    "help",
    "hidden",
    "history",
    "home",
    "homepage",
    "html",
    "image",
    "images",
    "inbox",
    "index",
    "info",
    "input",
    "install",
    "item",
    "items",
    "javascript",
    "key",
    "keyboard",
    "language",
    "large",
    "left",
    "light",
    "link",
    "list",
    "loading",
    "local",
    "location",
    "lock",
    "login",
    "logout",
    "mail",
    "main",
    "maps",
    "media",
    "menu",
    "message",
    "messages",
    "mobile",
    "mode",
    "month",
    "more",
    "music",
    "name",
    "navigation",
    "network",
    "new",
    "news",
    "next",
    "night",
    "no",
    "none",
    "normal",
    "note",
    "notes",
    "notification",
    "null",
    "off",
    "office",
    "offline",
    "ok",
    "on",
    "online",
    "open",
    "option",
    "options",
    "order",
    "page",
    "password",
    "path",
    "pause",
    "payment",
    "phone",
    "photo",
    "photos",
    "play",
    "player",
    "playlist",
    "popup",
    "post",
    "premium",
    "previous",
    "price",
    "privacy",
    "product",
    "profile",
    "purchase",
    "query",
    "read",
    "recent",
    "register",
    "reset",
    "result",
    "results",
    "return",
    "right",
    "save",
    "screen",
    "script",
    "search",
    "security",
    "select",
    "send",
    "service",
    "session",
    "setting",
    "settings",
    "setup",
    "share",
    "shop",
    "show",
    "sign",
    "signin",
    "signup",
    "site",
    "small",
    "social",
    "sound",
    "start",
    "state",
    "status",
    "stop",
    "store",
    "submit",
    "subscribe",
    "success",
    "support",
    "sync",
    "system",
    "tab",
    "tablet",
    "tag",
    "test",
    "text",
    "theme",
    "time",
    "title",
    "toggle",
    "token",
    "tools",
    "top",
    "track",
    "true",
    "type",
    "undefined",
    "unknown",
    "update",
    "upload",
    "url",
    "user",
    "users",
    "value",
    "version",
    "video",
    "videos",
    "view",
    "visit",
    "volume",
    "wallet",
    "weather",
    "web",
    "website",
    "week",
    "welcome",
    "wifi",
    "window",
    "www",
    "year",
    "yes",
];

/// Bits of a word of [`COMMON`].
const OF_COMMON: f64 = 4.0;

static LIST: &str = include_str!("../../../data/common-words.txt");

/// Longest word that is looked up, in letters.
const LONGEST: usize = 24;

/// Letters and bits of surprise of the word at the start, if it is a known one: a whole word of small letters of ASCII.
pub(super) fn known(chars: &[char]) -> Option<(usize, f64)> {
    let mut word = [0; LONGEST];
    let letters = chars.iter().take_while(|c| c.is_ascii_lowercase());
    let length = letters.zip(0..=LONGEST).map(|(&c, at)| word.get_mut(at).map(|byte| *byte = c as u8)).count();
    let (words, bits) = &*BITS;
    let at = words.find(word.get(..length)?)?;
    Some((length, bits[at as usize]))
}

/// The words of both lists, and the bits of each.
static BITS: LazyLock<(Lexicon, Vec<f64>)> = LazyLock::new(|| {
    let class = |line: &'static str| {
        let (word, class) = line.split_once(' ')?;
        Some((word, [12.0, 15.0, 14.0][["a", "b", "c"].iter().position(|known| *known == class)?]))
    };
    let all = COMMON.iter().map(|word| (*word, OF_COMMON)).chain(LIST.lines().skip(1).filter_map(class));
    let (mut words, mut each) = (Lexicon::default(), Vec::new());
    for (word, bits) in all {
        if words.add(word.as_bytes()).is_some_and(|(_, new)| new) {
            each.push(bits);
        }
    }
    (words, each)
});

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(word: &str) -> Option<f64> {
        let chars: Vec<char> = word.chars().collect();
        known(&chars).map(|(length, bits)| {
            assert_eq!(length, word.len());
            bits
        })
    }

    #[test]
    fn every_word_of_both_lists_is_found() {
        assert!(COMMON.is_sorted() && COMMON.iter().all(|word| bits(word) == Some(OF_COMMON)));
        let lines: Vec<&str> = LIST.lines().collect();
        assert!(lines[0].starts_with("# SCOWL") && lines.len() > 12_000);
        for line in &lines[1..] {
            let (word, class) = line.split_once(' ').unwrap();
            assert!(["a", "b", "c"].contains(&class), "{line}");
            assert!(bits(word).is_some(), "{word}");
        }
        assert!(lines[1..].is_sorted());
    }

    #[test]
    fn others_are_not() {
        for word in ["", "marta", "conditio", "conditionss", "zzzzzzzz", "aaaaaaa"] {
            assert_eq!(bits(word), None, "{word}");
        }
        assert_eq!((bits("conditions"), bits("constantinople")), (Some(12.0), Some(14.0)));
    }
}
