//! The front: brings what emitters send to the lab's own servers, over real sockets, and records what passed.
//!
//! It stands where the capture proxy will stand. It talks to loopback only: its addresses are [`Loopback`] values,
//! every name must end in `.localhost` and stand in the given map, nothing is ever resolved, and the address is
//! looked at once more before connecting.
//!
//! What is recorded is what passed: hyper makes the messages, and a tap beneath it keeps the plaintext bytes in
//! both directions, since hyper keeps neither header order nor case.

mod address;
mod connection;
mod recorder;
mod sites;
mod tap;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tattletale_core::model::Timestamp;
use tokio::runtime::Runtime;

pub use crate::loopback::Loopback;
use crate::wire::{Outgoing, Reply, Wire};
use address::Target;
use connection::Connection;
use recorder::Recorder;
pub use sites::SiteServer;

/// Where times come from; UTC.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a front needs.
pub struct FrontOptions {
    /// Which server answers to which name (lower case, without port); names end in `.localhost`.
    pub addresses: HashMap<String, Loopback>,
    /// TLS for `https` URLs; should trust the lab's authority and nothing else.
    pub tls: Arc<rustls::ClientConfig>,
    /// Where the recording goes: WARC 1.1, flushed after every record.
    pub record: Box<dyn Write + Send>,
    /// Dates of the records.
    pub clock: Clock,
}

impl fmt::Debug for FrontOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrontOptions").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// Brings requests to their servers, one after the other, and records them. One connection a host is kept open.
pub struct Front {
    addresses: HashMap<String, Loopback>,
    tls: Arc<rustls::ClientConfig>,
    clock: Clock,
    recorder: Recorder,
    offline: Offline,
    /// By scheme and authority.
    connections: HashMap<String, Connection>,
    // Behind the connections: dropping it ends their tasks.
    runtime: Runtime,
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Front {
    /// Starts the recording.
    ///
    /// # Errors
    /// `InvalidInput` for a name that does not end in `.localhost`; whatever writing the first record gives.
    pub fn new(options: FrontOptions) -> io::Result<Self> {
        if let Some(name) = options.addresses.keys().find(|name| !address::is_lab_name(name)) {
            return Err(refused(&format!("`{name}` does not end in .localhost")));
        }
        Ok(Self {
            recorder: Recorder::new(options.record, (options.clock)())?,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            addresses: options.addresses,
            tls: options.tls,
            clock: options.clock,
            offline: Offline::default(),
            connections: HashMap::new(),
        })
    }

    /// The switch that takes the network away.
    pub fn offline(&self) -> Offline {
        self.offline.clone()
    }

    fn address(&self, target: &Target<'_>) -> io::Result<SocketAddr> {
        let address = self.addresses.get(&target.host);
        let address = address.ok_or_else(|| refused(&format!("nobody in the lab is called `{}`", target.host)))?;
        Ok(address.socket())
    }

    /// One attempt; whether a kept connection turned out to be closed before anything was sent on it.
    fn attempt(&mut self, target: &Target<'_>, request: &Outgoing) -> Attempt {
        let key = format!("{}://{}", target.scheme, target.authority);
        let address = match self.address(target) {
            Ok(address) => address,
            Err(error) => return Attempt::Done(Err(error)),
        };
        let kept = self.connections.remove(&key).filter(Connection::is_open);
        let was_kept = kept.is_some();
        let mut connection = match kept {
            Some(connection) => connection,
            None => match self.runtime.block_on(Connection::open(target, address, &self.tls, &self.clock)) {
                Ok(connection) => connection,
                Err(error) => return Attempt::Done(Err(error)),
            },
        };
        let reply = self.runtime.block_on(connection.send(target, request));
        let passed = connection.passed();
        if passed.sent.is_empty() && was_kept && reply.is_err() {
            return Attempt::WasClosed;
        }
        let recorded = self.recorder.exchange(&request.url, address.ip(), &passed, reply.is_ok());
        if reply.is_ok() {
            self.connections.insert(key, connection);
        }
        Attempt::Done(reply.and_then(|reply| recorded.map(|()| reply)))
    }
}

enum Attempt {
    Done(io::Result<Reply>),
    WasClosed,
}

impl Wire for Front {
    /// Sends the request and records it with its answer; what passed before a failure is recorded too.
    ///
    /// # Errors
    /// `InvalidInput` for a URL that is not of the lab (nothing was sent then), `NetworkUnreachable` while offline,
    /// else what the connection gave.
    fn send(&mut self, request: &Outgoing) -> io::Result<Reply> {
        let target = Target::of(&request.url)?;
        if self.offline.is_set() {
            self.connections.clear();
            return Err(io::Error::new(io::ErrorKind::NetworkUnreachable, "the lab's network is switched off"));
        }
        for _ in 0..2 {
            if let Attempt::Done(reply) = self.attempt(&target, request) {
                return reply;
            }
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}

/// A switch: while it is set, every request fails and nothing passes.
#[derive(Debug, Clone, Default)]
pub struct Offline(Arc<AtomicBool>);

impl Offline {
    /// Takes the network away, or gives it back.
    pub fn set(&self, offline: bool) {
        self.0.store(offline, Ordering::SeqCst);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("refused: {why}"))
}
