//! TLS to servers: what they offer is asked first, so that the client can be offered the same.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, KeyLog, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// For a handshake.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Whose certificates are believed.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Authorities beside those of Mozilla, DER.
    pub also: Vec<Vec<u8>>,
    /// Those and no others.
    pub only: bool,
    /// Hosts (lower case) whose certificate is not looked at.
    pub insecure: HashSet<String>,
}

/// TLS to servers.
pub(crate) struct Outward {
    checked: Arc<ClientConfig>,
    unchecked: Arc<ClientConfig>,
    insecure: HashSet<String>,
}

impl Outward {
    pub(crate) fn new(trust: &Trust, log: Option<&Arc<dyn KeyLog>>) -> Result<Self, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        if !trust.only {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        for der in &trust.also {
            roots.add(CertificateDer::from(der.clone()))?;
        }
        let builder =
            || ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let mut checked = builder()?.with_root_certificates(roots).with_no_client_auth();
        let anybody = Arc::new(Anybody(Arc::clone(&provider)));
        let mut unchecked = builder()?.dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth();
        if let Some(log) = log {
            checked.key_log = Arc::clone(log);
            unchecked.key_log = Arc::clone(log);
        }
        Ok(Self { checked: Arc::new(checked), unchecked: Arc::new(unchecked), insecure: trust.insecure.clone() })
    }

    /// Shakes hands with a server, offering the protocols that the client offered.
    pub(crate) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
        alpn: &[Vec<u8>],
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let config = if self.insecure.contains(host) { &self.unchecked } else { &self.checked };
        let mut config = Arc::clone(config);
        if !alpn.is_empty() {
            Arc::make_mut(&mut config).alpn_protocols = alpn.to_vec();
        }
        let connecting = TlsConnector::from(config).connect(name, stream);
        tokio::time::timeout(PATIENCE, connecting).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

/// What a server's failed handshake means, for a person.
pub(crate) fn about_server(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => format!("its certificate is not good: {why}"),
        Some(rustls::Error::AlertReceived(alert)) => format!("it refused the connection with the alert {alert:?}"),
        Some(other) => other.to_string(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "it ended the connection during the handshake".to_owned()
        }
        None => error.to_string(),
    }
}

/// Believes every certificate; the signature of the handshake must still be that of its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Secrets of every connection in the format of `SSLKEYLOGFILE`, so that a packet capture taken meanwhile can be read.
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Appends to a file that only its owner can read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        Ok(Self(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A secret that is missing here is told by whoever reads the packets.
        let _ = file.write_all(line.as_bytes());
    }
}
