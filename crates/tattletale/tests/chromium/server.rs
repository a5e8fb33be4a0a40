//! A server on loopback that records what a browser sends it, and what it answers, byte for byte.
//!
//! It speaks as much HTTP/1.1 (RFC 9112) as browsers need: kept connections, bodies with a length or in chunks, HEAD.
//! Who answers what is the caller's. One server is one recording: it takes a free port of its own, so that tests may
//! run beside each other, and whoever waits for a request waits with a deadline.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tattletale_core::export::warc::{HttpMessage, RecordId, WarcWriter};
use tattletale_core::model::{Connection, Timestamp};

/// How long a request is waited for before the test gives up. Never waited out when all is well.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may stay silent; browsers open some ahead and never use them.
const IDLE: Duration = Duration::from_secs(60);
/// Bytes of a line or body that are taken; what browsers send here is far smaller.
const MOST: u64 = 4 << 20;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// When its first byte was there.
    at: Timestamp,
    /// All of it, with the framing of its body.
    bytes: Vec<u8>,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

/// An answer; length and connection are stated by the server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Who answers.
pub(crate) type Answers = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// The running server. It ends with this value; what came until then is in the recording.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answers: Answers,
    recording: Mutex<Recording>,
    arrived: Condvar,
    stopped: AtomicBool,
}

struct Recording {
    writer: WarcWriter<File>,
    requests: Vec<Request>,
}

impl Server {
    /// Starts to listen, and a recording in a new file.
    pub(crate) fn start(file: &Path, answers: Answers) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let mut writer = WarcWriter::new(File::create(file).unwrap());
        let description = "a real browser on loopback with made-up people; plaintext bytes as they passed";
        writer
            .info(id(), Timestamp::now(), &[("format", "WARC File Format 1.1"), ("description", description)])
            .unwrap();
        let recording = Mutex::new(Recording { writer, requests: Vec::new() });
        let shared = Shared { answers, recording, arrived: Condvar::new(), stopped: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let listening = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if listening.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&listening)) else { continue };
                // A browser breaks connections off as it likes; whoever waits for more will say what is missing.
                std::thread::spawn(move || converse(&stream, &shared));
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until `count` requests that `wanted` chooses have been answered.
    pub(crate) fn wait_for(&self, what: &str, count: usize, wanted: impl Fn(&Request) -> bool) {
        let until = Instant::now() + PATIENCE;
        let mut recording = self.shared.recording.lock().unwrap();
        while recording.requests.iter().filter(|request| wanted(request)).count() < count {
            let left = until.saturating_duration_since(Instant::now());
            let came = || recording.requests.iter().map(Request::line).collect::<Vec<_>>().join("\n");
            assert!(!left.is_zero(), "waited in vain for {count} of {what}; what came:\n{}", came());
            recording = self.shared.arrived.wait_timeout(recording, left).unwrap().0;
        }
    }

    /// Ends the recording: the requests in it, in its order.
    pub(crate) fn end(self) -> Vec<Request> {
        std::mem::take(&mut self.shared.recording.lock().unwrap().requests)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener; fails only where it is gone.
        let _ = TcpStream::connect(self.address);
    }
}

impl Request {
    /// The next one of a connection; none at its end.
    fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        if from.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let (at, mut bytes) = (Timestamp::now(), Vec::new());
        let start = line(from, &mut bytes)?;
        let mut words = start.split(' ').map(str::to_owned);
        let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next().as_deref())
        else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let mut headers = Vec::new();
        loop {
            let field = line(from, &mut bytes)?;
            let Some((name, value)) = field.split_once(':') else { break };
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        let mut request = Self { at, bytes, method, target, headers };
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        if request.header("transfer-encoding").is_some() {
            chunks(from, &mut request.bytes)?;
        } else {
            body(from, length.unwrap_or(0), &mut request.bytes)?;
        }
        Ok(Some(request))
    }

    /// Value of a field, its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// Name of the server that was asked, without port.
    pub(crate) fn host(&self) -> &str {
        self.header("host").map_or("", |host| host.split(':').next().unwrap_or(host))
    }

    /// The body, if it has one with a length.
    pub(crate) fn body(&self) -> Option<&str> {
        let length: usize = self.header("content-length")?.parse().ok()?;
        str::from_utf8(&self.bytes[self.bytes.len() - length..]).ok()
    }

    fn line(&self) -> String {
        format!("{} {}{}", self.method, self.host(), self.target)
    }
}

