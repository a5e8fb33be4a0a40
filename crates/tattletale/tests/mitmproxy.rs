//! Files that the real mitmdump writes: every request that curl sent through it is in them, as it was sent.
//!
//! `TATTLETALE_MITMDUMP` may name the program; else the one that `scripts/test` installs is taken, else any in the path.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod common;

use common::{Run, root};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const REQUESTS: usize = 20;

fn mitmdump() -> Option<PathBuf> {
    let named = std::env::var_os("TATTLETALE_MITMDUMP").map(PathBuf::from);
    let installed = root().join("target/tools/mitmproxy/bin/mitmdump");
    let candidates = named.into_iter().chain([installed, PathBuf::from("mitmdump")]);
    let works = |program: &PathBuf| {
        let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let found = candidates.into_iter().find(works);
    if found.is_none() {
        eprintln!("skipped: no mitmdump (pip install mitmproxy; TATTLETALE_MITMDUMP names the program)");
    }
    found
}

/// Answers every request with its body.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let _ = serve(stream.unwrap());
            });
        }
    });
    port
}

fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let end = head + length.unwrap_or(0usize);
            if bytes.len() >= end {
                let body: Vec<u8> = bytes.drain(..end).skip(head).collect();
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())?;
                stream.write_all(&body)?;
                continue;
            }
        }
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
}

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_request_is_found() {
    let Some(mitmdump) = mitmdump() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (server, flows) = (echo(), folder.path().join("flows"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let conf = format!("confdir={}", folder.path().display());
    let mut command = Command::new(mitmdump);
    command.args(["-q", "--listen-host", "127.0.0.1", "-p", &port.to_string(), "--set", &conf, "-w"]).arg(&flows);
    let mut running = Running(command.stdin(Stdio::null()).spawn().unwrap());
    let up = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(up, "mitmdump did not start");
    let proxy = format!("http://127.0.0.1:{port}");
    for number in 0..REQUESTS {
        let url = format!("http://127.0.0.1:{server}/n/{number}?q={number}");
        let body: Vec<u8> = (0..=255).cycle().skip(number).take(number * 100 + 1).collect();
        let mut curl = Command::new("curl");
        curl.args(["-s", "-x", &proxy, "--noproxy", "", "--data-binary", "@-", "-o", "/dev/null", &url]);
        let mut curl = curl.stdin(Stdio::piped()).spawn().unwrap();
        curl.stdin.take().unwrap().write_all(&body).unwrap();
        assert!(curl.wait().unwrap().success());
    }
    // It writes a flow when that is complete, and what is buffered when it is asked to end.
    let _ = Command::new("kill").arg(running.0.id().to_string()).status();
    let _ = running.0.wait();

    let har = folder.path().join("flows.har");
    let done = Run::new(["convert"]).arg(&flows).arg(&har).done();
    assert!(done.code == 0 && done.stdout.contains(&format!("{REQUESTS} exchanges")), "{}{}", done.stdout, done.stderr);
    let har: serde_json::Value = serde_json::from_slice(&std::fs::read(&har).unwrap()).unwrap();
    let entries = har["log"]["entries"].as_array().unwrap();
    for (number, entry) in entries.iter().enumerate() {
        assert_eq!(entry["request"]["url"], format!("http://127.0.0.1:{server}/n/{number}?q={number}"));
        assert_eq!((&entry["request"]["method"], &entry["response"]["status"]), (&"POST".into(), &200.into()));
        let body: Vec<u8> = (0..=255).cycle().skip(number).take(number * 100 + 1).collect();
        for message in [&entry["request"]["postData"], &entry["response"]["content"]] {
            let text = message["text"].as_str().unwrap();
            let bytes = match message["encoding"].as_str() {
                Some(_) => base64_simd::STANDARD.decode_to_vec(text).unwrap(),
                None => text.as_bytes().to_vec(),
            };
            assert_eq!(bytes, body, "{number}");
        }
    }
}
