//! A connection to one server, opened if it can be: TLS is ended here and made anew towards the server.
//!
//! The server is asked first, with what the client offered, so that the client is then offered what the server
//! speaks, and a server that is not believed never sees a byte of the client's.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{AlertDescription, ProtocolVersion};
use tattletale_core::codec::hello::{Carrier, ClientHello};
use tattletale_core::model::{BlindKind, Connection};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::dial::{Dialed, split_authority};
use crate::first::{self, First};
use crate::http1::serve::{self, Route, Tunnel};
use crate::passes::Pair;
use crate::stream::{BoxStream, Counted};
use crate::visit::Visit;
use crate::{http2, tls, tunnel};

/// A client that goes so soon after the handshake counts as one that refused.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What a client wants to reach.
pub(crate) struct Aim {
    /// Name or address, as the client said.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// None for our own check page.
    pub(crate) dialed: Option<Dialed>,
}

impl Aim {
    fn authority(&self, tls: bool) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }
}

/// Serves a tunnel to its end.
pub(crate) async fn tunnel(visit: &Visit, client: BoxStream, mut aim: Aim) {
    let mut client = Counted::new(client);
    let dialed = aim.dialed.take();
    let address = dialed.as_ref().and_then(|dialed| dialed.server);
    let mut server = dialed.map(|dialed| Counted::new(dialed.stream));
    let mut connection = Connection::clone(&visit.connection(address));
    connection.port = Some(aim.port);
    match first::look(&mut client, server.as_mut()).await {
        First::Ended => {}
        First::Broken(_) => {}
        First::Tls(hello) => secured(visit, client, server, aim, hello, connection).await,
        First::Http2 => {
            let Some(server) = server else { return };
            connection.http = Some("h2".to_owned());
            let to = http2::To { connection: Arc::new(connection), scheme: "http", authority: aim.authority(false) };
            http2::serve(visit, Box::new(client), Box::new(server), to).await;
        }
        First::Http1 => {
            connection.http = Some("http/1.1".to_owned());
            let route = match server {
                Some(server) => Route::Tunnel(Tunnel {
                    server: Box::new(server),
                    connection: Arc::new(connection),
                    scheme: "http",
                    authority: aim.authority(false),
                }),
                None => Route::Forward,
            };
            serve::serve(visit, Box::new(client), route).await;
        }
        First::Opaque | First::Socks => {
            let Some(server) = server else { return };
            tunnel::unseen(visit, (client, server), BlindKind::OpaqueTcp, connection, &aim.host, None).await;
        }
    }
}

/// A tunnel that starts with a ClientHello.
async fn secured(
    visit: &Visit,
    client: Counted<BoxStream>,
    server: Option<Counted<TcpStream>>,
    aim: Aim,
    hello: Box<ClientHello>,
    mut connection: Connection,
) {
    let named = hello.sni.as_deref().and_then(|name| split_authority(name.trim_end_matches('.')));
    let host = named.map_or_else(|| aim.host.clone(), |(host, _)| host);
    connection.sni = hello.sni.clone();
    connection.ja4 = Some(hello.ja4(Carrier::Tcp));
    connection.ech = hello.offers_ech();
    let pair = Pair { client: visit.client.ip(), host: host.clone(), ja4: connection.ja4.clone() };
    let (upstream, failed) = match server {
        None => (None, None),
        Some(server) => {
            if let Some(why) = visit.shared.passes.passes(&pair) {
                let kind = BlindKind::PassedThrough;
                tunnel::unseen(visit, (client, server), kind, connection, &host, Some(why)).await;
                return;
            }
            // Nothing was read from the server, so nothing is lost with the counting.
            match visit.shared.outward.connect(&host, server.into_inner(), &hello.alpn).await {
                Ok(stream) => (Some(stream), None),
                Err(error) => (None, Some(tls::about_server(&error))),
            }
        }
    };
    let alpn = match &upstream {
        Some(stream) => stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec),
        // Our own pages are HTTP/1.1.
        None => hello.alpn.iter().find(|offer| **offer == b"http/1.1").cloned(),
    };
    connection.alpn = alpn.as_deref().map(|alpn| String::from_utf8_lossy(alpn).into_owned());
    let accepted = match visit.shared.leaves.config(&host, alpn.as_deref()) {
        Ok(config) => {
            let accepting = TlsAcceptor::from(config).accept(client);
            let accepted = tokio::time::timeout(tls::PATIENCE, accepting).await;
            accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        }
        Err(error) => Err(io::Error::other(error.to_string())),
    };
    let stream = match accepted {
        Ok(stream) => stream,
        Err(error) => {
            let (kind, detail) = refusal(&error, false);
            visit.refused(&pair);
            visit.blind(kind, &Arc::new(connection), Some(&host), Some(detail));
            return;
        }
    };
    connection.tls = stream.get_ref().1.protocol_version().and_then(version);
    let finished = Instant::now();
    let mut client = Counted::new(stream);
    let mut upstream = upstream.map(Counted::new);
    let looked = first::look(&mut client, upstream.as_mut()).await;
    let silent = match &looked {
        First::Ended => Some((BlindKind::NoData, "the handshake was finished, then nothing was sent".to_owned())),
        First::Broken(error) => Some(refusal(error, true)),
        _ => None,
    };
    if let Some((kind, detail)) = silent {
        // Who compares keys goes at once; a browser that connected ahead of need goes when it has waited.
        if kind != BlindKind::NoData || finished.elapsed() < AT_ONCE {
            visit.refused(&pair);
        }
        visit.blind(kind, &Arc::new(connection), Some(&host), Some(detail));
        return;
    }
    visit.shared.passes.accepted(&pair);
    let client: BoxStream = Box::new(client);
    if let Some(why) = failed {
        let connection = Arc::new(connection);
        visit.blind(BlindKind::UpstreamFailed, &connection, Some(&host), Some(why.clone()));
        serve::serve(visit, client, Route::Nobody(visit.untrusted(&host, &why))).await;
        return;
    }
    let Some(upstream) = upstream else {
        serve::serve(visit, client, Route::Nobody(Vec::new())).await;
        return;
    };
    opened(visit, client, Box::new(upstream), looked, Aim { host, ..aim }, connection).await;
}

