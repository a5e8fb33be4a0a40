//! Numbers in large bases: base58, and on request base62 and base36. Decoding takes quadratic time, so only short runs
//! are read.

use crate::decode::look::{DIGIT, HEX_LOWER, HEX_UPPER, LOWER, UPPER};
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

/// A base with its alphabet.
pub(super) enum Radix {
    Base58,
    Base62,
    Base36,
}

const SHORTEST: usize = 16;
/// Bounds the quadratic work: identifiers are shorter.
const LONGEST: usize = 512;
const ENOUGH: usize = 14;

impl Layer for Radix {
    fn name(&self) -> &'static str {
        match self {
            Self::Base58 => "base58",
            Self::Base62 => "base62",
            Self::Base36 => "base36",
        }
    }

    fn about(&self) -> &'static str {
        match self {
            Self::Base58 => "Base58 in Bitcoin's alphabet (draft-msporny-base58); opened only where it becomes text.",
            Self::Base62 => {
                "A number in base 62 (digits, capitals, small letters; or small letters first); opened only where it becomes text."
            }
            Self::Base36 => "A number in base 36, in either case; opened only where it becomes text.",
        }
    }

    fn example(&self) -> &'static [u8] {
        match self {
            Self::Base58 => b"29jR8mXdQL9X1dEr3j4wYQRa",
            Self::Base62 => b"3j1yF1ZsxnUF7UPVN3mDbw",
            Self::Base36 => b"78xzzgd9ahwegud7tktbatx84",
        }
    }

    fn deep(&self) -> bool {
        !matches!(self, Self::Base58)
    }

    fn needs(&self) -> Needs {
        let needs = Needs::NOTHING.from(SHORTEST).some(DIGIT).only(DIGIT | HEX_UPPER | UPPER | HEX_LOWER | LOWER);
        match self {
            Self::Base36 => needs,
            Self::Base58 | Self::Base62 => needs.some(HEX_UPPER | UPPER).some(HEX_LOWER | LOWER),
        }
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let alphanumeric = view.look.only(DIGIT | HEX_UPPER | UPPER | HEX_LOWER | LOWER);
        if !(SHORTEST..=LONGEST).contains(&view.bytes.len()) || !alphanumeric || !view.look.has(DIGIT) {
            return;
        }
        let alphabets: &[&[u8]] = match self {
            Self::Base58 if view.look.mixed() => &[b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"],
            Self::Base62 if view.look.mixed() => &[
                b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
            ],
            Self::Base36 if !view.look.mixed() => {
                &[b"0123456789abcdefghijklmnopqrstuvwxyz", b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
            }
            _ => return,
        };
        for alphabet in alphabets {
            let decoded = decode(view.bytes, alphabet);
            if let Some(decoded) = decoded.filter(|bytes| bytes.len() >= ENOUGH && Look::of(bytes).text()) {
                return out.made(&decoded, Proof::Sure);
            }
        }
    }
}

fn decode(text: &[u8], alphabet: &[u8]) -> Option<Vec<u8>> {
    // Least significant byte first.
    let mut number: Vec<u8> = Vec::with_capacity(text.len());
    for letter in text {
        let mut carry = alphabet.iter().position(|known| known == letter)?;
        for byte in &mut number {
            carry += usize::from(*byte) * alphabet.len();
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            number.push(carry as u8);
        }
    }
    // The first letter is a zero, and zeros in front stand for zero bytes.
    let zeros = text.iter().take_while(|letter| alphabet.first() == Some(letter)).count();
    number.resize(number.len() + zeros, 0);
    number.reverse();
    Some(number)
}
