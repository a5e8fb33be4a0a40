//! What is encrypted, where the user has the key: one layer for every mode.
//!
//! A key proves itself by what it opens. A tag (GCM, Poly1305) is proof alone. Without one, padding that fits and a
//! text together are; and what is neither is a guess that counts only when another layer opens it. A wrong key opens
//! nothing. The vector is taken from the start of the
//! ciphertext, from a field beside it or from the user's keys, or is zeros.

use crate::codec::cipher::{self, BLOCK, NONCE};
use crate::decode::keys::Secret;
use crate::decode::{At, Layer, Look, Needs, Opening, Proof, View};
use std::cmp::Reverse;

/// One mode of one cipher.
pub(super) enum Cipher {
    AesCbc,
    AesEcb,
    AesCtr,
    AesGcm,
    ChaCha20,
    ChaCha20Poly1305,
}

/// Bits that chance would have to bring together.
const ENOUGH: f64 = 34.0;

impl Layer for Cipher {
    fn name(&self) -> &'static str {
        match self {
            Self::AesCbc => "aes-cbc",
            Self::AesEcb => "aes-ecb",
            Self::AesCtr => "aes-ctr",
            Self::AesGcm => "aes-gcm",
            Self::ChaCha20 => "chacha20",
            Self::ChaCha20Poly1305 => "chacha20-poly1305",
        }
    }

    fn about(&self) -> &'static str {
        match self {
            Self::AesCbc => {
                "AES-CBC (NIST SP 800-38A) with a key of the user's, as Sensors Analytics' encrypted form has it (sa-sdk-android, gzip codes 9 and 13); also with the key out of an envelope of RSA or ECIES beside it."
            }
            Self::AesEcb => {
                "AES-ECB (NIST SP 800-38A) with a key of the user's, as many Android SDKs use the default of `Cipher.getInstance(\"AES\")`."
            }
            Self::AesCtr => "AES-CTR (NIST SP 800-38A) with a key of the user's.",
            Self::AesGcm => "AES-GCM (NIST SP 800-38D) with a key of the user's; the tag proves it.",
            Self::ChaCha20 => "ChaCha20 (RFC 8439) with a key of the user's.",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305 (RFC 8439) with a key of the user's; the tag proves it.",
        }
    }

    /// Each under the key of sixteen (or thirty-two) bytes `0x11`.
    fn example(&self) -> &'static [u8] {
        match self {
            Self::AesCbc => EXAMPLES[0],
            Self::AesEcb => EXAMPLES[1],
            Self::AesCtr => EXAMPLES[2],
            Self::AesGcm => EXAMPLES[3],
            Self::ChaCha20 => EXAMPLES[4],
            Self::ChaCha20Poly1305 => EXAMPLES[5],
        }
    }

    fn keyed(&self) -> bool {
        true
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(BLOCK).binary()
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let sealed = view.bytes;
        if out.ring().keys.is_empty() || view.look.text() || sealed.len() < BLOCK || sealed.len() > out.room() {
            return;
        }
        let ring = out.ring();
        for key in &ring.keys {
            for (plain, proof) in self.try_key(&key.secret, sealed, &ring.vectors) {
                out.made_at(At::Name(key.name.as_bytes()), &plain, proof);
                if out.opened() {
                    return;
                }
            }
        }
    }
}

impl Cipher {
    /// What may be the plaintext, the likeliest first.
    fn try_key(&self, secret: &Secret, sealed: &[u8], vectors: &[Vec<u8>]) -> Vec<(Vec<u8>, Proof)> {
        match (self, secret) {
            (Self::AesCbc, Secret::Aes(key)) => cbc(key, sealed, vectors),
            (Self::AesEcb, Secret::Aes(key)) => cipher::aes_ecb(key, sealed).and_then(unpadded).into_iter().collect(),
            (Self::AesCtr, Secret::Aes(key)) => {
                stream(sealed, vectors, BLOCK, |iv, sealed| cipher::aes_ctr(key, iv, sealed))
            }
            (Self::AesGcm, Secret::Aes(key)) => tagged(sealed, vectors, |iv, sealed| cipher::aes_gcm(key, iv, sealed)),
            (Self::ChaCha20, Secret::ChaCha20(key)) => {
                stream(sealed, vectors, NONCE, |iv, sealed| cipher::chacha20(key, iv, sealed))
            }
            (Self::ChaCha20Poly1305, Secret::ChaCha20(key)) => {
                tagged(sealed, vectors, |iv, sealed| cipher::chacha20_poly1305(key, iv, sealed))
            }
            _ => Vec::new(),
        }
    }
}

