//! Keys that the user has, and what one part of an exchange offers beside them.
//!
//! A ciphertext rarely stands alone: the vector that it began with, or the key in an envelope that only a private key
//! opens, stand in fields beside it. So where there are keys at all, a part is walked once more before the search,
//! and what has the size of such a thing is kept in a [`Ring`], which the layers of ciphers are given.

mod der;
mod file;
mod seen;

use super::Hint;
use super::visitor::{Ending, Node, Visitor};
use super::walk::{Limits, walk};
use crate::codec::{base64, cipher, ecies};
use crate::model::url::hex_digit;
use std::fmt;
use std::sync::Arc;

pub use file::{KINDS, parse};
pub use seen::SeenKeys;

/// A key with the name that paths show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As in the key file.
    pub name: String,
    /// The key itself.
    pub secret: Secret,
}

/// What a key opens.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// 16, 24 or 32 bytes.
    Aes(Vec<u8>),
    /// 32 bytes.
    ChaCha20(Vec<u8>),
    /// Opens nothing by itself: 16 bytes that begin a chain or a counter, or 12 of a nonce, the same for every message.
    Vector(Vec<u8>),
    /// Modulus and private exponent, big-endian.
    Rsa {
        /// n
        modulus: Vec<u8>,
        /// d
        exponent: Vec<u8>,
    },
    /// The private number, big-endian.
    Ec {
        /// Of which group.
        curve: ecies::Curve,
        /// d
        number: Vec<u8>,
    },
}

impl Secret {
    /// What is in an envelope, if it is one for this key.
    fn unsealed(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa { modulus, exponent } => cipher::rsa_envelope(modulus, exponent, sealed),
            Self::Ec { curve, number } => ecies::open(*curve, number, sealed),
            Self::Aes(_) | Self::ChaCha20(_) | Self::Vector(_) => None,
        }
    }

    /// True for lengths that an envelope with a symmetric key in it has.
    fn fits(&self, length: usize) -> bool {
        match self {
            Self::Rsa { modulus, .. } => length == modulus.len(),
            Self::Ec { .. } => KEY_SIZES.iter().any(|size| length == ecies::AROUND + size),
            Self::Aes(_) | Self::ChaCha20(_) | Self::Vector(_) => false,
        }
    }
}

/// Bytes of a key of AES.
const KEY_SIZES: [usize; 3] = [16, 24, 32];

/// Says the kind only: keys have no place in messages.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes(_) => "Aes",
            Self::ChaCha20(_) => "ChaCha20",
            Self::Vector(_) => "Vector",
            Self::Rsa { .. } => "Rsa",
            Self::Ec { .. } => "Ec",
        })
    }
}

/// What the layers of ciphers may try on one part.
#[derive(Debug, Default)]
pub(super) struct Ring {
    pub(super) keys: Vec<Key>,
    /// Vectors and nonces that stand beside the ciphertext, those of the user, and zeros.
    pub(super) vectors: Vec<Vec<u8>>,
}

/// The bytes of a key as people write it: hex where it can be hex, else base64.
fn unwritten(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let hex = text.len().is_multiple_of(2).then(|| {
        let pair = |pair: &[u8]| Some(hex_digit(pair[0])? << 4 | hex_digit(pair[1])?);
        text.as_bytes().chunks(2).map(pair).collect::<Option<Vec<u8>>>()
    });
    hex.flatten().or_else(|| base64::decode(text.as_bytes()))
}

/// Keys and vectors that are tried on one part: with them, the work per ciphertext is bounded.
const MOST_KEYS: usize = 16;
const MOST_VECTORS: usize = 12;
/// Vectors of the user's among them.
const MOST_OWN_VECTORS: usize = 6;
/// Envelopes that are opened in one part; each takes milliseconds.
const MOST_ENVELOPES: usize = 8;

impl Ring {
    /// Nothing without keys; else what a walk without them shows.
    pub(super) fn gather(bytes: &[u8], hint: Hint<'_>, limits: &Limits) -> Self {
        if limits.keys.is_empty() {
            return Self::default();
        }
        let mut ring = Self { keys: Vec::new(), vectors: vec![vec![0; cipher::BLOCK], vec![0; cipher::NONCE]] };
        let symmetric = limits.keys.iter().filter(|key| matches!(key.secret, Secret::Aes(_) | Secret::ChaCha20(_)));
        ring.keys.extend(symmetric.take(MOST_KEYS).cloned());
        let own = limits.keys.iter().filter_map(|key| match &key.secret {
            Secret::Vector(vector) => Some(vector.clone()),
            _ => None,
        });
        ring.vectors.extend(own.take(MOST_OWN_VECTORS));
        let mut gatherer = Gatherer { ring, known: &limits.keys, envelopes: 0 };
        // What a deep search makes of a vector are no vectors, and many.
        let plain = Limits { keys: Arc::default(), deep: false, ..limits.clone() };
        walk(bytes, hint, &plain, &mut gatherer);
        gatherer.ring
    }
}

struct Gatherer<'k> {
    ring: Ring,
    known: &'k [Key],
    envelopes: usize,
}

impl Visitor for Gatherer<'_> {
    fn enter(&mut self, node: &Node<'_>) {
        let length = node.bytes.len();
        let of_a_vector = length == cipher::BLOCK || length == cipher::NONCE;
        if of_a_vector && self.ring.vectors.len() < MOST_VECTORS && !self.ring.vectors.iter().any(|v| v == node.bytes) {
            self.ring.vectors.push(node.bytes.to_vec());
        }
        for key in self.known {
            if !key.secret.fits(length) || self.envelopes >= MOST_ENVELOPES || self.ring.keys.len() >= MOST_KEYS {
                continue;
            }
            self.envelopes += 1;
            let inside = key.secret.unsealed(node.bytes);
            if let Some(inside) = inside.filter(|inside| KEY_SIZES.contains(&inside.len())) {
                self.ring.keys.push(Key { name: key.name.clone(), secret: Secret::Aes(inside) });
            }
        }
    }

    fn leave(&mut self, _: &Node<'_>, _: &Ending) {}
}
