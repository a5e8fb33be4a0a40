//! Messages as analytics SDKs send them, made from a seed; one in eight holds a planted value.
//!
//! They come from one device, as a capture does: its identifier lasts, a session goes on for a while, and several events
//! are about the same page. In the captures of real clients in `tests/real` three of four texts of 33 to 128 bytes came
//! before in the same capture, though these have only thirty messages each. [`Traffic::new`] can be asked for the
//! worst case too: identifiers and pages that never come again.

use std::io::Write;

use tattletale_core::decode::Hint;
use tattletale_core::model::{GroundTruth, Value};

/// How a message is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// `data=` and percent-encoded base64 of gzipped JSON.
    FormBase64GzipJson,
    /// The same without gzip.
    FormBase64Json,
    /// JSON, declared as such.
    PlainJson,
    /// Gzipped JSON as a body.
    RawGzip,
    /// Nested protobuf messages.
    Protobuf,
    /// All of them in turn.
    Mix,
}

impl Class {
    pub(crate) const ALL: [Self; 6] =
        [Self::FormBase64GzipJson, Self::FormBase64Json, Self::PlainJson, Self::RawGzip, Self::Protobuf, Self::Mix];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FormBase64GzipJson => "form+base64+gzip+json",
            Self::FormBase64Json => "form+base64+json",
            Self::PlainJson => "json",
            Self::RawGzip => "gzip",
            Self::Protobuf => "protobuf",
            Self::Mix => "mix",
        }
    }
}

/// A message with its chain, which only the oracle looks at.
pub(crate) struct Message {
    pub(crate) class: Class,
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    /// What its headers would declare.
    pub(crate) fn hint(&self) -> Hint<'static> {
        let (media_type, content_encoding) = match self.class {
            Class::FormBase64GzipJson | Class::FormBase64Json => ("application/x-www-form-urlencoded", None),
            Class::PlainJson => ("application/json", None),
            Class::RawGzip => ("application/json", Some("gzip")),
            Class::Protobuf | Class::Mix => ("application/x-protobuf", None),
        };
        Hint { media_type: Some(media_type), content_encoding, query: false }
    }
}

/// All messages of one class.
pub(crate) struct Traffic {
    pub(crate) truth: GroundTruth,
    pub(crate) messages: Vec<Message>,
    /// Bytes on the wire.
    pub(crate) bytes: usize,
    /// Messages that hold a planted value.
    pub(crate) telling: usize,
}

impl Traffic {
    pub(crate) fn new(class: Class, seed: u64, bytes: usize, values: usize, never_again: bool) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let planted: Vec<String> = (0..values).map(|_| format!("marta.{}@example.org", random.hex(12))).collect();
        let mut traffic = Self { truth: GroundTruth::default(), messages: Vec::new(), bytes: 0, telling: 0 };
        for (number, value) in planted.iter().enumerate() {
            let name = format!("value-{number}");
            traffic.truth.values.push(Value { name, kind: "email", value: value.clone() });
        }
        let mut device = Device::new(never_again, &mut random);
        while traffic.bytes < bytes {
            let number = traffic.messages.len();
            let class = match class {
                Class::Mix => Class::ALL[number % 5],
                class => class,
            };
            let told = (number % 8 == 3).then(|| planted[random.below(planted.len())].as_str());
            traffic.telling += usize::from(told.is_some());
            let message = Message { class, bytes: wrapped(class, told, &mut device, &mut random) };
            traffic.bytes += message.bytes.len();
            traffic.messages.push(message);
        }
        traffic
    }
}

/// Who sends, and what does not change with every event.
struct Device {
    id: String,
    session: String,
    page: String,
    title: String,
    never_again: bool,
}

impl Device {
    /// Events of one session, and about one page, on average.
    const SESSION: usize = 50;
    const PAGE: usize = 4;

    fn new(never_again: bool, random: &mut Random) -> Self {
        let (page, title) = page(random);
        Self { id: random.hex(16), session: random.hex(32), page, title, never_again }
    }

    fn goes_on(&mut self, random: &mut Random) {
        if self.never_again {
            *self = Self::new(true, random);
        }
        if random.below(Self::SESSION) == 0 {
            self.session = random.hex(32);
        }
        if random.below(Self::PAGE) == 0 {
            (self.page, self.title) = page(random);
        }
    }
}

