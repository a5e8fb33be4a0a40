//! Each safety rule: only this machine unless paired, only public servers unless allowed, nothing that is not recorded.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};

use tattletale_core::model::BlindKind;
use tattletale_proxy::{Mode, Policy};

use crate::stage::{Live, PATIENCE, echo, exactly, head, message, server, skipped};

/// Asks a proxy for a page and gives the answer's head.
fn ask(live: &Live, url: &str) -> String {
    let mut client = live.connect();
    let host = url.split('/').nth(2).unwrap();
    write!(client, "GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    head(&mut client).unwrap()
}

#[test]
fn servers_of_this_machine_are_refused() {
    let to = server(|_| panic!("reached the server"));
    let live = Live::with(|options| options.policy = Policy::default());
    let port = to.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127.1.2.3",
        "169.254.169.254",
        "192.168.0.1",
    ] {
        let answer = ask(&live, &format!("http://{host}:{port}/"));
        assert!(answer.starts_with("HTTP/1.1 403 "), "{host}: {answer}");
        let mut tunnel = live.connect();
        write!(tunnel, "CONNECT {host}:{port} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert!(head(&mut tunnel).unwrap().starts_with("HTTP/1.1 403 "), "{host}");
    }
    let mut socks = live.connect();
    socks.write_all(b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50").unwrap();
    assert_eq!(exactly(&mut socks, 4), [5, 0, 5, 2]);
    let taken = live.end();
    assert!(taken.exchanges.is_empty());
    assert!(taken.kinds().iter().all(|kind| *kind == BlindKind::UpstreamFailed) && taken.blind.len() == 17);
}

#[test]
fn what_is_allowed_is_reached() {
    let to = server(echo);
    let live = Live::with(|options| {
        options.policy = Policy::Public { local: false, allowed: HashSet::from(["127.0.0.1".to_owned()]) };
    });
    assert!(ask(&live, &format!("http://{to}/")).starts_with("HTTP/1.1 200 "));
    assert!(ask(&live, &format!("http://127.0.0.2:{}/", to.port())).starts_with("HTTP/1.1 403 "));
}

#[test]
fn a_list_of_servers_is_all_there_is() {
    let to = server(echo);
    let live = Live::with(move |options| {
        options.policy = Policy::Only(HashMap::from([("clinic.localhost".to_owned(), to)]));
    });
    assert!(ask(&live, "http://clinic.localhost/a").starts_with("HTTP/1.1 200 "));
    for url in [format!("http://{to}/"), "http://example.org/".to_owned(), "http://8.8.8.8/".to_owned()] {
        assert!(ask(&live, &url).starts_with("HTTP/1.1 403 "), "{url}");
    }
}

#[test]
fn the_proxy_does_not_reach_itself() {
    let live = Live::start();
    assert!(ask(&live, &format!("http://{}/", live.address())).starts_with("HTTP/1.1 403 "));
}

/// An address of this machine beyond loopback, if it has one. Nothing is sent.
pub(crate) fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback() && !address.is_unspecified())
}

