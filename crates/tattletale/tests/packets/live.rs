//! Chromium, Firefox and curl against servers of HTTP/2 and HTTP/1.1 on loopback, while dumpcap takes down the packets:
//! every request that the servers have in their own log is found with the secrets that the clients wrote.
//!
//! Needs dumpcap and the right to capture, which root has.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::browser;
use crate::common::Run;

/// Whatever takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Objects of the page from each server.
const OBJECTS: usize = 20;

/// Requests by method, URL and length of the body, with how often each came.
type Log = Arc<Mutex<BTreeMap<(String, String, usize), usize>>>;

fn page(others: SocketAddr) -> String {
    let other = format!("https://localhost:{}", others.port());
    format!(
        "<!doctype html><title>packets</title><body><script>let left={OBJECTS}*2;\
         const done=()=>{{if(!--left)Promise.allSettled(['','{other}'].map(at=>\
         fetch(at+'/beacon',{{method:'POST',mode:'no-cors',body:'x'.repeat(70000)}}))).then(()=>fetch('/done'+location.search))}};\
         for(const at of ['','{other}'])for(let n=0;n<{OBJECTS};n++){{const picture=new Image();\
         picture.onload=picture.onerror=done;picture.src=at+'/picture/'+n+'.svg?from='+n;document.body.append(picture)}}\
         </script>"
    )
}

fn answer(path: &str, others: Option<SocketAddr>) -> (&'static str, Vec<u8>) {
    match (path, others) {
        (_, Some(others)) if path.starts_with("/?by=") => ("text/html", page(others).into_bytes()),
        _ if path.starts_with("/picture/") => {
            ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>".to_vec())
        }
        _ => ("text/plain", vec![b'y'; 40_000]),
    }
}

/// A certificate of `localhost` with its key, and the authority that made it.
struct Site {
    certificate: rcgen::Certificate,
    key: KeyPair,
    authority: String,
}

impl Site {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        Self { certificate: params.signed_by(&key, &issuer).unwrap(), key, authority: issuer.pem() }
    }
}

fn tls(protocol: &[u8], site: &Site) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(site.key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![site.certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config).into()
}

/// A server of one protocol; `others` is what its page asks as well.
async fn serve(protocol: &'static [u8], site: &Site, others: Option<SocketAddr>, log: Log) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = tls(protocol, site);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                match protocol {
                    b"h2" => http2(stream, address, others, &log).await,
                    _ => http1(stream, address, others, &log).await,
                }
            });
        }
    });
    address
}

fn enter(log: &Log, method: &str, server: SocketAddr, path: &str, body: usize) {
    let key = (method.to_owned(), format!("https://localhost:{}{path}", server.port()), body);
    *log.lock().unwrap().entry(key).or_default() += 1;
}

async fn http2(stream: TlsStream<TcpStream>, server: SocketAddr, others: Option<SocketAddr>, log: &Log) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let log = Arc::clone(log);
        tokio::spawn(async move {
            let (head, mut body) = request.into_parts();
            let mut length = 0;
            while let Some(Ok(piece)) = body.data().await {
                length += piece.len();
                let _ = body.flow_control().release_capacity(piece.len());
            }
            let path = head.uri.path_and_query().unwrap().as_str();
            enter(&log, head.method.as_str(), server, path, length);
            let (kind, bytes) = answer(path, others);
            let response = http::Response::builder().header("content-type", kind).body(()).unwrap();
            if let Ok(mut send) = respond.send_response(response, false) {
                let _ = send.send_data(Bytes::from(bytes), true);
            }
        });
    }
}

async fn http1(mut stream: TlsStream<TcpStream>, server: SocketAddr, others: Option<SocketAddr>, log: &Log) {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        if let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) {
            let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
            let lower = text.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let length: usize = length.unwrap_or(0);
            if bytes.len() >= head + length {
                bytes.drain(..head + length);
                let mut words = text.split(' ');
                let (method, path) = (words.next().unwrap(), words.next().unwrap());
                enter(log, method, server, path, length);
                let (kind, body) = answer(path, others);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
                if stream.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
                    return;
                }
                continue;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

/// Ends with the test, however that ends: what was started may be many processes, all of one group.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Option<Self> {
        std::os::unix::process::CommandExt::process_group(command, 0);
        command.stdin(Stdio::null()).spawn().ok().map(Self)
    }

    fn end(&mut self, signal: &str) {
        let _ = Command::new("kill").args([signal, "--", &format!("-{}", self.0.id())]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end("-KILL");
    }
}

/// dumpcap, once it captures; nothing where it may not.
fn dumpcap(file: &Path, ports: [u16; 2]) -> Option<Running> {
    let filter = format!("tcp port {} or tcp port {}", ports[0], ports[1]);
    let mut command = Command::new("dumpcap");
    command.args(["-q", "-B", "64", "-i", "lo", "-f", &filter, "-w"]).arg(file).stderr(Stdio::piped());
    let mut running = Running::start(&mut command)?;
    let said = BufReader::new(running.0.stderr.take()?).lines();
    said.map_while(Result::ok).any(|line| line.starts_with("File:")).then_some(running)
}

