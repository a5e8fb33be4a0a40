//! Ciphers, for whoever has the key: AES in the modes that clients use, ChaCha20, and the RSA envelope around a key.
//!
//! Everything here decrypts on the user's own machine with the user's own keys, and nobody can ask it questions. So the
//! private operation of RSA is plain modular exponentiation: crates that guard it against timing cost a build more and
//! carry an advisory about exactly that (RUSTSEC-2023-0071), which has no meaning here.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, KeyIvInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::{Aead, consts::U12};
use aes_gcm::{AesGcm, Nonce};
use num_bigint::BigUint;

/// Bytes of a block of AES, and of an initialisation vector.
pub const BLOCK: usize = 16;

/// Bytes of a nonce of GCM and ChaCha20.
pub const NONCE: usize = 12;

/// Runs a function of the AES that has keys of that length; none for lengths that no AES has.
macro_rules! by_length {
    ($function:ident, $key:expr, $($argument:expr),*) => {
        match $key.len() {
            16 => $function::<Aes128>($key, $($argument),*),
            24 => $function::<Aes192>($key, $($argument),*),
            32 => $function::<Aes256>($key, $($argument),*),
            _ => None,
        }
    };
}

/// AES-ECB (NIST SP 800-38A, 6.1) without removal of padding; none when the lengths do not fit.
pub fn aes_ecb(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    fn open<C: KeyInit + BlockCipherDecrypt>(key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let cipher = C::new_from_slice(key).ok()?;
        let mut out = sealed.to_vec();
        for block in out.chunks_exact_mut(BLOCK) {
            cipher.decrypt_block(block.try_into().ok()?);
        }
        Some(out)
    }
    if !sealed.len().is_multiple_of(BLOCK) {
        return None;
    }
    by_length!(open, key, sealed)
}

/// AES-CBC (NIST SP 800-38A, 6.2) without removal of padding; none when the lengths do not fit.
pub fn aes_cbc(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    fn open<C>(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>>
    where
        C: BlockCipherDecrypt,
        cbc::Decryptor<C>: KeyIvInit + BlockModeDecrypt,
    {
        cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(sealed).ok()
    }
    by_length!(open, key, iv, sealed)
}

/// AES-CTR (NIST SP 800-38A, 6.5) with a counter of 128 bits, big-endian; none when the lengths do not fit.
pub fn aes_ctr(key: &[u8], iv: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut out = sealed.to_vec();
    match key.len() {
        16 => ctr::Ctr128BE::<Aes128>::new_from_slices(key, iv).ok()?.apply_keystream(&mut out),
        24 => ctr::Ctr128BE::<Aes192>::new_from_slices(key, iv).ok()?.apply_keystream(&mut out),
        32 => ctr::Ctr128BE::<Aes256>::new_from_slices(key, iv).ok()?.apply_keystream(&mut out),
        _ => return None,
    }
    Some(out)
}

/// AES-GCM (NIST SP 800-38D) with the tag behind the text; none unless the tag is right.
pub fn aes_gcm(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let nonce = Nonce::<U12>::try_from(nonce).ok()?;
    match key.len() {
        16 => AesGcm::<Aes128, U12>::new_from_slice(key).ok()?.decrypt(&nonce, sealed).ok(),
        24 => AesGcm::<Aes192, U12>::new_from_slice(key).ok()?.decrypt(&nonce, sealed).ok(),
        32 => AesGcm::<Aes256, U12>::new_from_slice(key).ok()?.decrypt(&nonce, sealed).ok(),
        _ => None,
    }
}

/// ChaCha20 (RFC 8439, 2.4), counting from 0 or, as TLS-like formats do, from 1; none when the lengths do not fit.
pub fn chacha20(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let mut out = sealed.to_vec();
    chacha20::ChaCha20::new_from_slices(key, nonce).ok()?.apply_keystream(&mut out);
    Some(out)
}

/// ChaCha20-Poly1305 (RFC 8439, 2.8) with the tag behind the text; none unless the tag is right.
pub fn chacha20_poly1305(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let nonce = chacha20poly1305::Nonce::try_from(nonce).ok()?;
    chacha20poly1305::ChaCha20Poly1305::new_from_slice(key).ok()?.decrypt(&nonce, sealed).ok()
}

/// The message in an envelope of RSAES-PKCS1-v1_5 (RFC 8017, 7.2.2); all numbers big-endian.
///
/// None unless block and padding are as they must be, which chance or another key gives once in 65,536 times.
pub fn rsa_envelope(modulus: &[u8], exponent: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    const SHORTEST_PADDING: usize = 8;
    let modulus = BigUint::from_bytes_be(modulus);
    let sealed = BigUint::from_bytes_be(sealed);
    if modulus.bits() < 512 || sealed >= modulus {
        return None;
    }
    // The leading zero of the block is gone with the number.
    let block = sealed.modpow(&BigUint::from_bytes_be(exponent), &modulus).to_bytes_be();
    let padded = block.strip_prefix(&[2]).filter(|padded| padded.len() as u64 + 2 == modulus.bits().div_ceil(8))?;
    let end = padded.iter().position(|&byte| byte == 0).filter(|&end| end >= SHORTEST_PADDING)?;
    Some(padded[end + 1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::cipher;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// NIST SP 800-38A, F.1.1, F.2.1, F.5.1: the first block.
    #[test]
    fn vectors_of_nist() {
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
        let plain = hex("6bc1bee22e409f96e93d7e117393172a");
        assert_eq!(aes_ecb(&key, &hex("3ad77bb40d7a3660a89ecaf32466ef97")).unwrap(), plain);
        let iv = hex("000102030405060708090a0b0c0d0e0f");
        assert_eq!(aes_cbc(&key, &iv, &hex("7649abac8119b246cee98e9b12e9197d")).unwrap(), plain);
        let counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        assert_eq!(aes_ctr(&key, &counter, &hex("874d6191b620e3261bef6864990db6ce")).unwrap(), plain);
        // McGrew and Viega, test case 2; a wrong key or a wrong tag opens nothing.
        let zeros = [0u8; 16];
        let sealed = hex("0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
        assert_eq!(cipher::aes_gcm(&zeros, &zeros[..12], &sealed).unwrap(), zeros);
        assert_eq!(cipher::aes_gcm(&key, &zeros[..12], &sealed), None);
        assert_eq!(cipher::aes_gcm(&zeros, &zeros[..12], &sealed[1..]), None);
        assert_eq!(aes_cbc(&key[1..], &iv, &plain), None);
        assert_eq!(aes_cbc(&key, &iv, &plain[1..]), None);
        assert_eq!(aes_ecb(&key, &plain[1..]), None);
    }

    /// RFC 8439, 2.8.2 and A.1.
    #[test]
    fn vectors_of_the_chacha_standard() {
        let stream = hex("76b8e0ada0f13d90405d6ae55386bd28");
        assert_eq!(chacha20(&[0; 32], &[0; 12], &[0; 16]).unwrap(), stream);
        let key: Vec<u8> = (0x80..0xa0).collect();
        assert_eq!(chacha20_poly1305(&key, &[7; 12], &[1; 40]), None);
    }
}
