//! Whole WARCs: as tools write them, and which records make one exchange.

use std::ops::ControlFlow;

use super::*;
use crate::model::{Exchange, FaultKind, Fidelity};

pub(super) fn import(file: &[u8]) -> (Vec<Exchange>, Vec<Fault>) {
    import_limited(file, records::MOST_BLOCK, Wanted::ALL)
}

pub(super) fn import_limited(mut file: &[u8], limit: usize, wanted: Wanted) -> (Vec<Exchange>, Vec<Fault>) {
    let mut all = Vec::new();
    let faults = read(&mut file, limit, wanted, &mut |captured| {
        all.extend(captured.exchange());
        ControlFlow::Continue(())
    });
    (all, faults.unwrap())
}

/// A record of that type: fields as `Name: value` lines without their ends.
pub(super) fn record(kind: &str, fields: &[&str], block: &str) -> String {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let length = block.len();
    format!("WARC/1.1\r\nWARC-Type: {kind}\r\n{fields}Content-Length: {length}\r\n\r\n{block}\r\n\r\n")
}

fn request(fields: &[&str], path: &str) -> String {
    let fields = [&["Content-Type: application/http; msgtype=request"], fields].concat();
    record("request", &fields, &format!("GET {path} HTTP/1.1\r\nHost: t.example\r\n\r\n"))
}

