//! WebSocket frames as Fiddler keeps them.

use crate::import::Wanted;
use crate::model::Message;

/// Messages of a session: fields with `Request-Length` or `Response-Length`, an empty line, the frame.
pub(super) fn messages(mut bytes: &[u8], wanted: Wanted) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    // Whether the last message of a side goes on, for the client and for the server.
    let mut open = [None::<usize>; 2];
    while let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        bytes = &bytes[end + 4..];
        let field = |name: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(':'));
            fields.find(|(found, _)| found.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let (sent, length) = match (field("Request-Length"), field("Response-Length")) {
            (Some(length), _) => (true, length),
            (None, Some(length)) => (false, length),
            (None, None) => break,
        };
        let Ok(length) = length.parse::<usize>() else { break };
        let whole = &bytes[..length.min(bytes.len())];
        bytes = &bytes[whole.len()..];
        let Some((last, opcode, payload)) = frame(whole) else { continue };
        let at = field("DoneRead").or_else(|| field("DoneSend")).and_then(|time| time.parse().ok());
        let keep = if sent { wanted.request_bodies } else { wanted.response_bodies };
        let payload = if keep { payload } else { Vec::new() };
        let side = usize::from(sent);
        match (opcode, open[side]) {
            (0, Some(known)) => messages[known].bytes.extend_from_slice(&payload),
            (1 | 2, _) => {
                messages.push(Message { sent, at, text: opcode == 1, bytes: payload });
                open[side] = Some(messages.len() - 1);
            }
            // Control frames carry nothing of the application's.
            _ => continue,
        }
        if last {
            open[side] = None;
        }
    }
    messages
}

/// One frame (RFC 6455, 5.2): whether it is the last of its message, opcode, payload without its mask.
fn frame(bytes: &[u8]) -> Option<(bool, u8, Vec<u8>)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (length, mut at) = match second & 127 {
        126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
        short => (u64::from(short), 2),
    };
    let mask: Option<[u8; 4]> = match second & 128 != 0 {
        true => Some(bytes.get(at..at + 4)?.try_into().ok()?),
        false => None,
    };
    at += if mask.is_some() { 4 } else { 0 };
    let rest = bytes.get(at..)?;
    let mut payload = rest[..usize::try_from(length).unwrap_or(usize::MAX).min(rest.len())].to_vec();
    if let Some(mask) = mask {
        payload.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= mask[at % 4]);
    }
    Some((first & 128 != 0, first & 15, payload))
}
