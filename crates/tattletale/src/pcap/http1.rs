//! HTTP/1 on one connection of a capture: which answer belongs to which request, and what another protocol took over.

use std::collections::VecDeque;
use std::io;
use tattletale_core::codec::websocket::{Messages, Whole};
use tattletale_core::export::warc::RecordId;
use tattletale_core::model::{self, Connection, Timestamp};

use super::messages::{Body, Message, Splitter, head_end};
use super::recording::{Recording, Written};

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

    /// More bytes of the client, or of the server.
    pub(super) fn bytes(
        &mut self,
        bytes: &[u8],
        from_client: bool,
        at: Option<Timestamp>,
        connection: &Connection,
        to: &mut Recording,
    ) -> io::Result<()> {
        match (self.upgraded, &mut self.socket, from_client) {
            (true, Some(socket), _) => socket.follow(bytes, from_client, at, connection, to),
            (true, None, _) => Ok(()),
            (false, _, true) => {
                self.up.push(bytes, at);
                while let Some(message) = self.up.next(|_| Body::OfRequest) {
                    self.request(&message, false, connection, to)?;
                }
                Ok(())
            }
            (false, _, false) => {
                self.down.push(bytes, at);
                while let Some(message) = self.answer() {
                    let upgrades = message.status == 101 || self.tunnels(message.status);
                    let asked = self.open.front().filter(|_| upgrades);
                    let socket = asked.and_then(|(request, _, url)| Socket::opened(&message.bytes, *request, url));
                    self.response(&message, false, connection, to)?;
                    if upgrades {
                        (self.upgraded, self.socket) = (true, socket);
                        return self.take_over(at, connection, to);
                    }
                }
                Ok(())
            }
        }
    }

    /// The next whole answer: whether it has a body is for its request to say as well.
    fn answer(&mut self) -> Option<Message> {
        let method = self.open.front().map_or("", |(_, method, _)| method);
        let (head, connect) = (method == "HEAD", method == "CONNECT");
        self.down.next(|status| match status {
            100..=199 | 204 | 304 => Body::None,
            200..=299 if connect => Body::None,
            _ if head => Body::None,
            _ => Body::OfResponse,
        })
    }

    /// Whether an answer opens what a CONNECT asked for.
    fn tunnels(&self, status: u16) -> bool {
        (200..300).contains(&status) && self.open.front().is_some_and(|(_, method, _)| method == "CONNECT")
    }

    /// What followed the heads already belongs to the other protocol.
    fn take_over(&mut self, at: Option<Timestamp>, connection: &Connection, to: &mut Recording) -> io::Result<()> {
        let (up, down) = (std::mem::take(&mut self.up.buffer), std::mem::take(&mut self.down.buffer));
        let Some(socket) = &mut self.socket else { return Ok(()) };
        socket.follow(&up, true, at, connection, to)?;
        socket.follow(&down, false, at, connection, to)
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
