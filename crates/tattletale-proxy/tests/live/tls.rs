//! TLS: what clients refuse and how is told apart, what servers offer is offered, and nobody is believed for them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use tattletale_core::model::BlindKind;
use tattletale_proxy::Trust;

use crate::stage::{Live, Site, client, echo, head, message, skipped};

/// A proxy that believes a site's authority, and a server of that site.
fn with_site(site: &Site, insecure: &[&str]) -> Live {
    let (root, insecure) = (site.root(), insecure.iter().map(|&host| host.to_owned()).collect());
    Live::with(move |options| options.trust = Trust { also: vec![root], only: true, insecure })
}

fn get(stream: &mut (impl Read + Write), path: &str) -> Option<Vec<u8>> {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    Some(message(stream)?.1)
}

#[test]
fn opened_and_told_apart_by_its_connection() {
    let site = Site::new();
    let to = site.server(&["localhost"], echo);
    let live = with_site(&site, &[]);
    let mut stream = live.secured("localhost", to.port());
    assert_eq!(get(&mut stream, "/secret").unwrap(), b"/secret ");
    drop(stream);
    let taken = live.end();
    assert_eq!(taken.urls(), ["https://localhost/secret"]);
    let connection = taken.exchanges[0].connection.as_ref().unwrap();
    assert_eq!(connection.sni.as_deref(), Some("localhost"));
    assert_eq!(connection.tls.as_deref(), Some("tls/1.3"));
    assert!(connection.ja4.as_deref().unwrap().starts_with("t13d"));
    assert_eq!(connection.port, Some(to.port()));
}

#[test]
fn a_server_that_is_not_believed_gets_nothing() {
    let (site, other) = (Site::new(), Site::new());
    let to = other.server(&["localhost"], |mut stream| assert_eq!(head(&mut stream), None, "reached the server"));
    let live = with_site(&site, &[]);
    let mut stream = live.secured("localhost", to.port());
    write!(stream, "GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let (answer, page) = message(&mut stream).unwrap();
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert!(String::from_utf8(page).unwrap().contains("its certificate is not good: "));
    let taken = live.end();
    assert_eq!(taken.kinds(), [BlindKind::UpstreamFailed]);
    assert!(taken.exchanges.is_empty(), "what reached nobody is no exchange");
}

#[test]
fn insecure_servers_only_by_name() {
    let (site, other) = (Site::new(), Site::new());
    let to = other.server(&["localhost"], echo);
    let live = with_site(&site, &["localhost"]);
    assert_eq!(get(&mut live.secured("localhost", to.port()), "/x").unwrap(), b"/x ");
    assert_eq!(live.end().exchanges.len(), 1);
}

#[test]
fn a_client_that_does_not_trust_the_authority() {
    let site = Site::new();
    let to = site.server(&["localhost"], echo);
    let live = with_site(&site, &[]);
    let config = client(&[&site.root()], &[]);
    let tunnel = live.tunnel(&format!("localhost:{}", to.port()));
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), tunnel);
    assert!(stream.write_all(b"GET").is_err());
    let _ = stream.sock.shutdown(std::net::Shutdown::Write);
    let _ = stream.sock.read(&mut [0; 64]);
    std::thread::sleep(Duration::from_millis(200));
    let taken = live.end();
    assert_eq!(taken.kinds(), [BlindKind::TlsRefused]);
    let blind = &taken.blind[0];
    assert!(blind.detail.as_deref().unwrap().contains("UnknownCA"), "{:?}", blind.detail);
    assert_eq!(blind.receiver(), "localhost");
    assert!(blind.connection.ja4.is_some() && blind.sent > 200 && blind.received > 500);
}

/// As an app does that compares the server's key after the handshake and goes.
#[test]
fn a_pinned_client() {
    let site = Site::new();
    let to = site.server(&["localhost"], echo);
    let live = with_site(&site, &[]);
    let mut stream = live.secured("localhost", to.port());
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }
    stream.conn.send_close_notify();
    stream.conn.write_tls(&mut stream.sock).unwrap();
    drop(stream);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(live.end().kinds(), [BlindKind::NoData]);
}

