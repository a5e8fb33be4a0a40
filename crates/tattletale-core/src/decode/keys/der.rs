//! Private keys as files have them: of RSA in PKCS#1 (RFC 8017, A.1.2), on curves in SEC 1 (RFC 5915), both also in
//! PKCS#8 (RFC 5208, 5); in PEM or bare.
//!
//! Two numbers of nine are wanted, or one and a name, so this reads just enough of DER (X.690) to reach them.

use super::Secret;
use crate::codec::base64;
use crate::codec::ecies::Curve;

const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const IDENTIFIER: u8 = 6;
const SEQUENCE: u8 = 0x30;
/// What SEC 1 calls parameters.
const PARAMETERS: u8 = 0xa0;

/// From the text between the lines of a PEM file; none when it is no private key that is known here.
pub(super) fn from_pem(pem: &str) -> Option<Secret> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    from_der(&base64::decode(body.trim().as_bytes())?, None)
}

/// `curve` is what was said of it further out.
fn from_der(der: &[u8], curve: Option<Curve>) -> Option<Secret> {
    let (outer, _) = element(der, SEQUENCE)?;
    let (_, rest) = element(outer, INTEGER)?;
    // PKCS#8: which algorithm, for curves which one, then the key itself in a string of bytes.
    if let Some((algorithm, rest)) = element(rest, SEQUENCE) {
        let curve = element(algorithm, IDENTIFIER).and_then(|(_, rest)| element(rest, IDENTIFIER));
        return from_der(element(rest, OCTETS)?.0, curve.and_then(|(curve, _)| Curve::of(curve)));
    }
    if let Some((number, rest)) = element(rest, OCTETS) {
        let own = element(rest, PARAMETERS).and_then(|(own, _)| element(own, IDENTIFIER));
        let curve = own.map_or(curve, |(own, _)| Curve::of(own))?;
        return Some(Secret::Ec { curve, number: number.to_vec() });
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
            assert_eq!(from_der(&der, None), Some(key.clone()));
            let text = base64_simd::STANDARD.encode_to_string(&der);
            assert_eq!(from_pem(&format!("-----BEGIN KEY-----\n{text}\n-----END KEY-----\n")), Some(key.clone()));
            for end in 0..20 {
                assert_eq!(from_der(&der[..end], None), None);
            }
        }
    }

    /// The frames that `openssl ecparam -genkey` and `openssl pkcs8 -topk8` write.
    #[test]
    fn keys_on_curves_in_both_frames() {
        let number = [0xa8; 32];
        let curve = wrap(IDENTIFIER, b"\x2a\x86\x48\xce\x3d\x03\x01\x07");
        let head = [wrap(INTEGER, &[1]), wrap(OCTETS, &number)].concat();
        let whole = wrap(SEQUENCE, &[head.clone(), wrap(PARAMETERS, &curve), wrap(0xa1, b"point")].concat());
        let algorithm = wrap(SEQUENCE, &[wrap(IDENTIFIER, b"\x2a\x86\x48\xce\x3d\x02\x01"), curve].concat());
        let inner = wrap(OCTETS, &wrap(SEQUENCE, &head));
        let eighth = wrap(SEQUENCE, &[wrap(INTEGER, &[0]), algorithm, inner].concat());
        let key = Secret::Ec { curve: Curve::Secp256r1, number: number.to_vec() };
        for der in [whole, eighth] {
            assert_eq!(from_der(&der, None), Some(key.clone()));
        }
        assert_eq!(from_der(&wrap(SEQUENCE, &head), None), None, "which curve is not said");
    }
}
