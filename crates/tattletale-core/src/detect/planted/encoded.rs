//! Values that were encoded when they were planted: cookies and tokens are.
//!
//! Digits that prove themselves are mostly not searched as they stand; with such a value they have to be.

use crate::codec::base64;
use crate::decode::Look;
use crate::model::url;

/// Whether a text is digits of base64 or base16 that stand for another: it may be a part of something longer that is
/// encoded.
pub(super) fn is_encoded(text: &[u8]) -> bool {
    const LONG: usize = 16;
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    let cut = |from: usize, group: usize| &text[from..from + (text.len() - from) / group * group];
    let readable = |bytes: &[u8]| Look::of(bytes).text();
    let base64 = |from: usize| base64::decode(cut(from, 4)).is_some_and(|bytes| readable(&bytes));
    let byte = |pair: &[u8; 2]| Some(url::hex_digit(pair[0])? << 4 | url::hex_digit(pair[1])?);
    let base16 = |from: usize| cut(from, 2).as_chunks().0.iter().map(byte).collect::<Option<Vec<u8>>>();
    let base16 = |from: usize| base16(from).is_some_and(|bytes| readable(&bytes));
    text.len() >= LONG && text.iter().all(digit) && ((0..4).any(base64) || (0..2).any(base16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_planted_encoded_is_known() {
        let encoded = "eyJ1c2VyIjoiem9lIiwibWFpbCI6InpvZUBtYWlsLnRlc3QifQ";
        for text in [encoded, &encoded[3..30], "7a6f65406d61696c2e74657374", "a6f65406d61696c2e7465737"] {
            assert!(is_encoded(text.as_bytes()), "{text}");
        }
        for text in ["zoe@mail.test", "9774d56d682e549c", "38400000-8cf0-11bd-b23e-10b96e40000d", "864040504207201"] {
            assert!(!is_encoded(text.as_bytes()), "{text}");
        }
    }
}
