//! The front over real sockets: every byte that was sent is in the recording, and nothing leaves this machine.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use flate2::{Compression, write::GzEncoder};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{Exchange, Fidelity};
use tattletale_lab::front::{Front, FrontOptions, Loopback, SiteServer};
use tattletale_lab::wire::{Outgoing, SINGAPORE, Wire};

/// A recording that the test can look at while it grows.
struct Recording(tempfile::NamedTempFile);

impl Recording {
    /// What it holds, if all of that is whole: the last record may be on its way to the disk.
    fn exchanges(&self) -> Option<Vec<Exchange>> {
        let mut all = Vec::new();
        let file = std::fs::read(self.0.path()).unwrap();
        let imported = import::read(&file[..], Wanted::ALL, |captured| {
            all.extend(captured.exchange());
            ControlFlow::Continue(())
        });
        let whole = imported.unwrap().faults.is_empty() && all.iter().all(|exchange| exchange.faults.is_empty());
        whole.then_some(all)
    }

    /// Waits until it has so many with their answers: a record is written when its answer is out already.
    fn wait(&self, exchanges: usize) -> Vec<Exchange> {
        let begun = Instant::now();
        let answered = |all: &[Exchange]| all.iter().filter(|exchange| exchange.response.is_some()).count();
        loop {
            if let Some(all) = self.exchanges().filter(|all| answered(all) >= exchanges) {
                return all;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "not {exchanges} whole exchanges within a minute");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A certificate for these names, and TLS of a server that has it.
fn tls(names: &[&str]) -> (Vec<u8>, Arc<ServerConfig>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let server = server.with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    (certificate.to_vec(), Arc::new(server))
}

fn front(addresses: &[(&str, Loopback)], authority: Vec<u8>) -> (Front, Recording) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let options = FrontOptions {
        addresses: addresses.iter().map(|(name, address)| ((*name).to_owned(), *address)).collect::<HashMap<_, _>>(),
        authority,
        record: file.reopen().unwrap(),
        folder: std::env::temp_dir(),
    };
    (Front::new(options).unwrap(), Recording(file))
}

/// A server that answers by path: `/chunked`, `/close` (closes behind its answer), `/break` (in the middle of it).
fn collector() -> (Loopback, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Loopback::try_from(listener.local_addr().unwrap()).unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || while answer(&stream).unwrap_or(false) {});
        }
    });
    (address, connections)
}

fn answer(stream: &TcpStream) -> io::Result<bool> {
    let mut reader = BufReader::with_capacity(1, stream);
    let (mut line, mut first, mut length) = (String::new(), String::new(), 0);
    while reader.read_line(&mut line)? > 0 && line != "\r\n" {
        if let Some(stated) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = stated.trim().parse().unwrap();
        }
        if first.is_empty() {
            first.clone_from(&line);
        }
        line.clear();
    }
    if first.is_empty() {
        return Ok(false);
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    let mut stream = stream;
    match &first {
        _ if first.contains("/chunked") => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")?;
            stream.write_all(b"2\r\nde\r\n0\r\n\r\n")?;
        }
        _ if first.contains("/break") => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")?;
            return Ok(false);
        }
        _ => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")?,
    }
    Ok(!first.contains("/close"))
}

