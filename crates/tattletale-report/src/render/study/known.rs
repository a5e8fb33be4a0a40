//! What a receiver knows, in words for the person concerned.
//!
//! The sentences speak to the reader, since it is their day. What was told is said as it is; what may be concluded is
//! said as that.

use super::Shown;
use crate::render::words;
use crate::study::knowledge::{Detail, Entry, Fact, View};
use std::collections::BTreeSet;
use tattletale_core::model::{Subject, Timestamp, truth};

/// Values that are named in one sentence.
const NAMED: usize = 6;

/// Longest value in a sentence, in characters.
const LONGEST: usize = 120;

/// `you searched for chest pain`
pub(super) fn what(shown: &Shown<'_>, entry: &Entry) -> String {
    let subject = words::cut(&shown.subject(entry), LONGEST);
    let words = match entry.kind {
        "visit" | "url" | "url-path" => "you opened",
        "search" => "you searched for",
        "open-folder" => "you opened the folder",
        "open-screen" => "you went to the screen",
        "open-app" => "you used the app",
        "play-music" => "you listened to",
        "play-video" => "you watched",
        "read-news" => "you read",
        "download" => "you downloaded",
        "sign-in" => return "you signed in".to_owned(),
        "setting" => "you changed the setting",
        "typed" => "you typed",
        kind => return format!("your {} {subject}", truth::words(kind)),
    };
    format!("{words} {subject}")
}

/// `told 3.0 s later, with your IMEI (device number) and e-mail address, in incognito mode`
pub(super) fn how(shown: &Shown<'_>, entry: &Entry) -> String {
    let mut how = how_without_mode(shown, entry);
    if entry.modes.contains(&"incognito") {
        let modes: Vec<String> = entry.modes.iter().map(|mode| (*mode).to_owned()).collect();
        how.push_str(&format!(", in {} mode", words::list(&modes)));
    }
    how
}

/// The same for outputs that show the mode in another way.
pub(super) fn how_without_mode(shown: &Shown<'_>, entry: &Entry) -> String {
    let first = if entry.findings.len() > 1 { "first told" } else { "told" };
    let mut how = vec![match entry.delay_ms {
        None => first.to_owned(),
        Some(0..100) => format!("{first} at once"),
        Some(delay) if delay < 0 => format!("{first} {} before", words::duration(delay.unsigned_abs())),
        Some(delay) => format!("{first} {} later", words::duration(delay.unsigned_abs())),
    }];
    if entry.findings.len() > 1 {
        how.push(format!("{} times in all", words::number(entry.findings.len() as u64)));
    }
    if !entry.readable {
        how.push("only as a digest".to_owned());
    }
    if entry.unencrypted > 0 {
        how.push("readable by anyone on the way".to_owned());
    }
    // What joins an action matters; a number beside a number does not.
    if entry.is_action() && !entry.with.is_empty() {
        let masks = &shown.masks[entry.session];
        let ids: BTreeSet<&str> = entry.with.iter().map(|(value, _)| masks.words(Subject::Value(*value))).collect();
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        how.push(format!("with your {}", words::list(&ids)));
    }
    how.join(", ")
}

/// What a fact says, after `knows` or `may conclude`.
pub(super) fn fact(shown: &Shown<'_>, view: &View, fact: &Fact) -> String {
    match &fact.detail {
        Detail::Values(values) => {
            let what = match fact.rule.name {
                "who" => "who you are",
                "where" => "where you were",
                _ => "which device you use",
            };
            format!("{what}: {}", values_named(shown, view, fact, values))
        }
        Detail::Did { kind, things, times, sites } => did(kind, *things as u64, *times as u64, *sites as u64),
        Detail::Incognito(things) => {
            format!("{} that you did in incognito mode", words::count(*things as u64, "thing"))
        }
        Detail::Joined { value: (session, value), things, modes, sessions } => {
            let id = shown.masks[*session].words(Subject::Value(*value));
            let mut said = format!("your {id} joins {} that you did", words::count(*things as u64, "thing"));
            if modes.len() > 1 {
                let modes: Vec<String> = modes.iter().map(|mode| (*mode).to_owned()).collect();
                said.push_str(&format!(" in {} mode", words::list(&modes)));
            }
            if *sessions > 1 {
                said.push_str(&format!(", over {}", words::count(*sessions as u64, "session")));
            }
            said
        }
        Detail::Hours(days) => format!("when you were up and had the device at hand: {}", hours(days)),
        Detail::Category { category, words: found } => {
            let terms: BTreeSet<&str> =
                fact.entries.iter().map(|&entry| view.entries[entry].text(&shown.study.sessions)).collect();
            let terms = match terms.len() as u64 {
                1 => "1 address or term contains".to_owned(),
                n => format!("{} addresses or terms contain", words::number(n)),
            };
            let law = if category.special { " (a special category, GDPR Art. 9)" } else { "" };
            let found: Vec<&str> = found.iter().take(NAMED).copied().collect();
            let found = if shown.reveal() { format!(": {}", found.join(" ")) } else { String::new() };
            format!("{terms} words from the category {}{law}{found}", category.words)
        }
        Detail::OnTheWay(things) => format!(
            "{} travelled unencrypted: anyone on the way could read it too",
            words::count(*things as u64, "thing")
        ),
    }
}

