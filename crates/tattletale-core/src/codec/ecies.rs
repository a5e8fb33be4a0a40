//! Envelopes that an elliptic curve closes: ECIES as Java's Bouncy Castle makes it when it is asked for `ECIES` and
//! nothing else (IEEE 1363a: ephemeral point, ciphertext, tag; KDF2 and HMAC with SHA-1; a stream of exclusive or).
//!
//! A point is multiplied once an envelope and with a key that the user gave, so the plain way to do it will do: it
//! need not hide from anybody how long it takes.

use hmac::{Hmac, KeyInit, Mac};
use num_bigint::BigUint;
use sha1::{Digest, Sha1};

/// Bytes of a coordinate: both curves have 256 bits.
const FIELD: usize = 32;
/// A point: a mark and two coordinates.
const POINT: usize = 1 + 2 * FIELD;
/// HMAC-SHA1.
const TAG: usize = 20;
/// Of its key.
const TAG_KEY: usize = 16;
/// What an envelope has beside the message.
pub const AROUND: usize = POINT + TAG;

/// A curve y² = x³ + ax + b over the integers modulo a prime (SEC 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-256, also called prime256v1.
    Secp256r1,
    /// The curve of Bitcoin.
    Secp256k1,
}

/// A point, none at infinity.
type Point = Option<(BigUint, BigUint)>;

struct Field {
    prime: BigUint,
    a: BigUint,
    b: BigUint,
}

impl Curve {
    /// From its object identifier in DER, without tag and length.
    pub fn of(identifier: &[u8]) -> Option<Self> {
        match identifier {
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] => Some(Self::Secp256r1),
            [0x2b, 0x81, 4, 0, 0x0a] => Some(Self::Secp256k1),
            _ => None,
        }
    }

    fn field(self) -> Field {
        let number = |hex: &[u8]| BigUint::parse_bytes(hex, 16).expect("the constants are hexadecimal");
        match self {
            Self::Secp256r1 => {
                let prime = number(b"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
                let b = number(b"5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
                Field { a: &prime - 3u8, b, prime }
            }
            Self::Secp256k1 => {
                let prime = number(b"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
                Field { a: 0u8.into(), b: 7u8.into(), prime }
            }
        }
    }
}

impl Field {
    fn less(&self, from: &BigUint, what: &BigUint) -> BigUint {
        (from + &self.prime - what) % &self.prime
    }

    fn has(&self, (x, y): &(BigUint, BigUint)) -> bool {
        let right = (x * x % &self.prime + &self.a) * x + &self.b;
        x < &self.prime && y < &self.prime && y * y % &self.prime == right % &self.prime
    }

    fn sum(&self, first: &Point, second: &Point) -> Point {
        let (Some((x1, y1)), Some((x2, y2))) = (first, second) else { return first.clone().or(second.clone()) };
        let slope = match x1 == x2 {
            true if y1 != y2 || *y1 == BigUint::ZERO => return None,
            true => (x1 * x1 * 3u8 + &self.a) * (y1 * 2u8).modinv(&self.prime)?,
            false => self.less(y2, y1) * self.less(x2, x1).modinv(&self.prime)?,
        };
        let slope = slope % &self.prime;
        let x = self.less(&self.less(&(&slope * &slope), x1), x2);
        let y = self.less(&(&slope * self.less(x1, &x)), y1);
        Some((x, y))
    }

    fn product(&self, point: Point, factor: &BigUint) -> Point {
        let bits = (0..factor.bits()).rev().map(|bit| factor.bit(bit));
        bits.fold(None, |sum, bit| {
            let double = self.sum(&sum, &sum);
            if bit { self.sum(&double, &point) } else { double }
        })
    }
}

/// The message in an envelope; `private` is the number of the key, big-endian.
///
/// None unless the point is one of the curve and the tag is right, which is proof.
pub fn open(curve: Curve, private: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (point, rest) = sealed.split_at_checked(POINT)?;
    let (message, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
    let coordinates = point.strip_prefix(&[4])?;
    let theirs = (BigUint::from_bytes_be(&coordinates[..FIELD]), BigUint::from_bytes_be(&coordinates[FIELD..]));
    let field = curve.field();
    if !field.has(&theirs) {
        return None;
    }
    let (x, _) = field.product(Some(theirs), &BigUint::from_bytes_be(private))?;
    let x = x.to_bytes_be();
    let shared = [point, &[0; FIELD][x.len()..], &x].concat();
    let key = kdf2(&shared, TAG_KEY + message.len());
    let (tag_key, stream) = key.split_at(TAG_KEY);
    let mac = <Hmac<Sha1> as KeyInit>::new_from_slice(tag_key).expect("an HMAC takes a key of any length");
    // Behind the message stands the length of a text that there is none of.
    mac.chain_update(message).chain_update([0; 8]).verify_slice(tag).ok()?;
    Some(message.iter().zip(stream).map(|(byte, mask)| byte ^ mask).collect())
}

/// KDF2 of IEEE 1363a: digests of the secret with a counter from 1.
fn kdf2(secret: &[u8], length: usize) -> Vec<u8> {
    let digests = (1u32..).map(|counter| Sha1::new().chain_update(secret).chain_update(counter.to_be_bytes()));
    digests.take(length.div_ceil(20)).flat_map(|digest| digest.finalize()).take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::url::hex_digit;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter_map(hex_digit).collect();
        digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
    }

    /// Sixteen bytes 0x11, closed by Bouncy Castle 1.72.
    #[test]
    fn envelopes_of_bouncy_castle() {
        let cases = [
            (
                Curve::Secp256r1,
                "d1f36962fe8953aff3c2fbde9c2344234d9ce8948b78d59235968689219d1118",
                "04d9d21fe0de227d8f213fc841beb6db0d949a795d6be4a69d8aecdc3a044600d17670e83012b488c2b73209e319b6b6c24bc7f3778d19703e6f7c231f671e0897c7fbdc62f0c6c3441e7f367e6f48a17da3fc2fe74b18fc3307cee202ea9b55dc35f02aab",
            ),
            (
                Curve::Secp256k1,
                "4c1b04fd17aa4dfee4fc36d905efe9fb5815896bf790395c132464dc713b124d",
                "04c4d598095c35c560648cb01f21d06812c3f838af3131794fd5a9e90388ff55f18bc64115c71212e2272a1513ff1e4953857ab26a919a9f7b9c05690c409b7a925bcd9a18e64794aedf051ef5f465d9a4ac44851336d3ea903769124c777757a9d51a2dca",
            ),
        ];
        for (curve, private, sealed) in cases {
            let (private, mut sealed) = (hex(private), hex(sealed));
            assert_eq!(open(curve, &private, &sealed), Some(vec![0x11; 16]));
            for at in [0, 5, 70, 100] {
                sealed[at] ^= 1;
                assert_eq!(open(curve, &private, &sealed), None, "{at}");
                sealed[at] ^= 1;
            }
            assert!((0..sealed.len()).all(|end| open(curve, &private, &sealed[..end]).is_none()));
            assert_eq!(open(curve, &[], &sealed), None);
        }
    }
}