fn response(fields: &[&str], body: &str) -> String {
    let fields = [&["Content-Type: application/http;msgtype=response"], fields].concat();
    record("response", &fields, &format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

/// URL and response body of every exchange of a file with nothing wrong in it.
fn pairs(file: &str) -> String {
    let (all, faults) = import(file.as_bytes());
    assert_eq!(faults, [], "{file}");
    assert!(all.iter().enumerate().all(|(at, exchange)| exchange.index == at && exchange.faults.is_empty()), "{all:?}");
    let body = |exchange: &Exchange| match &exchange.response {
        Some(response) => String::from_utf8_lossy(&response.body.bytes).into_owned(),
        None => "-".to_owned(),
    };
    all.iter().map(|e| format!("{}={}", e.request.url, body(e))).collect::<Vec<_>>().join(" ")
}

#[test]
fn pairs_by_identifier_then_by_address() {
    let id = |id: &str| format!("WARC-Record-ID: <urn:{id}>");
    let to = |id: &str| format!("WARC-Concurrent-To: <urn:{id}>");
    let url = |path: &str| format!("WARC-Target-URI: https://t.example{path}");
    let req = |fields: &[&String], path: &str| {
        request(&[&fields.iter().map(|f| f.as_str()).collect::<Vec<_>>()[..], &[&url(path)]].concat(), path)
    };
    let res = |fields: &[&String], path: &str, body: &str| {
        response(&[&fields.iter().map(|f| f.as_str()).collect::<Vec<_>>()[..], &[&url(path)]].concat(), body)
    };
    let request_first = [req(&[&id("1")], "/a"), res(&[&id("2"), &to("1")], "/a", "A")].concat();
    assert_eq!(pairs(&request_first), "https://t.example/a=A");
    let response_first = [res(&[&id("2")], "/a", "A"), req(&[&id("1"), &to("2")], "/a")].concat();
    assert_eq!(pairs(&response_first), "https://t.example/a=A");
    // Answers in the other order: positions follow the requests.
    let crossed = [
        req(&[&id("1")], "/a"),
        req(&[&id("2")], "/b"),
        res(&[&id("3"), &to("2")], "/b", "B"),
        res(&[&id("4"), &to("1")], "/a", "A"),
    ];
    assert_eq!(pairs(&crossed.concat()), "https://t.example/a=A https://t.example/b=B");
    // Nobody says: the oldest of the same address.
    let silent =
        [req(&[], "/a"), req(&[], "/b"), req(&[], "/a"), res(&[], "/b", "B"), res(&[], "/a", "1"), res(&[], "/a", "2")];
    assert_eq!(pairs(&silent.concat()), "https://t.example/a=1 https://t.example/b=B https://t.example/a=2");
    // Crawlers without requests, requests without an answer.
    assert_eq!(
        pairs(&[res(&[], "/a", "1"), res(&[], "/a", "2")].concat()),
        "https://t.example/a=1 https://t.example/a=2"
    );
    assert_eq!(pairs(&[req(&[], "/a"), req(&[], "/b")].concat()), "https://t.example/a=- https://t.example/b=-");
    // One that says who it belongs to waits for nobody else.
    let other = [req(&[&id("1")], "/a"), res(&[&to("9")], "/a", "A")].concat();
    assert_eq!(pairs(&other), "https://t.example/a=- https://t.example/a=A");
}

#[test]
fn the_window_is_bounded() {
    let many: String = (0..1000).map(|n| request(&[], &format!("/{n}"))).collect();
    let (all, _) = import(format!("{many}{}", request(&[], "/last")).as_bytes());
    assert_eq!(all.len(), 1001);
    assert!(all.iter().enumerate().all(|(at, exchange)| exchange.index == at));
}

#[test]
fn what_is_no_exchange_is_passed_over() {
    let file = [
        record("warcinfo", &["Content-Type: application/warc-fields"], "software: x\r\n"),
        record(
            "response",
            &["WARC-Target-URI: dns:t.example", "Content-Type: text/dns"],
            "t.example. 60 IN A 192.0.2.1",
        ),
        record("metadata", &["WARC-Target-URI: https://t.example/"], "via: x"),
        record("resource", &["WARC-Target-URI: https://t.example/x", "Content-Type: text/plain"], "WARC/1.0\r\n\r\n"),
        record("conversion", &["WARC-Target-URI: https://t.example/x"], "x"),
        record("something-new", &[], ""),
    ];
    assert_eq!(pairs(&file.concat()), "");
}

#[test]
fn a_request_as_it_passed() {
    let block = "POST /p%20q?x=1 HTTP/1.1\r\nHost: t.example\r\nCookie: a=1; b=2\r\nX-Z: 1\r\nA: 2\r\n\
        Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let fields = [
        "WARC-Date: 2026-11-21T02:44:30.123456Z",
        "WARC-Target-URI: <https://t.example:8443/p q?x=1>",
        "WARC-IP-Address: 2001:db8::7",
        "Content-Type: application/http; msgtype=request",
    ];
    let (all, _) = import(record("request", &fields, block).replace("\r\n\r\nPOST", "\nX: y\n\r\nPOST").as_bytes());
    let request = &all[0].request;
    assert_eq!(all[0].at.unwrap().to_string(), "2026-11-21T02:44:30.123456Z");
    assert_eq!(all[0].peer(), Some("2001:db8::7".parse().unwrap()));
    assert_eq!((&*request.method, &*request.url), ("POST", "https://t.example:8443/p%20q?x=1"));
    let names: Vec<&str> = request.headers.iter().map(|header| &*header.name).collect();
    assert_eq!(names, ["host", "x-z", "a", "content-type", "transfer-encoding"]);
    let cookies: Vec<(&str, &[u8])> = request.cookies.iter().map(|cookie| (&*cookie.name, &cookie.value[..])).collect();
    assert_eq!(cookies, [("a", &b"1"[..]), ("b", b"2")]);
    assert_eq!((&request.body.bytes[..], request.body.fidelity), (&b"abc"[..], Fidelity::Exact));
    assert_eq!(request.body.media_type.as_deref(), Some("text/plain"));
}

#[test]
fn addresses() {
    let url = |target: &str, line: &str| {
        let file = request(&[&format!("WARC-Target-URI: {target}")], line);
        let file = if target.is_empty() { file.replace("WARC-Target-URI: \r\n", "") } else { file };
        import(file.as_bytes()).0[0].request.url.clone()
    };
    assert_eq!(url("https://a.example/x", "/x?y"), "https://a.example/x?y");
    assert_eq!(url("https://a.example/x", "http://b.example/"), "http://b.example/");
    assert_eq!(url("https://a.example/x", "*"), "https://a.example/x");
    assert_eq!(url("", "/only"), "//t.example/only");
}

#[test]
fn responses_of_every_kind() {
    let http = "Content-Type: application/http; msgtype=response";
    let one = |kind: &str, fields: &[&str], block: &str| {
        let file = record(kind, &[&[http, "WARC-Target-URI: http://t.example/"], fields].concat(), block);
        let (mut all, faults) = import(file.as_bytes());
        assert_eq!((all.len(), faults), (1, vec![]));
        let response = all.remove(0).response.unwrap();
        (response.status, String::from_utf8_lossy(&response.body.bytes).into_owned(), response.body.fidelity)
    };
    let says = |status, body: &str, fidelity| (status, body.to_owned(), fidelity);
    let cases = [
        ("response", &[][..], "HTTP/1.1 200\nX: y\n\nbody", says(200, "body", Fidelity::Exact)),
        ("response", &[], "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\n\r\nx", says(201, "x", Fidelity::Exact)),
        ("response", &[], "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", says(200, "x", Fidelity::Truncated)),
        ("response", &["WARC-Truncated: time"], "HTTP/1.1 200 OK\r\n\r\nx", says(200, "x", Fidelity::Truncated)),
        ("response", &[], "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", says(304, "", Fidelity::Exact)),
        ("revisit", &[], "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", says(200, "", Fidelity::Missing)),
        ("revisit", &[], "HTTP/1.1 304 Same\r\n\r\n", says(304, "", Fidelity::Exact)),
        ("revisit", &[], "\r\n\r\n", says(0, "", Fidelity::Missing)),
    ];
    for (kind, fields, block, wanted) in cases {
        assert_eq!(one(kind, fields, block), wanted, "{block}");
    }
    let head = [
        record(
            "request",
            &["Content-Type: application/http", "WARC-Target-URI: http://t.example/"],
            "HEAD / HTTP/1.1\r\n\r\n",
        ),
        record(
            "response",
            &[http, "WARC-Target-URI: http://t.example/"],
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        ),
    ]
    .concat();
    assert_eq!(import(head.as_bytes()).0[0].response.as_ref().unwrap().body.fidelity, Fidelity::Exact);
}

#[test]
fn a_wrong_digest_names_the_record() {
    let digest = "WARC-Block-Digest: sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let (all, faults) = import(request(&["WARC-Record-ID: <urn:uuid:7>", digest], "/a").as_bytes());
    assert_eq!(faults, []);
    let fault = &all[0].faults[0];
    assert_eq!((fault.kind, fault.exchange, fault.offset), (FaultKind::Corrupt, Some(0), Some(0)));
    assert!(fault.message.contains("block digest of record <urn:uuid:7>"), "{fault}");
}

#[test]
fn only_what_is_wanted() {
    let file = [
        record(
            "request",
            &["Content-Type: application/http", "WARC-Target-URI: http://t/"],
            "POST / HTTP/1.1\r\n\r\nsent",
        ),
        record(
            "response",
            &["Content-Type: application/http", "WARC-Target-URI: http://t/"],
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ngot",
        ),
    ]
    .concat();
    for (wanted, sent, got) in [(Wanted::ALL, 4, 3), (Wanted::REQUESTS, 4, 0), (Wanted::HEADERS, 0, 0)] {
        let (all, _) = import_limited(file.as_bytes(), 999, wanted);
        let response = all[0].response.as_ref().unwrap();
        assert_eq!((all[0].request.body.bytes.len(), response.body.bytes.len()), (sent, got));
        assert_eq!(response.body.fidelity, Fidelity::Truncated);
    }
}

#[test]
fn times() {
    let at = |date: &str| {
        let (all, _) = import(request(&[&format!("WARC-Date: {date}")], "/").as_bytes());
        all[0].at.map(|at| at.to_string())
    };
    for (date, wanted) in [
        ("2026-11-21T02:44:30Z", "2026-11-21T02:44:30Z"),
        ("2026-11-21T02:44:30.123456789Z", "2026-11-21T02:44:30.123456789Z"),
        ("2026-11-21T02:44Z", "2026-11-21T02:44:00Z"),
        ("2026-11-21", "2026-11-21T00:00:00Z"),
        ("2026-11", "2026-11-01T00:00:00Z"),
        ("2026", "2026-01-01T00:00:00Z"),
    ] {
        assert_eq!(at(date).as_deref(), Some(wanted), "{date}");
    }
    assert_eq!(at("soon"), None);
}

#[test]
fn recognised_plain_and_gzipped() {
    let plain = request(&[], "/");
    assert!(Warc.sniff(plain.as_bytes()));
    assert!(Warc.sniff(&super::damage_tests::gzip(plain.as_bytes())));
    for other in [
        &b"WARC/0.18\r\n"[..],
        b"\x1f\x8b\x08",
        &super::damage_tests::gzip(b"WARC/"),
        &super::damage_tests::gzip(b"{}"),
    ] {
        assert!(!Warc.sniff(other));
    }
}
