//! A collector: takes what phones and browsers send, says yes once it is stored.
//!
//! | path | what comes | from |
//! |---|---|---|
//! | `/sa`, `/sa.gif` | POST forms, GET images | Sensors Analytics senders (`sensors`) |
//! | `/debug` | the same, checked strictly; not stored with `Dry-Run: true` | the same in debug mode |
//! | `/track/spock` | POST form | the system's own channel (`spock`) |
//! | `/aggregate` | POST JSON: counts, consent | the control variants (`aggregate`) |
//!
//! A sender deletes events on 2xx (newer ones also on other codes except 403, 404 and 5xx), so: 200 only for what is
//! stored, 400 for what can never be understood, 403 for strangers, 503 when the store fails.

mod aggregate;
mod checksum;
mod sealed;
mod sensors;
mod spock;

pub use crate::serve::{MAX_BODY, MAX_CONNECTIONS, MAX_HEAD, PATIENCE};
pub use sensors::{MAX_EVENTS, MAX_INFLATED};

use crate::fields::Fields;
use crate::serve::{Reply, Site, text, typed};
use crate::store::{Event, Writer};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode};
use std::time::{SystemTime, UNIX_EPOCH};

/// The wire forms, by the names that the store knows them under.
pub const FORMS: [&str; 11] = [
    "gzip list",
    "gzip one",
    "plain list",
    "plain one",
    "beacon",
    "image",
    "sealed events",
    "sealed transport",
    "sealed plugin",
    "spock",
    "aggregate",
];

/// A transparent picture of one pixel (GIF89a): what an image request expects back.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x21\xf9\x04\x01\x00\x00\x00\x00\
    \x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// Why a request is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It can never be understood, however often it is sent.
    #[error("{0}")]
    Bad(&'static str),
    /// More than the limits allow.
    #[error("{0}")]
    Large(&'static str),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Large(_) => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

/// One server's collector.
pub(crate) struct Collector {
    pub(crate) server: &'static str,
    pub(crate) store: Writer,
}

/// What a request asks for, once it is understood.
struct Understood {
    events: Vec<Event>,
    /// The sender's own question was answered without storing.
    dry: bool,
    image: bool,
}

impl Site for Collector {
    async fn answer(&self, request: Request<Bytes>, query: &Fields) -> Reply {
        if request.method() == Method::OPTIONS {
            return typed(StatusCode::NO_CONTENT, "text/plain", Bytes::new());
        }
        let Some(channel) = Path::of(request.uri().path()) else {
            return text(StatusCode::NOT_FOUND, "a collector has nothing else here");
        };
        if !channel.takes(request.method()) {
            return text(StatusCode::METHOD_NOT_ALLOWED, "not with this method");
        }
        match self.understand(channel, &request, query) {
            Ok(Understood { events, dry, image }) => {
                if !dry && let Err(error) = self.store.keep(events).await {
                    return text(StatusCode::SERVICE_UNAVAILABLE, error.to_string());
                }
                match image {
                    true => typed(StatusCode::OK, "image/gif", PIXEL),
                    false => typed(StatusCode::OK, "text/plain", Bytes::new()),
                }
            }
            Err(refusal) => text(refusal.status(), refusal.to_string()),
        }
    }

    /// A browser's page lives elsewhere: without these its script hears nothing, as with a real collector.
    fn finish(&self, origin: Option<&HeaderValue>, reply: &mut Reply) {
        let headers = reply.headers_mut();
        match origin {
            Some(origin) => {
                headers.insert("access-control-allow-origin", origin.clone());
                headers.insert("access-control-allow-credentials", HeaderValue::from_static("true"));
                headers.insert("vary", HeaderValue::from_static("Origin"));
            }
            None => {
                headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
            }
        }
        headers.insert("access-control-allow-methods", HeaderValue::from_static("GET, POST, OPTIONS"));
        headers.insert("access-control-allow-headers", HeaderValue::from_static("Content-Type, Dry-Run"));
        headers.insert("access-control-max-age", HeaderValue::from_static("600"));
    }
}

impl Collector {
    fn understand(&self, path: Path, request: &Request<Bytes>, query: &Fields) -> Result<Understood, Refusal> {
        let image = request.method() == Method::GET;
        let (mut events, dry) = match path {
            Path::Sensors { debug } => {
                let body = Fields::parse(request.body());
                let fields = if image { query } else { &body };
                let form = sensors::Form { image, beacon: is_beacon(request.headers()), strict: debug };
                let dry = debug && request.headers().get("dry-run").is_some_and(|value| value == "true");
                (sensors::read(fields, form)?, dry)
            }
            Path::Spock => (spock::read(&Fields::parse(request.body()), query, request.headers())?, false),
            Path::Aggregate => (vec![aggregate::read(request.body())?], false),
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        for event in &mut events {
            event.server = self.server.to_owned();
            event.received_at = i64::try_from(now).unwrap_or(i64::MAX);
        }
        Ok(Understood { events, dry, image })
    }
}

#[derive(Clone, Copy)]
enum Path {
    Sensors { debug: bool },
    Spock,
    Aggregate,
}

impl Path {
    fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/sa" | "/sa.gif" => Self::Sensors { debug: false },
            "/debug" => Self::Sensors { debug: true },
            "/track/spock" => Self::Spock,
            "/aggregate" => Self::Aggregate,
            _ => return None,
        })
    }

    fn takes(self, method: &Method) -> bool {
        method == Method::POST || (method == Method::GET && matches!(self, Self::Sensors { .. }))
    }
}

/// `navigator.sendBeacon` of a string says text/plain; nothing else tells it from an ajax request.
fn is_beacon(headers: &HeaderMap) -> bool {
    headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"))
}
