//! Base32 of RFC 4648, in capitals and with padding: the notation of digests in WARC.

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The bytes in base32; every five bytes become eight characters, and so does a shorter rest, with `=`.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let bits = group.iter().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte)) << (8 * (5 - group.len()));
        let characters = (group.len() * 8).div_ceil(5);
        text.extend((0..characters).map(|at| char::from(ALPHABET[(bits >> (35 - 5 * at) & 31) as usize])));
        text.extend((characters..8).map(|_| '='));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_the_rfc() {
        let vectors = ["", "MY======", "MZXQ====", "MZXW6===", "MZXW6YQ=", "MZXW6YTB", "MZXW6YTBOI======"];
        for (length, text) in vectors.into_iter().enumerate() {
            assert_eq!(encode(&b"foobar"[..length]), text);
        }
    }
}
