//! One client connection: who it is, what it may do, and what is said of it when nothing of it could be seen.

use std::net::SocketAddr;
use std::sync::Arc;

use tattletale_core::model::{Blind, BlindKind, Connection, Timestamp};

use crate::authority::Authority;
use crate::http1::serve::not_reached;
use crate::page::{self, pairing::Pairing};
use crate::passes::Pair;
use crate::proxy::Shared;
use crate::record::Notice;
use crate::record::log::{Entry, Log};
use crate::stream::{BoxStream, Count};

/// One client connection.
pub(crate) struct Visit {
    pub(crate) shared: Arc<Shared>,
    pub(crate) client: SocketAddr,
    /// Names it within the recording.
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) count: Arc<Count>,
}

impl Visit {
    pub(crate) fn log(&self) -> &Log {
        &self.shared.log
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.shared.authority
    }

    /// What stands before a device that is not served.
    pub(crate) fn unpaired(&self) -> Option<&Pairing> {
        self.shared.pairing.as_ref().filter(|pairing| !pairing.serves(self.client.ip()))
    }

    /// What is known of the connection before anything else is.
    pub(crate) fn connection(&self, server: Option<SocketAddr>) -> Arc<Connection> {
        Arc::new(Connection {
            id: Some(self.id.clone()),
            client: Some(self.client),
            server: server.map(|server| server.ip()),
            port: server.map(|server| server.port()),
            ..Connection::default()
        })
    }

    /// Records what could not be seen on this connection, with the bytes that passed so far.
    pub(crate) fn blind(
        &self,
        kind: BlindKind,
        connection: &Arc<Connection>,
        host: Option<&str>,
        detail: Option<String>,
    ) {
        let blind = Blind {
            at: Some(self.at),
            until: Some(self.log().now()),
            connection: Arc::clone(connection),
            host: host.map(str::to_owned).or_else(|| connection.sni.clone()),
            sent: self.count.sent(),
            received: self.count.received(),
            detail,
            ..Blind::new(kind)
        };
        self.log().enter(Entry::Blind(Box::new(blind)));
    }

    /// Whether the client refused so often that it is left alone from now on.
    pub(crate) fn refused(&self, pair: &Pair) {
        if self.shared.passes.refused(pair.clone()) {
            self.log().notice(Notice::PassedFromNowOn(pair.host.clone()));
        }
    }

    /// A connection to a server for requests in the clear; or the page that says why there is none.
    pub(crate) async fn reach(
        &self,
        host: &str,
        port: u16,
        tls: bool,
    ) -> Result<(BoxStream, Arc<Connection>), Vec<u8>> {
        if self.log().failure().is_some() {
            return Err(self.full());
        }
        let dialed = self.shared.dialer.host(host, port).await;
        let dialed = dialed.map_err(|error| {
            let detail = Some(error.to_string());
            self.blind(BlindKind::UpstreamFailed, &self.connection(None), Some(host), detail);
            not_reached(self, host, &error)
        })?;
        let mut connection = Connection::clone(&self.connection(dialed.server));
        connection.port = Some(port);
        connection.http = Some("http/1.1".to_owned());
        if !tls {
            return Ok((Box::new(dialed.stream), Arc::new(connection)));
        }
        match self.shared.outward.connect(host, dialed.stream, &[b"http/1.1".to_vec()]).await {
            Ok(stream) => {
                connection.sni = Some(host.to_owned());
                connection.tls = stream.get_ref().1.protocol_version().and_then(crate::intercept::version);
                Ok((Box::new(stream), Arc::new(connection)))
            }
            Err(error) => {
                let why = crate::tls::about_server(&error);
                self.blind(BlindKind::UpstreamFailed, &Arc::new(connection), Some(host), Some(why.clone()));
                Err(self.untrusted(host, &why))
            }
        }
    }

    /// What a client is told of a server that is not believed.
    pub(crate) fn untrusted(&self, host: &str, why: &str) -> Vec<u8> {
        self.log().notice(Notice::NotReached { host: host.to_owned(), why: why.to_owned() });
        let text = format!(
            "{host}: {why}. Nothing was passed on to it. Whoever records can allow it with --insecure-upstream {host}."
        );
        page::failure("502 Bad Gateway", "The server's TLS failed", &text)
    }

    /// What a client is told when nothing can be recorded.
    pub(crate) fn full(&self) -> Vec<u8> {
        let why = self.log().failure().map(|failed| failed.0).unwrap_or_default();
        let text = format!("The recording cannot be written ({why}), so nothing is passed on.");
        page::failure("503 Service Unavailable", "Recording failed", &text)
    }
}