impl Reply {
    fn bytes(&self, with_body: bool) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} \r\n", self.status).into_bytes();
        let length = ("Content-Length", self.body.len().to_string());
        for (name, value) in self.headers.iter().chain([&length]) {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(if with_body { &self.body } else { b"" });
        bytes
    }
}

fn converse(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    let (mut from, mut to) = (BufReader::new(stream), stream);
    loop {
        let request = match Request::read(&mut from) {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(()),
            // Something else, such as TLS.
            Err(_) => return stream.shutdown(Shutdown::Both),
        };
        let reply = (shared.answers)(&request).bytes(request.method != "HEAD");
        to.write_all(&reply)?;
        let closes = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        shared.recording.lock().unwrap().exchange(request, &reply)?;
        shared.arrived.notify_all();
        if closes {
            return stream.shutdown(Shutdown::Both);
        }
    }
}

impl Recording {
    fn exchange(&mut self, request: Request, reply: &[u8]) -> io::Result<()> {
        let sent = id();
        let connection = Connection {
            server: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            http: Some("http/1.1".to_owned()),
            ..Connection::default()
        };
        let message = HttpMessage {
            at: request.at,
            target: &format!("http://{}{}", request.header("host").unwrap_or_default(), request.target),
            connection: &connection,
            bytes: &request.bytes,
            cut_off: false,
            reserialised: false,
            resource: None,
        };
        self.writer.request(sent, &message)?;
        self.writer.response(id(), sent, &HttpMessage { at: Timestamp::now(), bytes: reply, ..message })?;
        self.requests.push(request);
        Ok(())
    }
}

/// One line without its end, which is appended to `bytes` as it came.
fn line(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<String> {
    let start = bytes.len();
    from.take(MOST).read_until(b'\n', bytes)?;
    let line = str::from_utf8(&bytes[start..]).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(line.strip_suffix("\r\n").ok_or(io::ErrorKind::InvalidData)?.to_owned())
}

fn body(from: &mut impl BufRead, length: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    let got = from.take(length.min(MOST)).read_to_end(bytes)?;
    if got as u64 == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A body in chunks, with their sizes and the trailer, as it came (RFC 9112, 7.1).
fn chunks(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let size = line(from, bytes)?;
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
        if size == 0 {
            while !line(from, bytes)?.is_empty() {}
            return Ok(());
        }
        body(from, size, bytes)?;
        line(from, bytes)?;
    }
}

fn id() -> RecordId {
    let mut random = [0; 16];
    getrandom::fill(&mut random).unwrap();
    RecordId::from_random(random)
}

/// Sends raw bytes on one connection and reads until its end.
#[cfg(test)]
fn say(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

#[test]
fn keeps_connections_and_records_what_passed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording.warc.gz");
    let echo = |request: &Request| Reply {
        status: 200,
        headers: vec![("X-Asked", request.target.clone())],
        body: b"a page".to_vec(),
    };
    let server = Server::start(&file, Box::new(echo));
    let said = say(
        &server,
        b"HEAD /first HTTP/1.1\r\nHost: clinic.localhost\r\n\r\n\
          POST /second HTTP/1.1\r\nHost: clinic.localhost:80\r\nTransfer-Encoding: chunked\r\n\r\n\
          5\r\nemail\r\n10;x=y\r\n=ann@one.example\r\n0\r\n\r\n\
          GET /third HTTP/1.1\r\nHost: clinic.localhost\r\nConnection: close\r\n\r\n",
    );
    assert_eq!((said.matches("HTTP/1.1 200").count(), said.matches("a page").count()), (3, 2), "{said}");
    assert_eq!(say(&server, b"\x16\x03\x01\x00\x02\r\n"), "", "TLS gets no answer");
    server.wait_for("requests", 3, |request| request.host() == "clinic.localhost");
    assert_eq!(server.end().len(), 3);
    let truth = folder.path().join("truth.toml");
    std::fs::write(&truth, "[[value]]\nname = \"email\"\nkind = \"email\"\nvalue = \"ann@one.example\"\n").unwrap();
    let run = crate::common::Run::new(["audit", "--format", "json"]).arg(&file).arg("--truth").arg(&truth).done();
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &report["complete"]), (1, &true.into()), "{report:#}");
    assert_eq!(report["findings"][0]["exchange"], 1, "{report:#}");
}
