//! What a lived day leaves behind: the ground truth for an audit, and what was truly sent.

use crate::emitter::event::Event;
use crate::people::{DeedKind, Mode};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use tattletale_core::model::{Action, GroundTruth, Timestamp, Value, url};

/// One thing that truly left the phone, as known to the lab.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent {
    /// Name of the planted value or of the action in the ground truth.
    pub name: String,
    /// Whether it is an action.
    pub action: bool,
    /// Mode it was lived in; none outside of the browser.
    pub mode: Option<Mode>,
    /// Host that got it.
    pub host: String,
    /// Form in which it travelled, as [`crate::emitter::outbox::Form::name`].
    pub form: &'static str,
    /// Name of the event.
    pub event: String,
    /// Property of it, or `distinct_id`, `original_id`, or a key of the second channel's device header.
    pub property: String,
    /// Whether its text is its own, so that it can be recognised by itself and not only by repetition.
    pub unique: bool,
    /// Whether only the receiver could read it.
    pub sealed: bool,
}

/// One request of telemetry that left, with what it carried.
#[derive(Debug, Clone)]
pub struct Message {
    /// When, on the wall clock of the recording.
    pub at: Timestamp,
    /// Host that got it.
    pub host: String,
    /// Whether it crossed the network unencrypted.
    pub plain: bool,
    /// Whether only the receiver could read it.
    pub sealed: bool,
    /// What of the truth stood in it.
    pub told: Vec<Sent>,
}

/// A day that was lived.
#[derive(Debug, Clone, Default)]
pub struct Lived {
    /// Planted values and actions, with the wall time of the recording and the modelled time.
    pub truth: GroundTruth,
    /// What left, without repeats, in order.
    pub sent: Vec<Sent>,
    /// Every request that left, in order.
    pub messages: Vec<Message>,
    /// Requests of telemetry that reached a server.
    pub requests: usize,
    /// Events that still waited when the day ended.
    pub unsent: usize,
    /// Events that were given up (full queue, or a form that does not keep them).
    pub dropped: usize,
}

impl Lived {
    /// The ground truth as the text of a `truth.toml`. Empty only if TOML cannot say it, which no truth of the lab is.
    pub fn truth_toml(&self) -> String {
        let values = self.truth.values.iter();
        let actions = self.truth.actions.iter();
        let time = |at: Option<Timestamp>| at.and_then(|at| at.to_string().parse().ok());
        let file = TruthFile {
            first_party: &self.truth.first_party,
            value: values.map(|Value { name, kind, value }| ValueEntry { name, kind, value }).collect(),
            action: actions
                .map(|action| ActionEntry {
                    name: &action.name,
                    kind: action.kind,
                    value: &action.value,
                    at: time(action.at),
                    modelled_at: time(action.modelled_at),
                    mode: action.mode,
                })
                .collect(),
        };
        toml::to_string(&file).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct TruthFile<'t> {
    first_party: &'t [String],
    value: Vec<ValueEntry<'t>>,
    action: Vec<ActionEntry<'t>>,
}

#[derive(Serialize)]
struct ValueEntry<'t> {
    name: &'t str,
    kind: &'t str,
    value: &'t str,
}

#[derive(Serialize)]
struct ActionEntry<'t> {
    name: &'t str,
    kind: &'t str,
    value: &'t str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<toml::value::Datetime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modelled_at: Option<toml::value::Datetime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'t str>,
}

/// Kind of the action and its text in the ground truth; none for what is no action there.
pub(super) fn action(kind: &DeedKind, address: Option<&str>) -> Option<(&'static str, String)> {
    let address = || address.unwrap_or_default().to_owned();
    Some(match kind {
        DeedKind::Visit { .. } => ("visit", address()),
        DeedKind::Download { .. } => ("download", address()),
        DeedKind::News { .. } => ("read-news", address()),
        DeedKind::Search { term, .. } | DeedKind::VideoSearch { term } => ("search", term.clone()),
        DeedKind::SignIn => ("sign-in", "$SignUp".into()),
        DeedKind::SignOut => return None,
        DeedKind::Folder(path) => ("open-folder", path.clone()),
        DeedKind::Screen(screen) => ("open-screen", (*screen).into()),
        DeedKind::App { package, .. } => ("open-app", (*package).into()),
        DeedKind::Music(title) => ("play-music", title.clone()),
        DeedKind::Video(title) => ("play-video", title.clone()),
        DeedKind::Setting(change) => ("setting", (*change).into()),
    })
}

/// Where an event goes.
pub(super) struct Passage<'p> {
    pub(super) host: &'p str,
    pub(super) form: &'static str,
    pub(super) sealed: bool,
    /// What the request says beside its events (the second channel's header).
    pub(super) header: &'p serde_json::Map<String, Json>,
    /// Whether the form carries the ids of its events.
    pub(super) carries_ids: bool,
}

/// Notes what of the truth stands in an event that left. Independent of all encodings: it looks at the event itself.
pub(super) fn note(
    truth: &GroundTruth,
    names_of_deeds: &[Option<usize>],
    event: &Event,
    passage: &Passage<'_>,
    sent: &mut BTreeSet<Sent>,
) {
    let mut texts: Vec<(String, String)> = Vec::new();
    for (name, value) in event.properties.iter().chain(passage.header) {
        collect(name, value, &mut texts);
    }
    if passage.carries_ids {
        texts.push(("distinct_id".into(), event.distinct_id.clone()));
        texts.push(("event".into(), event.name.into()));
        texts.extend(event.original_id.iter().map(|id| ("original_id".to_owned(), id.clone())));
    }
    let about = event.about.and_then(|deed| names_of_deeds.get(deed).copied().flatten());
    for (property, text) in &texts {
        let entry = |name: &str, action, unique| Sent {
            name: name.into(),
            action,
            mode: event.mode,
            host: passage.host.into(),
            form: passage.form,
            event: event.name.into(),
            property: property.clone(),
            unique,
            sealed: passage.sealed,
        };
        for value in truth.values.iter().filter(|value| tells(text, &value.value)) {
            sent.insert(entry(&value.name, false, true));
        }
        if let Some(action) = about.map(|index| &truth.actions[index]).filter(|action| tells(text, &action.value)) {
            sent.insert(entry(&action.name, true, is_unique(action)));
        }
    }
}

/// Whether the action has a text of its own: one with a token, eight hex digits that were drawn for it. A screen, an
/// app or a folder called DCIM has none.
fn is_unique(action: &Action) -> bool {
    let runs = action.value.split(|c: char| !c.is_ascii_hexdigit());
    runs.into_iter().any(|run| run.len() == 8) && action.kind != "sign-in"
}

fn collect(name: &str, value: &Json, texts: &mut Vec<(String, String)>) {
    match value {
        Json::String(text) => texts.push((name.into(), text.clone())),
        Json::Array(items) => items.iter().for_each(|item| collect(name, item, texts)),
        Json::Object(map) => map.iter().for_each(|(key, item)| collect(&format!("{name}.{key}"), item, texts)),
        _ => {}
    }
}

/// Whether a text holds a value, as it is or percent-decoded.
fn tells(text: &str, value: &str) -> bool {
    text.contains(value) || String::from_utf8_lossy(&url::percent_decode(text.as_bytes(), true)).contains(value)
}