#[test]
fn ended_and_reset_during_the_handshake() {
    let site = Site::new();
    let to = site.server(&["localhost"], echo);
    let live = with_site(&site, &[]);
    for reset in [false, true] {
        let mut tunnel = live.tunnel(&format!("localhost:{}", to.port()));
        let name = ServerName::try_from("localhost").unwrap();
        let mut hello = ClientConnection::new(client(&[live.authority.der()], &[]), name).unwrap();
        hello.write_tls(&mut tunnel).unwrap();
        // The server's flight is there, or not: either way nothing comes back to it.
        std::thread::sleep(Duration::from_millis(300));
        if reset {
            socket2::SockRef::from(&tunnel).set_linger(Some(Duration::ZERO)).unwrap();
        }
        drop(tunnel);
        std::thread::sleep(Duration::from_millis(200));
    }
    let kinds = live.end().kinds();
    // Bytes that were not read turn an end into a reset.
    assert!(matches!(kinds[0], BlindKind::HandshakeEnded | BlindKind::Reset), "{kinds:?}");
    assert_eq!(kinds[1], BlindKind::Reset);
}

#[test]
fn left_alone_after_refusals() {
    let site = Site::new();
    let to = site.server(&["localhost"], echo);
    let live = with_site(&site, &[]);
    let attempt = || {
        let tunnel = live.tunnel(&format!("localhost:{}", to.port()));
        let name = ServerName::try_from("localhost").unwrap();
        let config = client(&[&site.root()], &[]);
        let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), tunnel);
        let sent = write!(stream, "GET /private HTTP/1.1\r\nHost: localhost\r\n\r\n").and_then(|()| stream.flush());
        let answer = sent.is_ok().then(|| message(&mut stream).unwrap().1);
        drop(stream);
        std::thread::sleep(Duration::from_millis(200));
        answer
    };
    assert_eq!([attempt(), attempt(), attempt()], [None, None, None]);
    assert_eq!(attempt().unwrap(), b"/private ");
    let taken = live.end();
    use BlindKind::{PassedThrough, TlsRefused};
    assert_eq!(taken.kinds(), [TlsRefused, TlsRefused, TlsRefused, PassedThrough]);
    assert!(taken.exchanges.is_empty() && taken.blind[3].received > 500);
    assert_eq!(taken.blind[3].detail.as_deref(), Some("left alone after 3 refusals"));
}

