//! A client of the lab: HTTP/1.1 over a plain or TLS socket, bytes as they are given.
//!
//! Written by hand so that tests can send what no HTTP library would.

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// One connection.
pub(crate) struct Client(BufReader<Box<dyn Stream>>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn connect(to: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}

impl Client {
    pub(crate) fn plain(to: SocketAddr) -> std::io::Result<Self> {
        Ok(Self(BufReader::new(Box::new(connect(to)?))))
    }

    pub(crate) fn tls(to: SocketAddr, name: &str, config: Arc<ClientConfig>) -> std::io::Result<Self> {
        let name = ServerName::try_from(name.to_owned()).map_err(std::io::Error::other)?;
        let session = ClientConnection::new(config, name).map_err(std::io::Error::other)?;
        Ok(Self(BufReader::new(Box::new(StreamOwned::new(session, connect(to)?)))))
    }

    /// Sends bytes and reads one answer.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> std::io::Result<Answer> {
        let stream = self.0.get_mut();
        // A server that refuses early may close before all is written; its answer is what matters.
        let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        self.answer()
    }

    /// One request with its length; `headers` are whole lines without ends.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[&str],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: collector.localhost\r\n").into_bytes();
        for header in headers {
            bytes.extend(format!("{header}\r\n").bytes());
        }
        bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
        bytes.extend(body);
        self.raw(&bytes)
    }

    fn answer(&mut self) -> std::io::Result<Answer> {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line.to_lowercase());
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, head, body })
    }
}
