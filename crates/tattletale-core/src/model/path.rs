//! Where in an exchange something lies: the part, then the chain of layers with the place inside each.

use std::fmt;

/// A piece of an exchange that carries bytes. Text form as in the JSON contract (`header:referer`, `body` ...).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Path of the request URL.
    Path,
    /// Query of the request URL, without the question mark.
    Query,
    /// A request header; name in lower case.
    Header(String),
    /// A request cookie; name as written.
    Cookie(String),
    /// The request body.
    Body,
    /// A WebSocket message.
    Message,
    /// The server's name in the ClientHello of a connection that could not be seen.
    Sni,
    /// The server's name where no ClientHello showed it: whoever resolved it was told.
    Dns,
    /// The same pieces of the response, looked at only on request: nobody learns from what they said themselves.
    Response(Box<Part>),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("path"),
            Self::Query => f.write_str("query"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Cookie(name) => write!(f, "cookie:{name}"),
            Self::Body => f.write_str("body"),
            Self::Message => f.write_str("message"),
            Self::Sni => f.write_str("sni"),
            Self::Dns => f.write_str("dns"),
            Self::Response(part) => write!(f, "response:{part}"),
        }
    }
}

/// One layer of a path and the place inside it (a field name, a JSONPath, a line number), if it has places.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Step {
    /// Name of the layer in its registry, or of the digest that hid the value.
    pub layer: &'static str,
    /// Place inside the layer; none when the layer has only one.
    pub at: Option<String>,
}

impl Step {
    /// Digests as a layer is named after them, with the name that people write.
    pub const DIGESTS: &[(&'static str, &'static str)] = &[
        ("md5", "MD5"),
        ("sha1", "SHA-1"),
        ("sha224", "SHA-224"),
        ("sha256", "SHA-256"),
        ("sha384", "SHA-384"),
        ("sha512", "SHA-512"),
        ("sha512-256", "SHA-512/256"),
        ("sha3-224", "SHA3-224"),
        ("sha3-256", "SHA3-256"),
        ("sha3-384", "SHA3-384"),
        ("sha3-512", "SHA3-512"),
        ("keccak256", "Keccak-256"),
        ("ripemd160", "RIPEMD-160"),
        ("blake2b", "BLAKE2b"),
        ("blake2b-256", "BLAKE2b-256"),
        ("blake2s", "BLAKE2s"),
        ("blake3", "BLAKE3"),
        ("uuid3", "name-based UUID"),
        ("murmur3-128", "MurmurHash3"),
        ("murmur3-32", "MurmurHash3 (32 bits)"),
        ("xxh32", "xxHash (32 bits)"),
        ("xxh64", "xxHash"),
        ("xxh3", "XXH3"),
        ("xxh3-128", "XXH3 (128 bits)"),
        ("hmac-md5", "HMAC-MD5"),
        ("hmac-sha1", "HMAC-SHA-1"),
        ("hmac-sha256", "HMAC-SHA-256"),
        ("hmac-sha512", "HMAC-SHA-512"),
    ];

    /// The digest that hid what was found here, as people write it: it can be recognised but not read.
    pub fn digest(&self) -> Option<&'static str> {
        Self::DIGESTS.iter().find(|(name, _)| *name == self.layer).map(|(_, words)| *words)
    }
}

/// A path on one line, outermost first: `form data › base64 › json $.email`; `as is` when there is no layer.
pub fn display_path(path: &[Step]) -> String {
    if path.is_empty() {
        return "as is".to_owned();
    }
    let steps: Vec<String> = path
        .iter()
        .map(|step| match &step.at {
            Some(at) => format!("{} {at}", step.layer),
            None => step.layer.to_owned(),
        })
        .collect();
    steps.join(" › ")
}
