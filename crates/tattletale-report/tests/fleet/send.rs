//! Writes what a device sends in one session as a HAR, and keeps account of which identifier went where.

use super::kinds::{Kind, Moment, account};
use super::{Format, Random, Receiver, Sent, Truth};
use base64_simd::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// Messages of a session, five minutes apart, so that a session sees several hours.
const MESSAGES: u64 = 40;
const STEP: i64 = 300_000;

/// One session of one device.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) device: u64,
    pub(crate) number: u64,
    /// The first half is in normal mode, the second in incognito.
    pub(crate) mixed: bool,
}

impl Plan {
    /// Mode of the whole session.
    pub(crate) fn mode(&self) -> Option<&'static str> {
        (!self.mixed).then_some(if self.number < 2 { "normal" } else { "incognito" })
    }

    fn incognito(&self, message: u64) -> bool {
        if self.mixed { message >= MESSAGES / 2 } else { self.number >= 2 }
    }

    fn start(&self) -> i64 {
        1_795_000_000_000 + (self.device as i64 * 977_000) + self.number as i64 * 93_600_000
    }

    /// The owner signs in half-way through the second session, and stays so in normal mode.
    fn signed_in(&self, message: u64) -> bool {
        let later = self.number > 1 || (self.number == 1 && message >= MESSAGES / 2);
        later && !self.incognito(message)
    }

    fn now(&self, message: u64) -> Moment {
        // A page is looked at for one to seven messages, and some are looked at again.
        let turn = (message + self.device) / (1 + 2 * ((self.device + self.number) % 4));
        Moment {
            seed: self.seed,
            device: self.device,
            session: self.number,
            incognito: self.incognito(message),
            signed_in: self.signed_in(message),
            at: self.start() + message as i64 * STEP,
            message,
            page: Random::of(&[self.seed, 5, self.device, self.number, turn]).below(200),
        }
    }
}

/// The ground truth of a session: the account, and for every second seed the numbers of the phone.
pub(crate) fn ground_truth(plan: &Plan) -> String {
    let mut text = format!(
        "first_party = [\"news.example\"]\n\n[[value]]\nname = \"account\"\nkind = \"account-id\"\nvalue = \"{}\"\n",
        account(plan.seed, plan.device)
    );
    let now = plan.now(0);
    for (name, kind) in [("android-id", Kind::AndroidId), ("imei", Kind::Imei)] {
        if plan.seed.is_multiple_of(2) {
            let value = kind.value(&now).text;
            text += &format!("\n[[value]]\nname = \"{name}\"\nkind = \"{name}\"\nvalue = \"{value}\"\n");
        }
    }
    if plan.mixed {
        for (message, mode) in [(0, "normal"), (MESSAGES / 2, "incognito")] {
            let at = time(plan.start() + message as i64 * STEP - 1_000);
            text += &format!(
                "\n[[action]]\nkind = \"visit\"\nvalue = \"https://news.example/{mode}\"\nat = {at}\nmode = \"{mode}\"\n"
            );
        }
    }
    text
}

fn time(ms: i64) -> String {
    tattletale_core::model::Timestamp::from_millisecond(ms).expect("a time").to_string()
}

/// Identifiers that stood in one record: device, exchange in the order of time, event in it (none: said of all).
type Record = (u64, (usize, usize), Option<usize>);

/// Modes, sessions and receivers.
type Sides = (BTreeSet<bool>, BTreeSet<usize>, BTreeSet<usize>);

/// An event of an exchange and the identifiers in it.
type Together<'l> = (Option<usize>, &'l BTreeSet<String>);

/// What was sent where.
#[derive(Default)]
pub(crate) struct Log {
    roots: BTreeMap<String, String>,
    /// By root: modes, sessions, receivers.
    sides: BTreeMap<String, Sides>,
    records: BTreeMap<Record, BTreeSet<String>>,
}

