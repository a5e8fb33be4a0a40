//! Certificates of servers, made as clients ask for them.
//!
//! Each is good for a month, names exactly what the client asked for, and is kept with its TLS configuration for the
//! next connection; all share one key that lives in memory only. Sessions are never resumed: every handshake shows
//! whether the client still trusts the authority.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    SanType, SerialNumber,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::{KeyLog, ServerConfig};

use super::{Authority, AuthorityError, SKEW};

/// How long a certificate is good for, with the skew before it; browsers refuse more than 200 days.
const VALIDITY: Duration = Duration::from_secs(30 * 86_400);
/// One is made anew when it is older, long before it ends.
const RENEWED: Duration = Duration::from_secs(7 * 86_400);
/// Certificates that are kept.
const MOST: usize = 2048;

/// What a configuration is for: name or address, and application protocol if one is agreed upon.
type Wanted = (String, Option<Vec<u8>>);

/// TLS configurations by server.
pub(crate) struct Leaves {
    authority: Arc<Authority>,
    key: KeyPair,
    log: Option<Arc<dyn KeyLog>>,
    made: Mutex<HashMap<Wanted, (Arc<ServerConfig>, SystemTime)>>,
}

impl Leaves {
    pub(crate) fn new(authority: Arc<Authority>, log: Option<Arc<dyn KeyLog>>) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        Ok(Self { authority, key, log, made: Mutex::default() })
    }

    /// TLS for a server of that name or address, which speaks that protocol.
    pub(crate) fn config(&self, host: &str, alpn: Option<&[u8]>) -> Result<Arc<ServerConfig>, AuthorityError> {
        let wanted = (host.to_owned(), alpn.map(<[u8]>::to_vec));
        let now = SystemTime::now();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((config, at)) = made.get(&wanted)
            && now.duration_since(*at).is_ok_and(|age| age < RENEWED)
        {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.make(host, alpn, now)?);
        if made.len() >= MOST {
            // Names without end are made up to fill us: those that are asked for again are made again.
            made.clear();
        }
        made.insert(wanted, (Arc::clone(&config), now));
        Ok(config)
    }

    /// The authority's own certificate comes with it: Chromium compares every key of the chain with those that it was
    /// told to believe.
    fn make(&self, host: &str, alpn: Option<&[u8]>, now: SystemTime) -> Result<ServerConfig, AuthorityError> {
        let certificate = self.certificate(host, now)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate, self.authority.certificate.clone()], key)?;
        config.alpn_protocols = alpn.map(<[u8]>::to_vec).into_iter().collect();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        if let Some(log) = &self.log {
            config.key_log = Arc::clone(log);
        }
        Ok(config)
    }

    fn certificate(&self, host: &str, now: SystemTime) -> Result<CertificateDer<'static>, AuthorityError> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![match host.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.try_into()?),
        }];
        // The common name is for people; more than 64 characters do not fit (RFC 5280, appendix A).
        params.distinguished_name.push(DnType::CommonName, host.get(..64).unwrap_or(host));
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from_slice(&super::serial()));
        params.not_before = (now - SKEW).into();
        let ends = SystemTime::from(self.authority.ends).min(now + VALIDITY);
        params.not_after = ends.into();
        Ok(params.signed_by(&self.key, &self.authority.issuer)?.der().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_for_everybody() {
        let leaves = Leaves::new(Arc::new(Authority::in_memory().unwrap()), None).unwrap();
        let one = leaves.config("tracker.example", Some(b"h2")).unwrap();
        assert!(Arc::ptr_eq(&one, &leaves.config("tracker.example", Some(b"h2")).unwrap()));
        assert!(!Arc::ptr_eq(&one, &leaves.config("tracker.example", None).unwrap()));
        for host in ["192.0.2.1", "2001:db8::1", "my_host.example", &format!("{}.example", "a".repeat(63))] {
            assert!(leaves.config(host, None).is_ok(), "{host}");
        }
    }

    #[test]
    fn bounded() {
        let leaves = Leaves::new(Arc::new(Authority::in_memory().unwrap()), None).unwrap();
        for at in 0..MOST + 10 {
            leaves.config(&format!("{at}.example"), None).unwrap();
        }
        assert!(leaves.made.lock().unwrap().len() <= MOST);
    }
}
