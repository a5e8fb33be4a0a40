//! Flows as versions of mitmproxy wrote them, and as damage leaves them.

use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::model::{BlindKind, Captured, Exchange, Fidelity};

/// A value to be written.
enum V {
    B(Vec<u8>),
    U(&'static str),
    I(i64),
    F(f64),
    T(bool),
    N,
    L(Vec<V>),
    D(Vec<(&'static str, V)>),
}
use V::{B, D, F, I, L, N, T, U};

fn b(bytes: &str) -> V {
    B(bytes.as_bytes().to_vec())
}

fn dump(value: &V) -> Vec<u8> {
    let (payload, tag) = match value {
        B(bytes) => (bytes.clone(), b','),
        U(text) => (text.as_bytes().to_vec(), b';'),
        I(number) => (number.to_string().into_bytes(), b'#'),
        F(number) => (format!("{number:?}").into_bytes(), b'^'),
        T(truth) => (truth.to_string().into_bytes(), b'!'),
        N => (Vec::new(), b'~'),
        L(items) => (items.iter().flat_map(dump).collect(), b']'),
        D(items) => {
            let pairs = items.iter().flat_map(|(key, value)| [dump(&U(key)), dump(value)].concat());
            (pairs.collect(), b'}')
        }
    };
    [payload.len().to_string().as_bytes(), b":", &payload, &[tag]].concat()
}

fn pair(name: &str, value: &str) -> V {
    L(vec![b(name), b(value)])
}

fn modern(path: &str, body: V, rest: Vec<(&'static str, V)>) -> V {
    let request = D(vec![
        ("host", U("192.0.2.7")),
        ("port", I(8443)),
        ("method", b("POST")),
        ("scheme", b("https")),
        ("authority", b("t.example:8443")),
        ("path", b(path)),
        ("http_version", b("HTTP/2.0")),
        ("headers", L(vec![pair("Cookie", "a=1; b=2"), pair("X-A", " v "), pair("content-length", "3")])),
        ("content", body),
        ("trailers", L(vec![pair("Sum", "7")])),
        ("timestamp_start", F(1_795_000_000.25)),
    ]);
    let response = D(vec![
        ("http_version", b("HTTP/2.0")),
        ("status_code", I(200)),
        ("headers", L(vec![pair("content-encoding", "gzip")])),
        ("content", B(b"\x1f\x8b\x08".to_vec())),
    ]);
    let client = D(vec![
        ("id", U("c-1")),
        ("peername", L(vec![U("192.0.2.50"), I(50_000)])),
        ("sni", U("t.example")),
        ("alpn", b("h2")),
        ("tls_version", U("TLSv1.3")),
    ]);
    let server = D(vec![("address", L(vec![U("t.example"), I(8443)])), ("peername", L(vec![U("192.0.2.7"), I(8443)]))]);
    let mut flow = vec![
        ("version", I(21)),
        ("type", U("http")),
        ("id", U("f-1")),
        ("client_conn", client),
        ("server_conn", server),
        ("request", request),
        ("response", response),
        ("error", N),
    ];
    flow.extend(rest);
    D(flow)
}

fn import(file: &[u8]) -> (Vec<Captured>, Vec<Fault>) {
    limited(file, MOST_FLOW)
}

fn limited(mut file: &[u8], most: usize) -> (Vec<Captured>, Vec<Fault>) {
    let mut all = Vec::new();
    let faults = read(&mut file, most, Wanted::ALL, &mut |captured| {
        all.push(captured);
        ControlFlow::Continue(())
    });
    (all, faults.unwrap())
}

/// The exchanges of a file with nothing wrong in it.
fn exchanges(flows: &[V]) -> Vec<Exchange> {
    let file: Vec<u8> = flows.iter().flat_map(dump).collect();
    assert!(Flows.sniff(&file));
    let (all, faults) = import(&file);
    assert_eq!(faults, []);
    all.into_iter().filter_map(Captured::exchange).collect()
}

#[test]
fn a_flow_of_today() {
    let message =
        |opcode, sent, bytes: &str| L(vec![I(opcode), T(sent), b(bytes), F(1_795_000_001.0), T(false), T(false)]);
    let websocket = D(vec![("messages", L(vec![message(1, true, "hi"), message(2, false, "\u{1}")]))]);
    let all = exchanges(&[modern("/a?b=c", b("xyz"), vec![("websocket", websocket)])]);
    let exchange = &all[0];
    assert_eq!((&*exchange.request.method, &*exchange.request.url), ("POST", "https://t.example:8443/a?b=c"));
    assert_eq!(exchange.at.unwrap().to_string(), "2026-11-18T11:06:40.25Z");
    assert!(exchange.reserialised);
    let names: Vec<&str> = exchange.request.headers.iter().map(|header| &*header.name).collect();
    assert_eq!(names, ["x-a", "content-length", "sum"]);
    assert_eq!(exchange.request.header("x-a"), Some("v"));
    assert_eq!(exchange.request.cookies.len(), 2);
    assert_eq!((&exchange.request.body.bytes[..], exchange.request.body.fidelity), (&b"xyz"[..], Fidelity::Exact));
    let connection = exchange.connection.as_ref().unwrap();
    assert_eq!((connection.sni.as_deref(), connection.http.as_deref()), (Some("t.example"), Some("h2")));
    assert_eq!((connection.tls.as_deref(), connection.alpn.as_deref()), (Some("tls/1.3"), Some("h2")));
    assert_eq!((exchange.peer(), connection.port), ("192.0.2.7".parse().ok(), Some(8443)));
    assert_eq!(connection.client.unwrap().to_string(), "192.0.2.50:50000");
    assert_eq!(exchange.response.as_ref().unwrap().body.bytes, b"\x1f\x8b\x08");
    let messages: Vec<_> = exchange.messages.iter().map(|m| (m.sent, m.text, &m.bytes[..])).collect();
    assert_eq!(messages, [(true, true, &b"hi"[..]), (false, false, &b"\x01"[..])]);
}

#[test]
fn a_flow_of_2014() {
    let address = |host, port| D(vec![("address", L(vec![b(host), I(port)])), ("use_ipv6", T(false))]);
    let request = D(vec![
        ("form_in", b("relative")),
        ("httpversion", L(vec![I(1), I(1)])),
        ("host", b("192.0.2.7")),
        ("port", I(80)),
        ("scheme", b("http")),
        ("method", b("GET")),
        ("path", b("/old")),
        ("headers", L(vec![pair("Host", "old.example")])),
        ("content", b("")),
        ("timestamp_start", F(1_400_000_000.5)),
    ]);
    let response = D(vec![
        ("httpversion", L(vec![I(1), I(0)])),
        ("code", I(404)),
        ("msg", b("Not Found")),
        ("headers", L(vec![])),
        ("content", b("gone")),
    ]);
    let flow = D(vec![
        ("client_conn", D(vec![("address", address("192.0.2.50", 5000))])),
        ("error", N),
        ("id", U("x")),
        ("request", request),
        ("response", response),
        ("server_conn", D(vec![("peer_address", address("192.0.2.7", 80)), ("address", address("old.example", 80))])),
        ("type", b("http")),
        ("version", L(vec![I(0), I(11)])),
    ]);
    let all = exchanges(&[flow]);
    let (exchange, response) = (&all[0], all[0].response.as_ref().unwrap());
    assert_eq!(exchange.request.url, "http://old.example/old");
    assert_eq!((response.status, &response.body.bytes[..]), (404, &b"gone"[..]));
    let connection = exchange.connection.as_ref().unwrap();
    assert_eq!((connection.http.as_deref(), connection.server), (Some("http/1.1"), "192.0.2.7".parse().ok()));
    assert_eq!(connection.client.unwrap().port(), 5000);
    assert!(!exchange.reserialised);
}

#[test]
fn websockets_in_flows_of_their_own() {
    let mut handshake = modern("/chat", b(""), vec![]);
    if let D(items) = &mut handshake {
        items.retain(|(name, _)| *name != "response");
        items.push(("response", D(vec![("status_code", I(101)), ("headers", L(vec![]))])));
    }
    let socket = D(vec![
        ("type", U("websocket")),
        ("metadata", D(vec![("websocket_handshake", U("f-1"))])),
        ("messages", L(vec![L(vec![I(1), T(true), b("secret"), F(1_795_000_001.0)])])),
    ]);
    let all = exchanges(&[handshake, socket]);
    assert_eq!(all[1].request.url, "https://t.example:8443/chat");
    assert_eq!((all[1].index, &all[1].messages[0].bytes[..]), (1, &b"secret"[..]));
}

#[test]
fn what_is_no_http_is_kept_or_told() {
    let server = || D(vec![("address", L(vec![U("mqtt.example"), I(8883)]))]);
    let client = || D(vec![("tls_version", U("TLSv1.2")), ("timestamp_start", F(1_795_000_000.0))]);
    let flow = |kind, rest: Vec<(&'static str, V)>| {
        D([vec![("type", U(kind)), ("client_conn", client()), ("server_conn", server())], rest].concat_values())
    };
    let said =
        L(vec![L(vec![T(true), b("hello"), F(1_795_000_001.0)]), L(vec![T(false), b("you"), F(1_795_000_002.0)])]);
    let question = |name| D(vec![("name", U(name)), ("type", I(1))]);
    let dns = D(vec![("questions", L(vec![question("alone.example"), question("mqtt.example")]))]);
    let refused = "Client TLS handshake failed. The client does not trust the proxy's certificate";
    let connect = D(vec![
        ("host", U("pinned.example")),
        ("port", I(443)),
        ("method", b("CONNECT")),
        ("path", b("")),
        ("headers", L(vec![])),
    ]);
    let flows = [
        flow("tcp", vec![("messages", said)]),
        flow("tcp", vec![("messages", L(vec![]))]),
        flow("dns", vec![("request", dns)]),
        flow("http", vec![("request", connect), ("error", D(vec![("msg", U(refused))]))]),
    ];
    let (all, faults) = import(&flows.iter().flat_map(dump).collect::<Vec<u8>>());
    assert_eq!(faults, []);
    let mut blind = Vec::new();
    let mut seen = Vec::new();
    for captured in all {
        match captured {
            Captured::Exchange(exchange) => seen.push((exchange.request.url, exchange.messages.len())),
            Captured::Blind(unseen) => blind.push((unseen.kind, unseen.receiver())),
        }
    }
    assert_eq!(seen, [("tls://mqtt.example:8883/".to_owned(), 2)]);
    let wanted = [
        (BlindKind::NoData, "mqtt.example"),
        (BlindKind::TlsRefused, "pinned.example"),
        (BlindKind::NameOnly, "alone.example"),
    ];
    assert_eq!(blind, wanted.map(|(kind, host)| (kind, host.to_owned())));
}

trait ConcatValues {
    fn concat_values(self) -> Vec<(&'static str, V)>;
}

impl ConcatValues for [Vec<(&'static str, V)>; 2] {
    fn concat_values(self) -> Vec<(&'static str, V)> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn bodies_that_were_streamed_past_are_missing() {
    let all = exchanges(&[modern("/a", N, vec![])]);
    assert_eq!(all[0].request.body.fidelity, Fidelity::Missing);
}

#[test]
fn damage_hides_no_other_flow() {
    let flows: Vec<Vec<u8>> = ["/0", "/1", "/2"].map(|path| dump(&modern(path, b("xyz"), vec![]))).to_vec();
    let paths = |file: &[u8]| {
        let (all, faults) = import(file);
        let paths = all.into_iter().filter_map(Captured::exchange).map(|mut e| e.request.url.split_off(22)).collect();
        let paths: Vec<String> = paths;
        (paths.join(""), faults.len())
    };
    assert_eq!(paths(&flows.concat()), ("/0/1/2".to_owned(), 0));
    assert_eq!(paths(&[&flows[0][..], b"\n", &flows[1]].concat()), ("/0/1".to_owned(), 0));
    // The middle one cut, and bytes lost at the start.
    let cut = [&flows[0][..], &flows[1][..300], &flows[2]].concat();
    assert_eq!(paths(&cut).1, 1);
    assert!(paths(&cut).0.starts_with("/0") && paths(&[&b"junk}"[..], &flows[1]].concat()).0 == "/1");
    for end in 1..flows[0].len() {
        let (_, faults) = import(&flows[0][..end]);
        assert_eq!(faults.len(), 1, "{end}");
    }
    let (all, faults) = limited(&flows.concat(), 50);
    assert_eq!((all.len(), faults.len()), (0, 3));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_are_kept(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let all = exchanges(&[modern("/a", B(body.clone()), vec![])]);
        prop_assert_eq!(&all[0].request.body.bytes, &body);
    }

    #[test]
    fn mutations_end(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..8)) {
        let mut file = [dump(&modern("/a", b("xyz"), vec![])), dump(&modern("/b", b("xyz"), vec![]))].concat();
        let at = at.index(file.len());
        let end = file.len().min(at + bytes.len());
        file.splice(at..end, bytes);
        import(&file);
    }
}