/// Real clients; those that this machine does not have are skipped and said so.
#[test]
fn refusals_of_real_clients() {
    let site = Site::new();
    let to = site.server(&["localhost"], echo);
    let folder = tempfile::tempdir().unwrap();
    let live = with_site(&site, &[]);
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, live.authority.pem()).unwrap();
    drop(live);
    let trusted = trusted.to_str().unwrap();
    let url = format!("https://localhost:{}/", to.port());
    let python = format!(
        "import socket,ssl,sys\ns=socket.create_connection((sys.argv[1],int(sys.argv[2])))\n\
         s.sendall(b'CONNECT localhost:{0} HTTP/1.1\\r\\nHost: localhost:{0}\\r\\n\\r\\n')\ns.recv(4096)\n\
         ssl.create_default_context().wrap_socket(s,server_hostname='localhost')",
        to.port()
    );
    let node = format!(
        "const n=require('net'),t=require('tls');const s=n.connect(+process.argv[2],process.argv[1],()=>\
         s.write('CONNECT localhost:{0} HTTP/1.1\\r\\nHost: localhost:{0}\\r\\n\\r\\n'));\
         s.once('data',()=>t.connect({{socket:s,servername:'localhost'}}).on('error',e=>{{console.error(e.code);process.exit(1)}}))",
        to.port()
    );
    let pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    use BlindKind::{HandshakeEnded, NoData, Reset, TlsRefused};
    type Case<'a> = (&'a str, Vec<&'a str>, &'a [BlindKind]);
    let cases: [Case<'_>; 5] = [
        ("curl", vec!["-sS", "--proxy", "PROXY", "--cacert", "CA", &url], &[]),
        ("curl", vec!["-sS", "--proxy", "PROXY", &url], &[TlsRefused]),
        (
            "curl",
            vec!["-sS", "--proxy", "PROXY", "--cacert", "CA", "--pinnedpubkey", pin, &url],
            &[NoData, TlsRefused, Reset],
        ),
        ("python3", vec!["-c", &python, "HOST", "PORT"], &[TlsRefused]),
        ("node", vec!["-e", &node, "HOST", "PORT"], &[HandshakeEnded, TlsRefused, Reset]),
    ];
    for (program, arguments, wanted) in cases {
        let live = with_site(&site, &[]);
        // Each proxy has an authority of its own.
        std::fs::write(trusted, live.authority.pem()).unwrap();
        let address = live.address();
        let (proxy, host, port) = (format!("http://{address}"), address.ip().to_string(), address.port().to_string());
        let arguments = arguments.iter().map(|&argument| match argument {
            "PROXY" => &*proxy,
            "CA" => trusted,
            "HOST" => &*host,
            "PORT" => &*port,
            other => other,
        });
        let mut command = Command::new(program);
        command.args(arguments).env_remove("NO_PROXY").env_remove("no_proxy").stdin(Stdio::null());
        let Ok(output) = command.output() else {
            skipped(&format!("refusals of {program}: it is missing"));
            continue;
        };
        std::thread::sleep(Duration::from_millis(300));
        let taken = live.end();
        let said = String::from_utf8_lossy(&output.stderr);
        match wanted {
            [] => {
                assert!(output.status.success(), "{program}: {said}");
                assert_eq!((taken.exchanges.len(), taken.blind.len()), (1, 0), "{program}");
            }
            wanted => {
                assert!(!output.status.success(), "{program}: {said}");
                let kinds = taken.kinds();
                assert!(kinds.len() == 1 && wanted.contains(&kinds[0]), "{program}: {kinds:?}, {said}");
                assert!(taken.exchanges.is_empty(), "{program}");
            }
        }
    }
}

/// Our own page, and the check behind it.
#[test]
fn the_page_and_its_check() {
    let live = Live::start();
    let mut plain = live.connect();
    write!(plain, "GET http://tattletale.test/tattletale.crt HTTP/1.1\r\nHost: tattletale.test\r\n\r\n").unwrap();
    assert_eq!(message(&mut plain).unwrap().1, live.authority.der());
    let mut direct = live.connect();
    write!(direct, "GET / HTTP/1.1\r\nHost: {}\r\n\r\n", live.address()).unwrap();
    assert!(String::from_utf8(message(&mut direct).unwrap().1).unwrap().contains("Take the certificate"));
    let mut check = live.secured("check.tattletale.test", 443);
    write!(check, "GET /trusted.svg HTTP/1.1\r\nHost: check.tattletale.test\r\n\r\n").unwrap();
    assert!(message(&mut check).unwrap().0.contains("image/svg+xml"));
    drop((plain, direct, check));
    let taken = live.end();
    assert!(taken.exchanges.is_empty() && taken.blind.is_empty(), "our own pages are no traffic");
}

/// A client that names another protocol is offered what the server speaks.
#[test]
fn the_protocol_is_the_servers() {
    let site = Site::new();
    let to = site.server(&["localhost"], echo);
    let live = with_site(&site, &[]);
    let tunnel: TcpStream = live.tunnel(&format!("localhost:{}", to.port()));
    let config = client(&[live.authority.der()], &["h2", "http/1.1"]);
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = StreamOwned::new(ClientConnection::new(config, name).unwrap(), tunnel);
    assert_eq!(get(&mut stream, "/a").unwrap(), b"/a ");
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    drop(stream);
    let taken = live.end();
    assert_eq!(taken.exchanges[0].connection.as_ref().unwrap().alpn.as_deref(), Some("http/1.1"));
}
