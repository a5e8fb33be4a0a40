//! The lab's own certificate authority, good for `.localhost` names only.
//!
//! Keys are made per run and live in memory. The authority's certificate carries a name constraint (RFC 5280
//! section 4.2.1.10), so that even a browser that was told to trust it would accept it for no other name.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How long the certificates are good for: a lab lives for minutes, a control page perhaps for days.
const VALIDITY: Duration = Duration::from_secs(7 * 24 * 3600);

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The lab certifies lab names only.
    #[error("{0} does not end in .localhost: the lab certifies no other name")]
    Name(String),
    /// The certificate could not be made.
    #[error("no certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS refused the certificate or its key.
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// A certificate authority that exists as long as this value.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    /// Makes a new authority with a key of its own.
    pub fn new() -> Result<Self, Error> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("localhost".to_owned())],
            excluded_subtrees: Vec::new(),
        });
        params.distinguished_name.push(DnType::CommonName, "Tattletale lab (localhost only)");
        set_validity(&mut params);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?.der().clone();
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// TLS for a server of these names, HTTP/1.1 only; each must end in `.localhost`.
    pub fn server_config(&self, names: &[&str]) -> Result<Arc<ServerConfig>, Error> {
        if let Some(name) = names.iter().find(|name| !name.ends_with(".localhost")) {
            return Err(Error::Name((*name).to_owned()));
        }
        let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or_default());
        set_validity(&mut params);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let chain = vec![certificate.der().clone(), self.certificate.clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// TLS for a client that trusts this authority and no other.
    pub fn client_config(&self) -> Result<Arc<ClientConfig>, Error> {
        trusting(&self.certificate)
    }

    /// The authority's certificate, DER.
    pub fn ca_der(&self) -> &[u8] {
        &self.certificate
    }

    /// The authority's certificate as PEM (RFC 7468); its key is never written out.
    pub fn ca_pem(&self) -> String {
        let base64 = base64_simd::STANDARD.encode_to_string(&self.certificate);
        let lines: Vec<&str> = (0..base64.len()).step_by(64).map(|at| &base64[at..base64.len().min(at + 64)]).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }
}

/// TLS for a client that trusts this authority (DER) and no other.
pub(crate) fn trusting(authority: &[u8]) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(authority.to_vec()))?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn set_validity(params: &mut CertificateParams) {
    let now = SystemTime::now();
    // An hour back, so that two clocks on one machine (a container's, a browser's) need not agree to the second.
    params.not_before = (now - Duration::from_secs(3600)).into();
    params.not_after = (now + VALIDITY).into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_names() {
        let authority = Authority::new().unwrap();
        assert!(authority.server_config(&["clinic.localhost", "shop.localhost"]).is_ok());
        for name in ["example.org", "localhost.example.org", "sa.api.intl.miui.com", "evillocalhost"] {
            assert!(matches!(authority.server_config(&["clinic.localhost", name]), Err(Error::Name(_))), "{name}");
        }
        assert!(authority.ca_pem().starts_with("-----BEGIN CERTIFICATE-----\nMII"));
    }
}
