//! HTTP/1: every message reaches whom it is for as it came, or is refused with a record; never anything between.

use std::io::{Read, Write};
use std::net::Shutdown;

use tattletale_core::model::BlindKind;

use crate::stage::{Live, echo, exactly, field, head, message, server};

#[test]
fn bytes_pass_as_they_came() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let taken = std::sync::Arc::clone(&seen);
    let to = server(move |mut stream| {
        let (head, body) = message(&mut stream).unwrap();
        *taken.lock().unwrap() = [head.into_bytes(), body].concat();
        stream.write_all(b"HTTP/1.1 200 Fine by me\r\nX-b: 1\r\nx-A:  2 \r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok").unwrap();
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    let request = "POST /a?b=%20 HTTP/1.1\r\nHost: clinic.example\r\nUSER-agent: x\r\nX-Z: 1\r\nx-a:  2\t\r\nContent-Length: 3\r\n\r\nabc";
    client.write_all(request.as_bytes()).unwrap();
    let (answer, body) = message(&mut client).unwrap();
    assert_eq!(
        answer,
        "HTTP/1.1 200 Fine by me\r\nX-b: 1\r\nx-A:  2 \r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\n"
    );
    assert_eq!((&*body, &*String::from_utf8(seen.lock().unwrap().clone()).unwrap()), (&b"ok"[..], request));
    drop(client);
    let taken = live.end();
    assert_eq!(taken.urls(), ["http://clinic.example/a?b=%20"]);
    let exchange = &taken.exchanges[0];
    let names: Vec<&str> = exchange.request.headers.iter().map(|header| &*header.name).collect();
    assert_eq!(names, ["host", "user-agent", "x-z", "x-a", "content-length"]);
    assert_eq!((&*exchange.request.body.bytes, taken.answer("/a?b=%20")), (&b"abc"[..], &b"ok"[..]));
    let connection = exchange.connection.as_ref().unwrap();
    assert_eq!((connection.server, connection.port), (Some(to.ip()), Some(to.port())));
    assert_eq!(connection.http.as_deref(), Some("http/1.1"));
}

#[test]
fn one_connection_to_several_servers() {
    let (one, other) = (server(echo), server(echo));
    let live = Live::start();
    let mut client = live.connect();
    for at in 0..6 {
        let to = if at % 3 == 2 { other } else { one };
        write!(client, "GET http://{to}/{at} HTTP/1.1\r\nHost: {to}\r\nProxy-Connection: keep-alive\r\n\r\n").unwrap();
        assert_eq!(message(&mut client).unwrap().1, format!("/{at} ").as_bytes());
    }
    drop(client);
    let taken = live.end();
    assert_eq!(taken.exchanges.len(), 6);
    assert!(taken.exchanges.iter().all(|exchange| exchange.request.header("proxy-connection").is_none()));
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let to = server(echo);
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    let requests: String =
        (0..50).map(|at| format!("POST /{at} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n{at:04}")).collect();
    client.write_all(requests.as_bytes()).unwrap();
    for at in 0..50 {
        assert_eq!(message(&mut client).unwrap().1, format!("/{at} {at:04}").as_bytes());
    }
    drop(client);
    let taken = live.end();
    assert_eq!(taken.exchanges.len(), 50);
    (0..50).for_each(|at| assert_eq!(taken.answer(&format!("/{at}")), format!("/{at} {at:04}").as_bytes()));
}

/// What cannot be told apart without doubt reaches no server, and is recorded as refused.
#[test]
fn smuggling_is_refused_and_recorded() {
    let attempts = [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ];
    for attempt in attempts {
        let to = server(|mut stream| assert_eq!(head(&mut stream), None, "reached the server"));
        let live = Live::start();
        let mut client = live.tunnel(&to.to_string());
        client.write_all(attempt.as_bytes()).unwrap();
        client.write_all(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let answer = head(&mut client).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{attempt:?}: {answer}");
        let mut rest = String::new();
        let _ = client.read_to_string(&mut rest);
        assert!(!rest.contains("HTTP/1.1"), "{attempt:?}: a second answer");
        let taken = live.end();
        assert_eq!(taken.kinds(), [BlindKind::OpaqueTcp], "{attempt:?}");
        assert!(taken.blind[0].detail.as_deref().unwrap().starts_with("request refused: "));
        assert!(taken.exchanges.is_empty(), "{attempt:?}");
    }
}

#[test]
fn a_bad_chunk_ends_everything() {
    let to = server(|mut stream| {
        let _ = head(&mut stream);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert_eq!(String::from_utf8(rest).unwrap(), "3\r\nabc\r\n");
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    client.write_all(b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    client.write_all(b"5 \r\nGET / HTTP/1.1\r\n\r\n").unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 400 "));
    let taken = live.end();
    assert_eq!(taken.kinds(), [BlindKind::OpaqueTcp]);
    assert_eq!(taken.exchanges.len(), 1);
    assert!(taken.exchanges[0].response.is_none());
}

#[test]
fn answers_without_a_body_keep_the_connection() {
    let to = server(|mut stream| {
        while let Some(head) = head(&mut stream) {
            let answer = match head.split(' ').nth(1).unwrap() {
                "/head" => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
                "/304" => "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n",
                "/204" => "HTTP/1.1 204 No Content\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast",
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    for (method, path) in [("HEAD", "/head"), ("GET", "/304"), ("GET", "/204")] {
        write!(client, "{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(head(&mut client).is_some());
    }
    write!(client, "GET /last HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(message(&mut client).unwrap().1, b"last");
    drop(client);
    assert_eq!(live.end().exchanges.len(), 4);
}

#[test]
fn chunks_and_trailers_pass_untouched() {
    let body = "4;ext=\"a\"\r\nWiki\r\n05\r\npedia\r\n0\r\nX-Checksum: abc\r\n\r\n";
    let to = server(move |mut stream| {
        let _ = head(&mut stream).unwrap();
        assert_eq!(exactly(&mut stream, body.len()), body.as_bytes());
        write!(stream, "HTTP/1.1 200 OK\r\nTrailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n\r\n{body}").unwrap();
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    write!(client, "POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}").unwrap();
    head(&mut client).unwrap();
    assert_eq!(exactly(&mut client, body.len()), body.as_bytes());
    drop(client);
    let taken = live.end();
    assert_eq!(taken.answer("/t"), b"Wikipedia");
    assert_eq!(taken.exchanges[0].request.body.bytes, b"Wikipedia");
}

#[test]
fn interim_answers_and_expect() {
    let to = server(|mut stream| {
        let asked = head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n").unwrap();
        let length = field(&asked, "content-length").unwrap().parse().unwrap();
        let body = exactly(&mut stream, length);
        write!(stream, "HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
        stream.write_all(&body).unwrap();
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    write!(client, "PUT /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 103 "));
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 100 "));
    client.write_all(b"hello").unwrap();
    assert_eq!(message(&mut client).unwrap().1, b"hello");
    drop(client);
    let taken = live.end();
    assert_eq!((taken.exchanges[0].response.as_ref().unwrap().status, taken.answer("/e")), (201, &b"hello"[..]));
}

/// A client that is told no instead of to go on may send the body or not: only closing leaves no doubt.
#[test]
fn a_refused_expectation_closes() {
    let to = server(|mut stream| {
        let _ = head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n").unwrap();
        assert_eq!(head(&mut stream), None);
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    write!(client, "PUT /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n").unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 417 "));
    write!(client, "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(head(&mut client), None);
    assert_eq!(live.end().exchanges.len(), 1);
}

#[test]
fn huge_heads_up_to_a_bound() {
    let to = server(echo);
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    let cookie = "c".repeat(200 << 10);
    write!(client, "GET /big HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n").unwrap();
    assert_eq!(message(&mut client).unwrap().1, b"/big ");
    drop(client);
    let mut client = live.tunnel(&to.to_string());
    let _ = write!(client, "GET /bigger HTTP/1.1\r\nHost: a\r\nCookie: {cookie}{cookie}\r\n\r\n");
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 400 "));
    let taken = live.end();
    assert_eq!(taken.urls(), ["http://a/big"]);
    assert_eq!(taken.exchanges[0].request.cookies.len().max(1), 1);
}

#[test]
fn a_long_body_streams_and_is_recorded_whole() {
    const LENGTH: usize = 24 << 20;
    let piece: Vec<u8> = (0..1 << 20).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let sent = piece.clone();
    let to = server(move |mut stream| {
        let _ = head(&mut stream).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").unwrap();
        (0..LENGTH / sent.len()).for_each(|_| stream.write_all(&sent).unwrap());
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    write!(client, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let (_, body) = message(&mut client).unwrap();
    assert_eq!(body.len(), LENGTH);
    drop(client);
    let taken = live.end();
    assert!(taken.answer("/long").chunks(piece.len()).all(|found| found == piece));
    assert!(taken.faults.is_empty(), "{:?}", taken.faults);
}

#[test]
fn what_was_cut_off_is_recorded_as_such() {
    let to = server(|mut stream| {
        let asked = head(&mut stream).unwrap();
        if asked.contains("/half") {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").unwrap();
        }
        let _ = stream.shutdown(Shutdown::Both);
    });
    let live = Live::start();
    for path in ["/half", "/none"] {
        let mut client = live.tunnel(&to.to_string());
        write!(client, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer);
        assert_eq!(answer.ends_with(b"half"), path == "/half");
    }
    let taken = live.end();
    assert_eq!(taken.answer("/half"), b"half");
    assert_eq!(taken.exchanges.len(), 2);
    assert!(taken.exchanges[1].response.is_none());
}

/// What is open when a recording ends is in it as far as it came.
#[test]
fn the_end_loses_nothing_that_passed() {
    let to = server(|mut stream| {
        let _ = head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n").unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    write!(client, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let _ = head(&mut client).unwrap();
    assert_eq!(exactly(&mut client, 9), b"data: 1\n\n");
    assert_eq!(live.end().answer("/events"), b"data: 1\n\n");
}

#[test]
fn a_stale_connection_is_not_the_clients_trouble() {
    // Each connection takes one request, answers, and is gone at the next.
    let to = server(|mut stream| {
        let _ = message(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let _ = head(&mut stream);
    });
    let live = Live::start();
    let mut client = live.connect();
    for at in 0..3 {
        write!(client, "GET http://{to}/{at} HTTP/1.1\r\nHost: {to}\r\n\r\n").unwrap();
        assert_eq!(message(&mut client).unwrap().1, b"ok");
    }
    // What may have been done is not done again, body or none: its sender is told.
    write!(client, "POST http://{to}/once HTTP/1.1\r\nHost: {to}\r\n\r\n").unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 502 "));
    drop(client);
    assert_eq!(live.end().exchanges.len(), 4);
}

#[test]
fn bytes_that_are_neither_tls_nor_http_are_counted() {
    let to = server(|mut stream| {
        assert_eq!(exactly(&mut stream, 5), b"\x10\x03MQT");
        stream.write_all(b"\x20\x02\x00").unwrap();
    });
    let greets = server(|mut stream| {
        stream.write_all(b"220 mail\r\n").unwrap();
        let _ = exactly(&mut stream, 6);
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    client.write_all(b"\x10\x03MQT").unwrap();
    assert_eq!(exactly(&mut client, 3), b"\x20\x02\x00");
    drop(client);
    let mut client = live.tunnel(&greets.to_string());
    assert_eq!(exactly(&mut client, 10), b"220 mail\r\n");
    client.write_all(b"QUIT\r\n").unwrap();
    drop(client);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let taken = live.end();
    assert_eq!(taken.kinds(), [BlindKind::OpaqueTcp; 2]);
    assert!(taken.blind.iter().all(|blind| blind.sent > 5 && blind.received > 3));
}
