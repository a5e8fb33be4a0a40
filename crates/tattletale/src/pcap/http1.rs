//! A stream of plaintext cut into the messages of HTTP/1 (RFC 9112, section 6), bytes as they passed.
//!
//! This reads what two others agreed on, so it follows the framing that decides between them; where it cannot be
//! followed, the rest of the stream is one message that is marked as cut off.

use std::collections::VecDeque;
use std::io;
use tattletale_core::codec::websocket::{Messages, Whole};
use tattletale_core::export::warc::RecordId;
use tattletale_core::model::{self, Connection, Timestamp};

use super::recording::{Recording, Written};

/// Bytes of one message; of a longer one the start is kept.
const MOST_MESSAGE: usize = 64 << 20;
/// Bytes of a head.
const MOST_HEAD: usize = 1 << 20;

/// Both directions of one connection.
pub(super) struct Http1 {
    scheme: &'static str,
    /// Name or address that stands in for a missing `Host`.
    server: String,
    up: Splitter,
    down: Splitter,
    /// Requests without an answer yet: record, method, URL.
    open: VecDeque<(RecordId, String, String)>,
    /// Another protocol has begun.
    pub(super) upgraded: bool,
    /// It is this one.
    pub(super) socket: Option<Socket>,
    pub(super) seen: bool,
}

/// A WebSocket that a request opened.
pub(super) struct Socket {
    request: RecordId,
    url: String,
    up: Messages,
    down: Messages,
}

impl Socket {
    /// If the answer says that it is one.
    fn opened(answer: &[u8], request: RecordId, url: &str) -> Option<Self> {
        let head = String::from_utf8_lossy(&answer[..head_end(answer)?]).to_lowercase();
        let field = |name: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(':'));
            fields.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim())
        };
        let extensions = field("sec-websocket-extensions");
        (field("upgrade")? == "websocket").then(|| Self {
            request,
            url: url.to_owned(),
            up: Messages::new(extensions, true),
            down: Messages::new(extensions, false),
        })
    }

    fn follow(
        &mut self,
        bytes: &[u8],
        sent: bool,
        at: Option<Timestamp>,
        connection: &Connection,
        to: &mut Recording,
    ) -> io::Result<()> {
        let mut whole: Vec<Whole> = Vec::new();
        (if sent { &mut self.up } else { &mut self.down }).follow(bytes, &mut |message| whole.push(message));
        for Whole { text, bytes, cut } in whole {
            if cut > 0 {
                to.trouble("a WebSocket message is longer than what is kept of one");
            }
            to.message(connection, self.request, &self.url, &model::Message { sent, at, text, bytes })?;
        }
        Ok(())
    }
}

/// Whether a client that begins so speaks HTTP/1; none where more has to come.
pub(super) fn starts(bytes: &[u8]) -> Option<bool> {
    let method = bytes.iter().take(20).position(|byte| !byte.is_ascii_uppercase() && *byte != b'-');
    match method {
        Some(end) => Some(end >= 3 && bytes[end] == b' ' && !bytes.starts_with(b"PRI ")),
        None => (bytes.len() >= 20).then_some(false),
    }
}

impl Http1 {
    pub(super) fn new(secure: bool, server: String) -> Self {
        let scheme = if secure { "https" } else { "http" };
        let (up, down) = (Splitter::default(), Splitter::default());
        Self { scheme, server, up, down, open: VecDeque::new(), upgraded: false, socket: None, seen: false }
    }

    /// More bytes of the client.
    pub(super) fn sent(
        &mut self,
        bytes: &[u8],
        at: Option<Timestamp>,
        connection: &Connection,
        to: &mut Recording,
    ) -> io::Result<()> {
        if self.upgraded {
            let socket = self.socket.as_mut();
            return socket.map_or(Ok(()), |socket| socket.follow(bytes, true, at, connection, to));
        }
        self.up.push(bytes, at);
        while let Some(message) = self.up.next(|_| Body::OfRequest) {
            self.request(&message, false, connection, to)?;
        }
        Ok(())
    }

    /// More bytes of the server.
    pub(super) fn received(
        &mut self,
        bytes: &[u8],
        at: Option<Timestamp>,
        connection: &Connection,
        to: &mut Recording,
    ) -> io::Result<()> {
        if self.upgraded {
            let socket = self.socket.as_mut();
            return socket.map_or(Ok(()), |socket| socket.follow(bytes, false, at, connection, to));
        }
        self.down.push(bytes, at);
        loop {
            let head = self.open.front().is_some_and(|(_, method, _)| method == "HEAD");
            let connect = self.open.front().is_some_and(|(_, method, _)| method == "CONNECT");
            let Some(message) = self.down.next(|status| match status {
                101 => Body::None,
                100..=199 => Body::None,
                204 | 304 => Body::None,
                200..=299 if connect => Body::None,
                _ if head => Body::None,
                _ => Body::OfResponse,
            }) else {
                return Ok(());
            };
            if message.status == 101 || (connect && (200..300).contains(&message.status)) {
                self.upgraded = true;
                let asked = self.open.front();
                self.socket = asked.and_then(|(request, _, url)| Socket::opened(&message.bytes, *request, url));
            }
            self.response(&message, false, connection, to)?;
            if self.upgraded {
                // What followed the heads already belongs to the other protocol.
                let (up, down) = (std::mem::take(&mut self.up.buffer), std::mem::take(&mut self.down.buffer));
                let Some(socket) = &mut self.socket else { return Ok(()) };
                socket.follow(&up, true, at, connection, to)?;
                return socket.follow(&down, false, at, connection, to);
            }
        }
    }

