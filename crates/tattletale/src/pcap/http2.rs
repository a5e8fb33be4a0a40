//! Messages of HTTP/2 put together from its frames, in the form of HTTP/1 (RFC 9113, 8.3), which is what recordings
//! hold. Headers stand in the order that HPACK gave; pseudo-headers become the first line and `host`.

use std::collections::BTreeMap;
use std::io;
use tattletale_core::export::warc::RecordId;
use tattletale_core::model::{Connection, Timestamp};

use super::recording::{Recording, Written};
use super::rows::Frame;

/// Bytes of one body; of a longer one the start is kept.
const MOST_BODY: usize = 64 << 20;

/// The streams of one connection that have not ended.
#[derive(Default)]
pub(super) struct Http2 {
    streams: BTreeMap<u64, Stream>,
    pub(super) seen: bool,
}

#[derive(Default)]
struct Stream {
    request: Side,
    response: Side,
    record: Option<(RecordId, String)>,
}

#[derive(Default)]
struct Side {
    at: Option<Timestamp>,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    cut: bool,
    written: bool,
}

impl Http2 {
    /// One frame of the client or the server.
    pub(super) fn frame(
        &mut self,
        frame: Frame,
        from_client: bool,
        at: Option<Timestamp>,
        connection: &Connection,
        to: &mut Recording,
    ) -> io::Result<()> {
        let reset = frame.kind == 3;
        if frame.stream == 0 || (frame.headers.is_empty() && frame.bytes.is_empty() && !frame.end && !reset) {
            return Ok(());
        }
        let stream = self.streams.entry(frame.stream).or_default();
        let side = if from_client { &mut stream.request } else { &mut stream.response };
        side.at = side.at.or(at);
        // A push promise is the server's idea of a request: nobody asked.
        if frame.kind != 5 {
            if frame.headers.iter().any(|(name, value)| name == ":status" && value.starts_with(b"1")) {
                return Ok(());
            }
            side.headers.extend(frame.headers);
        }
        if frame.whole {
            side.body.clear();
        }
        let room = MOST_BODY.saturating_sub(side.body.len()).min(frame.bytes.len());
        side.body.extend_from_slice(&frame.bytes[..room]);
        side.cut |= room < frame.bytes.len();
        if frame.end || reset {
            self.seen |= stream.end(from_client, reset, connection, to)?;
            if stream.response.written || reset {
                self.streams.remove(&frame.stream);
            }
        }
        Ok(())
    }

    /// Nothing more comes: what is left ends here.
    pub(super) fn finish(&mut self, connection: &Connection, to: &mut Recording) -> io::Result<()> {
        for (_, mut stream) in std::mem::take(&mut self.streams) {
            self.seen |= stream.end(false, true, connection, to)?;
        }
        Ok(())
    }
}

impl Stream {
    /// Writes what has ended; both sides if `cut`. True if anything was written.
    fn end(&mut self, from_client: bool, cut: bool, connection: &Connection, to: &mut Recording) -> io::Result<bool> {
        if !self.request.written && !self.request.headers.is_empty() {
            self.request.written = true;
            let pseudo = |name: &str| self.request.pseudo(name);
            let (authority, path) = (pseudo(":authority"), pseudo(":path"));
            let url = format!("{}://{authority}{path}", pseudo(":scheme"));
            let host = match authority.is_empty() {
                true => String::new(),
                false => format!("host: {authority}\r\n"),
            };
            let head = format!("{} {path} HTTP/1.1\r\n{host}", pseudo(":method"));
            let bytes = self.request.bytes(&head);
            // An answer says that the request was whole as far as it mattered.
            let cut_off = self.request.cut || (cut && self.response.headers.is_empty());
            let message = Written { at: self.request.at, target: &url, bytes: &bytes, cut_off, reserialised: true };
            self.record = Some((to.request(connection, &message)?, url));
        }
        let ended = !from_client || cut;
        if let (true, false, Some((request, url))) =
            (ended && !self.response.headers.is_empty(), self.response.written, &self.record)
        {
            self.response.written = true;
            let bytes = self.response.bytes(&format!("HTTP/1.1 {}\r\n", self.response.pseudo(":status")));
            let cut_off = self.response.cut || cut;
            let message = Written { at: self.response.at, target: url, bytes: &bytes, cut_off, reserialised: true };
            to.response(connection, *request, &message)?;
        }
        Ok(self.record.is_some())
    }
}

impl Side {
    fn pseudo(&self, name: &str) -> String {
        let value = self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| &value[..]);
        let value = String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        value.chars().filter(|c| !c.is_control() && *c != ' ').collect()
    }

    fn bytes(&self, head: &str) -> Vec<u8> {
        let mut bytes = head.as_bytes().to_vec();
        for (name, value) in self.headers.iter().filter(|(name, _)| !name.starts_with(':')) {
            bytes.extend(name.bytes().filter(|byte| !byte.is_ascii_control() && *byte != b':'));
            bytes.extend_from_slice(b": ");
            bytes.extend(value.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}
