//! Recordings: what is written is what is read, by us and by others' tools.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::io::Write;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::sync::Arc;

use proptest::prelude::*;
use tattletale_core::export::warc::{HttpMessage, Packer, Record, RecordId, SocketMessage, WarcWriter};
use tattletale_core::import::{self, Imported, Wanted};
use tattletale_core::model::{Blind, BlindKind, Captured, Connection, Exchange, Fidelity, Timestamp};

fn at() -> Timestamp {
    "2026-11-21T02:44:30.123456Z".parse().unwrap()
}

/// Identifiers that never repeat.
fn ids() -> impl FnMut() -> RecordId {
    let mut random = 0u8;
    move || {
        random = random.wrapping_add(1);
        RecordId::from_random([random; 16])
    }
}

const TARGET: &str = "https://singapore.collector.localhost/sa?project=default";

fn message<'a>(connection: &'a Connection, bytes: &'a [u8]) -> HttpMessage<'a> {
    HttpMessage { at: at(), target: TARGET, connection, bytes, cut_off: false, reserialised: false, resource: None }
}

fn loopback() -> Connection {
    Connection {
        server: Some(IpAddr::from([127, 0, 0, 2])),
        http: Some("http/1.1".to_owned()),
        tls: Some("tls/1.3".to_owned()),
        ..Connection::default()
    }
}

fn write(messages: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let (mut id, connection) = (ids(), loopback());
    let mut writer = WarcWriter::new(Vec::new());
    writer.info(id(), at(), &[("software", "tattletale"), ("format", "WARC File Format 1.1")]).unwrap();
    for (request, response) in messages {
        let sent = id();
        writer.request(sent, &message(&connection, request)).unwrap();
        writer.response(id(), sent, &message(&connection, response)).unwrap();
    }
    writer.into_inner()
}

/// Everything in a file with nothing wrong around it.
fn everything(file: &[u8]) -> (Imported, Vec<Captured>) {
    let mut all = Vec::new();
    let imported = import::read(file, Wanted::ALL, |captured| {
        all.push(captured);
        ControlFlow::Continue(())
    });
    (imported.unwrap(), all)
}

fn read(file: &[u8]) -> (Imported, Vec<Exchange>) {
    let (imported, all) = everything(file);
    (imported, all.into_iter().filter_map(Captured::exchange).collect())
}

fn post(body: &[u8], chunk: usize) -> Vec<u8> {
    let mut bytes = b"POST /sa?project=default HTTP/1.1\r\nX-Order: 1\r\nHost: h\r\n".to_vec();
    if chunk == 0 {
        bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
        bytes.extend(body);
        return bytes;
    }
    bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
    for chunk in body.chunks(chunk) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(
        bodies in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..2000), 0..40usize), 1..5),
    ) {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec();
        let messages: Vec<_> = bodies.iter().map(|(body, chunk)| (post(body, *chunk), answer.clone())).collect();
        let (imported, all) = read(&write(&messages));
        prop_assert_eq!((imported.format, imported.faults.len(), all.len()), ("warc", 0, bodies.len()));
        for (exchange, (body, _)) in all.iter().zip(&bodies) {
            prop_assert_eq!(&exchange.request.body.bytes, body);
            prop_assert_eq!(exchange.request.body.fidelity, Fidelity::Exact);
            prop_assert_eq!(&exchange.faults, &vec![]);
            prop_assert_eq!(exchange.peer(), Some(IpAddr::from([127, 0, 0, 2])));
            prop_assert_eq!(&exchange.request.url, "https://singapore.collector.localhost/sa?project=default");
            prop_assert_eq!(exchange.at.unwrap().to_string(), "2026-11-21T02:44:30.123456Z");
            prop_assert_eq!(&exchange.response.as_ref().unwrap().body.bytes, b"ok");
        }
    }
}

/// Text as it may stand in a field: no control characters, nothing at the edges that readers take off.
fn word() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[a-zA-Z0-9:/._-]{1,20}|[a-z\u{e4}\u{1f980}]( [a-z\u{e4}]){0,3}")
}

fn version(words: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(words).prop_map(str::to_owned))
}

fn connections() -> impl Strategy<Value = Connection> {
    let ends = (any::<Option<std::net::SocketAddr>>(), any::<Option<IpAddr>>(), any::<Option<u16>>());
    let versions = (version(&["tls/1.2", "tls/1.3"]), version(&["http/1.0", "http/1.1", "h2", "h3"]));
    (ends, (word(), word(), word(), word(), word()), versions, any::<bool>()).prop_map(
        |((client, server, port), (id, sni, alpn, ja4, app), (tls, http), ech)| {
            // What is written has no scope or flow label, and IPv4 addresses have one notation.
            let client = client.map(|client| std::net::SocketAddr::new(client.ip(), client.port()));
            let server = server.map(|server| server.to_canonical());
            Connection { id, client, server, port, sni, alpn, tls, http, ja4, ech, app }
        },
    )
}

