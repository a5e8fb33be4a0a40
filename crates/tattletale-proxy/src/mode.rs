//! How clients come: through a proxy that they know of, to a server that stands behind this one, or redirected.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::SockRef;
use tattletale_core::model::BlindKind;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::dial::{DialError, Dialed};
use crate::first::{self, First};
use crate::http1::serve::{self, Asked, Route, not_reached};
use crate::http1::target::Origin;
use crate::intercept::{self, Aim};
use crate::page;
use crate::record::Notice;
use crate::socks::{self, Reply};
use crate::stream::{BoxStream, Counted};
use crate::visit::Visit;

/// How clients come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    /// As to a proxy: HTTP with CONNECT, or SOCKS5; each connection says which.
    #[default]
    Proxy,
    /// As to a server, which this proxy stands before.
    Reverse(Arc<Origin>),
    /// Redirected by the firewall of this machine (Linux), which knows where they wanted to go.
    Transparent,
}

/// Serves one client connection to its end.
pub(crate) async fn serve(visit: &Visit, client: Counted<TcpStream>, meant: Option<SocketAddr>) {
    match (&visit.shared.mode, meant) {
        (Mode::Reverse(origin), _) => reverse(visit, client, origin).await,
        (Mode::Transparent, Some(meant)) => redirected(visit, client, meant).await,
        // Who comes to the port itself may use it as a proxy, or see the page.
        (Mode::Proxy, _) | (Mode::Transparent, None) => proxy(visit, client).await,
    }
}