/// What is inside of TLS.
async fn opened(
    visit: &Visit,
    client: BoxStream,
    server: BoxStream,
    looked: First,
    aim: Aim,
    mut connection: Connection,
) {
    let authority = aim.authority(true);
    match looked {
        First::Http2 => {
            connection.http = Some("h2".to_owned());
            let to = http2::To { connection: Arc::new(connection), scheme: "https", authority };
            http2::serve(visit, client, server, to).await;
        }
        First::Http1 => {
            connection.http = Some("http/1.1".to_owned());
            let connection = Arc::new(connection);
            let tunnel = Tunnel { server, connection, scheme: "https", authority };
            serve::serve(visit, client, Route::Tunnel(tunnel)).await;
        }
        _ => {
            let detail = Some("within TLS that was opened".to_owned());
            tunnel::unseen(visit, (client, server), BlindKind::OpaqueTcp, connection, &aim.host, detail).await;
        }
    }
}

/// How a client's refusal looks, and what it said.
fn refusal(error: &io::Error, finished: bool) -> (BlindKind, String) {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        // Only who sent a real one, whose inner name stayed hidden, insists (RFC 9849, 6.1.6).
        (Some(rustls::Error::AlertReceived(AlertDescription::EncryptedClientHelloRequired)), _) => {
            (BlindKind::Ech, "the client insists on its encrypted ClientHello".to_owned())
        }
        (Some(rustls::Error::AlertReceived(alert)), _) => {
            (BlindKind::TlsRefused, format!("the client sent the alert {alert:?}"))
        }
        (Some(other), _) => (BlindKind::HandshakeEnded, other.to_string()),
        (_, io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted) => {
            (BlindKind::Reset, "the client reset the connection".to_owned())
        }
        (_, io::ErrorKind::UnexpectedEof) if finished => {
            (BlindKind::NoData, "the handshake was finished, then the connection was cut off".to_owned())
        }
        (_, io::ErrorKind::UnexpectedEof) => {
            (BlindKind::HandshakeEnded, "the client ended the connection during the handshake".to_owned())
        }
        _ => (BlindKind::HandshakeEnded, error.to_string()),
    }
}

/// A version in IIPC's words.
pub(crate) fn version(version: ProtocolVersion) -> Option<String> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("tls/1.2".to_owned()),
        ProtocolVersion::TLSv1_3 => Some("tls/1.3".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_say() {
        let alert = |alert| io::Error::other(rustls::Error::AlertReceived(alert));
        let cases = [
            (alert(AlertDescription::UnknownCA), false, BlindKind::TlsRefused),
            (alert(AlertDescription::EncryptedClientHelloRequired), true, BlindKind::Ech),
            (io::ErrorKind::ConnectionReset.into(), true, BlindKind::Reset),
            (io::ErrorKind::UnexpectedEof.into(), true, BlindKind::NoData),
            (io::ErrorKind::UnexpectedEof.into(), false, BlindKind::HandshakeEnded),
        ];
        for (error, finished, wanted) in cases {
            assert_eq!(refusal(&error, finished).0, wanted, "{error}");
        }
    }
}
