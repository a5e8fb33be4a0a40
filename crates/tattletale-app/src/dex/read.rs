//! Numbers and strings of a DEX, read without trust: none where the bytes end.

use std::borrow::Cow;

#[inline]
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

#[inline]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..)?.first_chunk().copied()?))
}

/// An unsigned LEB128 of at most five bytes, and moves on behind it.
#[inline]
pub(super) fn uleb(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u32;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u32::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// The bytes of a string item: behind its length in UTF-16 units, up to the zero.
pub(super) fn string_at(bytes: &[u8], mut at: usize) -> Option<&[u8]> {
    uleb(bytes, &mut at)?;
    let rest = bytes.get(at..)?;
    let end = memchr::memchr(0, rest)?;
    Some(&rest[..end])
}

/// Modified UTF-8 as text: surrogate pairs are joined, C0 80 is the zero, what is neither is a replacement character.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut units: Vec<u16> = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let follow = |at: usize| tail.get(at).filter(|byte| *byte & 0xc0 == 0x80).map(|byte| u16::from(byte & 0x3f));
        let (unit, used) = match (first, follow(0), follow(1)) {
            (0..=0x7f, ..) => (u16::from(*first), 0),
            (0xc0..=0xdf, Some(a), _) => (u16::from(first & 0x1f) << 6 | a, 1),
            (0xe0..=0xef, Some(a), Some(b)) => (u16::from(first & 0x0f) << 12 | a << 6 | b, 2),
            _ => (0xfffd, 0),
        };
        units.push(unit);
        rest = &tail[used..];
    }
    Cow::Owned(String::from_utf16_lossy(&units))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modified_utf8_and_numbers() {
        assert_eq!(text(b"plain"), "plain");
        assert_eq!(text(b"a\xc0\x80b"), "a\0b");
        // U+1F600 as two surrogates of three bytes each.
        assert_eq!(text(b"\xed\xa0\xbd\xed\xb8\x80"), "😀");
        assert_eq!(text(b"\xff\xe2\x82"), "\u{fffd}\u{fffd}\u{fffd}");
        let mut at = 0;
        assert_eq!(uleb(&[0xe5, 0x8e, 0x26], &mut at), Some(624_485));
        assert_eq!(at, 3);
        assert_eq!(uleb(&[0xff; 6], &mut 0), None);
        assert_eq!(string_at(b"\x03abc\0d", 0), Some(&b"abc"[..]));
        assert_eq!(string_at(b"\x03abc", 0), None);
    }
}