/// Where the firewall took a connection from; nothing when the client came to our own port.
pub(crate) fn meant(stream: &TcpStream) -> io::Result<Option<SocketAddr>> {
    let own = stream.local_addr()?;
    let socket = SockRef::from(stream);
    #[cfg(target_os = "linux")]
    {
        let meant = match own.ip().to_canonical() {
            std::net::IpAddr::V4(_) => socket.original_dst_v4(),
            std::net::IpAddr::V6(_) => socket.original_dst_v6(),
        };
        match meant {
            Ok(meant) => {
                let meant = meant.as_socket().map(|meant| SocketAddr::new(meant.ip().to_canonical(), meant.port()));
                Ok(meant.filter(|meant| (meant.ip(), meant.port()) != (own.ip().to_canonical(), own.port())))
            }
            // Nothing was redirected.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (socket, own);
        Err(io::Error::new(io::ErrorKind::Unsupported, "transparent mode needs Linux"))
    }
}

async fn proxy(visit: &Visit, mut client: Counted<TcpStream>) {
    match first::look(&mut client, None::<&mut Counted<TcpStream>>).await {
        First::Socks => by_socks(visit, Box::new(client)).await,
        First::Http1 => {
            let asked = serve::serve(visit, Box::new(client), Route::Forward).await;
            if let Asked::Tunnel { host, port, client } = asked {
                by_connect(visit, client, host, port).await;
            }
        }
        First::Ended | First::Broken(_) => {}
        First::Tls(_) | First::Http2 | First::Opaque => {
            let detail = "came to the proxy's port and speaks neither HTTP/1 nor SOCKS5".to_owned();
            visit.blind(BlindKind::OpaqueTcp, &visit.connection(None), None, Some(detail));
        }
    }
}

async fn by_connect(visit: &Visit, mut client: crate::http1::Side, host: String, port: u16) {
    let dialed = match dial(visit, &host, port).await {
        Ok(dialed) => dialed,
        Err(error) => {
            let page = error.map_or_else(|| visit.full(), |error| not_reached(visit, &host, &error));
            let _ = client.writer.write_all(&page).await;
            let _ = client.writer.shutdown().await;
            return;
        }
    };
    if client.writer.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_err() {
        return;
    }
    let _ = client.writer.flush().await;
    let (stream, ahead) = client.into_stream();
    let mut stream = Counted::new(stream);
    stream.put_back(ahead);
    intercept::tunnel(visit, Box::new(stream), Aim { host, port, dialed }).await;
}

async fn by_socks(visit: &Visit, mut client: BoxStream) {
    let Ok((host, port)) = socks::asked(&mut client).await else { return };
    if let Some(pairing) = visit.unpaired() {
        if pairing.asked(visit.client.ip()) {
            visit.log().notice(Notice::WaitsForPairing(visit.client.ip()));
        }
        let _ = socks::reply(&mut client, Reply::NotAllowed).await;
        return;
    }
    let dialed = match dial(visit, &host, port).await {
        Ok(dialed) => dialed,
        Err(error) => {
            let reply = error.as_ref().map_or(Reply::NotAllowed, Reply::from);
            if let Some(error) = error {
                not_reached(visit, &host, &error);
            }
            let _ = socks::reply(&mut client, reply).await;
            return;
        }
    };
    if socks::reply(&mut client, Reply::Succeeded).await.is_ok() {
        intercept::tunnel(visit, client, Aim { host, port, dialed }).await;
    }
}

/// Connects to what a client named; nothing for our own pages. No error of dialling means that nothing can be recorded.
async fn dial(visit: &Visit, host: &str, port: u16) -> Result<Option<Dialed>, Option<DialError>> {
    if visit.log().failure().is_some() {
        return Err(None);
    }
    if matches!(host, page::HOST | page::CHECK) {
        return Ok(None);
    }
    visit.shared.dialer.host(host, port).await.map(Some).map_err(|error| {
        let mut connection = tattletale_core::model::Connection::clone(&visit.connection(None));
        connection.port = Some(port);
        visit.blind(BlindKind::UpstreamFailed, &Arc::new(connection), Some(host), Some(error.to_string()));
        Some(error)
    })
}

async fn reverse(visit: &Visit, mut client: Counted<TcpStream>, origin: &Arc<Origin>) {
    match first::look(&mut client, None::<&mut Counted<TcpStream>>).await {
        First::Http1 => {
            serve::serve(visit, Box::new(client), Route::Reverse(Arc::clone(origin))).await;
        }
        First::Ended | First::Broken(_) => {}
        First::Tls(_) | First::Http2 | First::Opaque | First::Socks => {
            if visit.unpaired().is_some() {
                return;
            }
            if let Ok(dialed) = dial(visit, &origin.host, origin.port).await {
                let aim = Aim { host: origin.host.clone(), port: origin.port, dialed };
                intercept::tunnel(visit, Box::new(client), aim).await;
            }
        }
    }
}

async fn redirected(visit: &Visit, mut client: Counted<TcpStream>, meant: SocketAddr) {
    // A page can only be shown where HTTP is spoken; nothing else passes for a device that is not known.
    if visit.unpaired().is_some() || meant.port() == 80 {
        let looked = first::look(&mut client, None::<&mut Counted<TcpStream>>).await;
        if matches!(looked, First::Ended | First::Broken(_)) {
            return;
        }
        if let Some(pairing) = visit.unpaired() {
            if !matches!(looked, First::Http1) {
                if pairing.asked(visit.client.ip()) {
                    visit.log().notice(Notice::WaitsForPairing(visit.client.ip()));
                }
                return;
            }
            serve::serve(visit, Box::new(client), Route::Nobody(Vec::new())).await;
            return;
        }
    }
    let host = meant.ip().to_string();
    let own = visit.shared.page.is_some_and(|page| page == meant.ip());
    let dialed = match own {
        true => Ok(None),
        false if visit.log().failure().is_some() => return,
        false => visit.shared.dialer.address(&host, meant).await.map(Some),
    };
    match dialed {
        Ok(dialed) => {
            let aim = Aim { host, port: meant.port(), dialed };
            intercept::tunnel(visit, Box::new(client), aim).await;
        }
        Err(error) => {
            let connection = visit.connection(Some(meant));
            visit.blind(BlindKind::UpstreamFailed, &connection, None, Some(error.to_string()));
            not_reached(visit, &host, &error);
        }
    }
}
