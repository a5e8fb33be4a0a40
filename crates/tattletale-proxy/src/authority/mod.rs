//! The certificate authority of one project: made at first use, good for a season, forgotten on request.
//!
//! Whoever has its key can read the traffic of every device that trusts it, so the key is in one file that only its
//! owner can read, is never part of a recording, and `capture --forget` deletes it. Certificates of servers ("leaves")
//! are made as they are needed and never written anywhere.

mod leaf;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

pub(crate) use leaf::Leaves;

/// How long an authority is good for.
const VALIDITY: Duration = Duration::from_secs(90 * 86_400);
/// One that ends sooner is replaced at the next start.
const LEAST_LEFT: Duration = Duration::from_secs(7 * 86_400);
/// Clocks of phones are off by this much.
const SKEW: Duration = Duration::from_secs(2 * 86_400);

const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";
/// Serial number and end, which the certificate has too, so that no reader of certificates is needed.
const ABOUT: &str = "authority.about";

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// One of its files.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What was wrong.
        error: io::Error,
    },
    /// Certificate or key could not be made or read.
    #[error("certificate authority: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS does not take the certificate or its key.
    #[error("certificate authority: {0}")]
    Tls(#[from] rustls::Error),
    /// The key can be read by others.
    #[error("{}: others can read this key; delete it with `tattletale capture --forget`, or chmod 600", .0.display())]
    Exposed(PathBuf),
}

/// An authority that certifies whatever server a client asks for.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
    serial: [u8; 16],
    ends: Timestamp,
    spki: [u8; 32],
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl Authority {
    /// One that lives in memory only.
    pub fn in_memory() -> Result<Self, AuthorityError> {
        Ok(Self::make()?.0)
    }

    /// The authority of a folder, made anew if there is none or it ends soon; whether it was made anew.
    pub fn open(folder: &Path) -> Result<(Self, bool), AuthorityError> {
        let path = |name: &str| folder.join(name);
        let file = |name: &str| {
            let path = path(name);
            move |error| AuthorityError::File { path, error }
        };
        match Self::load(folder)? {
            Some(authority) => Ok((authority, false)),
            None => {
                let (authority, key) = Self::make()?;
                fs::create_dir_all(folder).map_err(|error| AuthorityError::File { path: folder.to_owned(), error })?;
                write(&path(KEY), key.as_bytes()).map_err(file(KEY))?;
                write(&path(CERTIFICATE), authority.pem.as_bytes()).map_err(file(CERTIFICATE))?;
                let serial: String = authority.serial.iter().map(|byte| format!("{byte:02x}")).collect();
                write(&path(ABOUT), format!("{serial} {}\n", authority.ends).as_bytes()).map_err(file(ABOUT))?;
                Ok((authority, true))
            }
        }
    }

    fn load(folder: &Path) -> Result<Option<Self>, AuthorityError> {
        let read = |name: &str| {
            let path = folder.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => Ok(Some(text)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(AuthorityError::File { path, error }),
            }
        };
        let (Some(key), Some(pem), Some(about)) = (read(KEY)?, read(CERTIFICATE)?, read(ABOUT)?) else {
            return Ok(None);
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let path = folder.join(KEY);
            let readable = fs::metadata(&path).map(|metadata| metadata.permissions().mode() & 0o077 != 0);
            if readable.unwrap_or(true) {
                return Err(AuthorityError::Exposed(path));
            }
        }
        // What cannot be read is made anew, as what ends soon is.
        let Some((serial, ends)) = about_of(&about) else { return Ok(None) };
        let soon = Timestamp::try_from(SystemTime::now() + LEAST_LEFT).unwrap_or(Timestamp::MAX);
        if ends < soon {
            return Ok(None);
        }
        let invalid = |error: rustls::pki_types::pem::Error| AuthorityError::File {
            path: folder.join(CERTIFICATE),
            error: io::Error::other(error),
        };
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(invalid)?;
        let key = KeyPair::from_pem(&key)?;
        let spki = digest_of_key(&key);
        let issuer = Issuer::new(params(&serial), key);
        Ok(Some(Self { issuer, certificate, pem, serial, ends, spki }))
    }

    fn make() -> Result<(Self, String), AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let serial = serial();
        let mut params = params(&serial);
        let now = SystemTime::now();
        params.not_before = (now - SKEW).into();
        params.not_after = (now + VALIDITY).into();
        let certificate: Certificate = params.self_signed(&key)?;
        let ends = Timestamp::try_from(now + VALIDITY).unwrap_or(Timestamp::MAX);
        let (pem, secret, spki) = (certificate.pem(), key.serialize_pem(), digest_of_key(&key));
        let certificate = certificate.der().clone();
        Ok((Self { issuer: Issuer::new(params, key), certificate, pem, serial, ends, spki }, secret))
    }

    /// The certificate, PEM (RFC 7468).
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// When it ends, UTC.
    pub fn ends(&self) -> Timestamp {
        self.ends
    }

    /// SHA-256 of its public key (SubjectPublicKeyInfo), as browsers take it.
    pub fn spki_sha256(&self) -> [u8; 32] {
        self.spki
    }

    /// SHA-256 of the certificate, as phones show it: upper-case hex with colons.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.certificate);
        let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        pairs.join(":")
    }
}

