//! A running lab: two collectors on TLS, a plain one, the control page, the registry, lab DNS.
//!
//! Everything runs on one thread of its own with a small runtime inside, so the lab can be started from anywhere,
//! async or not, and is gone when the value is dropped: connections first, then the store's writer, then its folder.

use crate::analytics::{self, Control, PersonView};
use crate::collector::Collector;
use crate::loopback::Loopback;
use crate::registry::dns;
use crate::registry::rdap::Rdap;
use crate::registry::{PLAIN, RECORDS};
use crate::serve::{Server, Site};
use crate::store::{self, Counts, Folder, Writer};
use crate::tls::{self, Authority};
use crate::token::Token;
use crate::wire::{RUSSIA, SINGAPORE};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// How a lab is started. There is no address among it: that is loopback.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Keep what was stored when the lab goes down.
    pub keep: bool,
    /// The folder to store in; made with mode 0700, or already so. None: a new temporary one.
    pub store: Option<PathBuf>,
    /// Ports.
    pub ports: Ports,
}

/// Port numbers; 0 lets the system choose.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// Singapore, TLS on 127.0.0.2.
    pub singapore: u16,
    /// Russia, TLS on 127.0.0.3.
    pub russia: u16,
    /// Plain HTTP on 127.0.0.2.
    pub plain: u16,
    /// The control page, plain HTTP on 127.0.0.1.
    pub control: u16,
    /// The registry, plain HTTP on 127.0.0.1.
    pub rdap: u16,
    /// DNS, UDP on 127.0.0.1.
    pub dns: u16,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// TLS.
    pub singapore: SocketAddr,
    /// TLS.
    pub russia: SocketAddr,
    /// Plain HTTP.
    pub plain: SocketAddr,
    /// Plain HTTP: the control page.
    pub control: SocketAddr,
    /// Plain HTTP: RDAP-shaped records.
    pub rdap: SocketAddr,
    /// UDP.
    pub dns: SocketAddr,
    /// What every request must carry.
    pub token: Token,
    /// From a collector's name to its socket, for whatever brings requests there.
    pub addresses: BTreeMap<String, SocketAddr>,
}

impl Endpoints {
    /// The socket for a URL's scheme and host: plain HTTP to the Singapore name goes to the plain server, too.
    pub fn resolve(&self, scheme: &str, host: &str) -> Option<SocketAddr> {
        match scheme {
            "http" if host == SINGAPORE => Some(self.plain),
            _ => self.addresses.get(host).copied(),
        }
    }

    /// The address of the control page, token included.
    pub fn control_url(&self) -> String {
        format!("http://{}/?{}={}", self.control, crate::wire::TOKEN_PARAMETER, self.token.as_str())
    }
}

/// Why a lab did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A server could not be bound, or the runtime not started.
    #[error("the lab's servers: {0}")]
    Io(#[from] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The certificates.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// The system has no random source.
    #[error("no random numbers for the lab's token: {0}")]
    Random(getrandom::Error),
}

/// A running lab; dropping it takes it down.
pub struct Lab {
    // The order of the fields is that of the end: the folder goes last.
    running: Option<Running>,
    endpoints: Endpoints,
    authority: Authority,
    folder: Folder,
}

struct Running {
    down: watch::Sender<bool>,
    servers: JoinHandle<()>,
    writer: JoinHandle<()>,
}

impl Lab {
    /// Starts every server; they answer when it returns.
    pub fn up(options: Options) -> Result<Self, Error> {
        let folder = Folder::make(options.store.as_deref(), options.keep)?;
        let (store, writer) = Writer::start(&folder.database())?;
        let authority = Authority::new()?;
        let token = Token::draw().map_err(Error::Random)?;
        let ports = options.ports;

        let tls = |name: &str| authority.server_config(&[name]).map(TlsAcceptor::from);
        let collector = |server| Collector { server, store: store.clone() };
        let bind = |at, tls, server| Server::bind(at, tls, token.clone(), collector(server));
        let singapore = bind(Loopback::new(2, ports.singapore), Some(tls(SINGAPORE)?), "singapore")?;
        let russia = bind(Loopback::new(3, ports.russia), Some(tls(RUSSIA)?), "russia")?;
        let plain = bind(Loopback::new(2, ports.plain), None, "plain")?;
        let control = Control { database: folder.database(), token: token.clone() };
        let control = Server::bind(Loopback::new(1, ports.control), None, token.clone(), control)?;
        let rdap = Server::bind(Loopback::new(1, ports.rdap), None, token.clone(), Rdap)?;
        let names = Loopback::new(1, ports.dns).datagrams()?;
        drop(store);

        let sockets = [singapore.address()?, russia.address()?, plain.address()?];
        let by_name = [SINGAPORE, RUSSIA, PLAIN].map(str::to_owned).into_iter().zip(sockets);
        let endpoints = Endpoints {
            singapore: sockets[0],
            russia: sockets[1],
            plain: sockets[2],
            control: control.address()?,
            rdap: rdap.address()?,
            dns: names.local_addr()?,
            token,
            addresses: by_name.collect(),
        };
        debug_assert!(RECORDS.iter().all(|record| endpoints.addresses.contains_key(record.name)));

        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("lab").enable_all().build()?;
        let (down, until) = watch::channel(false);
        let servers = thread::Builder::new().name("lab-servers".to_owned()).spawn(move || {
            let tasks = [
                start(&runtime, singapore, &until),
                start(&runtime, russia, &until),
                start(&runtime, plain, &until),
                start(&runtime, control, &until),
                start(&runtime, rdap, &until),
                runtime.spawn(dns::run(names, until.clone())),
            ];
            for task in tasks {
                let _ = runtime.block_on(task);
            }
            runtime.shutdown_timeout(Duration::from_secs(1));
        })?;
        let running = Some(Running { down, servers, writer });
        Ok(Self { running, endpoints, authority, folder })
    }

    /// Where everything is.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The lab's certificate authority.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The folder of the store.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What has been stored so far.
    pub fn stored(&self) -> Result<Counts, Error> {
        Ok(store::read_counts(&self.folder.database())?)
    }

    /// What the receiver can make of it so far, person by person, in the order of their first event.
    pub fn people(&self) -> Result<Vec<PersonView>, Error> {
        let events = store::read_events(&self.folder.database(), analytics::MAX_EVENTS)?;
        Ok(analytics::people(&events))
    }

    /// Takes the lab down and erases its store, unless it is to be kept. Dropping does the same.
    pub fn down(self) {}
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(Running { down, servers, writer }) = self.running.take() {
            let _ = down.send(true);
            let _ = servers.join();
            let _ = writer.join();
        }
    }
}

fn start<S: Site>(
    runtime: &Runtime,
    server: Server<S>,
    until: &watch::Receiver<bool>,
) -> tokio::task::JoinHandle<io::Result<()>> {
    runtime.spawn(server.run(until.clone()))
}