fn values_named(shown: &Shown<'_>, view: &View, fact: &Fact, values: &[(usize, usize)]) -> String {
    let mut named: Vec<String> = values
        .iter()
        .take(NAMED)
        .map(|&(session, value)| {
            let subject = Subject::Value(value);
            let entries = fact.entries.iter().map(|&entry| &view.entries[entry]);
            let entry = entries.into_iter().find(|entry| (entry.session, entry.subject) == (session, subject));
            let value = entry.map(|entry| words::cut(&shown.subject(entry), LONGEST)).unwrap_or_default();
            format!("{} {value}", shown.masks[session].words(subject))
        })
        .collect();
    if values.len() > NAMED {
        named.push(format!("{} more", words::number((values.len() - NAMED) as u64)));
    }
    words::list(&named)
}

fn did(kind: &str, things: u64, times: u64, sites: u64) -> String {
    let often = if times > things { format!(", {} times in all", words::number(times)) } else { String::new() };
    match kind {
        "visit" if sites > 0 => {
            let sites = words::count(sites, "site");
            format!("{} that you opened, on {sites}{often}", words::count(things, "page"))
        }
        "visit" => format!("{} that you opened{often}", words::count(things, "page")),
        "search" if things == 1 => format!("1 search, word by word{often}"),
        "search" => format!("{} searches, word by word{often}", words::number(things)),
        "read-news" => format!("{} that you read{often}", words::count(things, "news item")),
        "download" => format!("{} that you downloaded{often}", words::count(things, "file")),
        "play-music" => format!("{} that you listened to{often}", words::count(things, "song")),
        "play-video" => format!("{} that you watched{often}", words::count(things, "video")),
        "open-app" => format!("{} that you used{often}", words::count(things, "app")),
        "open-folder" => format!("{} that you opened{often}", words::count(things, "folder")),
        "open-screen" => format!("{} that you went to{often}", words::count(things, "screen")),
        "sign-in" => {
            format!("that you signed in, {}", if times == 1 { "once".into() } else { words::count(times, "time") })
        }
        _ => format!("{} that you changed{often}", words::count(things, "setting")),
    }
}

/// `2020-04-28 from 07:02 to 18:13 UTC`; of several days the earliest and the latest hour.
fn hours(days: &[(Timestamp, Timestamp)]) -> String {
    let clock = |at: &Timestamp| at.strftime("%H:%M").to_string();
    match days {
        [(first, last)] => format!("{} from {} to {} UTC", first.strftime("%Y-%m-%d"), clock(first), clock(last)),
        several => {
            let first = several.iter().map(|(first, _)| clock(first)).min().unwrap_or_default();
            let last = several.iter().map(|(_, last)| clock(last)).max().unwrap_or_default();
            format!("on {}, between {first} and {last} UTC", words::count(several.len() as u64, "day"))
        }
    }
}

/// The answer: `2 receivers know 12 things about you`.
pub(super) fn headline(shown: &Shown<'_>) -> String {
    let study = shown.study;
    let entries = study.known.iter().flat_map(|view| &view.entries);
    let things: BTreeSet<(&str, &str)> = entries.map(|entry| (entry.kind, entry.text(&study.sessions))).collect();
    let things = words::count(things.len() as u64, "thing");
    match study.known.len() {
        0 => "Nothing was told to anybody, as far as could be seen".to_owned(),
        1 => format!("1 receiver knows {things} about you"),
        n => format!("{} know {things} about you", words::count(n as u64, "receiver")),
    }
}
