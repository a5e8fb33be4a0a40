//! One kept HTTP/1.1 connection to a server of the lab, plain or TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::address::Target;
use super::tap::{Passed, Tap, Tape};
use super::{Clock, Loopback};
use crate::wire::{Outgoing, Reply};

/// For connecting, and for one request with its reply.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a reply's body; the lab's own servers answer with far less.
const MOST_REPLY: usize = 64 << 20;

/// The connection; its bytes are on a tape.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    tape: Tape,
}

impl Connection {
    /// Connects to an address that is loopback; asked again here, whatever the types before promised.
    pub(super) async fn open(
        target: &Target<'_>,
        address: SocketAddr,
        tls: &Arc<rustls::ClientConfig>,
        clock: &Clock,
    ) -> io::Result<Self> {
        let address = Loopback::try_from(address).map_err(|no| io::Error::new(io::ErrorKind::InvalidInput, no))?;
        let connecting = async {
            let stream = TcpStream::connect(address.socket()).await?;
            stream.set_nodelay(true)?;
            if !target.is_tls() {
                return Self::over(stream, clock).await;
            }
            let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
            let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?;
            Self::over(stream, clock).await
        };
        tokio::time::timeout(PATIENCE, connecting).await?
    }

    async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, clock: &Clock) -> io::Result<Self> {
        let tape = Tape::default();
        let tap = TokioIo::new(Tap::new(stream, tape.clone(), Arc::clone(clock)));
        // Capitals as the clients that the lab models write them.
        let handshake = http1::Builder::new().title_case_headers(true).handshake(tap);
        let (sender, connection) = handshake.await.map_err(io::Error::other)?;
        // Its end shows in the sender.
        tokio::spawn(connection);
        Ok(Self { sender, tape })
    }

    /// Whether it looks usable; the other side may still close it.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// What passed since this was last asked.
    pub(super) fn passed(&self) -> Passed {
        self.tape.take()
    }

    /// Sends the request and reads the whole reply.
    pub(super) async fn send(&mut self, target: &Target<'_>, request: &Outgoing) -> io::Result<Reply> {
        let invalid = |error: hyper::http::Error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let mut builder = hyper::Request::builder().method(request.method).uri(&target.path);
        builder = builder.header("Host", target.authority);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let message = builder.body(Full::new(Bytes::from(request.body.clone()))).map_err(invalid)?;
        let exchange = async {
            self.sender.ready().await.map_err(io::Error::other)?;
            let response = self.sender.send_request(message).await.map_err(io::Error::other)?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MOST_REPLY).collect().await.map_err(io::Error::other)?;
            Ok(Reply { status, body: body.to_bytes().to_vec() })
        };
        tokio::time::timeout(PATIENCE, exchange).await?
    }
}
