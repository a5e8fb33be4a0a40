//! Hashes for tables in memory: quick for the few dozen bytes that most texts have, and never written anywhere.

/// Multiplier of a hash (Knuth, The Art of Computer Programming, volume 3, 6.4).
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Two numbers as one: their product of 128 bits, folded.
#[inline]
pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word) * u128::from(FACTOR);
    (product >> 64) as u64 ^ product as u64
}

/// Of some bytes: eight at a time.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let rest = rest.iter().fold(0, |rest, &byte| rest << 8 | u64::from(byte));
    mix(mix(hash, rest), FACTOR)
}
