//! One kept HTTP/1.1 connection through the proxy to a server of the lab, plain or TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::address::Target;
use crate::loopback::Loopback;
use crate::wire::{Outgoing, Reply};

/// For connecting, and for one request with its reply.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a reply's body; the lab's own servers answer with far less.
const MOST_REPLY: usize = 64 << 20;
/// Methods that may be done twice (RFC 9110, 9.2.2).
const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"];
/// Bytes of the proxy's answer to CONNECT.
const MOST_ANSWER: usize = 16 << 10;

/// The connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

/// How a request failed.
pub(super) enum Failed {
    /// The connection was closed before an answer began, and the request may be sent again: it never left, or doing it
    /// twice is as good as once.
    Closed(io::Error),
    /// Otherwise.
    Else(io::Error),
}

impl Connection {
    /// Asks a proxy on loopback, and no other, for a tunnel.
    pub(super) async fn open(
        target: &Target<'_>,
        proxy: SocketAddr,
        tls: &Arc<rustls::ClientConfig>,
    ) -> io::Result<Self> {
        let proxy = Loopback::try_from(proxy).map_err(|no| io::Error::new(io::ErrorKind::InvalidInput, no))?;
        let connecting = async {
            let mut stream = TcpStream::connect(proxy.socket()).await?;
            stream.set_nodelay(true)?;
            tunnel(&mut stream, target).await?;
            if !target.is_tls() {
                return Self::over(stream).await;
            }
            let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
            let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?;
            Self::over(stream).await
        };
        tokio::time::timeout(PATIENCE, connecting).await?
    }

    async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> io::Result<Self> {
        // Capitals as the clients that the lab models write them.
        let handshake = http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream));
        let (sender, connection) = handshake.await.map_err(io::Error::other)?;
        // Its end shows in the sender.
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// Whether it looks usable; the other side may still close it.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends the request and reads the whole reply.
    pub(super) async fn send(&mut self, target: &Target<'_>, request: &Outgoing) -> Result<Reply, Failed> {
        let invalid = |error: hyper::http::Error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let mut builder = hyper::Request::builder().method(request.method).uri(&target.path);
        builder = builder.header("Host", target.authority);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let message = builder.body(Full::new(Bytes::from(request.body.clone()))).map_err(invalid);
        let exchange = async {
            let message = message.map_err(Failed::Else)?;
            // A request that left may have been done (RFC 9110, 9.2.2).
            let again = IDEMPOTENT.contains(&request.method);
            let closed = |error: hyper::Error| match error.is_canceled() || again && error.is_incomplete_message() {
                true => Failed::Closed(io::Error::other(error)),
                false => Failed::Else(io::Error::other(error)),
            };
            self.sender.ready().await.map_err(|error| Failed::Closed(io::Error::other(error)))?;
            let response = self.sender.send_request(message).await.map_err(closed)?;
            if response.headers().contains_key(tattletale_proxy::OWN_ANSWER) {
                return Err(Failed::Else(io::Error::other(format!("the proxy answered {}", response.status()))));
            }
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MOST_REPLY).collect().await;
            let body = body.map_err(|error| Failed::Else(io::Error::other(error)))?;
            Ok(Reply { status, body: body.to_bytes().to_vec() })
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|elapsed| Failed::Else(elapsed.into()))?
    }
}

/// CONNECT (RFC 9110, 9.3.6).
async fn tunnel(stream: &mut TcpStream, target: &Target<'_>) -> io::Result<()> {
    let port = if target.is_tls() { 443 } else { 80 };
    let host = &target.host;
    stream.write_all(format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    // Byte by byte: what follows the empty line is the server's.
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < MOST_ANSWER {
        answer.push(stream.read_u8().await?);
    }
    match answer.starts_with(b"HTTP/1.1 200 ") {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::ConnectionRefused, "the proxy gives no way to this server")),
    }
}
