//! Punycode: what stands for other scripts in host names.
//!
//! A label is decoded alone and followed by nothing: the whole of a name is read by the layer of labels.

use crate::decode::look::{DASH, DIGIT, HEX_LOWER, HEX_UPPER, LOWER, UPPER};
use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Punycode;

/// What starts a label that is encoded (RFC 5890, 2.3.2.1).
pub(super) const PREFIX: &[u8] = b"xn--";

/// Inserting takes quadratic time: labels have at most 63 letters, and this leaves room for careless writers.
const LONGEST: usize = 1024;

impl Layer for Punycode {
    fn name(&self) -> &'static str {
        "punycode"
    }

    fn about(&self) -> &'static str {
        "Labels of internationalised host names (RFC 3492, RFC 5890), behind their `xn--`."
    }

    fn example(&self) -> &'static [u8] {
        b"xn--zo-7f3a91-w4a"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.text().from(PREFIX.len()).first(b"xX").some(DASH)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let prefixed = bytes.get(..PREFIX.len()).is_some_and(|head| head.eq_ignore_ascii_case(PREFIX));
        if !prefixed || bytes.len() > LONGEST || !view.look.text() {
            return;
        }
        // The part after the last dash is digits of base 36; before it stands whatever the writer let through.
        let (basic, digits) = match bytes.iter().rposition(|&byte| byte == b'-').filter(|&at| at >= PREFIX.len()) {
            Some(dash) => (&bytes[PREFIX.len()..dash], &bytes[dash + 1..]),
            None => (&bytes[..0], &bytes[PREFIX.len()..]),
        };
        if !Look::of(digits).only(DIGIT | LOWER | HEX_LOWER | UPPER | HEX_UPPER | DASH) || !basic.is_ascii() {
            return;
        }
        if let Some(text) = decode(basic, digits) {
            out.made(text.as_bytes(), Proof::Sure);
        }
    }
}

/// RFC 3492, 6.2.
fn decode(basic: &[u8], digits: &[u8]) -> Option<String> {
    const BASE: u32 = 36;
    let mut text: Vec<char> = basic.iter().map(|&byte| char::from(byte)).collect();
    let (mut point, mut at, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = digits.iter();
    while digits.len() > 0 {
        let (before, mut weight) = (at, 1u32);
        for place in (1u32..).map(|digits| digits * BASE) {
            let digit = char::from(*digits.next()?).to_digit(BASE)?;
            // Letters come before digits here.
            let digit = if digit < 10 { digit + 26 } else { digit - 10 };
            at = digit.checked_mul(weight)?.checked_add(at)?;
            let threshold = place.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
        }
        let length = text.len() as u32 + 1;
        bias = adapted(at - before, length, before == 0);
        point = point.checked_add(at / length)?;
        at %= length;
        text.insert(at as usize, char::from_u32(point)?);
        at += 1;
    }
    (text.len() > basic.len()).then(|| text.into_iter().collect())
}

/// RFC 3492, 6.1.
fn adapted(delta: u32, length: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / length;
    let mut steps = 0;
    while delta > 455 {
        delta /= 35;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From RFC 3492, 7.1.
    #[test]
    fn samples_of_the_standard() {
        assert_eq!(decode(b"", b"ihqwcrb4cv8a8dqg056pqjye").as_deref(), Some("他们为什么不说中文"));
        assert_eq!(
            decode(b"Hello-Another-Way-", b"fc4qua05auwb3674vfr0b").as_deref(),
            Some("Hello-Another-Way-それぞれの場所")
        );
        assert_eq!(decode(b"", b"99999999"), None);
        assert_eq!(decode(b"abc", b""), None);
    }
}