/// The certificates of a PEM file, DER.
pub fn certificates(pem: &str) -> io::Result<Vec<Vec<u8>>> {
    let all = CertificateDer::pem_slice_iter(pem.as_bytes());
    let all: Vec<Vec<u8>> = all
        .map(|found| found.map(|der| der.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    match all.is_empty() {
        true => Err(io::Error::new(io::ErrorKind::InvalidData, "no certificate in PEM")),
        false => Ok(all),
    }
}

/// Deletes the authority of a folder; whether there was one.
pub fn forget(folder: &Path) -> Result<bool, AuthorityError> {
    let mut found = false;
    for name in [KEY, CERTIFICATE, ABOUT] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Ok(()) => found = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(AuthorityError::File { path, error }),
        }
    }
    Ok(found)
}

/// What a certificate says but for its times; the same for the same serial number.
fn params(serial: &[u8; 16]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // Two projects on one phone must be told apart in its settings.
    let name = format!("Tattletale capture {:02x}{:02x}", serial[1], serial[2]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, "Made on your own machine to look at your own traffic");
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params
}

fn about_of(text: &str) -> Option<([u8; 16], Timestamp)> {
    let (serial, ends) = text.trim().split_once(' ')?;
    let number = u128::from_str_radix(serial, 16).ok()?;
    Some((number.to_be_bytes(), ends.parse().ok()?))
}

fn digest_of_key(key: &KeyPair) -> [u8; 32] {
    use rcgen::PublicKeyData;
    Sha256::digest(key.subject_public_key_info()).into()
}

/// Positive, and never the same twice (RFC 5280, 4.1.2.2).
fn serial() -> [u8; 16] {
    let mut serial = [0; 16];
    // All zeros would still be a number; TLS does not start without randomness anyway.
    let _ = getrandom::fill(&mut serial);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let mut file = options.mode(0o600).open(path)?;
        // A file that was there before keeps its mode otherwise.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(bytes)
    }
    #[cfg(not(unix))]
    options.open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_kept_private_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("project");
        let (first, made) = Authority::open(&folder).unwrap();
        assert!(made);
        let (again, made) = Authority::open(&folder).unwrap();
        assert!(!made);
        assert_eq!((first.der(), first.spki_sha256(), first.ends()), (again.der(), again.spki_sha256(), again.ends()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let key = folder.join(KEY);
            assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Authority::open(&folder), Err(AuthorityError::Exposed(_))));
        }
        assert!(forget(&folder).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        assert!(!forget(&folder).unwrap());
        let (other, made) = Authority::open(&folder).unwrap();
        assert!(made && other.der() != first.der());
    }

    #[test]
    fn one_that_ends_soon_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (first, _) = Authority::open(folder.path()).unwrap();
        let soon = Timestamp::try_from(SystemTime::now() + LEAST_LEFT / 2).unwrap();
        let about = fs::read_to_string(folder.path().join(ABOUT)).unwrap();
        fs::write(folder.path().join(ABOUT), format!("{} {soon}", about.split(' ').next().unwrap())).unwrap();
        let (second, made) = Authority::open(folder.path()).unwrap();
        assert!(made && first.der() != second.der());
    }
}
