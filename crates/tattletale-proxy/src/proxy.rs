//! The proxy: a listener, a task for each connection, and an orderly end.

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::KeyLog;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::authority::{Authority, AuthorityError, Leaves};
use crate::dial::{Dialer, Upstream};
use crate::idle;
use crate::mode::{self, Mode};
use crate::page::pairing::Pairing;
use crate::passes::Passes;
use crate::policy::Policy;
use crate::quic;
use crate::record::log::{Entry, Log};
use crate::record::{self, Clock, Recorded, Recording, Watch};
use crate::stream::Counted;
use crate::tls::{Outward, Trust};
use crate::visit::Visit;

/// Connections at once; more wait to be accepted.
const MOST_CONNECTIONS: usize = 8192;
/// When descriptors have run out, connections are accepted again after this.
const REST: Duration = Duration::from_millis(50);

/// What a proxy needs.
pub struct Options {
    /// Where it listens. Beyond loopback every device must be paired first.
    pub listen: SocketAddr,
    /// How clients come.
    pub mode: Mode,
    /// Who certifies what clients see.
    pub authority: Arc<Authority>,
    /// Which servers may be reached.
    pub policy: Policy,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// A proxy to go through.
    pub upstream: Option<Upstream>,
    /// Hosts (lower case) that are left alone.
    pub excluded: HashSet<String>,
    /// After so many refusals a host is left alone; 0 is never.
    pub pass_after: u32,
    /// Secrets of every connection.
    pub key_log: Option<Arc<dyn KeyLog>>,
    /// Where it is recorded; without it everything is only shown to `watch`.
    pub recording: Option<Recording>,
    /// Where long messages wait until they are recorded; best the folder of the recording.
    pub folder: PathBuf,
    /// Sees what is recorded.
    pub watch: Box<dyn Watch>,
    /// Dates everything.
    pub clock: Clock,
    /// An address that stands for our page where connections are redirected.
    pub page: Option<IpAddr>,
    /// A tunnel that is not read along is closed when nothing passed for so long.
    pub silence: Duration,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("listen", &self.listen).field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Options {
    /// A proxy on a free port of loopback that reaches public addresses and records nothing.
    pub fn new(authority: Arc<Authority>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            mode: Mode::default(),
            authority,
            policy: Policy::default(),
            trust: Trust::default(),
            upstream: None,
            excluded: HashSet::new(),
            pass_after: 3,
            key_log: None,
            recording: None,
            folder: std::env::temp_dir(),
            watch: Box::new(()),
            clock: Clock::default(),
            page: None,
            silence: idle::MOST,
        }
    }
}

/// Why a proxy could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The recording cannot be written.
    #[error("the recording cannot be written: {0}")]
    Recording(io::Error),
    /// Certificates.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// TLS to servers.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// There is no randomness, or no thread.
    #[error("{0}")]
    System(io::Error),
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) log: Log,
    pub(crate) dialer: Dialer,
    pub(crate) outward: Outward,
    pub(crate) leaves: Leaves,
    pub(crate) authority: Arc<Authority>,
    pub(crate) passes: Passes,
    /// None on loopback, where every client is this machine.
    pub(crate) pairing: Option<Pairing>,
    pub(crate) mode: Mode,
    pub(crate) page: Option<IpAddr>,
    pub(crate) silence: Duration,
}

/// How a recording ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What is in it.
    pub recorded: Recorded,
    /// Why it is not all, if so.
    pub failure: Option<String>,
}

