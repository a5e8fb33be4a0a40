//! The escapes in strings of JSON (RFC 8259, 7).

use crate::model::url::hex_digit;
use std::borrow::Cow;

/// What a string token means. Never fails: an escape that is none stays as it is.
///
/// A lone surrogate U+DC80 to U+DCFF becomes the byte 0x80 to 0xFF, since that is how Python's `surrogateescape`
/// (PEP 383) and so mitmproxy write bytes that were no UTF-8; any other becomes U+FFFD.
pub fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', raw) else { return Cow::Borrowed(raw) };
    let mut out = Vec::with_capacity(raw.len());
    out.extend_from_slice(&raw[..first]);
    let mut rest = &raw[first..];
    while let [byte, tail @ ..] = rest {
        rest = match (byte, tail) {
            (b'\\', [b'u', after @ ..]) => match unicode_escape(after, &mut out) {
                Some(after) => after,
                None => {
                    out.push(b'\\');
                    tail
                }
            },
            (b'\\', [escape, after @ ..]) => {
                match escape {
                    b'n' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    b'r' => out.push(b'\r'),
                    b'b' => out.push(8),
                    b'f' => out.push(12),
                    b'"' | b'\\' | b'/' => out.push(*escape),
                    other => out.extend_from_slice(&[b'\\', *other]),
                }
                after
            }
            (byte, tail) => {
                out.push(*byte);
                match memchr::memchr(b'\\', tail) {
                    Some(next) => {
                        out.extend_from_slice(&tail[..next]);
                        &tail[next..]
                    }
                    None => {
                        out.extend_from_slice(tail);
                        &[]
                    }
                }
            }
        };
    }
    Cow::Owned(out)
}

/// Appends the character of `XXXX` (and of the `\uXXXX` after it, for a pair); the rest, or none if it is no escape.
fn unicode_escape<'a>(digits: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (unit, rest) = code_unit(digits)?;
    let mut push = |c: char| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    if let Some(c) = char::from_u32(unit) {
        push(c);
        return Some(rest);
    }
    if let (0xd800..=0xdbff, [b'\\', b'u', low @ ..]) = (unit, rest)
        && let Some((low @ 0xdc00..=0xdfff, rest)) = code_unit(low)
    {
        push(char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('\u{fffd}'));
        return Some(rest);
    }
    match unit {
        0xdc80..=0xdcff => out.push((unit & 0xff) as u8),
        _ => push('\u{fffd}'),
    }
    Some(rest)
}

fn code_unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (four, rest) = digits.split_at_checked(4)?;
    let digit = |unit: u32, &byte: &u8| Some(unit << 4 | u32::from(hex_digit(byte)?));
    Some((four.iter().try_fold(0, digit)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let text = |raw: &str| String::from_utf8(unescape(raw.as_bytes()).into_owned()).unwrap();
        assert_eq!(text(r#"b\u00f3l \/ \"x\" \n"#), "ból / \"x\" \n");
        assert_eq!(text(r"\ud83d\ude00 \ud83d \q \u12 \"), "😀 \u{fffd} \\q \\u12 \\");
        assert_eq!(&*unescape(br"\udcff\udc80"), b"\xff\x80");
    }
}
