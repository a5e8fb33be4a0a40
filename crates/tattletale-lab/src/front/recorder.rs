//! What passed becomes records: a request, and a response where one came.

use std::io::{self, Write};
use std::net::IpAddr;

use tattletale_core::export::warc::{HttpMessage, RecordId, WarcWriter};
use tattletale_core::model::{Connection, Timestamp};

use super::tap::Passed;

/// The recording.
pub(super) struct Recorder {
    writer: WarcWriter<Box<dyn Write + Send>>,
}

impl Recorder {
    pub(super) fn new(out: Box<dyn Write + Send>, at: Timestamp) -> io::Result<Self> {
        let mut writer = WarcWriter::new(out);
        let software = concat!("tattletale-lab/", env!("CARGO_PKG_VERSION"));
        let fields = [
            ("software", software),
            ("format", "WARC File Format 1.1"),
            (
                "description",
                "lab on loopback with made-up people; HTTP messages are the plaintext bytes as they passed",
            ),
        ];
        writer.info(id()?, at, &fields)?;
        Ok(Self { writer })
    }

    /// Records what passed, if anything did; `whole` unless it was cut off.
    pub(super) fn exchange(&mut self, url: &str, peer: IpAddr, passed: &Passed, whole: bool) -> io::Result<()> {
        let Some(sent_at) = passed.sent_at else { return Ok(()) };
        let request = id()?;
        let connection = Connection { server: Some(peer), http: Some("http/1.1".to_owned()), ..Connection::default() };
        let message = HttpMessage {
            at: sent_at,
            target: url,
            connection: &connection,
            bytes: &passed.sent,
            // An answer, even a broken one, says that the request was whole as far as it mattered.
            cut_off: !whole && passed.received.is_empty(),
            reserialised: false,
            resource: None,
        };
        self.writer.request(request, &message)?;
        let Some(received_at) = passed.received_at else { return Ok(()) };
        let response = HttpMessage { at: received_at, bytes: &passed.received, cut_off: !whole, ..message };
        self.writer.response(id()?, request, &response)
    }
}

fn id() -> io::Result<RecordId> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(RecordId::from_random(random))
}
