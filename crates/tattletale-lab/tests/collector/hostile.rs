//! What no honest sender sends: each is answered, nothing of it is stored, and the next request is served as usual.

use crate::client::Client;
use crate::forms::{android, base64, event, gzip, hash_code, percent};
use crate::{lab, singapore, with_token};
use serde_json::{Value, json};
use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;
use tattletale_lab::collector::{MAX_BODY, MAX_EVENTS, MAX_INFLATED, PATIENCE};

fn around(value: &str) -> String {
    format!("crc={}&gzip=1&data_list={}", hash_code(value), percent(value))
}

#[test]
fn hostile_events_are_answered_and_the_next_is_served() {
    let lab = lab();
    let good = android(&[event("good", 1)]);
    let deep = [&b"[".repeat(100_000)[..], &b"]".repeat(100_000)].concat();
    let bomb = gzip(&vec![b' '; MAX_INFLATED + 1]);
    let many: Vec<Value> = (0..=MAX_EVENTS as i64).map(|number| event("many", number)).collect();
    let truncated = gzip(&event("x", 1).to_string().into_bytes());
    let cases: Vec<(&str, String, u16)> = vec![
        ("wrong checksum", good.replacen("crc=", "crc=1", 1), 400),
        ("checksum that is no number", good.replacen("crc=", "crc=x", 1), 400),
        ("gzip bomb", around(&base64(&bomb)), 413),
        ("deep JSON", around(&base64(&gzip(&deep))), 400),
        ("too many events", android(&many), 413),
        ("truncated gzip", around(&base64(&truncated[..truncated.len() / 2])), 400),
        ("no gzip at all", around(&base64(b"plain")), 400),
        ("no base64", around("!!!"), 400),
        ("no JSON", around(&base64(&gzip(b"{\"a\":"))), 400),
        ("invalid UTF-8", around(&base64(&gzip(b"{\"type\":\"\xff\"}"))), 400),
        ("no event", around(&base64(&gzip(b"[1, null, {}, []]"))), 400),
        ("nobody", android(&[json!({ "type": "track", "event": "x", "distinct_id": "" })]), 400),
        (
            "properties that are none",
            android(&[json!({ "type": "track", "event": "x", "distinct_id": "d", "properties": 5 })]),
            400,
        ),
        ("sealed and is not", "gzip=9&data_list=e30%3D".into(), 400),
        ("an envelope of nothing", "gzip=13&data_list=%5B%7B%7D%5D".into(), 400),
        ("empty", String::new(), 400),
        ("only signs", "%%%&&&===".into(), 400),
        ("too large", "a".repeat(MAX_BODY + 1), 413),
    ];
    for (name, body, status) in cases {
        let answer = singapore(&lab).send("POST", &with_token(&lab, "/sa"), &[], body.as_bytes());
        assert_eq!(answer.unwrap().status, status, "{name}");
    }
    assert_eq!(lab.stored().unwrap().events, 0);
    let answer = singapore(&lab).send("POST", &with_token(&lab, "/sa"), &[], good.as_bytes());
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn strange_events_that_are_events_are_stored_as_they_are() {
    let lab = lab();
    let mut large = event("large", 1);
    large["properties"]["note"] = "x".repeat(1 << 20).into();
    let mut early = event("early", 2);
    early["time"] = 86_400_000.into(); // 2 January 1970
    let mut script = event("<script>alert(1)</script>", 3);
    script["properties"]["search_word"] = "\u{202e}\u{0}\"><img src=x onerror=alert(1)>".into();
    let events: [Value; 3] = [large, early, script];
    let body = android(&events);
    assert_eq!(singapore(&lab).send("POST", &with_token(&lab, "/sa"), &[], body.as_bytes()).unwrap().status, 200);
    assert_eq!(lab.stored().unwrap().events, 3);
    assert_eq!(lab.people().unwrap().len(), 3);
    for number in 1..=3 {
        let target = with_token(&lab, &format!("/people/{number}"));
        let page = Client::plain(lab.endpoints().control).unwrap().send("GET", &target, &[], b"").unwrap();
        let text = page.text();
        assert_eq!(page.status, 200);
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains('\u{202e}'), "{text}");
    }
}

