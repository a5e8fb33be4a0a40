//! Two records become one exchange, with what was wrong about them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::pairs::Pair;
use super::records::{End, Record};
use super::{digests, own};
use crate::import::http1::{self, Head};
use crate::import::{Wanted, cookies, http_pair};
use crate::model::{Body, Exchange, Fault, FaultKind, Fidelity, Request, Response, Timestamp};

/// Whether a record holds an HTTP message: DNS answers and the like are `response` records too.
pub(super) fn is_http(record: &Record) -> bool {
    match record.field("content-type") {
        Some(kind) => kind.trim().to_ascii_lowercase().starts_with("application/http"),
        None => {
            target(record).is_some_and(|target| target.get(..4).is_some_and(|http| http.eq_ignore_ascii_case("http")))
        }
    }
}

/// `WARC-Target-URI`; WARC 1.0 had it in angle brackets, which wget wrote.
pub(super) fn target(record: &Record) -> Option<&str> {
    let target = record.field("warc-target-uri")?;
    Some(target.trim_start_matches('<').trim_end_matches('>')).filter(|target| !target.is_empty())
}

/// The exchange; at least one record is there.
pub(super) fn of_records(index: usize, pair: Pair, wanted: Wanted) -> Exchange {
    let Pair { request, response, messages } = pair;
    let mut faults = Vec::new();
    let first = || [request.as_ref(), response.as_ref(), messages.first()].into_iter().flatten();
    let dated = |record: &Record| (!own::is_timeless(record)).then(|| time(record.field("warc-date")?)).flatten();
    let at = match (&request, &response) {
        (None, None) => messages.first().and_then(dated),
        (request, response) => [request, response].into_iter().flatten().find_map(dated),
    };
    let target = first().find_map(target).map(str::to_owned);
    let connection = first().find_map(own::connection);
    let reserialised = first().any(own::is_reserialised);
    let resource = first().find_map(own::resource);
    let request = match request {
        Some(record) => of_request(record, target.as_deref(), wanted, &mut faults),
        None => Request { url: target.unwrap_or_default(), ..Request::default() },
    };
    let response = response.map(|record| of_response(record, &request.method, wanted, &mut faults));
    let messages = messages.into_iter().map(|record| {
        faults.extend(trouble(record.end, true).map(|fault| fault.at(record.offset)));
        if record.end == End::Whole {
            faults.extend(digests::verify(&record, &record.block, &record.block, &Head::default()));
        }
        own::message(record, wanted)
    });
    let messages = messages.collect();
    let faults = faults.into_iter().map(|fault| Fault { exchange: Some(index), ..fault }).collect();
    Exchange { index, at, connection, reserialised, request, response, messages, resource, faults }
}

fn of_request(record: Record, target: Option<&str>, wanted: Wanted, faults: &mut Vec<Fault>) -> Request {
    let message = Message::of(record, wanted.request_bodies, |_| false, faults);
    let mut headers = message.head.headers;
    let (method, line_target) = match message.head.first_line.is_empty() {
        true => (String::new(), String::new()),
        false => {
            let first = Head { first_line: message.head.first_line, ..Head::default() };
            let (method, target) = first.request_line();
            (http1::text(method).into_owned(), http1::text(target).into_owned())
        }
    };
    let host = headers.iter().find(|header| header.name == "host").map(|host| http1::text(&host.value).into_owned());
    let url = http_pair::address(&line_target, target, host.as_deref());
    let cookies = headers.extract_if(.., |header| header.name == "cookie");
    let cookies = cookies.flat_map(|header| cookies::of_header(&header.value).collect::<Vec<_>>()).collect();
    Request { method, url, headers, cookies, body: message.body }
}

fn of_response(record: Record, method: &str, wanted: Wanted, faults: &mut Vec<Fault>) -> Response {
    let is_revisit = record.kind() == "revisit";
    let to_head = method.eq_ignore_ascii_case("HEAD");
    let bodiless = |status: u16| to_head || matches!(status, 100..=199 | 204 | 304);
    let Message { head, mut body } = Message::of(record, wanted.response_bodies, bodiless, faults);
    let status = head.status();
    if is_revisit && !bodiless(status) {
        // What it was is in another record, often in another file.
        body = Body { bytes: Vec::new(), fidelity: Fidelity::Missing, ..body };
    }
    Response { status, headers: head.headers, body }
}

/// One message of a record.
struct Message {
    head: Head,
    body: Body,
}

impl Message {
    fn of(mut record: Record, wanted: bool, bodiless: impl Fn(u16) -> bool, faults: &mut Vec<Fault>) -> Self {
        let (mut head, start) = final_head(&record.block);
        let payload = record.block[start..].to_vec();
        let mut noted = Vec::new();
        let mut body = head.body(payload, bodiless(head.status()), &mut noted);
        if record.end == End::Whole {
            noted.extend(digests::verify(&record, &record.block[start..], &body.bytes, &head));
        }
        record.block = Vec::new();
        noted.extend(trouble(record.end, head.whole));
        let (fidelity, media_type) = own::body(&record);
        if let Some(fidelity) = fidelity {
            (body.fidelity, body.media_type) = (fidelity, media_type);
        }
        let cut = record.field("warc-truncated").is_some() && fidelity.is_none();
        if record.end != End::Whole || cut {
            body.fidelity = body.fidelity.max(Fidelity::Truncated);
        }
        if !wanted {
            body.bytes = Vec::new();
        }
        faults.extend(noted.into_iter().map(|fault| Fault { offset: fault.offset.or(Some(record.offset)), ..fault }));
        Self { head, body }
    }
}

/// The head of the message and where its body starts; interim responses before it (100, 103) are passed over.
fn final_head(block: &[u8]) -> (Head, usize) {
    let mut start = 0;
    loop {
        let head = Head::read(&block[start..]);
        let body = start + head.length;
        let interim =
            matches!(head.status(), 100..=199) && head.status() != 101 && head.first_line.starts_with(b"HTTP/");
        if !interim || !block[body..].starts_with(b"HTTP/") {
            return (head, body);
        }
        start = body;
    }
}

fn trouble(end: End, head_is_whole: bool) -> Option<Fault> {
    match (end, head_is_whole) {
        (End::Whole, true) => None,
        (End::Whole, false) => Some(Fault::new(FaultKind::Corrupt, "a record ends inside the head of its message")),
        (End::Cut, _) => Some(Fault::new(FaultKind::Truncated, "the file ends inside this record")),
        (End::Broken, _) => {
            Some(Fault::new(FaultKind::Corrupt, "this record is damaged; what follows the damage is missing"))
        }
        (End::TooLong, _) => {
            Some(Fault::new(FaultKind::Limit, "the record is longer than the limit; its end was left out"))
        }
    }
}

/// RFC 3339 with a fraction of any length; less exact forms, which WARC 1.1 allows, mean their start.
pub(super) fn time(date: &str) -> Option<Timestamp> {
    let date = date.trim();
    date.parse().ok().or_else(|| {
        let clock = date.trim_end_matches(['Z', 'z']);
        let padded = match clock.len() {
            4 => format!("{clock}-01-01T00:00"),
            7 => format!("{clock}-01T00:00"),
            10 => format!("{clock}T00:00"),
            _ => clock.to_owned(),
        };
        TimeZone::UTC.to_timestamp(padded.parse::<DateTime>().ok()?).ok()
    })
}
