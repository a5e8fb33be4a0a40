//! Where the messages of HTTP/1 end (RFC 9112, section 6) in a stream of plaintext, bytes as they passed.
//!
//! This reads what two others agreed on, so it follows the framing that decides between them; where it cannot be
//! followed, the rest of the stream is one message that is marked as cut off.

use tattletale_core::model::Timestamp;

/// Bytes of one message; of a longer one the start is kept.
const MOST_MESSAGE: usize = 64 << 20;
/// Bytes of a head.
const MOST_HEAD: usize = 1 << 20;

/// How long the body is.
pub(super) enum Body {
    /// There is none.
    None,
    /// As stated, else none.
    OfRequest,
    /// As stated, else until the connection ends.
    OfResponse,
}

/// One whole message.
pub(super) struct Message {
    pub(super) at: Option<Timestamp>,
    pub(super) bytes: Vec<u8>,
    pub(super) status: u16,
    pub(super) host: Option<String>,
    /// Of a message that is too long only the start is here.
    pub(super) cut: bool,
}

/// One direction of a stream.
#[derive(Default)]
pub(super) struct Splitter {
    pub(super) buffer: Vec<u8>,
    at: Option<Timestamp>,
    state: Option<State>,
}

struct State {
    head: usize,
    left: Left,
    status: u16,
    host: Option<String>,
    /// How far the body was followed.
    followed: usize,
    cut: bool,
}

enum Left {
    Bytes(u64),
    Chunk,
    ChunkData(u64),
    Trailer,
    UntilClose,
}

