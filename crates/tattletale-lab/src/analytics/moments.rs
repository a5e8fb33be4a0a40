//! What one event tells: when, what kind of thing, and the words that matter.
//!
//! Names and properties are the senders' (see the crate's scenarios for their sources); events of the phone itself were
//! reported by what they tell, not by name, so those are recognised by a word in the name. What is not recognised is
//! kept as itself: the receiver has it, too.

use crate::store::Event;
use serde_json::{Map, Value};

/// Earliest sender's clock that is believed, Unix milliseconds (1 January 2010): before it, the clock was never set.
const EARLIEST: i64 = 1_262_304_000_000;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is what it says")]
pub enum Kind {
    Visit,
    Tile,
    Synced,
    PageReady,
    Search,
    VideoSearch,
    Download,
    News,
    Folder,
    Screen,
    App,
    Music,
    Video,
    Setting,
    SignIn,
    Crash,
    Other,
}

impl Kind {
    /// What the person did, in words that an object can follow.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Visit => "opened the page",
            Self::Tile => "tapped the tile of",
            Self::Synced => "had in the history, now synced,",
            Self::PageReady => "the page was ready",
            Self::Search => "searched for",
            Self::VideoSearch => "searched for the video",
            Self::Download => "downloaded",
            Self::News => "read the news item",
            Self::Folder => "opened the folder",
            Self::Screen => "looked at the screen",
            Self::App => "used the app",
            Self::Music => "listened to",
            Self::Video => "watched",
            Self::Setting => "changed the setting",
            Self::SignIn => "signed in as",
            Self::Crash => "something crashed",
            Self::Other => "reported",
        }
    }
}

/// One event, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Unix milliseconds of the sender's clock; of the receiver's where that one cannot be right.
    pub at: i64,
    /// What kind of thing.
    pub kind: Kind,
    /// The page, the words, the folder ...; as sent. Empty where there is none.
    pub what: String,
    /// Name of the event.
    pub event: String,
    /// True where the sender says that this was private browsing.
    pub incognito: bool,
    /// Milliseconds that it took, where the sender says so.
    pub took: Option<i64>,
    /// Short name of the server that received it.
    pub server: String,
}

/// A word in an event's name, the kind that it tells, and the properties to look for what it was about, best first.
/// The first that fits holds, so narrow ones stand above wide ones.
const RULES: [(&str, Kind, &[&str]); 26] = [
    ("page_load_event_finish", Kind::PageReady, &["url"]),
    ("page_load", Kind::Visit, &["url"]),
    ("$pageview", Kind::Visit, &["$url", "url", "$title"]),
    ("quick", Kind::Tile, &["url"]),
    ("dial", Kind::Tile, &["url"]),
    ("history", Kind::Synced, &["url"]),
    ("youtube_search", Kind::VideoSearch, &["search_word"]),
    ("video_search", Kind::VideoSearch, &["search_word", "word"]),
    ("search", Kind::Search, &["search_word", "word", "query"]),
    ("download", Kind::Download, &["url", "file", "name"]),
    ("news", Kind::News, &["url", "title", "item"]),
    ("feed", Kind::News, &["url", "title", "item"]),
    ("folder", Kind::Folder, &["path", "folder", "name"]),
    ("setting", Kind::Setting, &["setting", "name", "key"]),
    ("music", Kind::Music, &["title", "song", "track", "name"]),
    ("song", Kind::Music, &["title", "song", "name"]),
    ("video", Kind::Video, &["title", "video", "name", "url"]),
    ("crash", Kind::Crash, &["cause", "app_crashed_reason"]),
    ("screen", Kind::Screen, &["$screen_name", "screen", "page", "name"]),
    ("swipe", Kind::Screen, &["screen", "page", "name"]),
    ("$appstart", Kind::App, &["$app_name", "$app_id"]),
    ("$append", Kind::App, &["$app_name", "$app_id"]),
    ("$signup", Kind::SignIn, &[]),
    ("signup", Kind::SignIn, &[]),
    ("usage", Kind::App, &["package", "pkg", "app", "name"]),
    ("app_", Kind::App, &["package", "pkg", "app", "name"]),
];

