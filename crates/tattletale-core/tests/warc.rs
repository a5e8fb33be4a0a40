//! Recordings: what is written is what is read, by us and by others' tools.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::io::Write;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use tattletale_core::export::warc::{HttpMessage, RecordId, WarcWriter};
use tattletale_core::import::{self, Imported, Wanted};
use tattletale_core::model::{Exchange, Fidelity, Timestamp};

fn write(messages: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut random = 0u8;
    let mut id = || {
        random = random.wrapping_add(1);
        RecordId::from_random([random; 16])
    };
    let at: Timestamp = "2026-11-21T02:44:30.123456Z".parse().unwrap();
    let mut writer = WarcWriter::new(Vec::new());
    writer.info(id(), at, &[("software", "tattletale"), ("format", "WARC File Format 1.1")]).unwrap();
    for (request, response) in messages {
        let peer = Some(IpAddr::from([127, 0, 0, 2]));
        let message = |bytes| HttpMessage {
            at,
            target: "https://singapore.collector.localhost/sa?project=default",
            peer,
            protocols: &["http/1.1", "tls/1.3"],
            bytes,
            cut_off: false,
        };
        let sent = id();
        writer.request(sent, &message(request)).unwrap();
        writer.response(id(), sent, &message(response)).unwrap();
    }
    writer.into_inner()
}

fn read(file: &[u8]) -> (Imported, Vec<Exchange>) {
    let mut all = Vec::new();
    let imported = import::read(file, Wanted::ALL, |exchange| {
        all.push(exchange);
        ControlFlow::Continue(())
    });
    (imported.unwrap(), all)
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
            prop_assert_eq!(exchange.peer, Some(IpAddr::from([127, 0, 0, 2])));
            prop_assert_eq!(&exchange.request.url, "https://singapore.collector.localhost/sa?project=default");
            prop_assert_eq!(exchange.at.unwrap().to_string(), "2026-11-21T02:44:30.123456Z");
            prop_assert_eq!(&exchange.response.as_ref().unwrap().body.bytes, b"ok");
        }
    }
}

#[test]
fn values_cannot_end_their_line() {
    let mut writer = WarcWriter::new(Vec::new());
    let at = Timestamp::UNIX_EPOCH;
    let target = "http://t.example/\r\nContent-Length: 0\r\n\r\n";
    let bytes = b"GET / HTTP/1.1\r\n\r\n";
    let message = HttpMessage { at, target, peer: None, protocols: &[], bytes, cut_off: true };
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
