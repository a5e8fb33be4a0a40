//! Unsalted digests of known values, recognised in one look-up whatever their number.
//!
//! A digest has no structure, so its first 64 bits are as good a name as the whole: one [`Table`] holds them for
//! every algorithm and every normal form of every value, and is asked once for each run of text ([`runs`]) or field
//! of bytes that has the shape of one. What matches is computed again and compared in full, so a hit is certain as
//! far as it goes; a truncated digest counts the bits that are there. A new algorithm is one entry of [`ALGORITHMS`]
//! and one in [`crate::model::Step::DIGESTS`].

mod blocks;
mod lanes;
mod murmur;
pub(super) mod runs;
pub mod salted;
mod table;

use crate::codec::digits::eight_of_hex;
use crate::model::url::hex_digit;
use blake2::{Blake2b256, Blake2b512, Blake2s256};
use blocks::Blocks;
use ripemd::Ripemd160;
use sha2::{Digest as _, Sha224, Sha384, Sha512_256};
use sha3::{Keccak256, Sha3_224, Sha3_256, Sha3_384, Sha3_512};
pub(super) use table::{Entry, Table};
use twox_hash::{XxHash3_64, XxHash3_128, XxHash32, XxHash64};

/// An algorithm that apps have been seen to use on what identifies a person.
pub(super) struct Algorithm {
    /// As a step of a path is named.
    pub(super) name: &'static str,
    make: fn(&[u8]) -> Digest,
    /// How else its bytes are written.
    turns: &'static [Turn],
    /// True for the customary ones, which are applied to each other's hexadecimal text and to unlikely forms too.
    chained: bool,
}

/// The same digest in another order of bytes, or less of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// As its authors print it.
    None,
    /// Each word of so many bytes from its last byte on: printed as little-endian integers.
    Words(usize),
    /// The middle of an MD5 (digits 9 to 24), known as its "16-digit form".
    Middle,
}

/// The output of an algorithm: up to 64 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digest {
    bytes: [u8; 64],
    length: usize,
}

/// All algorithms. Those with 32 bits are only ever weak evidence.
pub(super) static ALGORITHMS: &[Algorithm] = &[
    Algorithm { turns: &[Turn::None, Turn::Middle], ..chained("md5", Digest::by_blocks::<blocks::Md5>) },
    chained("sha1", Digest::by_blocks::<blocks::Sha1>),
    chained("sha256", Digest::by_blocks::<blocks::Sha256>),
    chained("sha512", Digest::by_blocks::<blocks::Sha512>),
    alone("sha224", |text| Digest::new(&Sha224::digest(text))),
    alone("sha384", |text| Digest::new(&Sha384::digest(text))),
    alone("sha512-256", |text| Digest::new(&Sha512_256::digest(text))),
    alone("sha3-224", |text| Digest::new(&Sha3_224::digest(text))),
    alone("sha3-256", |text| Digest::new(&Sha3_256::digest(text))),
    alone("sha3-384", |text| Digest::new(&Sha3_384::digest(text))),
    alone("sha3-512", |text| Digest::new(&Sha3_512::digest(text))),
    alone("keccak256", |text| Digest::new(&Keccak256::digest(text))),
    alone("ripemd160", |text| Digest::new(&Ripemd160::digest(text))),
    alone("blake2b", |text| Digest::new(&Blake2b512::digest(text))),
    alone("blake2b-256", |text| Digest::new(&Blake2b256::digest(text))),
    alone("blake2s", |text| Digest::new(&Blake2s256::digest(text))),
    alone("blake3", |text| Digest::new(blake3::hash(text).as_bytes())),
    // Java's `UUID.nameUUIDFromBytes`: RFC 9562, 5.3, of the text alone.
    alone("uuid3", |text| {
        let mut digest = Digest::by_blocks::<blocks::Md5>(text);
        digest.bytes[6] = digest.bytes[6] & 0x0f | 0x30;
        digest.bytes[8] = digest.bytes[8] & 0x3f | 0x80;
        digest
    }),
    turned("murmur3-128", &[Turn::None, Turn::Words(8)], |text| {
        let [first, second] = murmur::x64_128(text);
        Digest::new(&(u128::from(first) << 64 | u128::from(second)).to_be_bytes())
    }),
    turned("xxh64", &[Turn::None, Turn::Words(8)], |text| Digest::new(&XxHash64::oneshot(0, text).to_be_bytes())),
    turned("xxh3", &[Turn::None, Turn::Words(8)], |text| Digest::new(&XxHash3_64::oneshot(text).to_be_bytes())),
    turned("xxh3-128", &[Turn::None, Turn::Words(16)], |text| Digest::new(&XxHash3_128::oneshot(text).to_be_bytes())),
    turned("murmur3-32", &[Turn::None, Turn::Words(4)], |text| Digest::new(&murmur::x86_32(text).to_be_bytes())),
    turned("xxh32", &[Turn::None, Turn::Words(4)], |text| Digest::new(&XxHash32::oneshot(0, text).to_be_bytes())),
];