/// A running proxy. It ends when it is dropped; [`Proxy::end`] says how that went.
pub struct Proxy {
    address: SocketAddr,
    code: Option<String>,
    log: Log,
    stop: watch::Sender<bool>,
    writing: Option<record::Writing>,
    // Taken apart in the end.
    runtime: Option<Runtime>,
    serving: Option<tokio::task::JoinHandle<()>>,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Starts to listen.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let listener = std::net::TcpListener::bind(options.listen)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|error| StartError::Listen(options.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(options.listen, error))?;
        let beside = match options.mode {
            Mode::Transparent => Some(quic::bind(address).map_err(|error| StartError::Listen(options.listen, error))?),
            Mode::Proxy | Mode::Reverse(_) => None,
        };
        let pairing = match address.ip().is_loopback() {
            true => None,
            false => Some(Pairing::new().map_err(|error| StartError::System(io::Error::other(error)))?),
        };
        let code = pairing.as_ref().map(|pairing| pairing.code().to_owned());
        let (log, writing) = record::start(options.recording, &options.folder, options.clock, options.watch)
            .map_err(StartError::Recording)?;
        let shared = Arc::new(Shared {
            log: log.clone(),
            dialer: Dialer { policy: options.policy, upstream: options.upstream, own: address },
            outward: Outward::new(&options.trust, options.key_log.as_ref())?,
            leaves: Leaves::new(Arc::clone(&options.authority), options.key_log)?,
            authority: options.authority,
            passes: Passes::new(options.excluded, options.pass_after),
            pairing,
            mode: options.mode,
            page: options.page,
            silence: options.silence,
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("proxy")
            .enable_all()
            .build()
            .map_err(StartError::System)?;
        let (listener, beside) = {
            let _inside = runtime.enter();
            let beside = beside.map(UdpSocket::from_std).transpose().map_err(StartError::System)?;
            (TcpListener::from_std(listener).map_err(StartError::System)?, beside)
        };
        let (stop, stopped) = watch::channel(false);
        let serving = runtime.spawn(serve(shared, listener, beside, stopped));
        Ok(Self { address, code, log, stop, writing: Some(writing), runtime: Some(runtime), serving: Some(serving) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The code that a device must send before it is served; none where only this machine is.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Why nothing can be recorded any more, if so; from then on nothing is passed on either.
    pub fn failure(&self) -> Option<String> {
        self.log.failure().map(|failed| failed.0)
    }

    /// Takes no more connections, cuts off what is open, records all of it and closes the file.
    pub fn end(mut self) -> Outcome {
        self.finish().unwrap_or(Outcome { recorded: Recorded::default(), failure: None })
    }

    fn finish(&mut self) -> Option<Outcome> {
        let writing = self.writing.take()?;
        let _ = self.stop.send(true);
        if let Some((runtime, serving)) = self.runtime.take().zip(self.serving.take()) {
            // Every task is dropped in there, and so what it had open is recorded.
            let _ = runtime.block_on(serving);
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        self.log.enter(Entry::End);
        let recorded = writing.join();
        let gone = recorded.is_err().then(|| "the thread that writes the recording failed".to_owned());
        Some(Outcome { recorded: recorded.unwrap_or_default(), failure: self.failure().or(gone) })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.finish();
    }
}

async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    beside: Option<UdpSocket>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    if let Some(beside) = beside {
        connections.spawn(quic::listen(Arc::clone(&shared), beside));
    }
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let count = AtomicU64::new(0);
    loop {
        let place = tokio::select! {
            biased;
            () = told(&mut stopped) => break,
            _ = shared.log.failed() => break,
            place = Arc::clone(&room).acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            biased;
            () = told(&mut stopped) => break,
            _ = shared.log.failed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, client)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        let id = format!("c{}", count.fetch_add(1, Ordering::Relaxed));
        connections.spawn(async move {
            connection(shared, stream, client, id).await;
            drop(place);
        });
    }
    if shared.log.failure().is_some() {
        refuse(&shared, &listener, &mut stopped, &mut connections).await;
    }
    drop(listener);
    connections.shutdown().await;
}

/// Comes back when the proxy is to end.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // Whoever could say so being gone is as good.
    let _ = stopped.wait_for(|stopped| *stopped).await.is_ok();
}

/// Nothing can be recorded: what is open ends, and whoever comes is told why.
async fn refuse(
    shared: &Arc<Shared>,
    listener: &TcpListener,
    stopped: &mut watch::Receiver<bool>,
    connections: &mut JoinSet<()>,
) {
    connections.abort_all();
    loop {
        tokio::select! {
            biased;
            () = told(stopped) => return,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => {
                let Ok((stream, client)) = accepted else {
                    tokio::time::sleep(REST).await;
                    continue;
                };
                connections.spawn(connection(Arc::clone(shared), stream, client, String::new()));
            }
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, client: SocketAddr, id: String) {
    // A client that is gone already.
    if stream.set_nodelay(true).is_err() || idle::keep_alive(&stream).is_err() {
        return;
    }
    let meant = match shared.mode {
        Mode::Transparent => match mode::meant(&stream) {
            Ok(meant) => meant,
            Err(_) => return,
        },
        Mode::Proxy | Mode::Reverse(_) => None,
    };
    let stream = Counted::new(stream);
    let client = SocketAddr::new(client.ip().to_canonical(), client.port());
    let at = shared.log.now();
    let visit = Visit { count: stream.count(), shared, client, id, at };
    mode::serve(&visit, stream, meant).await;
}