/// The sender's time, if it can be believed.
fn own_time(event: &Event) -> Option<i64> {
    event.time.filter(|time| (EARLIEST..1 << 43).contains(time))
}

/// Reads the events of one person, in the order of receipt; returns them in the order of time.
///
/// Some forms carry no time (single events of the JavaScript SDK). They get the receiver's, corrected by how far the
/// person's clock lay from it in the event before: a lab's day is lived on a clock of its own.
pub(super) fn of<'e>(events: impl Iterator<Item = &'e Event> + Clone) -> Vec<Moment> {
    let ahead = |event: &Event| Some(own_time(event)?.saturating_sub(event.received_at));
    let mut skew = events.clone().find_map(ahead).unwrap_or(0);
    let mut moments: Vec<Moment> = events
        .map(|event| {
            skew = ahead(event).unwrap_or(skew);
            read(event, own_time(event).unwrap_or(event.received_at.saturating_add(skew)))
        })
        .collect();
    moments.sort_by_key(|moment| moment.at);
    moments
}

/// Reads one event.
fn read(event: &Event, at: i64) -> Moment {
    let name = event.event.as_deref().unwrap_or(&event.kind);
    let lower = name.to_lowercase();
    let rule = RULES.iter().find(|(word, ..)| lower.contains(word));
    let (kind, wanted): (Kind, &[&str]) = match rule {
        _ if event.kind == "track_signup" => (Kind::SignIn, &[]),
        Some(&(_, kind, wanted)) => (kind, wanted),
        None => (Kind::Other, &[]),
    };
    let properties = &event.properties;
    let wanted = wanted.iter().find_map(|name| text(properties, name));
    let what = match kind {
        Kind::SignIn => event.distinct_id.clone().unwrap_or_default(),
        _ => wanted.or_else(|| own_text(properties)).unwrap_or_default().to_owned(),
    };
    Moment {
        at,
        kind,
        what,
        event: name.to_owned(),
        incognito: is_incognito(properties),
        took: ["duration", "load_time", "event_duration", "$event_duration"]
            .iter()
            .find_map(|name| properties.get(*name).and_then(Value::as_f64))
            .map(|took| took as i64),
        server: event.server.clone(),
    }
}

/// A text of this name, at the top or in the first of a list: apps are reported as a sequence.
fn text<'e>(properties: &'e Map<String, Value>, name: &str) -> Option<&'e str> {
    let listed = || properties.values().find_map(|value| value.as_array()?.first()?.get(name)?.as_str());
    properties.get(name).and_then(Value::as_str).or_else(listed)
}

/// Minutes ahead of UTC; senders give it the way JavaScript does, with the sign turned round.
pub(super) fn offset_minutes(event: &Event) -> Option<i64> {
    let given = event.properties.get("$timezone_offset")?.as_i64()?;
    given.checked_neg().filter(|minutes| minutes.abs() <= 14 * 60)
}

/// The first text of the event's own; what begins with `$` or stands in every event tells of the device.
fn own_text(properties: &Map<String, Value>) -> Option<&str> {
    const EVERYWHERE: [&str; 8] = [
        "uuid",
        "internet_status",
        "platform",
        "miui_version",
        "miui_region",
        "system_language",
        "mode",
        "used_searchengine",
    ];
    let own = properties.iter().filter(|(name, _)| !name.starts_with('$') && !EVERYWHERE.contains(&&name[..]));
    own.filter_map(|(_, value)| value.as_str()).find(|text| !text.is_empty())
}

/// Most events do not say; a download's `type` does (W. Palant's analysis: `privacy` or `general`).
fn is_incognito(properties: &Map<String, Value>) -> bool {
    if properties.get("type").is_some_and(|kind| kind == "privacy") {
        return true;
    }
    ["incognito", "is_incognito", "private", "incognito_mode", "mode"].iter().any(|name| match properties.get(*name) {
        Some(Value::Bool(set)) => *set,
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        Some(Value::String(text)) => matches!(&text[..], "incognito" | "private" | "true" | "1"),
        _ => false,
    })
}