const fn alone(name: &'static str, make: fn(&[u8]) -> Digest) -> Algorithm {
    Algorithm { name, make, turns: &[Turn::None], chained: false }
}

const fn chained(name: &'static str, make: fn(&[u8]) -> Digest) -> Algorithm {
    Algorithm { chained: true, ..alone(name, make) }
}

const fn turned(name: &'static str, turns: &'static [Turn], make: fn(&[u8]) -> Digest) -> Algorithm {
    Algorithm { turns, ..alone(name, make) }
}

impl Digest {
    fn new(bytes: &[u8]) -> Self {
        let mut digest = Self { bytes: [0; 64], length: bytes.len() };
        digest.bytes[..bytes.len()].copy_from_slice(bytes);
        digest
    }

    fn by_blocks<B: Blocks>(text: &[u8]) -> Self {
        let (bytes, length) = B::write(&blocks::digest::<B>(&[text]));
        Self { bytes, length }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Its first 64 bits; of fewer, those and zeros.
    fn key(&self) -> u64 {
        self.bytes.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// Its digits in small letters, as most languages print it.
    fn hex(&self, out: &mut [u8; 128]) -> usize {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for (&byte, pair) in self.bytes().iter().zip(out.as_chunks_mut::<2>().0) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        self.length * 2
    }

    fn turned(mut self, turn: Turn) -> Self {
        match turn {
            Turn::None => {}
            Turn::Words(size) => self.bytes[..self.length].chunks_mut(size).for_each(<[u8]>::reverse),
            Turn::Middle => return Self::new(&self.bytes[4..12]),
        }
        self
    }
}

/// What is written somewhere and may be a digest: its first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    bytes: [u8; 64],
    /// How many of the bits are known; the others are zero.
    pub(super) bits: usize,
}

impl Seen {
    /// Bytes as they stand; none if there are fewer than 64 bits. What is beyond 64 bytes is not looked at.
    pub(super) fn bytes(bytes: &[u8]) -> Option<Self> {
        let mut seen = Self { bytes: [0; 64], bits: bytes.len().min(64) * 8 };
        seen.bytes[..seen.bits / 8].copy_from_slice(&bytes[..seen.bits / 8]);
        (seen.bits >= 64).then_some(seen)
    }

    /// Hexadecimal digits in either case, an odd number of them too.
    pub(super) fn hex(digits: &[u8]) -> Option<Self> {
        let digits = &digits[..digits.len().min(128)];
        if digits.len() < 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut seen = Self { bytes: [0; 64], bits: digits.len() * 4 };
        let (eights, rest) = digits.as_chunks::<8>();
        for (eight, bytes) in eights.iter().zip(seen.bytes.as_chunks_mut().0) {
            *bytes = eight_of_hex(eight).to_be_bytes();
        }
        for (place, &digit) in (eights.len() * 8..).zip(rest) {
            let value = hex_digit(digit)?;
            seen.bytes[place / 2] |= if place % 2 == 0 { value << 4 } else { value };
        }
        Some(seen)
    }

    /// The first 64 bits.
    pub(super) fn key(&self) -> u64 {
        self.bytes.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }

    /// All that is known, whole bytes only.
    pub(super) fn known(&self) -> &[u8] {
        &self.bytes[..self.bits / 8]
    }

    /// How many bits of the digest are there, if all that is there is of it.
    pub(super) fn agrees(&self, digest: &Digest) -> Option<usize> {
        let bits = self.bits.min(digest.length * 8);
        let whole = bits / 8;
        let odd = bits.is_multiple_of(8) || self.bytes[whole] >> 4 == digest.bytes[whole] >> 4;
        (odd && self.bytes[..whole] == digest.bytes[..whole]).then_some(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Step;

    fn hex(name: &str, text: &[u8]) -> String {
        let algorithm = ALGORITHMS.iter().find(|algorithm| algorithm.name == name).unwrap();
        let mut out = [0; 128];
        let length = (algorithm.make)(text).hex(&mut out);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    /// Test vectors of the specifications, for what has a name that is easily mistaken.
    #[test]
    fn names_stand_for_the_algorithms_that_they_say() {
        for (name, expected) in [
            ("md5", "900150983cd24fb0d6963f7d28e17f72"),
            ("uuid3", "900150983cd23fb096963f7d28e17f72"),
            ("sha512-256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
            ("sha3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            ("keccak256", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
            ("ripemd160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
            ("blake2s", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
            ("blake3", "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"),
            ("xxh32", "32d153ff"),
            ("xxh64", "44bc2cf5ad770999"),
            ("xxh3", "78af5f94892f3950"),
            ("xxh3-128", "06b05ab6733a618578af5f94892f3950"),
        ] {
            assert_eq!(hex(name, b"abc"), expected, "{name}");
        }
    }

    #[test]
    fn every_algorithm_has_a_name_for_people() {
        for algorithm in ALGORITHMS {
            assert!(Step::DIGESTS.iter().any(|(name, _)| *name == algorithm.name), "{}", algorithm.name);
        }
    }
}