/// The vector changes the first block only, so one decryption serves for all of them.
fn cbc(key: &[u8], sealed: &[u8], vectors: &[Vec<u8>]) -> Vec<(Vec<u8>, Proof)> {
    let Some(plain) = cipher::aes_cbc(key, &[0; BLOCK], sealed) else { return Vec::new() };
    let mut found: Vec<_> = unpadded(plain[BLOCK..].to_vec()).into_iter().collect();
    for vector in vectors.iter().filter(|vector| vector.len() == BLOCK) {
        let mut plain = plain.clone();
        plain.iter_mut().zip(vector).for_each(|(byte, mask)| *byte ^= mask);
        found.extend(unpadded(plain));
    }
    likeliest_first(found)
}

/// Without padding or tag only what reads as text, or starts as a compressed stream does, is followed.
fn stream(
    sealed: &[u8],
    vectors: &[Vec<u8>],
    length: usize,
    open: impl Fn(&[u8], &[u8]) -> Option<Vec<u8>>,
) -> Vec<(Vec<u8>, Proof)> {
    const HEAD: usize = 64;
    let beside = vectors.iter().filter(|vector| vector.len() == length).map(|vector| (vector.as_slice(), sealed));
    let ways = sealed.split_at_checked(length).into_iter().chain(beside);
    let found = ways.filter_map(|(vector, sealed)| {
        let head = open(vector, &sealed[..sealed.len().min(HEAD)])?;
        // A head may end inside a character.
        let whole = head.len() - head.iter().rev().take(4).take_while(|&&byte| byte >= 0x80).count();
        let promising = Look::of(&head[..whole]).text() || compressed(&head);
        judged(promising.then(|| open(vector, sealed))??, 0)
    });
    likeliest_first(found.collect())
}

fn tagged(sealed: &[u8], vectors: &[Vec<u8>], open: impl Fn(&[u8], &[u8]) -> Option<Vec<u8>>) -> Vec<(Vec<u8>, Proof)> {
    let beside = vectors.iter().filter(|vector| vector.len() == NONCE).map(|vector| (vector.as_slice(), sealed));
    let mut ways = sealed.split_at_checked(NONCE).into_iter().chain(beside);
    ways.find_map(|(vector, sealed)| open(vector, sealed)).map(|plain| (plain, Proof::Sure)).into_iter().collect()
}

/// What is proved before what is guessed, what begins as a stream before what begins as nothing, and the longest first:
/// without its first block a message is as much a text as with it, but only the right vector makes a text of that block
/// too.
fn likeliest_first(mut found: Vec<(Vec<u8>, Proof)>) -> Vec<(Vec<u8>, Proof)> {
    found.sort_by_key(|(plain, proof)| (*proof != Proof::Sure, !compressed(plain), Reverse(plain.len())));
    found
}

/// Without its padding of PKCS#7 (RFC 5652, 6.3), if that is what it ends with.
fn unpadded(mut plain: Vec<u8>) -> Option<(Vec<u8>, Proof)> {
    let count = *plain.last()?;
    let start = plain.len().checked_sub(usize::from(count)).filter(|_| (1..=BLOCK as u8).contains(&count))?;
    if plain[start..].iter().any(|&byte| byte != count) {
        return None;
    }
    plain.truncate(start);
    let padding = usize::from(count);
    match judged(plain.clone(), padding) {
        None if !plain.is_empty() => Some((plain, Proof::Guess)),
        judged => judged,
    }
}

/// How much speaks for a plaintext: 97 of 256 bytes are text, and padding is eight bits a byte.
fn judged(plain: Vec<u8>, padding: usize) -> Option<(Vec<u8>, Proof)> {
    let bits = 1.4 * plain.len() as f64 + 8.0 * padding as f64;
    let text = !plain.is_empty() && Look::of(&plain).text();
    match (text && bits >= ENOUGH, compressed(&plain)) {
        (true, _) => Some((plain, Proof::Sure)),
        (false, true) => Some((plain, Proof::Guess)),
        (false, false) => None,
    }
}

