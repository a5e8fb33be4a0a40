//! An outbox: a queue of events, the form they take, and the address they go to.
//!
//! It also notes what it truly sent, which is the known truth that an audit is held against: for every event that
//! left, which planted value or action stands in which property of it.

use super::event::Event;
use super::queue::{Policy, Queue};
use super::sealed::{self, Code};
use super::sensors;
use super::spock;
use crate::clock::ModelTime;
use crate::device::Device;
use crate::seeded::Seeded;
use crate::wire::Outgoing;
use serde::Deserialize;
use serde_json::Value;

/// In which form events travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// POST of `crc`, `gzip=1`, `data_list`.
    AndroidBatch,
    /// GET of an image, one event each.
    WebImage,
    /// POST of the same string.
    WebAjax,
    /// POST of the same string as `text/plain`.
    WebBeacon,
    /// POST of `data_list`, not compressed.
    WebBatch,
    /// POST of `value`, `ts`, `nonce`, `sign`.
    Spock,
    /// Sealed event by event.
    #[serde(skip)]
    SealedEvents,
    /// Sealed batch by batch.
    #[serde(skip)]
    SealedBatch,
}

impl Form {
    /// Name in scenarios and in the known truth.
    pub fn name(self) -> &'static str {
        match self {
            Self::AndroidBatch => "android-batch",
            Self::WebImage => "web-image",
            Self::WebAjax => "web-ajax",
            Self::WebBeacon => "web-beacon",
            Self::WebBatch => "web-batch",
            Self::Spock => "spock",
            Self::SealedEvents => "sealed-events",
            Self::SealedBatch => "sealed-batch",
        }
    }

    /// Whether only the receiver can read it.
    pub fn is_sealed(self) -> bool {
        matches!(self, Self::SealedEvents | Self::SealedBatch)
    }

    /// How it waits: web pages send single events at once and do not keep what failed.
    pub fn policy(self, phone: Policy) -> Policy {
        match self {
            Self::WebImage | Self::WebAjax | Self::WebBeacon => Policy { at: 1, batch: 1, keeps: false, ..phone },
            _ => phone,
        }
    }
}

/// Who sends and what the sender adds.
#[derive(Debug, Clone)]
pub struct Sender {
    /// Version of the app.
    pub app_version: String,
    /// `User-Agent`.
    pub agent: String,
    /// Page that a web client sends from: its origin, for `Origin` and `Referer`.
    pub page_origin: String,
    /// Anonymous id of a web client, from its cookie.
    pub cookie_id: String,
    /// Whether the second channel names MAC and IMEI.
    pub hardware_ids: bool,
}

/// A queue with its form and its address.
#[derive(Debug)]
pub struct Outbox {
    /// In which form.
    pub form: Form,
    /// Where to: the whole address with the lab's token.
    pub url: String,
    queue: Queue<Event>,
    sender: Sender,
    device: Device,
    seeded: Seeded,
    numbered: usize,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(form: Form, url: String, phone: Policy, sender: Sender, device: Device, seeded: Seeded) -> Self {
        Self { form, url, queue: Queue::new(form.policy(phone)), sender, device, seeded, numbered: 0 }
    }

    /// Anonymous id of a web client.
    pub(super) fn cookie_id(&self) -> &str {
        &self.sender.cookie_id
    }

    /// Takes an event in.
    pub fn push(&mut self, event: Event, now: ModelTime) {
        let weight = event.weight();
        self.queue.push(event, weight, now);
    }

    /// When it wants to send next.
    pub fn due(&self) -> Option<ModelTime> {
        self.queue.due()
    }

    /// Events that wait, and events that were given up.
    pub fn unsent(&self) -> (usize, usize) {
        (self.queue.len(), self.queue.dropped())
    }

    /// Sends what waits. `send` gets each request with its events and says whether it was acknowledged (2xx).
    pub fn flush(&mut self, now: ModelTime, mut send: impl FnMut(&Outgoing, &[&Event]) -> bool) {
        let Self { form, url, queue, sender, device, seeded, numbered } = self;
        queue.flush(now, |events| {
            let maker = RequestMaker { form: *form, url, sender, device, now };
            let request = maker.request(events, *numbered, seeded);
            let acknowledged = send(&request, events);
            *numbered += if acknowledged { events.len() } else { 0 };
            acknowledged
        });
    }
}

struct RequestMaker<'o> {
    form: Form,
    url: &'o str,
    sender: &'o Sender,
    device: &'o Device,
    now: ModelTime,
}

impl RequestMaker<'_> {
    fn request(&self, events: &[&Event], first: usize, seeded: &mut Seeded) -> Outgoing {
        let phone = |events: &[&Event]| -> Vec<Value> {
            events.iter().map(|event| sensors::android_event(event, &self.sender.app_version, self.now)).collect()
        };
        let web = |flushed| -> Vec<Value> {
            events.iter().map(|event| sensors::web_event(event, &self.sender.cookie_id, flushed)).collect()
        };
        let seal = |code: Code, seeded: &mut Seeded| {
            sensors::android_form(code.number(), &sealed::seal(code, &phone(events), self.now, seeded))
        };
        let single = || web(None).first().map(sensors::web_single).unwrap_or_default();
        match self.form {
            Form::AndroidBatch => self.post(sensors::android_batch(&phone(events))),
            Form::SealedEvents => self.post(seal(Code::Event, seeded)),
            Form::SealedBatch => self.post(seal(Code::Batch, seeded)),
            Form::Spock => {
                let header = spock::device_header(self.device, self.sender.hardware_ids, self.now);
                let document = spock::document(&header, events, first);
                self.post(spock::form(&document, self.now, seeded))
            }
            Form::WebImage => {
                let url = format!("{}&{}", self.url, single());
                Outgoing { method: "GET", url, headers: self.web_headers("image", "no-cors", None), body: Vec::new() }
            }
            Form::WebAjax => self.web_post(single(), "cors", FORM_TYPE),
            Form::WebBeacon => self.web_post(single(), "no-cors", "text/plain;charset=UTF-8"),
            Form::WebBatch => self.web_post(sensors::web_batch(&web(Some(self.now))), "cors", FORM_TYPE),
        }
    }

    fn post(&self, body: String) -> Outgoing {
        let headers = [("Content-Type", FORM_TYPE), ("User-Agent", &self.sender.agent), ("Accept-Encoding", "gzip")];
        Outgoing { method: "POST", url: self.url.into(), headers: owned(&headers), body: body.into_bytes() }
    }

    fn web_post(&self, body: String, mode: &str, media_type: &str) -> Outgoing {
        let headers = self.web_headers("empty", mode, Some(media_type));
        Outgoing { method: "POST", url: self.url.into(), headers, body: body.into_bytes() }
    }

    fn web_headers(&self, destination: &str, mode: &str, media_type: Option<&str>) -> Vec<(String, String)> {
        let origin = &self.sender.page_origin;
        let mut headers = owned(&[("User-Agent", &self.sender.agent)]);
        if let Some(media_type) = media_type {
            headers.extend(owned(&[("Content-Type", media_type), ("Origin", origin)]));
        }
        let referer = format!("{origin}/");
        headers.extend(owned(&[
            ("Accept", if destination == "image" { "image/webp,image/apng,image/*,*/*;q=0.8" } else { "*/*" }),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", destination),
            ("Referer", &referer),
        ]));
        headers
    }
}

const FORM_TYPE: &str = "application/x-www-form-urlencoded";

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}