impl Log {
    fn sent(&mut self, text: &str, root: &str, now: &Moment, session: usize, receiver: usize, record: Record) {
        self.roots.insert(text.to_owned(), root.to_owned());
        if let Some(plain) = STANDARD.decode_to_vec(text).ok().and_then(|plain| String::from_utf8(plain).ok()) {
            self.roots.insert(plain, root.to_owned());
        }
        let sides = self.sides.entry(root.to_owned()).or_default();
        sides.0.insert(now.incognito);
        sides.1.insert(session);
        sides.2.insert(receiver);
        self.records.entry(record).or_default().insert(root.to_owned());
    }

    pub(crate) fn truth(self, receivers: &[Receiver]) -> Truth {
        let mut truth = Truth { roots: self.roots, ..Truth::default() };
        // What lives for an hour joins nothing; it may still stand beside an account.
        for (root, (modes, sessions, hosts)) in self.sides.iter().filter(|(root, _)| !root.contains("/Hour/")) {
            if modes.len() > 1 {
                truth.joins.insert(format!("{root} modes"));
            }
            if sessions.len() > 1 {
                truth.joins.insert(format!("{root} sessions {sessions:?}"));
            }
            if hosts.len() > 1 {
                let hosts: BTreeSet<&str> = hosts.iter().map(|host| &receivers[*host].host[..]).collect();
                truth.joins.insert(format!("{root} receivers {hosts:?}"));
            }
        }
        let mut exchanges: BTreeMap<(u64, (usize, usize)), Vec<Together<'_>>> = BTreeMap::new();
        for ((device, exchange, event), roots) in &self.records {
            exchanges.entry((*device, *exchange)).or_default().push((*event, roots));
        }
        let (mut since, mut met) = (BTreeSet::new(), BTreeSet::new());
        for events in exchanges.values() {
            for (event, roots) in events {
                let together = events.iter().filter(|(other, _)| other == event || other.is_none() || event.is_none());
                for account in together.flat_map(|(_, roots)| roots.iter()).filter(|root| root.ends_with("/Person")) {
                    for root in roots.iter().filter(|root| !root.ends_with("/Person")) {
                        if met.insert((root.clone(), account.clone())) && since.contains(root) {
                            truth.sign_ins.insert(format!("{root} -> {account}"));
                        }
                    }
                }
            }
            since.extend(events.iter().flat_map(|(_, roots)| roots.iter().cloned()));
        }
        truth
    }
}

/// The HAR of one session.
pub(crate) fn har(plan: &Plan, receivers: &[Receiver], fields: &[Sent], session: usize, log: &mut Log) -> Vec<u8> {
    let mut entries: Vec<Json> = Vec::new();
    let mut batch: Vec<Moment> = Vec::new();
    for message in 0..MESSAGES {
        let receiver = message as usize % receivers.len();
        let now = plan.now(message);
        let at = now.at;
        let mut made = |now: &Moment, event: Option<usize>, exchange: usize| -> Vec<(&Sent, String)> {
            let told = fields.iter().filter(|field| field.receiver == receiver);
            told.map(|field| {
                let made = field.kind.value(now);
                if let Some(root) = &made.root {
                    log.sent(&made.text, root, now, session, receiver, (plan.device, (session, exchange), event));
                }
                (field, made.text)
            })
            .collect()
        };
        let url = format!("https://{}", receivers[receiver].host);
        let entry = match receivers[receiver].format {
            Format::Json => {
                let mut values = made(&now, None, entries.len());
                // One field stands under a name that is drawn for each message: that must not make it many fields.
                let last = values.pop();
                let mut event = object(&values);
                if let Some((field, text)) = last {
                    let key = Random::of(&[plan.seed, 11, plan.device, plan.number, message]).hex(14);
                    event.insert("by".into(), json!({ format!("{key}0a1"): { &field.name: text } }));
                }
                post(&format!("{url}/v1"), "application/json", Json::Object(event).to_string().as_bytes(), at)
            }
            Format::Batch => {
                batch.push(now);
                let next = message + receivers.len() as u64;
                // An event says nothing of its mode, so no message holds events of both.
                let ends = next >= MESSAGES || plan.incognito(next) != plan.incognito(message);
                if batch.len() < 3 && !ends {
                    continue;
                }
                let events = batch.drain(..).enumerate();
                let list: Vec<Json> =
                    events.map(|(event, now)| Json::Object(object(&made(&now, Some(event), entries.len())))).collect();
                let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
                gzip.write_all(Json::Array(list).to_string().as_bytes()).expect("memory does not fail");
                let data = STANDARD.encode_to_string(gzip.finish().expect("memory does not fail"));
                let data = data.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
                let body = format!("gzip=1&data_list={data}");
                post(&format!("{url}/sa?project=p"), "application/x-www-form-urlencoded", body.as_bytes(), at)
            }
            Format::Get => get(&url, &made(&now, None, entries.len()), at),
            Format::Protobuf => {
                let body = protobuf(&made(&now, None, entries.len()));
                post(&format!("{url}/pb"), "application/x-protobuf", &body, at)
            }
        };
        entries.push(entry);
    }
    let creator = json!({ "name": "fleet", "version": "1" });
    json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } }).to_string().into_bytes()
}

