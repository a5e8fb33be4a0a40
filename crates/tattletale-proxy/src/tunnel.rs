//! Connections that are passed on byte by byte: upgraded ones, of which WebSockets are read along, and opaque ones.

use std::sync::Arc;

use tattletale_core::model::{BlindKind, Connection};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::http1::Side;
use crate::idle;
use crate::record::log::{Entry, Log, Said};
use crate::record::open::Upgraded;
use crate::visit::Visit;
use tattletale_core::codec::websocket::{Messages, Whole};

/// A connection that changed its protocol.
pub(crate) struct Upgrade {
    /// The exchange that did it.
    pub(crate) of: Option<Arc<Upgraded>>,
    /// The new protocol, lower case.
    pub(crate) to: String,
    /// Extensions of a WebSocket.
    pub(crate) extensions: Option<String>,
    pub(crate) connection: Arc<Connection>,
}

/// Passes on an upgraded connection to its end.
pub(crate) async fn upgraded(visit: &Visit, client: Side, server: Side, upgrade: Upgrade) {
    let websocket = upgrade.to == "websocket";
    let ear = |sent| {
        let of = upgrade.of.clone().filter(|_| websocket)?;
        let messages = Messages::new(upgrade.extensions.as_deref(), sent);
        Some(Ear { messages, log: visit.log().clone(), of, sent })
    };
    let passing = both(client, server, ear(true), ear(false));
    let silent = until_silent(visit, passing).await;
    if !websocket {
        let detail = Some(format!("upgraded to {}{}", upgrade.to, if silent { SILENT } else { "" }));
        visit.blind(BlindKind::OpaqueTcp, &upgrade.connection, None, detail);
    }
}

/// Hears the messages of one direction.
struct Ear {
    messages: Messages,
    log: Log,
    of: Arc<Upgraded>,
    sent: bool,
}

impl Ear {
    async fn hear(&mut self, bytes: &[u8]) {
        let mut whole = Vec::new();
        self.messages.follow(bytes, &mut |message| whole.push(message));
        for Whole { text, bytes, cut } in whole {
            let message = Said { at: self.log.now(), sent: self.sent, text, bytes, cut };
            let room = self.log.room(message.bytes.len()).await;
            self.log.enter(Entry::Message { of: Arc::clone(&self.of), message, room });
        }
    }
}

/// Passes on both directions until both are over, or one is broken.
async fn both(client: Side, server: Side, out: Option<Ear>, back: Option<Ear>) {
    let out = one(client.reader, server.writer, out);
    let back = one(server.reader, client.writer, back);
    // An error on one side leaves nothing to wait for on the other.
    let _ = tokio::try_join!(out, back);
}

async fn one(
    mut from: crate::http1::Reader,
    mut to: impl AsyncWrite + Unpin,
    mut ear: Option<Ear>,
) -> std::io::Result<()> {
    loop {
        if !from.buffer.is_empty() {
            if let Some(ear) = &mut ear {
                ear.hear(&from.buffer).await;
            }
            to.write_all(&from.buffer).await?;
            to.flush().await?;
            from.buffer.clear();
        }
        if from.fill().await? == 0 {
            return to.shutdown().await;
        }
    }
}

/// What is said of a tunnel that was closed because nothing passed.
const SILENT: &str = "; closed after a long silence";

/// Runs to its end, or until nothing has passed for long; whether it was that.
async fn until_silent(visit: &Visit, passing: impl Future<Output = ()>) -> bool {
    tokio::select! {
        () = passing => false,
        () = idle::silence(&visit.count, visit.shared.silence) => true,
    }
}

/// Passes on what is not read along, and records that it could not be seen.
pub(crate) async fn unseen<C, S>(
    visit: &Visit,
    (client, server): (C, S),
    kind: BlindKind,
    connection: Connection,
    host: &str,
    detail: Option<String>,
) where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let silent = until_silent(visit, opaque(client, server)).await;
    let detail = match (detail, silent) {
        (Some(detail), true) => Some(format!("{detail}{SILENT}")),
        (None, true) => Some(SILENT.trim_start_matches("; ").to_owned()),
        (detail, false) => detail,
    };
    visit.blind(kind, &Arc::new(connection), Some(host), detail);
}

async fn opaque<C, S>(client: C, server: S)
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let out = bytes(&mut from_client, &mut to_server);
    let back = bytes(&mut from_server, &mut to_client);
    let _ = tokio::try_join!(out, back);
}

async fn bytes(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
    let mut piece = vec![0; 16 << 10];
    loop {
        match from.read(&mut piece).await? {
            0 => return to.shutdown().await,
            count => {
                to.write_all(&piece[..count]).await?;
                to.flush().await?;
            }
        }
    }
}
