//! Base58, a number in base 58: decoding takes quadratic time, so only short runs are read.

use crate::decode::look::{DIGIT, HEX_LOWER, HEX_UPPER, LOWER, UPPER};
use crate::decode::{Layer, Look, Opening, Proof, View};

pub(super) struct Base58;

const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const SHORTEST: usize = 16;
/// Bounds the quadratic work: identifiers are shorter.
const LONGEST: usize = 512;
const ENOUGH: usize = 14;

impl Layer for Base58 {
    fn name(&self) -> &'static str {
        "base58"
    }

    fn about(&self) -> &'static str {
        "Base58 in Bitcoin's alphabet (draft-msporny-base58); opened only where it becomes text."
    }

    fn example(&self) -> &'static [u8] {
        b"29jR8mXdQL9X1dEr3j4wYQRa"
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let length = view.bytes.len();
        if !(SHORTEST..=LONGEST).contains(&length)
            || !view.look.only(DIGIT | HEX_UPPER | UPPER | HEX_LOWER | LOWER)
            || !view.look.mixed()
        {
            return;
        }
        let Some(decoded) = decode(view.bytes) else { return };
        if decoded.len() >= ENOUGH && Look::of(&decoded).text() {
            out.made(&decoded, Proof::Sure);
        }
    }
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    // Least significant byte first.
    let mut number: Vec<u8> = Vec::with_capacity(text.len());
    for letter in text {
        let mut carry = ALPHABET.iter().position(|known| known == letter)? as u32;
        for byte in &mut number {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        if carry > 0 {
            number.push(carry as u8);
        }
    }
    number.extend(text.iter().take_while(|&&letter| letter == b'1').map(|_| 0));
    number.reverse();
    Some(number)
}
