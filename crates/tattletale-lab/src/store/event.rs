//! One event as it is kept.

use serde_json::{Map, Value};

/// Which way an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Sensors Analytics `/sa`, the browsers' channel.
    SensorsAnalytics,
    /// The system's `/track/spock`.
    Spock,
    /// Counts and consent of the control variants, without any identity.
    Aggregate,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SensorsAnalytics, Self::Spock, Self::Aggregate];

    /// Its name in the store and on pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SensorsAnalytics => "sa",
            Self::Spock => "spock",
            Self::Aggregate => "aggregate",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// One event as it is kept. Texts are as they were sent, so hostile until escaped.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it was received, Unix milliseconds of the collector's clock.
    pub received_at: i64,
    /// Short name of the server that received it: `singapore`, `russia` or `plain`.
    pub server: String,
    /// Which way it came.
    pub channel: Channel,
    /// Name of the wire form, such as `gzip list` or `image`.
    pub form: &'static str,
    /// `_track_id`: random per event; with `distinct_id` and `time` it tells a retry from a new event.
    pub track_id: Option<i64>,
    /// Who, as the sender says: login id when signed in, else an id of the device or the browser.
    pub distinct_id: Option<String>,
    /// The id before sign-in, where the sender gives it beside `distinct_id`.
    pub anonymous_id: Option<String>,
    /// The account.
    pub login_id: Option<String>,
    /// In `track_signup`, the anonymous id that the account replaces.
    pub original_id: Option<String>,
    /// `track`, `track_signup`, `profile_set` ...; `sealed` for what could not be opened.
    pub kind: String,
    /// Name of the event.
    pub event: Option<String>,
    /// When it happened, Unix milliseconds of the sender's clock, which may say anything.
    pub time: Option<i64>,
    /// What is told about it.
    pub properties: Map<String, Value>,
    /// `identities`, where newer senders give them.
    pub identities: Map<String, Value>,
    /// `lib`: which software sent it.
    pub lib: Map<String, Value>,
    /// The bytes as they came, for what stayed sealed.
    pub raw: Option<Vec<u8>>,
}

impl Event {
    /// An event of which nothing is known yet but its way and its type. Server and time of receipt are the
    /// collector's to fill in.
    pub(crate) fn new(channel: Channel, form: &'static str, kind: &str) -> Self {
        Self {
            received_at: 0,
            server: String::new(),
            channel,
            form,
            track_id: None,
            distinct_id: None,
            anonymous_id: None,
            login_id: None,
            original_id: None,
            kind: kind.to_owned(),
            event: None,
            time: None,
            properties: Map::new(),
            identities: Map::new(),
            lib: Map::new(),
            raw: None,
        }
    }
}
