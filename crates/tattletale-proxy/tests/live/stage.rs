//! What the tests stand on: a server of one's own, a proxy with a recording, and a client that writes bytes.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{Blind, BlindKind, Captured, Exchange};
use tattletale_proxy::{Authority, Options, Policy, Proxy, Recording};

/// Whatever waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server: what it does with each connection runs on a thread of its own.
pub(crate) fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_nodelay(true).unwrap();
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Bytes up to and with the empty line; nothing at the end of the stream.
pub(crate) fn head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(String::from_utf8(head).unwrap())
}

/// So many bytes.
pub(crate) fn exactly(stream: &mut impl Read, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Value of a field of a head.
pub(crate) fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A head and the body that it states.
pub(crate) fn message(stream: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let head = head(stream)?;
    let length = field(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let body = exactly(stream, length);
    Some((head, body))
}

/// Answers every request with its own path and body.
pub(crate) fn echo(mut stream: impl Read + Write) {
    while let Some((head, body)) = message(&mut stream) {
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let body = [path.as_bytes(), b" ", &body].concat();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nX-Order: b\r\nx-order: A\r\n\r\n", body.len());
        if stream.write_all(&[answer.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

/// A proxy that records.
pub(crate) struct Live {
    proxy: Proxy,
    pub(crate) authority: Arc<Authority>,
    folder: tempfile::TempDir,
}

/// What a recording holds.
pub(crate) struct Taken {
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) blind: Vec<Blind>,
    pub(crate) faults: Vec<tattletale_core::model::Fault>,
}

impl Live {
    /// One that reaches loopback.
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Arc::new(Authority::in_memory().unwrap());
        let mut options = Options::new(Arc::clone(&authority));
        options.policy = Policy::Public { local: true, allowed: HashSet::new() };
        let path = folder.path().join("live.warc.gz");
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path).unwrap();
        options.recording = Some(Recording { file, begin: true, description: "test".to_owned() });
        options.folder = folder.path().to_owned();
        change(&mut options);
        Self { proxy: Proxy::start(options).unwrap(), authority, folder }
    }

    /// Where this machine finds it.
    pub(crate) fn address(&self) -> SocketAddr {
        let address = self.proxy.address();
        if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
    }

    /// The code for devices.
    pub(crate) fn code(&self) -> &str {
        self.maybe_code().unwrap()
    }

    pub(crate) fn maybe_code(&self) -> Option<&str> {
        self.proxy.code()
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.proxy.failure()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// A tunnel to a server.
    pub(crate) fn tunnel(&self, host: &str) -> TcpStream {
        let mut stream = self.connect();
        write!(stream, "CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        let answer = head(&mut stream).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        stream
    }

    /// TLS through a tunnel, trusting the proxy's authority.
    pub(crate) fn secured(&self, host: &str, port: u16) -> StreamOwned<ClientConnection, TcpStream> {
        let config = client(&[self.authority.der()], &[]);
        let name = ServerName::try_from(host.to_owned()).unwrap();
        StreamOwned::new(ClientConnection::new(config, name).unwrap(), self.tunnel(&format!("{host}:{port}")))
    }

    /// Ends the proxy and reads what it recorded.
    pub(crate) fn end(self) -> Taken {
        let outcome = self.proxy.end();
        assert_eq!(outcome.failure, None);
        let bytes = std::fs::read(self.folder.path().join("live.warc.gz")).unwrap();
        assert_eq!(outcome.recorded.bytes, bytes.len() as u64);
        let taken = Taken::of(&bytes);
        assert_eq!(outcome.recorded.exchanges, taken.exchanges.len() as u64);
        assert_eq!(outcome.recorded.blind, taken.blind.len() as u64);
        taken
    }
}

impl Taken {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut taken = Self { exchanges: Vec::new(), blind: Vec::new(), faults: Vec::new() };
        let imported = import::read(Cursor::new(bytes.to_vec()), Wanted::ALL, |captured| {
            match captured {
                Captured::Exchange(exchange) => taken.exchanges.push(exchange),
                Captured::Blind(blind) => taken.blind.push(blind),
            }
            ControlFlow::Continue(())
        });
        taken.faults = imported.unwrap().faults;
        taken
    }

    pub(crate) fn urls(&self) -> Vec<&str> {
        self.exchanges.iter().map(|exchange| &*exchange.request.url).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<BlindKind> {
        self.blind.iter().map(|blind| blind.kind).collect()
    }

    /// The body of the answer to the one request for that path.
    pub(crate) fn answer(&self, path: &str) -> &[u8] {
        let mut found = self.exchanges.iter().filter(|exchange| exchange.request.url.ends_with(path));
        let exchange = found.next().unwrap_or_else(|| panic!("{path} is not recorded: {:?}", self.urls()));
        assert!(found.next().is_none(), "{path} is recorded twice");
        &exchange.response.as_ref().unwrap_or_else(|| panic!("{path} has no answer")).body.bytes
    }
}

/// An authority of the server's side, and certificates by it.
pub(crate) struct Site {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Site {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    pub(crate) fn root(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    pub(crate) fn config(&self, names: &[&str], alpn: &[&str]) -> Arc<ServerConfig> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|alpn| alpn.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// A server with TLS.
    pub(crate) fn server(
        &self,
        names: &[&str],
        serve: impl Fn(StreamOwned<ServerConnection, TcpStream>) + Send + Sync + 'static,
    ) -> SocketAddr {
        let config = self.config(names, &["http/1.1"]);
        server(move |stream| serve(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream)))
    }
}

/// TLS of a client that trusts these and no other.
pub(crate) fn client(roots: &[&[u8]], alpn: &[&str]) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.to_vec().into()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|alpn| alpn.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// Past the harness, which keeps the output of tests that pass to itself.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
