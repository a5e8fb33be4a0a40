//! A running `tattletale capture`, and servers for what goes through it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// Whatever takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The binary, with its events.
pub(crate) struct Capture {
    child: Child,
    events: Receiver<Value>,
    seen: Vec<Value>,
    /// What it said first.
    pub(crate) started: Value,
    pub(crate) address: SocketAddr,
    pub(crate) recording: PathBuf,
}

impl Capture {
    /// Starts it on a free port with a project in `folder`.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_in(None, folder, &[&["--listen", "127.0.0.1:0"], arguments].concat())
    }

    /// Starts it in a network namespace.
    pub(crate) fn start_in(namespace: Option<&str>, folder: &Path, arguments: &[&str]) -> Self {
        let recording = folder.join("live.warc.gz");
        let binary = env!("CARGO_BIN_EXE_tattletale");
        let mut command = Command::new(if namespace.is_some() { "ip" } else { binary });
        if let Some(namespace) = namespace {
            command.args(["netns", "exec", namespace, binary]);
        }
        let mut child = command
            .args(["capture", "--format", "json", "--project"])
            .arg(folder.join("project"))
            .arg("--out")
            .arg(&recording)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, events) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut capture = Self { child, events, seen: Vec::new(), started: Value::Null, address, recording };
        capture.started = capture.wait("listening");
        capture.address = capture.started["address"].as_str().unwrap().parse().unwrap();
        capture
    }

    /// The next event of that name.
    pub(crate) fn wait(&mut self, name: &str) -> Value {
        loop {
            let event = self.events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {name}: {:?}", self.seen));
            self.seen.push(event.clone());
            if event["event"] == name {
                return event;
            }
        }
    }

    /// Ctrl-C, and the exit code with the last event.
    pub(crate) fn interrupt(mut self) -> (i32, Value) {
        self.signal("INT");
        let ended = self.wait("ended");
        (self.child.wait().unwrap().code().unwrap(), ended)
    }

    /// As if the power went.
    pub(crate) fn kill(mut self) {
        self.signal("KILL");
        let _ = self.child.wait();
    }

    /// Waits until it ends by itself.
    pub(crate) fn finish(mut self) -> (i32, Value) {
        let ended = self.wait("ended");
        (self.child.wait().unwrap().code().unwrap(), ended)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that gives every path to `answer` and sends what it says, one thread a connection.
pub(crate) fn server<S: Read + Write>(
    wrap: impl Fn(TcpStream) -> S + Send + Sync + 'static,
    answer: impl Fn(&str, &[u8]) -> (&'static str, Vec<u8>) + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let shared = std::sync::Arc::new((wrap, answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = std::sync::Arc::clone(&shared);
            stream.set_nodelay(true).unwrap();
            std::thread::spawn(move || {
                let mut stream = shared.0(stream);
                while let Some((path, body)) = request(&mut stream) {
                    let (kind, body) = shared.1(&path, &body);
                    let head =
                        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
                    if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Path and body of the next request.
fn request(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let head = head(stream)?;
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head.split(' ').nth(1)?.to_owned(), body))
}

/// Bytes up to and with the empty line.
pub(crate) fn head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}

/// Asks for a page through a proxy; its body.
pub(crate) fn get(stream: &mut TcpStream, url: &str) -> Option<Vec<u8>> {
    let host = url.split('/').nth(2)?;
    write!(stream, "GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n").ok()?;
    let head = head(stream)?;
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    head.starts_with("HTTP/1.1 200 ").then_some(body)
}

/// Past the harness, which keeps the output of tests that pass to itself.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