fn post(path: &str, body: &[u8]) -> Outgoing {
    let headers =
        [("Content-Type", "application/octet-stream"), ("User-Agent", "okhttp/3.9"), ("Content-Encoding", "gzip")];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let headers = headers.filter(|(name, _)| name != "Content-Encoding" || body.starts_with(b"\x1f\x8b")).collect();
    Outgoing { method: "POST", url: format!("http://{SINGAPORE}{path}"), headers, body: body.to_vec() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_byte_that_was_sent_is_recorded() {
    let (address, connections) = collector();
    let (mut front, recording) = front(&[(SINGAPORE, address)], tls(&[SINGAPORE]).0);
    let big: Vec<u8> = (0..300_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let bodies = [gzip(b"[{\"event\":\"x\"}]"), b"data_list=abc".to_vec(), Vec::new(), big];
    for (at, body) in bodies.iter().enumerate() {
        let path = if at % 2 == 0 { "/sa?project=p&lab_token=t" } else { "/chunked?a=%20b|c" };
        let reply = front.send(&post(path, body)).unwrap();
        assert_eq!((reply.status, &reply.body[..]), (200, if at % 2 == 0 { &b"ok"[..] } else { b"abcde" }));
        // On disk at once, not at the end.
        recording.wait(at + 1);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1, "the connection is kept");
    for (at, (exchange, body)) in recording.exchanges().unwrap().iter().zip(&bodies).enumerate() {
        let path = if at % 2 == 0 { "/sa?project=p&lab_token=t" } else { "/chunked?a=%20b|c" };
        assert_eq!(exchange.request.url, format!("http://{SINGAPORE}{path}"));
        assert_eq!((&exchange.request.body.bytes, exchange.request.body.fidelity), (body, Fidelity::Exact));
        let names: Vec<&str> = exchange.request.headers.iter().map(|header| &*header.name).collect();
        assert_eq!(names[..3], ["host", "content-type", "user-agent"]);
        let response = exchange.response.as_ref().unwrap();
        assert_eq!(&response.body.bytes[..], if at % 2 == 0 { &b"ok"[..] } else { b"abcde" });
        assert!(exchange.at.is_some());
    }
}

#[test]
fn closed_and_broken_connections() {
    let (address, connections) = collector();
    let (mut front, recording) = front(&[(SINGAPORE, address)], tls(&[SINGAPORE]).0);
    // What may be done twice, for only that is sent again.
    let put = |body: &[u8]| Outgoing { method: "PUT", ..post("/", body) };
    assert_eq!(front.send(&post("/close", b"1")).unwrap().status, 200);
    assert_eq!(front.send(&put(b"2")).unwrap().status, 200);
    assert!(front.send(&post("/break", b"3")).is_err());
    assert_eq!(front.send(&put(b"4")).unwrap().status, 200);
    assert_eq!(connections.load(Ordering::SeqCst), 3);
    let mut all = recording.wait(4);
    // A request that meets the end of its connection on the way is sent again.
    all.dedup_by(|again, first| first.response.is_none() && again.request.body.bytes == first.request.body.bytes);
    let bodies: Vec<&[u8]> = all.iter().map(|exchange| &exchange.request.body.bytes[..]).collect();
    assert_eq!(bodies, [b"1", b"2", b"3", b"4"]);
    let broken = all[2].response.as_ref().unwrap();
    assert_eq!((&broken.body.bytes[..], broken.body.fidelity), (&b"half"[..], Fidelity::Truncated));
}

#[test]
fn sites_answer_over_tls_and_plain() {
    let names = ["clinic.localhost", "search.localhost"];
    let (client, server) = tls(&names);
    let sites = SiteServer::start(Some(server)).unwrap();
    let (mut front, recording) = front(&names.map(|name| (name, sites.address())), client);
    for url in ["https://clinic.localhost/conditions/early-menopause?a=<b>", "http://search.localhost/favicon.ico"] {
        let outgoing = Outgoing { method: "GET", url: url.replace(['<', '>'], "x"), headers: vec![], body: vec![] };
        assert_eq!(front.send(&outgoing).unwrap().status, 200);
    }
    let mut all = recording.wait(2);
    all.retain(|exchange| exchange.response.is_some());
    assert_eq!(all[0].request.url, "https://clinic.localhost/conditions/early-menopause?a=xbx");
    let page = String::from_utf8_lossy(&all[0].response.as_ref().unwrap().body.bytes).into_owned();
    assert!(page.contains("<title>clinic.localhost /conditions/early-menopause</title>"), "{page}");
    assert_eq!(all[1].response.as_ref().unwrap().header("content-type"), Some("image/svg+xml"));
}

#[test]
fn a_certificate_that_is_not_the_labs_is_refused() {
    let sites = SiteServer::start(Some(tls(&["clinic.localhost"]).1)).unwrap();
    let (mut front, recording) = front(&[("clinic.localhost", sites.address())], tls(&["clinic.localhost"]).0);
    let outgoing =
        Outgoing { method: "GET", url: "https://clinic.localhost/".to_owned(), headers: vec![], body: vec![] };
    assert!(front.send(&outgoing).is_err());
    assert_eq!(recording.exchanges().unwrap().len(), 0);
}

#[test]
fn offline_until_it_is_not() {
    let (address, connections) = collector();
    let (mut front, recording) = front(&[(SINGAPORE, address)], tls(&[SINGAPORE]).0);
    let switch = front.offline();
    switch.set(true);
    assert_eq!(front.send(&post("/", b"1")).unwrap_err().kind(), io::ErrorKind::NetworkUnreachable);
    assert_eq!((connections.load(Ordering::SeqCst), recording.exchanges().unwrap().len()), (0, 0));
    switch.set(false);
    assert_eq!(front.send(&post("/", b"1")).unwrap().status, 200);
}

/// Safety: names outside the lab, names that only a resolver could know, and addresses that are not loopback.
#[test]
fn nothing_leaves_this_machine() {
    let (address, connections) = collector();
    let (mut front, recording) = front(&[(SINGAPORE, address)], tls(&[SINGAPORE]).0);
    let urls = [
        "http://example.org/",
        "http://sa.api.intl.miui.com/",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://unknown.localhost/",
        "http://singapore-collector.localhost.example.org/",
        "http://singapore-collector.localhost@example.org/",
    ];
    for url in urls {
        let outgoing = Outgoing { method: "GET", url: url.to_owned(), headers: vec![], body: vec![] };
        assert_eq!(front.send(&outgoing).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{url}");
    }
    assert_eq!((connections.load(Ordering::SeqCst), recording.exchanges().unwrap().len()), (0, 0));
    for address in ["192.168.1.4:80", "0.0.0.0:80", "203.0.113.9:443"] {
        assert!(Loopback::try_from(address.parse::<SocketAddr>().unwrap()).is_err());
    }
    let options = FrontOptions {
        addresses: HashMap::from([("example.org".to_owned(), address)]),
        authority: tls(&[SINGAPORE]).0,
        record: tempfile::tempfile().unwrap(),
        folder: std::env::temp_dir(),
    };
    assert!(Front::new(options).is_err());
}