    /// Nothing more comes: what is left ends here.
    pub(super) fn finish(&mut self, connection: &Connection, to: &mut Recording) -> io::Result<()> {
        if let Some((message, _)) = self.up.rest() {
            self.request(&message, true, connection, to)?;
        }
        if let Some((message, until_close)) = self.down.rest() {
            self.response(&message, !until_close, connection, to)?;
        }
        Ok(())
    }

    fn request(
        &mut self,
        message: &Message,
        cut_off: bool,
        connection: &Connection,
        to: &mut Recording,
    ) -> io::Result<()> {
        self.seen = true;
        let first = message.bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        let mut words = first.split_ascii_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let host = message.host.as_deref().unwrap_or(&self.server);
        let url = match () {
            () if method == "CONNECT" || target.contains("://") => target.to_owned(),
            () if target.starts_with('/') => format!("{}://{host}{target}", self.scheme),
            () => format!("{}://{host}/", self.scheme),
        };
        let written = Written {
            at: message.at,
            target: &url,
            bytes: &message.bytes,
            cut_off: cut_off || message.cut,
            reserialised: false,
        };
        let id = to.request(connection, &written)?;
        self.open.push_back((id, method.to_owned(), url));
        Ok(())
    }

    fn response(
        &mut self,
        message: &Message,
        cut_off: bool,
        connection: &Connection,
        to: &mut Recording,
    ) -> io::Result<()> {
        let interim = matches!(message.status, 100 | 102..=199);
        let answered = if interim { self.open.front().cloned() } else { self.open.pop_front() };
        // A capture that began in the middle has answers to what it does not have.
        let Some((request, _, url)) = answered else {
            to.trouble("a response without its request was left out");
            return Ok(());
        };
        if interim {
            return Ok(());
        }
        let written = Written {
            at: message.at,
            target: &url,
            bytes: &message.bytes,
            cut_off: cut_off || message.cut,
            reserialised: false,
        };
        to.response(connection, request, &written)
    }
}

/// How long the body is.
enum Body {
    /// There is none.
    None,
    /// As stated, else none.
    OfRequest,
    /// As stated, else until the connection ends.
    OfResponse,
}

/// One whole message.
struct Message {
    at: Option<Timestamp>,
    bytes: Vec<u8>,
    status: u16,
    host: Option<String>,
    /// Of a message that is too long only the start is here.
    cut: bool,
}

#[derive(Default)]
struct Splitter {
    buffer: Vec<u8>,
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
    fn push(&mut self, bytes: &[u8], at: Option<Timestamp>) {
        if self.buffer.is_empty() {
            self.at = at;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message.
    fn next(&mut self, body: impl Fn(u16) -> Body) -> Option<Message> {
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
    fn rest(&mut self) -> Option<(Message, bool)> {
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
fn head_end(bytes: &[u8]) -> Option<usize> {
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
    fn what_begins_like_http() {
        assert_eq!(starts(b"GET / HTTP/1.1"), Some(true));
        assert_eq!(starts(b"M-SEARCH * HTTP/1.1"), Some(true));
        assert_eq!(starts(b"GE"), None);
        for other in [&b"PRI * HTTP/2.0"[..], b"SSH-2.0-x", b"\x16\x03\x01", b"EHLO there friend", b"hello there"] {
            assert_ne!(starts(other), Some(true).filter(|_| !other.starts_with(b"EHLO")), "{other:?}");
        }
    }

    #[test]
    fn sockets_that_an_answer_opens() {
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n";
        let id = RecordId::from_random([1; 16]);
        let mut socket = Socket::opened(answer, id, "https://a.example/chat").unwrap();
        assert!(Socket::opened(b"HTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n", id, "").is_none());
        let file = tempfile::tempfile().unwrap();
        let mut recording = Recording::new(file.try_clone().unwrap()).unwrap();
        let connection = Connection::default();
        socket.follow(b"\x81\x02h", true, None, &connection, &mut recording).unwrap();
        socket.follow(b"i\x82\x01\xff", true, None, &connection, &mut recording).unwrap();
        assert_eq!(recording.finish().unwrap(), []);
        let mut all = Vec::new();
        let mut file = file;
        std::io::Seek::rewind(&mut file).unwrap();
        let imported = tattletale_core::import::read(file, tattletale_core::import::Wanted::ALL, |captured| {
            all.extend(captured.exchange());
            std::ops::ControlFlow::Continue(())
        });
        assert_eq!(imported.unwrap().exchanges, 1);
        let said: Vec<_> = all[0].messages.iter().map(|m| (m.sent, m.text, &m.bytes[..])).collect();
        assert_eq!(said, [(true, true, &b"hi"[..]), (true, false, b"\xff")]);
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
