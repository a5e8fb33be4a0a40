//! The checksum that senders put beside their data: Java's `String.hashCode`.
//!
//! `h = 31 h + c` over UTF-16 units, wrapping at 32 bits, signed (Java SE API, class `String`). The Android sender
//! and the JavaScript SDK compute the same. It is no protection, only a sign that nothing broke on the way.

/// The checksum of a text.
pub(crate) fn hash_code(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// True if `given`, a decimal number as sent, is the checksum of `text`.
pub(crate) fn agrees(given: &[u8], text: &[u8]) -> bool {
    let given = std::str::from_utf8(given).ok().and_then(|given| given.trim().parse().ok());
    let expected = std::str::from_utf8(text).ok().map(hash_code);
    given.is_some() && given == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_java_computes_it() {
        // Values from the JDK: "", "a", "hello world", "polygenelubricants" (famous for being the smallest int).
        for (text, hash) in
            [("", 0), ("a", 97), ("hello world", 1_794_106_052), ("polygenelubricants", i32::MIN), ("𝄞", 1_772_394)]
        {
            assert_eq!(hash_code(text), hash, "{text}");
            assert!(agrees(hash.to_string().as_bytes(), text.as_bytes()));
        }
        assert!(!agrees(b"96", b"a"));
        assert!(!agrees(b"", b""));
    }
}
