//! An exchange while it passes.
//!
//! Whoever relays holds an [`Open`] and puts every byte into it that it passes on. However the relaying ends – an
//! answer, an error, a task that is dropped because the recording ends – what passed is recorded: dropping an `Open`
//! records it as cut off.

use std::io;
use std::sync::Arc;

use tattletale_core::export::warc::RecordId;
use tattletale_core::model::{Connection, Timestamp};

use super::log::{Entry, Log};
use super::spool::Spool;

/// One direction of an exchange.
#[derive(Debug)]
pub(crate) struct Half {
    /// When its first byte passed.
    pub(crate) at: Option<Timestamp>,
    pub(crate) spool: Spool,
    /// Whether it passed to its end.
    pub(crate) whole: bool,
}

/// An exchange that is over, or has come as far as it will.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) id: RecordId,
    pub(crate) connection: Arc<Connection>,
    /// Absolute URL.
    pub(crate) url: String,
    pub(crate) request: Half,
    pub(crate) response: Half,
    /// Whether heads and framing were put together anew.
    pub(crate) reserialised: bool,
}

/// An exchange that became a WebSocket.
#[derive(Debug)]
pub(crate) struct Upgraded {
    pub(crate) id: RecordId,
    pub(crate) url: String,
    pub(crate) connection: Arc<Connection>,
}

/// The exchange and where it goes.
#[derive(Debug)]
pub(crate) struct Open {
    log: Log,
    passed: Option<Box<Passed>>,
}

impl Open {
    pub(crate) fn new(log: &Log, connection: &Arc<Connection>, url: String, reserialised: bool) -> Self {
        let half = || Half { at: None, spool: log.spool(), whole: false };
        let passed = Passed {
            id: super::id(),
            connection: Arc::clone(connection),
            url,
            request: half(),
            response: half(),
            reserialised,
        };
        Self { log: log.clone(), passed: Some(Box::new(passed)) }
    }

    /// Both directions, each for whoever relays it.
    pub(crate) fn halves(&mut self) -> (Tap<'_>, Tap<'_>) {
        let log = &self.log;
        match self.passed.as_deref_mut() {
            Some(Passed { request, response, .. }) => {
                (Tap { log, half: Some(request) }, Tap { log, half: Some(response) })
            }
            None => (Tap { log, half: None }, Tap { log, half: None }),
        }
    }

    /// Records it; waits while the recording has too much to write.
    pub(crate) async fn finish(mut self) {
        let Some(passed) = &self.passed else { return };
        let held = passed.request.spool.held() + passed.response.spool.held();
        // Whoever waits here may be dropped, and then records it as well.
        let room = self.log.room(held).await;
        if let Some(passed) = self.passed.take() {
            self.log.enter(Entry::Exchange(passed, room));
        }
    }

    /// What messages of this exchange refer to, once it is recorded; for one that is upgraded.
    pub(crate) fn upgraded(&self) -> Option<Arc<Upgraded>> {
        let passed = self.passed.as_deref()?;
        let connection = Arc::clone(&passed.connection);
        Some(Arc::new(Upgraded { id: passed.id, url: passed.url.clone(), connection }))
    }

    /// Nothing of it was passed on to anybody: it is no exchange.
    pub(crate) fn forget(mut self) {
        self.passed = None;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(passed) = self.passed.take().filter(|passed| passed.request.spool.length() > 0) {
            self.log.enter(Entry::Exchange(passed, None));
        }
    }
}

/// Where one direction's bytes go.
#[derive(Debug)]
pub(crate) struct Tap<'a> {
    log: &'a Log,
    half: Option<&'a mut Half>,
}

impl Tap<'_> {
    /// Start line and fields, before anything of the body.
    pub(crate) fn head(&mut self, bytes: &[u8]) {
        let Some(half) = self.half.as_deref_mut().filter(|_| self.log.records()) else { return };
        if half.at.is_none() {
            half.at = Some(self.log.now());
        }
        half.spool.head(bytes);
    }

    /// Bytes of the body that passed, or are about to.
    pub(crate) fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(half) = self.half.as_deref_mut().filter(|_| self.log.records()) else { return Ok(()) };
        half.spool.body(bytes).inspect_err(|error| self.log.fail(error))
    }

    /// It passed to its end.
    pub(crate) fn whole(&mut self) {
        if let Some(half) = self.half.as_deref_mut() {
            half.whole = true;
        }
    }
}
