//! Which RSA key a DER holds, by its outer structure: RFC 8017 (PKCS 1), RFC 5280 and RFC 5958.

use tattletale_core::model::app::KeyKind;

/// 1.2.840.113549.1.1.1 with its tag and length.
const RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// What the key is; none when it is no RSA key, or not all of it is there.
pub(super) fn kind(der: &[u8]) -> Option<KeyKind> {
    let (tag, outer, rest) = element(der)?;
    if tag != 0x30 || !rest.is_empty() {
        return None;
    }
    let (first, body, rest) = element(outer)?;
    match first {
        0x30 if body.starts_with(&RSA) => (element(rest)?.0 == 0x03).then_some(KeyKind::RsaPublic),
        // A version, then the algorithm (PKCS 8) or the modulus (PKCS 1).
        0x02 if body == [0] => match element(rest)? {
            (0x30, algorithm, _) if algorithm.starts_with(&RSA) => Some(KeyKind::RsaPrivate),
            (0x02, modulus, _) if modulus.len() >= 64 => Some(KeyKind::RsaPrivate),
            _ => None,
        },
        0x02 if body.len() >= 64 => match element(rest)? {
            (0x02, exponent, []) if exponent.len() <= 4 => Some(KeyKind::RsaPublic),
            _ => None,
        },
        _ => None,
    }
}

/// Tag, content and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, first) = (*der.first()?, *der.get(1)?);
    let (length, start) = match first {
        0..=0x7f => (usize::from(first), 2),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let length = der.get(2..2 + count)?.iter().fold(0usize, |n, byte| n << 8 | usize::from(*byte));
            (length, 2 + count)
        }
        _ => return None,
    };
    let end = start.checked_add(length)?;
    Some((tag, der.get(start..end)?, &der[end..]))
}
