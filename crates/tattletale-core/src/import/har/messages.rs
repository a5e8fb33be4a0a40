//! WebSocket messages: Chrome's `_webSocketMessages` and what others made of it.
//!
//! Chrome writes `{type: "send" | "receive", time: seconds, opcode, data}` with base64 in `data` when the opcode is 2;
//! HTTP Toolkit, Playwright and Proxyman follow it with other words and times.

use super::object::Json;
use super::time;
use crate::codec::base64;
use crate::import::Wanted;
use crate::model::Message;

/// Where tools put the list, all in the entry.
pub(super) const NAMES: [&str; 3] = ["_webSocketMessages", "_websocketMessages", "webSocketMessages"];
/// Words for "from the client".
const SENT: [&str; 6] = ["send", "sent", "request", "outgoing", "client", "out"];

/// The messages of an entry in the capture's order; bytes only where they are wanted.
pub(super) fn of_entry(entry: Json<'_>, wanted: Wanted) -> Vec<Message> {
    entry.first(&NAMES).children().filter(|item| item.is_object()).map(|item| message(item, wanted)).collect()
}

fn message(item: Json<'_>, wanted: Wanted) -> Message {
    let direction = item.first(&["type", "direction"]).string().unwrap_or_default().to_ascii_lowercase();
    let sent = SENT.contains(&direction.as_str());
    let bytes = match if sent { wanted.request_bodies } else { wanted.response_bodies } {
        true => payload(item),
        false => Vec::new(),
    };
    let text = !is_binary(item);
    Message { sent, at: time::read(item.first(&["time", "timestamp"])), text, bytes }
}

fn is_binary(item: Json<'_>) -> bool {
    let marked = item.get("encoding").string().is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
    marked || item.get("opcode").count() == Some(2)
}

fn payload(item: Json<'_>) -> Vec<u8> {
    let text = item.first(&["data", "payload", "text"]).text().unwrap_or_default();
    match if is_binary(item) { base64::decode(&text) } else { None } {
        Some(bytes) => bytes,
        None => text.into_owned(),
    }
}