#[test]
fn a_device_is_served_after_pairing_only() {
    let Some(own) = own_address() else {
        skipped("this machine has no address beyond loopback");
        return;
    };
    let to = server(echo);
    let live = Live::with(|options| options.listen = SocketAddr::new([0, 0, 0, 0].into(), 0));
    let address = SocketAddr::new(own, live.address().port());
    let connect = || {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let get = |url: &str| {
        let mut client = connect();
        write!(client, "GET {url} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        message(&mut client).unwrap()
    };
    let url = format!("http://{to}/x");
    let (answer, page) = get(&url);
    assert!(answer.starts_with("HTTP/1.1 403 ") && String::from_utf8(page).unwrap().contains("name=\"code\""));
    let mut tunnel = connect();
    write!(tunnel, "CONNECT {to} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(head(&mut tunnel).unwrap().starts_with("HTTP/1.1 403 "));
    let mut socks = connect();
    socks.write_all(b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50").unwrap();
    assert_eq!(exactly(&mut socks, 4), [5, 0, 5, 2]);
    // This machine itself needs no code.
    assert!(ask(&Live::start(), &url).starts_with("HTTP/1.1 200 "));
    let code = format!("code={}", live.code());
    let mut form = connect();
    let length = code.len();
    write!(
        form,
        "POST http://tattletale.test/pair HTTP/1.1\r\nHost: tattletale.test\r\nContent-Length: {length}\r\n\r\n{code}"
    )
    .unwrap();
    assert!(message(&mut form).unwrap().0.starts_with("HTTP/1.1 200 "));
    assert_eq!(get(&url).1, b"/x ");
    drop(tunnel);
    let taken = live.end();
    assert_eq!(taken.exchanges.len(), 1, "nothing of what was refused is traffic");
}

#[test]
fn loopback_needs_and_has_no_code() {
    assert_eq!(Live::start().maybe_code(), None);
}

/// What cannot be recorded does not pass.
#[test]
fn a_full_disk_stops_everything() {
    let to = server(echo);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else {
        skipped("no /dev/full here");
        return;
    };
    let live = Live::with(|options| {
        let recording = options.recording.as_mut().unwrap();
        (recording.file, recording.begin) = (full, false);
    });
    let url = format!("http://{to}/");
    // The first may pass: its answer is out when its record is refused.
    let _ = ask(&live, &url);
    let begun = std::time::Instant::now();
    while live.failure().is_none() && begun.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    assert!(live.failure().unwrap().contains("No space left"));
    assert!(ask(&live, &url).starts_with("HTTP/1.1 503 "));
}

#[test]
fn socks_by_name_and_address() {
    let to = server(echo);
    let live = Live::start();
    let port = to.port().to_be_bytes();
    let by_address = [&[5, 1, 0, 1, 127, 0, 0, 1][..], &port].concat();
    let by_name = [&[5, 1, 0, 3, 9][..], b"localhost", &port].concat();
    for request in [by_address, by_name] {
        let mut client = live.connect();
        client.write_all(&[5, 2, 2, 0]).unwrap();
        assert_eq!(exactly(&mut client, 2), [5, 0]);
        client.write_all(&request).unwrap();
        assert_eq!(exactly(&mut client, 10)[..2], [5, 0]);
        write!(client, "GET /s HTTP/1.1\r\nHost: a.example\r\n\r\n").unwrap();
        assert_eq!(message(&mut client).unwrap().1, b"/s ");
    }
    assert_eq!(live.end().urls(), ["http://a.example/s"; 2]);
}

#[test]
fn before_a_server() {
    let to = server(|mut stream| {
        let (head, _) = message(&mut stream).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len()).unwrap();
    });
    let live = Live::with(|options| {
        options.mode = Mode::Reverse(format!("http://{to}").parse::<tattletale_proxy::Origin>().unwrap().into())
    });
    let mut client = live.connect();
    write!(client, "GET /path?q HTTP/1.1\r\nHost: {}\r\nX-a: B\r\n\r\n", live.address()).unwrap();
    let (_, body) = message(&mut client).unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), format!("GET /path?q HTTP/1.1\r\nHost: {to}\r\nX-a: B\r\n\r\n"));
    drop(client);
    assert_eq!(live.end().urls(), [format!("http://{to}/path?q")]);
}

#[test]
fn through_another_proxy() {
    let to = server(echo);
    let outer = Live::start();
    let upstream = format!("http://{}", outer.address()).parse().unwrap();
    let live = Live::with(|options| options.upstream = Some(upstream));
    let mut client = live.tunnel(&to.to_string());
    write!(client, "GET /u HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(message(&mut client).unwrap().1, b"/u ");
    let mut rest = Vec::new();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let _ = client.read_to_end(&mut rest);
    drop(client);
    assert_eq!((live.end().exchanges.len(), outer.end().exchanges.len()), (1, 1));
}
