//! RSA private keys as files have them: PKCS#1 (RFC 8017, A.1.2) or PKCS#8 (RFC 5208, 5), in PEM or bare.
//!
//! Two numbers of nine are wanted, so this reads just enough of DER (X.690) to reach them.

use super::Secret;
use crate::codec::base64;

const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const SEQUENCE: u8 = 0x30;

/// From the text between the lines of a PEM file; none when it is no RSA private key.
pub(super) fn from_pem(pem: &str) -> Option<Secret> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    from_der(&base64::decode(body.trim().as_bytes())?)
}

fn from_der(der: &[u8]) -> Option<Secret> {
    let (outer, _) = element(der, SEQUENCE)?;
    let (_, rest) = element(outer, INTEGER)?;
    // PKCS#8: which algorithm, then the key of PKCS#1 in a string of bytes.
    if let Some((_, rest)) = element(rest, SEQUENCE) {
        return from_der(element(rest, OCTETS)?.0);
    }
    let (modulus, rest) = element(rest, INTEGER)?;
    let (_, rest) = element(rest, INTEGER)?;
    let (exponent, _) = element(rest, INTEGER)?;
    let unsigned = |number: &[u8]| number.strip_prefix(&[0]).unwrap_or(number).to_vec();
    Some(Secret::Rsa { modulus: unsigned(modulus), exponent: unsigned(exponent) })
}

/// The content of an element of that kind at the start, and what is behind it.
fn element(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    (found == kind).then_some(())?;
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind, 0x82, (content.len() >> 8) as u8, content.len() as u8], content].concat()
    }

    #[test]
    fn both_frames_and_nothing_else() {
        let numbers = [&[0][..], &[0, 0x91, 7], &[1, 0, 1], &[0x33, 9], &[5]].map(|number| wrap(INTEGER, number));
        let first = wrap(SEQUENCE, &numbers.concat());
        let eighth =
            wrap(SEQUENCE, &[wrap(INTEGER, &[0]), wrap(SEQUENCE, b"\x06\x01\x2a"), wrap(OCTETS, &first)].concat());
        let key = Secret::Rsa { modulus: vec![0x91, 7], exponent: vec![0x33, 9] };
        for der in [first, eighth] {
            assert_eq!(from_der(&der), Some(key.clone()));
            let text = base64_simd::STANDARD.encode_to_string(&der);
            assert_eq!(from_pem(&format!("-----BEGIN KEY-----\n{text}\n-----END KEY-----\n")), Some(key.clone()));
            for end in 0..20 {
                assert_eq!(from_der(&der[..end]), None);
            }
        }
    }
}