fn object(values: &[(&Sent, String)]) -> Map<String, Json> {
    values.iter().map(|(field, text)| (field.name.clone(), Json::String(text.clone()))).collect()
}

fn entry(request: Json, at: i64) -> Json {
    json!({
        "startedDateTime": time(at), "time": 1, "request": request, "cache": {}, "timings": {},
        "response": { "status": 200, "statusText": "", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [],
            "content": { "size": 0, "mimeType": "" }, "redirectURL": "", "headersSize": -1, "bodySize": 0 },
    })
}

fn post(url: &str, media: &str, body: &[u8], at: i64) -> Json {
    let request = json!({
        "method": "POST", "url": url, "httpVersion": "HTTP/1.1", "queryString": [], "cookies": [], "headersSize": -1,
        "headers": [{ "name": "Content-Type", "value": media }, { "name": "Content-Length", "value": body.len().to_string() }],
        "bodySize": body.len(),
        "postData": { "mimeType": media, "text": STANDARD.encode_to_string(body), "encoding": "base64" },
    });
    entry(request, at)
}

fn get(url: &str, values: &[(&Sent, String)], at: i64) -> Json {
    let percent = |text: &str| -> String {
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    let place = |wanted: u64| values.iter().filter(move |(field, _)| field.place == wanted);
    let query: Vec<String> = place(0).map(|(field, text)| format!("{}={}", field.name, percent(text))).collect();
    let cookie: Vec<String> = place(1).map(|(field, text)| format!("{}={}", field.name, percent(text))).collect();
    let mut headers = vec![json!({ "name": "Accept-Language", "value": "pl-PL" })];
    if !cookie.is_empty() {
        headers.push(json!({ "name": "Cookie", "value": cookie.join("; ") }));
    }
    headers.extend(place(2).map(|(field, text)| json!({ "name": format!("x-{}", field.name), "value": text })));
    let request = json!({
        "method": "GET", "url": format!("{url}/i.gif?{}", query.join("&")), "httpVersion": "HTTP/1.1",
        "queryString": [], "cookies": [], "headers": headers, "headersSize": -1, "bodySize": 0,
    });
    entry(request, at)
}

/// Strings as length-delimited fields (Protocol Buffers encoding, wire type 2).
fn protobuf(values: &[(&Sent, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    let varint = |mut number: usize, out: &mut Vec<u8>| {
        while number >= 0x80 {
            out.push(number as u8 | 0x80);
            number >>= 7;
        }
        out.push(number as u8);
    };
    for (field, text) in values {
        let number: usize = field.name.parse().expect("fields of this format have numbers");
        varint(number << 3 | 2, &mut out);
        varint(text.len(), &mut out);
        out.extend_from_slice(text.as_bytes());
    }
    out
}