#[test]
fn broken_http_is_answered_or_cut() {
    let lab = lab();
    let target = with_token(&lab, "/sa");
    let good = android(&[event("good", 1)]);
    let (long, many) = ("a".repeat(1 << 20), "x: y\r\n".repeat(10_000));
    let cases = [
        (
            "lengths that differ",
            format!("POST {target} HTTP/1.1\r\nHost: c\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc"),
            400,
        ),
        (
            "broken chunk",
            format!("POST {target} HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
            400,
        ),
        ("no HTTP", "hello\r\n\r\n".to_owned(), 400),
        ("endless head", format!("GET /{long} HTTP/1.1\r\nHost: c\r\n\r\n"), 414),
        ("too many headers", format!("GET {target} HTTP/1.1\r\n{many}\r\n"), 431),
        ("another method", format!("DELETE {target} HTTP/1.1\r\nHost: c\r\n\r\n"), 405),
        ("another path", format!("GET {} HTTP/1.1\r\nHost: c\r\n\r\n", with_token(&lab, "/other")), 404),
    ];
    for (name, bytes, status) in cases {
        let answer = Client::plain(lab.endpoints().plain).unwrap().raw(bytes.as_bytes());
        match answer {
            Ok(answer) => {
                assert!(answer.status == status || (400..=431).contains(&answer.status), "{name}: {answer:?}")
            }
            Err(error) => {
                assert!(matches!(name, "endless head" | "broken chunk" | "too many headers"), "{name}: {error}")
            }
        }
    }
    // Half a request on each of many connections, then gone.
    for _ in 0..50 {
        let mut stream = TcpStream::connect(lab.endpoints().singapore).unwrap();
        stream.write_all(b"\x16\x03\x01\x02").unwrap();
        let mut stream = TcpStream::connect(lab.endpoints().plain).unwrap();
        stream.write_all(b"POST /sa HTTP/1.1\r\nContent-Le").unwrap();
    }
    assert_eq!(lab.stored().unwrap().events, 0);
    assert_eq!(singapore(&lab).send("POST", &target, &[], good.as_bytes()).unwrap().status, 200);
}

/// RFC 9112 section 6.3: chunked holds, and the connection ends, so that nothing can be smuggled behind it.
#[test]
fn two_lengths_are_one_request_and_the_last_one() {
    let lab = lab();
    let target = with_token(&lab, "/sa");
    let good = android(&[event("good", 1)]);
    for lengths in
        ["Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3"]
    {
        let behind = format!("POST {target} HTTP/1.1\r\nHost: c\r\nContent-Length: 0\r\n\r\n");
        let chunk = format!("{:x}\r\n{good}\r\n0\r\n\r\n", good.len());
        let bytes = format!("POST {target} HTTP/1.1\r\nHost: c\r\n{lengths}\r\n\r\n{chunk}{behind}");
        let mut client = Client::plain(lab.endpoints().plain).unwrap();
        let answer = client.raw(bytes.as_bytes()).unwrap();
        assert!(answer.status == 400 || answer.head.contains("connection: close"), "{lengths}: {answer:?}");
        assert!(client.raw(b"").is_err(), "{lengths}: what stood behind it was answered");
    }
}

#[test]
fn who_never_finishes_is_cut() {
    let lab = lab();
    let target = with_token(&lab, "/sa");
    let start = Instant::now();
    std::thread::scope(|scope| {
        for half in [
            "POST /sa HTTP/1.1\r\nContent-Le".to_owned(),
            format!("POST {target} HTTP/1.1\r\nHost: c\r\nContent-Length: 9\r\n\r\na"),
        ] {
            let lab = &lab;
            scope.spawn(move || {
                let answer = Client::plain(lab.endpoints().plain).unwrap().raw(half.as_bytes());
                assert!(
                    answer.as_ref().is_ok_and(|answer| answer.status == 408) || answer.is_err(),
                    "{half}: {answer:?}"
                );
            });
        }
    });
    assert!(start.elapsed() < PATIENCE * 3 / 2);
}

/// Requests with some bytes changed: whatever they have become, they are answered, and the pages can show it.
#[test]
fn damaged_requests_crash_nothing() {
    let lab = lab();
    let spock = json!({ "H": { "g": "adv-1", "st": 1 }, "B": [{ "H": { "k": "usage" }, "B": { "usage_sequence": [{ "package": "a" }] } }] });
    let spock = format!("value={}&ts=1&nonce=n&sign=s&gzip=0", percent(&base64(spock.to_string().as_bytes())));
    let plain = |event: &Value| format!("data={}", event.to_string().replace('%', "%25").replace('&', "%26"));
    let list = |number| format!("data_list={}", base64(json!([event("somebody", number)]).to_string().as_bytes()));
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let mut client = Client::plain(lab.endpoints().plain).unwrap();
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..1500 {
        let (path, body) = match number % 5 {
            0 => ("/sa", android(&[event("somebody", number)])),
            1 => ("/sa", list(number)),
            2 => ("/track/spock", spock.clone()),
            3 => ("/aggregate", event("somebody", number)["properties"].to_string()),
            _ => ("/sa", plain(&event("somebody", number))),
        };
        let mut body = body.into_bytes();
        for _ in 0..next(4) {
            let at = next(body.len());
            match next(3) {
                0 => body[at] ^= 1 << next(8),
                1 => body.truncate(at.max(1)),
                _ => body.insert(at, b"09-{\"[,%&="[next(10)]),
            }
        }
        let answer = client.send("POST", &with_token(&lab, path), &[], &body).unwrap();
        assert!([200, 400, 413].contains(&answer.status), "{}", String::from_utf8_lossy(&body));
        *statuses.entry(answer.status).or_insert(0) += 1;
    }
    assert!(statuses[&200] > 100 && statuses[&400] > 100, "{statuses:?}");
    assert!(!lab.people().unwrap().is_empty());
    for path in ["/", "/people", "/people/1", "/people/2"] {
        let page = Client::plain(lab.endpoints().control).unwrap().send("GET", &with_token(&lab, path), &[], b"");
        assert_eq!(page.unwrap().status, 200, "{path}");
    }
}