impl Splitter {
    pub(super) fn push(&mut self, bytes: &[u8], at: Option<Timestamp>) {
        if self.buffer.is_empty() {
            self.at = at;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message.
    pub(super) fn next(&mut self, body: impl Fn(u16) -> Body) -> Option<Message> {
        if self.state.is_none() {
            let blank = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.buffer.drain(..blank);
            let Some(head) = head_end(&self.buffer) else {
                if self.buffer.len() > MOST_HEAD {
                    self.state =
                        Some(State { head: 0, left: Left::UntilClose, status: 0, host: None, followed: 0, cut: true });
                }
                return None;
            };
            self.state = Some(state(&self.buffer[..head], &body));
        }
        let state = self.state.as_mut()?;
        if !follow(&self.buffer, state) {
            if self.buffer.len() > MOST_MESSAGE && !matches!(state.left, Left::Trailer) {
                // The start stays, the rest passes.
                let kept = MOST_MESSAGE / 2;
                let dropped = state.followed.saturating_sub(kept.max(state.head));
                let from = state.followed - dropped;
                self.buffer.drain(from..from + dropped);
                state.followed = from;
                state.cut = true;
            }
            return None;
        }
        let end = state.followed;
        let state = self.state.take()?;
        let rest = self.buffer.split_off(end);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        Some(Message { at: self.at, bytes, status: state.status, host: state.host, cut: state.cut })
    }

    /// What has begun and not ended, and whether it ends with the connection.
    pub(super) fn rest(&mut self) -> Option<(Message, bool)> {
        let bytes = std::mem::take(&mut self.buffer);
        if bytes.is_empty() {
            return None;
        }
        let state = self.state.take();
        let until_close = state.as_ref().is_some_and(|state| matches!(state.left, Left::UntilClose) && !state.cut);
        let (status, host, cut) = state.map_or((0, None, false), |state| (state.status, state.host, state.cut));
        Some((Message { at: self.at, bytes, status, host, cut }, until_close))
    }
}

/// Follows the body as far as it goes; true at its end, where `followed` then stands.
fn follow(buffer: &[u8], state: &mut State) -> bool {
    loop {
        let ahead = &buffer[state.followed..];
        match state.left {
            Left::Bytes(0) => return true,
            Left::Bytes(left) | Left::ChunkData(left) => {
                let passed = usize::try_from(left).unwrap_or(usize::MAX).min(ahead.len());
                if passed == 0 && left > 0 {
                    return false;
                }
                state.followed += passed;
                let left = left - passed as u64;
                let chunked = matches!(state.left, Left::ChunkData(_));
                state.left = match chunked {
                    true if left == 0 => Left::Chunk,
                    true => Left::ChunkData(left),
                    false => Left::Bytes(left),
                };
            }
            Left::Chunk => {
                let Some(end) = ahead.iter().position(|&byte| byte == b'\n') else { return false };
                let line = ahead[..end].trim_ascii();
                state.followed += end + 1;
                if line.is_empty() {
                    continue;
                }
                let digits = line.split(|&byte| byte == b';').next().unwrap_or_default();
                let size =
                    std::str::from_utf8(digits.trim_ascii()).ok().and_then(|text| u64::from_str_radix(text, 16).ok());
                state.left = match size {
                    Some(0) => Left::Trailer,
                    Some(size) => Left::ChunkData(size),
                    None => Left::UntilClose,
                };
                state.cut |= size.is_none();
            }
            Left::Trailer => {
                let Some(end) = ahead.iter().position(|&byte| byte == b'\n') else { return false };
                state.followed += end + 1;
                if ahead[..end].trim_ascii().is_empty() {
                    return true;
                }
            }
            Left::UntilClose => {
                state.followed = buffer.len();
                return false;
            }
        }
    }
}

/// Length of a head with the empty line behind it.
pub(super) fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.find_map(|end| match &bytes[end..] {
        [b'\n', ..] => Some(end + 1),
        [b'\r', b'\n', ..] => Some(end + 2),
        _ => None,
    })
}

fn state(head: &[u8], body: &impl Fn(u16) -> Body) -> State {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let status = first.starts_with("HTTP/").then(|| first.split(' ').nth(1)?.parse().ok()).flatten().unwrap_or(0);
    let (mut length, mut chunked, mut host) = (None, false, None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match &*name.trim().to_ascii_lowercase() {
            "content-length" => length = value.trim().parse::<u64>().ok(),
            "transfer-encoding" => chunked = value.trim().to_ascii_lowercase().ends_with("chunked"),
            "host" => host = Some(value.trim().to_owned()).filter(|host| !host.is_empty()),
            _ => {}
        }
    }
    let left = match (body(status), chunked, length) {
        (Body::None, ..) => Left::Bytes(0),
        (_, true, _) => Left::Chunk,
        (_, _, Some(length)) => Left::Bytes(length),
        (Body::OfRequest, ..) => Left::Bytes(0),
        (Body::OfResponse, ..) => Left::UntilClose,
    };
    State { head: head.len(), left, status, host, followed: head.len(), cut: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &[u8], piece: usize) -> (Vec<String>, Option<String>) {
        let mut splitter = Splitter::default();
        let mut all = Vec::new();
        for piece in bytes.chunks(piece) {
            splitter.push(piece, None);
            while let Some(message) = splitter.next(|status| match status {
                0 => Body::OfRequest,
                204 => Body::None,
                _ => Body::OfResponse,
            }) {
                all.push(String::from_utf8(message.bytes).unwrap());
            }
        }
        (all, splitter.rest().map(|(message, _)| String::from_utf8(message.bytes).unwrap()))
    }

    #[test]
    fn messages_end_where_they_say() {
        let messages = [
            "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
            "POST /b HTTP/1.1\nContent-Length: 3\n\nabc",
            "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nSum: 1\r\n\r\n",
            "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ];
        let last = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
        let stream = [&messages.concat(), last].concat();
        for piece in [1, 2, 7, 10_000] {
            let (all, rest) = split(stream.as_bytes(), piece);
            assert_eq!(all, messages, "{piece}");
            assert_eq!(rest.as_deref(), Some(last));
        }
    }

    #[test]
    fn long_bodies_keep_their_start() {
        let mut splitter = Splitter::default();
        splitter.push(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n", None);
        for _ in 0..200 {
            splitter.push(&[b'x'; 1_000_000], None);
            if let Some(message) = splitter.next(|_| Body::OfResponse) {
                assert!(message.cut && message.bytes.len() <= MOST_MESSAGE);
                return;
            }
            assert!(splitter.buffer.len() <= MOST_MESSAGE + 1_000_000);
        }
        panic!("it never ended");
    }
}
