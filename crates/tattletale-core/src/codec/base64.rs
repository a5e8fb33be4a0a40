//! Base64 (RFC 4648) as it is found: either alphabet, padded or not, wrapped, with `+` turned into a space.

use std::borrow::Cow;

use base64_simd::{Base64, Out, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Decodes a whole text, or declines (none) what is not base64 of at least one byte.
///
/// White space inside is skipped, except that spaces stand for `+` when there are no line breaks: that is what a
/// form decoder makes of an unescaped `+`.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (body, alphabet) = body(text)?;
    alphabet.decode_to_vec(&body).ok().or_else(|| alphabet.decode_to_vec(without_stray_bits(&body)).ok())
}

/// The same into `out`, which has room for three bytes in four characters: most texts take no memory of their own.
pub fn decode_short<'o>(text: &[u8], out: &'o mut [u8]) -> Option<&'o [u8]> {
    let (body, alphabet) = body(text)?;
    let out = out.get_mut(..body.len() * 3 / 4)?;
    let mut decode = |body: &[u8]| alphabet.decode(body, Out::from_slice(out)).is_ok();
    (decode(&body) || (!body.len().is_multiple_of(4) && decode(&without_stray_bits(&body)))).then_some(out)
}

/// What the first four characters decode to; none if they are not all digits of one of the alphabets.
pub fn head(text: &[u8]) -> Option<[u8; 3]> {
    let (mut bits, mut all) = (0u32, 0);
    for digit in text.first_chunk::<4>()? {
        let value = VALUES[usize::from(*digit)];
        bits = bits << 6 | u32::from(value & 63);
        all |= value;
    }
    let [_, head @ ..] = bits.to_be_bytes();
    (all < 64).then_some(head)
}

/// Values of the digits of both alphabets; 64 for what is none.
static VALUES: [u8; 256] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [64; 256];
    let mut value = 0;
    while value < 64 {
        values[digits[value] as usize] = value as u8;
        value += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// The digits alone, and which of both alphabets they are of.
fn body(text: &[u8]) -> Option<(Cow<'_, [u8]>, &'static Base64)> {
    // A last line break; not a blank, which may have been a `+`.
    let unbroken = text.iter().rposition(|&byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    let text = &text[..unbroken];
    let end = text.iter().rposition(|&byte| byte != b'=')? + 1;
    let (body, padding) = text.split_at(end);
    if padding.len() > 2 {
        return None;
    }
    let body = clean(body);
    // Of two signs one may have been cut off, as by whoever splits `name=value` at every sign.
    let fits = padding.is_empty() || (body.len() + padding.len()).is_multiple_of(4) || body.len() % 4 == 2;
    let whole = body.len() % 4 != 1 && fits && !body.is_empty();
    let url_safe = memchr::memchr2(b'-', b'_', &body).is_some();
    whole.then_some((body, if url_safe { &URL_SAFE_NO_PAD } else { &STANDARD_NO_PAD }))
}

/// The body without line breaks and with `+` restored.
fn clean(body: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr3(b' ', b'\n', b'\r', body).or_else(|| memchr::memchr2(b'\t', b'\x0c', body)).is_none() {
        return Cow::Borrowed(body);
    }
    let wrapped = memchr::memchr2(b'\n', b'\r', body).is_some();
    let mut out = Vec::with_capacity(body.len());
    for &byte in body {
        match byte {
            b' ' if !wrapped => out.push(b'+'),
            byte if byte.is_ascii_whitespace() => {}
            byte => out.push(byte),
        }
    }
    Cow::Owned(out)
}

/// Some encoders leave bits set that the last character does not need; strict decoders refuse those.
fn without_stray_bits(body: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut body = body.to_vec();
    let keep = match body.len() % 4 {
        2 => 0b11_0000,
        3 => 0b11_1100,
        _ => return body,
    };
    if let Some(last) = body.last_mut() {
        let value = ALPHABET.iter().position(|&letter| letter == *last).or(match last {
            b'-' => Some(62),
            b'_' => Some(63),
            _ => None,
        });
        if let Some(value) = value {
            *last = ALPHABET[value & keep];
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_characters_are_three_bytes() {
        assert_eq!(head(b"c3ViamVjdHM_"), Some(*b"sub"));
        assert_eq!(head(b"_-8="), None);
        assert_eq!(head(b"abc"), None);
    }

    #[test]
    fn as_it_is_found() {
        let plain = b"subjects?_d>>>\xff";
        let standard = "c3ViamVjdHM/X2Q+Pj7/";
        for text in [standard, "c3ViamVjdHM_X2Q-Pj7_", "c3ViamVj\r\ndHM/X2Q+\r\nPj7/", "c3ViamVjdHM/X2Q Pj7/"] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&plain[..]), "{text}");
        }
        assert_eq!(decode(b"YQ==").as_deref(), Some(&b"a"[..]));
        assert_eq!(decode(b"YQ").as_deref(), Some(&b"a"[..]));
        assert_eq!(decode(b"YQ=").as_deref(), Some(&b"a"[..]), "half its padding");
        assert_eq!(decode(b"YR==").as_deref(), Some(&b"a"[..]), "stray bits");
        for text in ["Y", "====", "", "YWJj=", "a!bc"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
