//! The recording: what passed becomes WARC records, written by one thread, whole on disk within a second.
//!
//! Whoever relays fills an [`Open`]; finished it goes through the [`log`] to the [`writer`], and to whoever watches.

pub(crate) mod log;
pub(crate) mod open;
pub(crate) mod spool;
mod writer;

use std::fmt;
use std::sync::Arc;

use tattletale_core::export::warc::RecordId;
use tattletale_core::model::{Blind, Timestamp};

pub(crate) use open::{Open, Tap};
pub use writer::{Recorded, Recording};
pub(crate) use writer::{Writing, start};

/// Where times come from; UTC.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// A clock of one's own.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Timestamp::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// What the person who records should know at once; nothing of it is in the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A device asks to be served.
    WaitsForPairing(std::net::IpAddr),
    /// A device is served from now on.
    Paired(std::net::IpAddr),
    /// A device gave too many wrong codes.
    PairingRefused(std::net::IpAddr),
    /// An address that was asked for and is not reached through this proxy.
    AddressRefused {
        /// As the client named it.
        host: String,
        /// What stands against it.
        why: String,
    },
    /// A server that could not be reached.
    NotReached {
        /// As the client named it.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// A client opened the check page: it trusts the authority.
    AuthorityTrusted(std::net::IpAddr),
    /// A host is left alone from now on, since it refused so often.
    PassedFromNowOn(String),
}

/// Something that was recorded, for whoever watches.
#[derive(Debug)]
#[non_exhaustive]
pub enum Seen<'a> {
    /// An exchange.
    Exchange {
        /// Absolute URL.
        url: &'a str,
        /// Bytes of the request, and of the response.
        sent: u64,
        /// Bytes of the response.
        received: u64,
        /// Whether both passed to their ends.
        whole: bool,
        /// Its records as they stand in the recording; none when they are too large to be kept in memory.
        records: &'a [u8],
    },
    /// A WebSocket message.
    Message {
        /// True when the client sent it.
        sent: bool,
        /// Length in bytes.
        length: u64,
        /// Its record as it stands in the recording.
        records: &'a [u8],
    },
    /// What could not be seen.
    Blind {
        /// All that is known of it.
        blind: &'a Blind,
        /// Its record as it stands in the recording.
        records: &'a [u8],
    },
    /// Not part of the recording.
    Notice(&'a Notice),
}

/// Looks at what is recorded, on the thread that writes: who takes long slows the traffic.
pub trait Watch: Send {
    /// Called after the bytes were handed to the file.
    fn see(&mut self, seen: Seen<'_>);
}

impl Watch for () {
    fn see(&mut self, _: Seen<'_>) {}
}

/// A fresh identifier.
pub(crate) fn id() -> RecordId {
    let mut random = [0; 16];
    // Without randomness there is no TLS either; identifiers are then all alike and readers say so.
    let _ = getrandom::fill(&mut random);
    RecordId::from_random(random)
}