fn compressed(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, 8, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])
}

/// `{"mail":"zoe@mail.test","event":"page_view"}`, with the vector first, by another implementation (OpenSSL).
static EXAMPLES: [&[u8]; 6] = [
    b"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\x34\x98\xa1\x15\xce\x59\xa3\xe6\x23\x8b\x07\xf2\x1e\x78\x5a\x0e\x31\xf4\xc4\xb3\x04\xac\xf0\x6c\x80\x43\x11\x01\xa4\x43\x21\x2e\x09\x98\xd8\x37\x82\xdf\x24\x37\x22\xaf\xa2\xff\x82\xb2\xa8\xa2",
    b"\x82\xd4\x01\xfc\xf2\x83\x39\x7f\xce\x5e\xd4\x41\xfd\x98\x68\x91\xa6\xfe\xec\x26\x74\x0f\xc3\xcd\x55\x9d\x8a\x1d\x8f\x6b\x97\x39\x7e\x3f\xfd\xfc\xb8\xe3\xc1\x0c\x9b\x36\x30\xab\x74\x39\xdc\xa9",
    b"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf\x94\xb7\xae\x83\x59\x69\x4c\x0e\x8d\xc9\x40\xf7\x4f\x64\x6b\x79\xaa\x62\x91\x97\x62\x9d\x7d\x63\x8c\x01\xbe\x87\x46\xd9\x87\xeb\x37\x86\x09\x80\xfa\xb6\x2e\x77\x0f\x5d\xf4\x00",
    b"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xb6\x2e\xc5\x17\x4d\x14\x60\xbb\xd1\x11\x94\xce\x47\x9e\x64\x5a\x29\x04\xcc\xbb\x9b\x5e\xbf\xd2\xe5\x8b\xeb\x53\x4d\xc4\x5f\x0f\x32\x6c\xd7\xfd\x62\x86\x1b\xa4\x9e\x6d\xe8\xf4\x4e\xc0\x16\xd8\x80\xff\xa9\x9d\xb3\xda\xd0\x14\xa0\xdd\x3a\x85",
    b"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\x62\xba\xab\xbe\x4b\x2d\xb5\xa3\x93\xd7\xd6\x91\x9b\x73\x00\x03\xf3\x51\x75\xf7\xcd\x93\x4a\x80\x4c\x9b\x18\x2f\x4b\x89\xe4\x36\x16\x40\x48\x23\xbf\xf2\xb5\xcb\xf7\xa9\x06\x40",
    b"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\x1e\x51\x50\xb8\x9b\x7b\x3b\xcf\x2a\xfc\xf0\x30\x2a\xbe\x30\x1a\x9f\x6d\x8a\xfc\xe3\x28\xb0\xe1\xa2\x5e\x43\x2f\x4a\x4c\xdd\x8b\x60\xea\x1a\x37\x13\xcd\x2b\x03\x93\xa6\xa3\x55\x2e\x04\x03\xe8\xf4\x42\x3b\x03\x02\x56\x52\x8a\x7b\x2e\xa8\x56",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::base64;

    /// Made by `openssl enc -aes-128-cbc`, the vector kept apart.
    #[test]
    fn the_right_vector_gives_the_first_block_too() {
        let sealed = base64::decode(b"2DIWjOP9c58W3jj6Bmt1udCkgepb8dDSWfBf1yLXWe+EggFpSAeb4WtHf15WseO1").unwrap();
        let (key, vector) = (b"0123456789abcdef", b"fedcba9876543210".to_vec());
        let plain = |vectors: &[Vec<u8>]| String::from_utf8(cbc(key, &sealed, vectors)[0].0.clone()).unwrap();
        assert_eq!(plain(&[vec![0; BLOCK], vector]), r#"{"imei":"490154203237518","a":"a text"}"#);
        assert_eq!(plain(&[vec![0; BLOCK]]), r#"03237518","a":"a text"}"#);
    }
}