fn chromium(folder: &Path, keys: &Path) -> Option<Command> {
    let Some(program) = browser::chromium() else {
        eprintln!("skipped: packets of chromium: it is missing");
        return None;
    };
    let mut command = Command::new(program);
    command
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"])
        .args(["--ignore-certificate-errors", "--disable-background-networking", "--disable-component-update"])
        .arg(format!("--user-data-dir={}", folder.join("chromium").display()))
        .arg(format!("--ssl-key-log-file={}", keys.display()));
    Some(command)
}

fn firefox(folder: &Path, keys: &Path, site: &Site) -> Option<Command> {
    let (profile, authority) = (folder.join("firefox"), folder.join("authority.pem"));
    std::fs::create_dir(&profile).unwrap();
    std::fs::write(&authority, &site.authority).unwrap();
    let works =
        |program: &&str| Command::new(program).arg("--version").output().is_ok_and(|done| done.status.success());
    let program = ["firefox", "firefox-esr"].into_iter().find(works);
    let mut certutil = Command::new("certutil");
    certutil.args(["-A", "-n", "packets", "-t", "C,,", "-d", &format!("sql:{}", profile.display()), "-i"]);
    let trusts = certutil.arg(&authority).output().is_ok_and(|done| done.status.success());
    let Some(program) = program.filter(|_| trusts) else {
        eprintln!("skipped: packets of firefox: it or certutil is missing (firefox-esr, libnss3-tools)");
        return None;
    };
    let mut command = Command::new(program);
    command.args(["--headless", "--no-remote", "--profile"]).arg(profile).env("SSLKEYLOGFILE", keys);
    Some(command)
}

#[test]
fn every_request_of_real_clients_is_found() {
    if !super::has_tshark() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (log, site) = (Log::default(), Site::new());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (old, new) = runtime.block_on(async {
        let old = serve(b"http/1.1", &site, None, Arc::clone(&log)).await;
        (old, serve(b"h2", &site, Some(old), Arc::clone(&log)).await)
    });
    let Some(mut capturing) = dumpcap(&path("live.pcapng"), [old.port(), new.port()]) else {
        eprintln!("skipped: dumpcap is missing or may not capture (Debian: sudo apt-get install tshark)");
        return;
    };
    let keys = path("keys.txt");
    for (server, version) in [(old, "--http1.1"), (new, "--http2")] {
        let url = format!("https://localhost:{}/by/curl?with={version}", server.port());
        let mut curl = Command::new("curl");
        curl.args(["-sk", version, "-d", "@-", "-o", "/dev/null", &url, "--next", "-sk", "-o", "/dev/null", &url]);
        let done = curl.env("SSLKEYLOGFILE", &keys).stdin(Stdio::null()).status();
        assert!(done.unwrap().success());
    }
    let mut wanted = 4;
    let browsers = [("chromium", chromium(folder.path(), &keys)), ("firefox", firefox(folder.path(), &keys, &site))];
    for (name, command) in browsers {
        let Some(mut command) = command else { continue };
        command.arg(format!("https://localhost:{}/?by={name}", new.port()));
        let mut running = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null())).unwrap();
        let (begun, last) = (Instant::now(), format!("/done?by={name}"));
        while !log.lock().unwrap().keys().any(|(_, url, _)| url.ends_with(&last)) {
            assert!(begun.elapsed() < PATIENCE, "{name} did not load the page: {:?}", log.lock().unwrap());
            std::thread::sleep(Duration::from_millis(100));
        }
        running.end("-TERM");
        // The page, its pictures, two posts and the last word.
        wanted += 1 + 2 * OBJECTS + 3;
    }
    // dumpcap takes what the kernel gathered, and then writes what it has.
    std::thread::sleep(Duration::from_secs(1));
    capturing.end("-INT");

    let har = path("live.har");
    let done = Run::new(["convert", "--keylog"]).arg(&keys).arg(path("live.pcapng")).arg(&har).done();
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let har: serde_json::Value = serde_json::from_slice(&std::fs::read(&har).unwrap()).unwrap();
    let mut found: BTreeMap<(String, String, usize), usize> = BTreeMap::new();
    for entry in har["log"]["entries"].as_array().unwrap() {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let body = entry["request"]["postData"]["text"].as_str().map_or(0, str::len);
        *found.entry((text(&entry["request"]["method"]), text(&entry["request"]["url"]), body)).or_default() += 1;
    }
    let sent = log.lock().unwrap().clone();
    assert_eq!(found, sent);
    assert!(sent.values().sum::<usize>() >= wanted, "{sent:?}");
}
