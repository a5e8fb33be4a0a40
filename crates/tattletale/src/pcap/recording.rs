//! The recording that a packet capture becomes, and what was wrong on the way.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use tattletale_core::export::warc::{HttpMessage, RecordId, SocketMessage, WarcWriter};
use tattletale_core::model::{Blind, Connection, Fault, FaultKind, Message, Timestamp};

/// Writes records; identifiers are counted, since nobody else sees the file.
pub(super) struct Recording {
    writer: WarcWriter<Quiet>,
    records: u128,
    troubles: BTreeMap<&'static str, u64>,
}

/// A file that is flushed at the end only: what is lost with us can be made again.
struct Quiet(BufWriter<File>);

impl Write for Quiet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One message of HTTP, ready to be written.
pub(super) struct Written<'m> {
    pub(super) at: Option<Timestamp>,
    pub(super) target: &'m str,
    pub(super) bytes: &'m [u8],
    pub(super) cut_off: bool,
    pub(super) reserialised: bool,
}

impl Recording {
    pub(super) fn new(out: File) -> io::Result<Self> {
        let writer = WarcWriter::new(Quiet(BufWriter::with_capacity(1 << 20, out)));
        let mut recording = Self { writer, records: 0, troubles: BTreeMap::new() };
        let id = recording.id();
        recording.writer.info(id, Timestamp::UNIX_EPOCH, &[("software", "tattletale"), ("description", "packets")])?;
        Ok(recording)
    }

    fn id(&mut self) -> RecordId {
        self.records += 1;
        RecordId::from_random((self.records << 80 | self.records).to_be_bytes())
    }

    /// Writes a request; its response needs what this gives.
    pub(super) fn request(&mut self, connection: &Connection, message: &Written<'_>) -> io::Result<RecordId> {
        let id = self.id();
        self.writer.request(id, &http(connection, message))?;
        Ok(id)
    }

    /// Writes the response to that request.
    pub(super) fn response(
        &mut self,
        connection: &Connection,
        request: RecordId,
        message: &Written<'_>,
    ) -> io::Result<()> {
        let id = self.id();
        self.writer.response(id, request, &http(connection, message))
    }

    /// Writes a message of the WebSocket that this request opened.
    pub(super) fn message(
        &mut self,
        connection: &Connection,
        request: RecordId,
        target: &str,
        message: &Message,
    ) -> io::Result<()> {
        let id = self.id();
        let at = message.at.unwrap_or(Timestamp::UNIX_EPOCH);
        let (sent, text, bytes) = (message.sent, message.text, &message.bytes);
        self.writer.message(id, &SocketMessage { at, target, connection, request, sent, text, bytes })
    }

    pub(super) fn blind(&mut self, blind: &Blind) -> io::Result<()> {
        let id = self.id();
        self.writer.blind(id, blind.at.unwrap_or(Timestamp::UNIX_EPOCH), blind)
    }

    /// Counts something that went wrong; said once for all of its kind.
    pub(super) fn trouble(&mut self, what: &'static str) {
        *self.troubles.entry(what).or_default() += 1;
    }

    fn faults(&self) -> Vec<Fault> {
        let fault = |(what, times): (&&str, &u64)| Fault::new(FaultKind::Corrupt, format!("{what} ({times} times)"));
        self.troubles.iter().map(fault).collect()
    }

    /// Nothing more comes.
    pub(super) fn finish(self) -> io::Result<Vec<Fault>> {
        let faults = self.faults();
        self.writer.into_inner().0.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(faults)
    }
}

fn http<'m>(connection: &'m Connection, message: &Written<'m>) -> HttpMessage<'m> {
    HttpMessage {
        at: message.at.unwrap_or(Timestamp::UNIX_EPOCH),
        target: message.target,
        connection,
        bytes: message.bytes,
        cut_off: message.cut_off,
        reserialised: message.reserialised,
        resource: None,
    }
}
