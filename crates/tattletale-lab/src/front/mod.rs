//! The front: brings what emitters send to the lab's own servers through the capture proxy, which records it.
//!
//! Nothing can get beyond loopback, three times over: emitters' targets are looked at here, every name must end in
//! `.localhost` and stand in the given map; the proxy, which runs within this process on loopback, reaches the
//! servers of that map and no other, and never resolves a name; and the addresses of the map are [`Loopback`] values.

mod address;
mod connection;
mod sites;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tattletale_proxy::{Authority, Options, Policy, Proxy, Recording, Trust};
use tokio::runtime::Runtime;

pub use crate::loopback::Loopback;
use crate::wire::{Outgoing, Reply, Wire};
use address::Target;
use connection::{Connection, Failed};
pub use sites::SiteServer;

/// What a front needs.
#[derive(Debug)]
pub struct FrontOptions {
    /// Which server answers to which name (lower case, without port); names end in `.localhost`.
    pub addresses: HashMap<String, Loopback>,
    /// The lab's authority (DER), which the proxy believes and no other.
    pub authority: Vec<u8>,
    /// Where the recording goes (WARC); an empty file.
    pub record: File,
    /// Where long messages wait until they are recorded.
    pub folder: PathBuf,
}

/// Brings requests to their servers, one after the other. One connection a host is kept open.
pub struct Front {
    addresses: HashMap<String, Loopback>,
    tls: Arc<rustls::ClientConfig>,
    proxy: Proxy,
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
    /// Starts the proxy and the recording.
    ///
    /// # Errors
    /// `InvalidInput` for a name that does not end in `.localhost`; whatever starting the proxy gives.
    pub fn new(options: FrontOptions) -> io::Result<Self> {
        if let Some(name) = options.addresses.keys().find(|name| !address::is_lab_name(name)) {
            return Err(refused(&format!("`{name}` does not end in .localhost")));
        }
        let authority = Arc::new(Authority::in_memory().map_err(io::Error::other)?);
        let tls = crate::tls::trusting(authority.der()).map_err(io::Error::other)?;
        let servers = options.addresses.iter().map(|(name, address)| (name.clone(), address.socket())).collect();
        let mut proxy = Options::new(authority);
        proxy.listen = Loopback::new(1, 0).socket();
        proxy.policy = Policy::Only(servers);
        proxy.trust = Trust { also: vec![options.authority], only: true, insecure: HashSet::new() };
        let description =
            "lab on loopback with made-up people; HTTP messages are the plaintext bytes as they passed".to_owned();
        proxy.recording = Some(Recording { file: options.record, begin: true, description });
        proxy.folder = options.folder;
        Ok(Self {
            proxy: Proxy::start(proxy).map_err(io::Error::other)?,
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
            addresses: options.addresses,
            tls,
            offline: Offline::default(),
            connections: HashMap::new(),
        })
    }

    /// The switch that takes the network away.
    pub fn offline(&self) -> Offline {
        self.offline.clone()
    }

    /// Ends the recording; everything that passed is in it.
    ///
    /// # Errors
    /// What kept the proxy from recording, if anything did.
    pub fn end(mut self) -> io::Result<()> {
        self.connections.clear();
        match self.proxy.end().failure {
            Some(failure) => Err(io::Error::other(failure)),
            None => Ok(()),
        }
    }

    /// One attempt; nothing when a kept connection turned out to be closed.
    fn attempt(&mut self, target: &Target<'_>, request: &Outgoing) -> Option<io::Result<Reply>> {
        let key = format!("{}://{}", target.scheme, target.authority);
        if !self.addresses.contains_key(&target.host) {
            return Some(Err(refused(&format!("nobody in the lab is called `{}`", target.host))));
        }
        let kept = self.connections.remove(&key).filter(Connection::is_open);
        let was_kept = kept.is_some();
        let proxy = self.proxy.address();
        let mut connection = match kept {
            Some(connection) => connection,
            None => match self.runtime.block_on(Connection::open(target, proxy, &self.tls)) {
                Ok(connection) => connection,
                Err(error) => return Some(Err(error)),
            },
        };
        match self.runtime.block_on(connection.send(target, request)) {
            Ok(reply) => {
                self.connections.insert(key, connection);
                Some(Ok(reply))
            }
            Err(Failed::Closed(_)) if was_kept => None,
            Err(Failed::Closed(error) | Failed::Else(error)) => Some(Err(error)),
        }
    }
}

impl Wire for Front {
    /// Sends the request through the proxy, which records it with its answer.
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
            if let Some(reply) = self.attempt(&target, request) {
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
