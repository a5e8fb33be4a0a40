//! The made-up sites that people visit (`clinic.localhost` and the like): so that a navigation is a real exchange.
//!
//! One server answers for all of them, any path, on an address of its own, plain HTTP and TLS alike (the first byte
//! tells which). It remembers nothing.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread::JoinHandle;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::Loopback;

/// What a TLS connection starts with: a handshake record (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;

/// The running server; it ends with this value.
#[derive(Debug)]
pub struct SiteServer {
    address: Loopback,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SiteServer {
    /// Starts on a free port of 127.0.0.1; `tls` must be good for the names of all sites that use `https`.
    ///
    /// # Errors
    /// What binding the port or starting the thread gives.
    pub fn start(tls: Option<Arc<rustls::ServerConfig>>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = Loopback::try_from(listener.local_addr()?).map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let acceptor = tls.map(TlsAcceptor::from);
        let thread = std::thread::Builder::new().name("sites".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, acceptor) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> Loopback {
        self.address
    }
}

impl Drop for SiteServer {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: Option<TlsAcceptor>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        // Out of descriptors is no reason to end: others will be closed.
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        if peer.ip().is_loopback() {
            tokio::spawn(connection(stream, acceptor.clone()));
        }
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut first = [0];
    stream.peek(&mut first).await.ok()?;
    let service = service_fn(|request| std::future::ready(Ok::<_, Infallible>(answer(&request))));
    let http = http1::Builder::new();
    match acceptor {
        Some(acceptor) if first[0] == HANDSHAKE => {
            let stream = acceptor.accept(stream).await.ok()?;
            http.serve_connection(TokioIo::new(stream), service).await.ok()
        }
        _ => http.serve_connection(TokioIo::new(stream), service).await.ok(),
    }
}

fn answer(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("site");
    let (kind, body) = match path {
        "/favicon.ico" => ("image/svg+xml", ICON.to_owned()),
        _ => ("text/html; charset=utf-8", page(host, path)),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

const ICON: &str =
    r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#468"/></svg>"##;

fn page(host: &str, path: &str) -> String {
    let (host, path) = (escape(host), escape(path));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{host} {path}</title>\n\
         <link rel=\"icon\" href=\"/favicon.ico\"></head>\n<body><h1>{host}</h1>\n\
         <p>A made-up page of a made-up site.</p>\n\
         <p><a href=\"/\">Start</a> <a href=\"/about\">About</a></p></body></html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