/// An address and a title.
fn page(random: &mut Random) -> (String, String) {
    let address = format!("https://shop.example.net/{}/{}?ref={}", random.word(), random.word(), random.below(100_000));
    (address, format!("{} {} {}", random.word(), random.word(), random.word()))
}

fn wrapped(class: Class, told: Option<&str>, device: &mut Device, random: &mut Random) -> Vec<u8> {
    match class {
        Class::FormBase64GzipJson => form(&gzip(&events(told, device, random))),
        Class::FormBase64Json => form(&events(told, device, random)),
        Class::PlainJson => events(told, device, random),
        Class::RawGzip => gzip(&events(told, device, random)),
        Class::Protobuf | Class::Mix => protobuf(told, device, random),
    }
}

fn form(payload: &[u8]) -> Vec<u8> {
    let text = base64_simd::STANDARD.encode_to_string(payload);
    let escaped = text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("data={escaped}&ext=crc%3D{}&platform=Android", payload.len()).into_bytes()
}

fn gzip(payload: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(payload).unwrap();
    out.finish().unwrap()
}

/// A batch of one to eight events.
fn events(told: Option<&str>, device: &mut Device, random: &mut Random) -> Vec<u8> {
    let count = 1 + random.below(8);
    let teller = random.below(count);
    let events: Vec<String> =
        (0..count).map(|number| event(told.filter(|_| number == teller), device, random)).collect();
    format!("[{}]", events.join(",")).into_bytes()
}

fn event(told: Option<&str>, device: &mut Device, random: &mut Random) -> String {
    device.goes_on(random);
    let Device { id, session, page, title, .. } = device;
    let word = random.word();
    let (time, width) = (1_700_000_000_000 + random.below(10_000_000_000), 320 + random.below(1_000));
    let who = told.map_or_else(|| random.word().to_owned(), str::to_owned);
    format!(
        r#"{{"distinct_id":"{id}","time":{time},"type":"track","event":"{word}","lib":{{"$lib":"Android","$lib_version":"4.3.7","$lib_method":"code"}},"properties":{{"$os":"Android","$os_version":"10","$model":"Redmi Note 8","$manufacturer":"Xiaomi","$screen_width":{width},"$screen_height":2340,"$network_type":"WIFI","$url":"{page}","$title":"{title}","session":"{session}","label":"{who}","$is_first_day":false,"duration":{}.{}}}}}"#,
        random.below(1000),
        random.below(1000),
    )
}

fn protobuf(told: Option<&str>, device: &mut Device, random: &mut Random) -> Vec<u8> {
    let count = 1 + random.below(8);
    let teller = random.below(count);
    let mut batch = Vec::new();
    device.goes_on(random);
    text(&mut batch, 1, &device.session);
    for number in 0..count {
        let mut event = Vec::new();
        varint_field(&mut event, 1, 1_700_000_000_000 + random.below(10_000_000_000) as u64);
        text(&mut event, 2, random.word());
        for _ in 0..4 {
            let mut property = Vec::new();
            text(&mut property, 1, random.word());
            text(&mut property, 2, &format!("{} {}", random.word(), random.word()));
            field(&mut event, 3, &property);
        }
        if let Some(told) = told.filter(|_| number == teller) {
            text(&mut event, 4, told);
        }
        varint_field(&mut event, 5, random.below(2000) as u64);
        field(&mut batch, 2, &event);
    }
    batch
}

fn text(out: &mut Vec<u8>, number: u64, text: &str) {
    field(out, number, text.as_bytes());
}

fn field(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    varint(out, number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint_field(out: &mut Vec<u8>, number: u64, value: u64) {
    varint(out, number << 3);
    varint(out, value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// xorshift64 (Marsaglia 2003): the same messages for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits).map(|_| char::from_digit(self.below(16) as u32, 16).unwrap()).collect()
    }

    fn word(&mut self) -> &'static str {
        const WORDS: [&str; 24] = [
            "AppStart",
            "purchase",
            "menu",
            "SearchResultClick",
            "account",
            "winter coat",
            "zażółć",
            "article",
            "subscription",
            "video_play",
            "settings",
            "Checkout Completed",
            "home",
            "category",
            "gesture",
            "notification",
            "share",
            "comment",
            "library",
            "weather",
            "headline",
            "timeline",
            "bookmark",
            "profile_page",
        ];
        WORDS[self.below(WORDS.len())]
    }
}
