//! HTTP/1.1 on loopback, the same for every server of the lab: accept, guard, limits, graceful end.
//!
//! A server is a [`Site`] that turns a whole request into a response. All that keeps strangers out ([`guard`]) and
//! all that bounds what a request may cost stands here, in front of every site, so that no site can forget it.

mod guard;

use crate::fields::Fields;
use crate::loopback::Loopback;
use crate::token::Token;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Bytes of a request body; the senders' batches stay far below.
pub const MAX_BODY: usize = 4 << 20;

/// Bytes of a request line with its headers; an image request carries its event there.
pub const MAX_HEAD: usize = 256 << 10;

/// Connections of one server at a time; more wait in the system's queue.
pub const MAX_CONNECTIONS: usize = 256;

/// How long a TLS handshake, a request head and a request body may take, each.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How long open requests may go on when the lab goes down.
const FAREWELL: Duration = Duration::from_secs(2);

/// What a server answers.
pub(crate) type Reply = Response<Full<Bytes>>;

/// One server's own part.
pub(crate) trait Site: Send + Sync + 'static {
    /// Answers a request that was let in, with its query and its whole body.
    fn answer(&self, request: Request<Bytes>, query: &Fields) -> impl Future<Output = Reply> + Send;

    /// Last touch on every reply, refusals included: headers that always belong there.
    fn finish(&self, _origin: Option<&HeaderValue>, _reply: &mut Reply) {}
}

/// A server that is bound but does not answer yet.
pub(crate) struct Server<S> {
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    door: Arc<Door<S>>,
}

struct Door<S> {
    site: S,
    token: Token,
}

impl<S: Site> Server<S> {
    /// Binds; the address is loopback by its type, and the socket is asked again.
    pub(crate) fn bind(at: Loopback, tls: Option<TlsAcceptor>, token: Token, site: S) -> io::Result<Self> {
        Ok(Self { listener: at.listen()?, tls, door: Arc::new(Door { site, token }) })
    }

    /// Where it is bound.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `down` says so, then lets open requests finish for a moment.
    pub(crate) async fn run(self, mut down: watch::Receiver<bool>) -> io::Result<()> {
        let listener = TcpListener::from_std(self.listener)?;
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = async {
                // Never closed, so a place always comes.
                let place = places.clone().acquire_owned().await;
                (place, listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                accepted = accepted => accepted,
                _ = down.changed() => break,
            };
            let Ok((stream, peer)) = accepted else {
                // Out of file descriptors, or the peer has gone again: neither ends the server.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            while connections.try_join_next().is_some() {}
            // The system cannot deliver others to a loopback address; if it ever does, they get no answer at all.
            if !guard::is_neighbour(peer.ip()) {
                continue;
            }
            let _ = stream.set_nodelay(true);
            let (door, tls, down) = (self.door.clone(), self.tls.clone(), down.clone());
            connections.spawn(async move {
                match tls {
                    Some(tls) => {
                        if let Ok(Ok(stream)) = timeout(PATIENCE, tls.accept(stream)).await {
                            door.converse(stream, down).await;
                        }
                    }
                    None => door.converse(stream, down).await,
                }
                drop(place);
            });
        }
        let _ = timeout(FAREWELL, async { while connections.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

impl<S: Site> Door<S> {
    async fn converse(
        self: Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        mut down: watch::Receiver<bool>,
    ) {
        let service = service_fn(move |request| {
            let door = self.clone();
            async move { Ok::<_, Infallible>(door.respond(request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        // An error here is the peer's: broken framing or a broken line, answered by hyper where it can be.
        tokio::select! {
            _ = connection.as_mut() => {}
            _ = down.changed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }

    async fn respond(&self, request: Request<Incoming>) -> Reply {
        let origin = request.headers().get(hyper::header::ORIGIN).cloned();
        let mut reply = match self.admit(request).await {
            Ok((request, query)) => self.site.answer(request, &query).await,
            Err(refusal) => refusal,
        };
        self.site.finish(origin.as_ref(), &mut reply);
        reply
    }

    /// Lets a request in whole, or says why not.
    async fn admit(&self, request: Request<Incoming>) -> Result<(Request<Bytes>, Fields), Reply> {
        let query = Fields::parse(request.uri().query().unwrap_or_default().as_bytes());
        guard::check(request.headers(), &query, &self.token).map_err(guard::Refused::reply)?;
        let (head, body) = request.into_parts();
        match timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await {
            Ok(Ok(body)) => Ok((Request::from_parts(head, body.to_bytes()), query)),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Err(text(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than any sender makes it"))
            }
            Ok(Err(_)) => Err(text(StatusCode::BAD_REQUEST, "the body's framing is broken")),
            Err(_) => Err(text(StatusCode::REQUEST_TIMEOUT, "the body did not come")),
        }
    }
}

/// A reply of plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Reply {
    typed(status, "text/plain; charset=utf-8", text.into())
}

/// A reply of any type.
pub(crate) fn typed(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("cache-control", HeaderValue::from_static("no-store"));
    reply
}
