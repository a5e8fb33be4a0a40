//! What recordings of ours say beyond the standard: the connection, WebSocket messages, what could not be seen.
//!
//! Other tools' `WARC-IP-Address` and `WARC-Protocol` (IIPC's proposal) are read as well.

use std::net::SocketAddr;
use std::sync::Arc;

use super::exchange::time;
use super::records::Record;
use crate::export::warc::names;
use crate::import::address;
use crate::model::{Blind, BlindKind, Connection, Fidelity, Message};

/// A field of ours: names were put into lower case when the record was read.
fn field<'r>(record: &'r Record, name: &str) -> Option<&'r str> {
    let value = record.fields.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
    value.map(|(_, value)| &value[..]).filter(|value| !value.is_empty())
}

/// Whether the record's block is needed though it is no HTTP message.
pub(super) fn is_own(record: &Record) -> bool {
    is_message(record) || is_blind(record)
}

/// Whether it is a WebSocket message.
pub(super) fn is_message(record: &Record) -> bool {
    field(record, names::MESSAGE).is_some() && record.kind() == "resource"
}

/// Whether it tells of something that could not be seen.
pub(super) fn is_blind(record: &Record) -> bool {
    field(record, names::BLIND).is_some() && record.kind() == "metadata"
}

/// Whether the head of the message was put together anew.
pub(super) fn is_reserialised(record: &Record) -> bool {
    field(record, names::FIDELITY).is_some_and(|value| value.eq_ignore_ascii_case(names::RESERIALISED))
}

/// Whether the record's date stands for a time that nobody knows.
pub(super) fn is_timeless(record: &Record) -> bool {
    field(record, names::TIME).is_some()
}

/// What the body is worth, and what it is, where whoever put the message together knew better than its headers.
pub(super) fn body(record: &Record) -> (Option<Fidelity>, Option<String>) {
    let fidelity =
        field(record, names::BODY).and_then(|name| Fidelity::ALL.into_iter().find(|known| known.name() == name));
    (fidelity, field(record, names::MEDIA_TYPE).map(str::to_owned))
}

/// What the recorder took the request for.
pub(super) fn resource(record: &Record) -> Option<String> {
    field(record, names::RESOURCE).map(str::to_lowercase)
}

/// What the record says of its connection, if anything.
pub(super) fn connection(record: &Record) -> Option<Arc<Connection>> {
    let text = |name| field(record, name).map(str::to_owned);
    let server = field(record, names::SERVER);
    let whole: Option<SocketAddr> = server.and_then(|server| server.parse().ok());
    let port = || server?.strip_prefix(':')?.parse().ok();
    let protocols = || record.every("warc-protocol");
    let connection = Connection {
        id: text(names::CONNECTION),
        client: field(record, names::CLIENT).and_then(|client| client.parse().ok()),
        server: record.field("warc-ip-address").and_then(address).or(whole.map(|server| server.ip())),
        port: whole.map(|server| server.port()).or_else(port),
        sni: text(names::SNI),
        alpn: text(names::ALPN),
        tls: protocols().find_map(Connection::tls_version).map(str::to_owned),
        http: protocols().find_map(Connection::http_version).map(str::to_owned),
        ja4: text(names::JA4),
        ech: field(record, names::ECH).is_some(),
        app: text(names::APP),
    };
    (!connection.is_empty()).then(|| Arc::new(connection))
}

/// The WebSocket message; without its bytes where they are not wanted.
pub(super) fn message(record: Record, wanted: super::Wanted) -> Message {
    let sent = field(&record, names::MESSAGE) == Some("sent");
    let text = record.field("content-type").is_some_and(|kind| kind.trim().starts_with("text/"));
    let at = record.field("warc-date").and_then(time);
    let wanted = if sent { wanted.request_bodies } else { wanted.response_bodies };
    Message { sent, at, text, bytes: if wanted { record.block } else { Vec::new() } }
}

/// What could not be seen; none for a kind that this version does not know.
pub(super) fn blind(record: &Record) -> Option<Blind> {
    let block = String::from_utf8_lossy(&record.block);
    let value = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(found, _)| *found == name).map(|(_, value)| value.trim())
    };
    let count = |name| value(name).and_then(|count| count.parse().ok()).unwrap_or(0);
    Some(Blind {
        at: value("at").and_then(time),
        until: value("until").and_then(time),
        connection: connection(record).unwrap_or_default(),
        host: value("host").map(str::to_owned),
        kind: BlindKind::of_name(field(record, names::BLIND)?)?,
        sent: count("sent"),
        received: count("received"),
        detail: value("detail").map(str::to_owned),
    })
}