fn blinds() -> impl Strategy<Value = Blind> {
    let time =
        || prop::option::of((0..4_000_000_000_000_000i64).prop_map(|at| Timestamp::from_microsecond(at).unwrap()));
    let kind = prop::sample::select(&BlindKind::ALL[..]);
    (time(), time(), connections(), word(), kind, any::<u64>(), any::<u64>(), word()).prop_map(
        |(at, until, connection, host, kind, sent, received, detail)| Blind {
            at,
            until,
            connection: Arc::new(connection),
            host,
            kind,
            sent,
            received,
            detail,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn connections_and_what_could_not_be_seen_are_read_as_written(
        connection in connections(),
        blinds in prop::collection::vec(blinds(), 0..4),
        reserialised in any::<bool>(),
    ) {
        let (mut id, mut writer) = (ids(), WarcWriter::new(Vec::new()));
        let bytes = b"GET /sa HTTP/1.1\r\nhost: h\r\n\r\n";
        writer.request(id(), &HttpMessage { reserialised, resource: Some("xhr"), ..message(&connection, bytes) }).unwrap();
        for blind in &blinds {
            writer.blind(id(), at(), blind).unwrap();
        }
        let (imported, all) = everything(&writer.into_inner());
        prop_assert_eq!((imported.exchanges, imported.blind, imported.faults.len()), (1, blinds.len() as u64, 0));
        let (mut seen, mut hidden) = (Vec::new(), Vec::new());
        for captured in all {
            match captured {
                Captured::Exchange(exchange) => seen.push(exchange),
                Captured::Blind(blind) => hidden.push(blind),
            }
        }
        prop_assert_eq!(hidden, blinds);
        prop_assert_eq!(seen[0].connection.as_deref().cloned().unwrap_or_default(), connection);
        prop_assert_eq!((seen[0].reserialised, seen[0].resource.as_deref()), (reserialised, Some("xhr")));
    }

    #[test]
    fn a_packed_body_is_the_same_record(body in prop::collection::vec(any::<u8>(), 0..300_000), chunk in 1..70_000usize) {
        let connection = loopback();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let mut packer = Packer::new(Vec::new(), head.as_bytes()).unwrap();
        body.chunks(chunk).for_each(|piece| packer.body(piece).unwrap());
        let (packed, spool) = packer.finish().unwrap();
        prop_assert_eq!((packed.length, packed.packed), ((head.len() + body.len()) as u64, spool.len() as u64));
        let (mut id, mut writer) = (ids(), WarcWriter::new(Vec::new()));
        let sent = id();
        writer.request(sent, &message(&connection, &post(b"", 0))).unwrap();
        let record = Record::packed_response(id(), sent, &message(&connection, b""), &packed);
        writer.append_packed(&record, &packed, &mut &spool[..]).unwrap();
        // What is cut off in the middle of the body leaves what stood before it.
        let file = writer.into_inner();
        let (imported, all) = read(&file);
        prop_assert_eq!((imported.faults.len(), all.len(), all[0].faults.len()), (0, 1, 0));
        prop_assert_eq!(&all[0].response.as_ref().unwrap().body.bytes, &body);
        let (_, cut) = read(&file[..file.len() - spool.len() / 2 - 20]);
        prop_assert_eq!((cut.len(), &*cut[0].request.method, cut[0].request.body.fidelity), (1, "POST", Fidelity::Exact));
    }
}

#[test]
fn a_spool_that_is_too_short_is_an_error() {
    let mut packer = Packer::new(Vec::new(), b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    packer.body(&[7; 1000]).unwrap();
    let (packed, spool) = packer.finish().unwrap();
    let connection = Connection::default();
    let mut id = ids();
    let record = Record::packed_response(id(), id(), &message(&connection, b""), &packed);
    let mut writer = WarcWriter::new(Vec::new());
    let error = writer.append_packed(&record, &packed, &mut &spool[..spool.len() - 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

/// Two sockets whose messages interleave, and one that goes on when its exchange has long been handed out.
#[test]
fn messages_join_their_exchange() {
    let (mut id, connection) = (ids(), loopback());
    let mut writer = WarcWriter::new(Vec::new());
    let upgrade = b"GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n";
    let mut sockets = Vec::new();
    for _ in 0..2 {
        let sent = id();
        writer.request(sent, &message(&connection, upgrade)).unwrap();
        writer.response(id(), sent, &message(&connection, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")).unwrap();
        sockets.push(sent);
    }
    let say = |writer: &mut WarcWriter<Vec<u8>>, socket: usize, sent: bool, text: bool, bytes: &[u8]| {
        let request = sockets[socket];
        let said = SocketMessage { at: at(), target: TARGET, connection: &connection, request, sent, text, bytes };
        writer.message(RecordId::from_random([200 + bytes.len() as u8; 16]), &said).unwrap();
    };
    say(&mut writer, 0, true, true, b"hello");
    say(&mut writer, 1, true, false, b"\xff\0");
    say(&mut writer, 0, false, true, b"hi");
    for _ in 0..100 {
        let sent = id();
        writer.request(sent, &message(&connection, &post(b"", 0))).unwrap();
        writer.response(id(), sent, &message(&connection, b"HTTP/1.1 204 No\r\n\r\n")).unwrap();
    }
    say(&mut writer, 0, true, true, b"later");
    say(&mut writer, 0, true, true, b"latest");
    let (imported, all) = read(&writer.into_inner());
    assert_eq!((imported.faults, imported.exchanges), (vec![], 103));
    assert!(all.iter().enumerate().all(|(at, exchange)| exchange.index == at && exchange.faults.is_empty()));
    let said = |exchange: &Exchange| {
        let said = exchange.messages.iter().map(|m| (m.sent, m.text, String::from_utf8_lossy(&m.bytes).into_owned()));
        said.collect::<Vec<_>>()
    };
    assert_eq!(said(&all[0]), [(true, true, "hello".to_owned()), (false, true, "hi".to_owned())]);
    assert_eq!(said(&all[1]), [(true, false, "\u{fffd}\0".to_owned())]);
    let late = all.last().unwrap();
    assert_eq!(said(late), [(true, true, "later".to_owned()), (true, true, "latest".to_owned())]);
    assert_eq!((&*late.request.url, late.peer()), (TARGET, Some(IpAddr::from([127, 0, 0, 2]))));
}

#[test]
fn trailers_join_the_headers() {
    let connection = loopback();
    let request =
        b"POST /sa HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\n\r\n3\r\nabc\r\n0\r\nSum: 7\r\n\r\n";
    let mut writer = WarcWriter::new(Vec::new());
    writer.request(ids()(), &message(&connection, request)).unwrap();
    let (_, all) = read(&writer.into_inner());
    assert_eq!((&all[0].request.body.bytes[..], all[0].request.header("sum")), (&b"abc"[..], Some("7")));
}

#[test]
fn values_cannot_end_their_line() {
    let mut writer = WarcWriter::new(Vec::new());
    let at = Timestamp::UNIX_EPOCH;
    let target = "http://t.example/\r\nContent-Length: 0\r\n\r\n";
    let connection = Connection { app: Some("a\r\nWARC-Type: response".to_owned()), ..Connection::default() };
    let bytes = b"GET / HTTP/1.1\r\n\r\n";
    let message = HttpMessage { at, target, cut_off: true, ..message(&connection, bytes) };
    writer.request(RecordId::from_random([0; 16]), &message).unwrap();
    let (imported, all) = read(&writer.into_inner());
    assert_eq!((imported.faults.len(), all.len(), &*all[0].request.method), (0, 1, "GET"));
    assert_eq!(all[0].request.body.fidelity, Fidelity::Truncated);
}

/// Other people's reader finds every record and every digest right.
///
/// `TATTLETALE_PYTHON` may name a Python that has `warcio` (PyPI, Apache-2.0); else `python3` is tried.
#[test]
fn warcio_reads_it() {
    const CHECK: &str = r"
import sys
from warcio.archiveiterator import ArchiveIterator
for record in ArchiveIterator(sys.stdin.buffer, check_digests='raise'):
    body = record.content_stream().read()
    kind = record.rec_headers.get_header('WARC-Concurrent-To') is not None
    print(record.rec_type, record.rec_headers.get_header('WARC-Date'), len(body), kind)
";
    let python = std::env::var("TATTLETALE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python).args(["-c", "import warcio"]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no Python with warcio (pip install warcio; TATTLETALE_PYTHON names the interpreter)");
        return;
    }
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".to_vec();
    let file = write(&[(post(b"a=1", 0), answer.clone()), (post(b"chunked", 3), answer)]);
    let mut child =
        Command::new(&python).args(["-c", CHECK]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&file).unwrap();
    let output = child.wait_with_output().unwrap();
    let date = "2026-11-21T02:44:30.123456Z";
    let wanted = format!(
        "warcinfo {date} 52 False\nrequest {date} 3 False\nresponse {date} 2 True\n\
         request {date} 7 False\nresponse {date} 2 True\n"
    );
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), wanted);
}
