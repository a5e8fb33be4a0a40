//! Encoders whose output is text: alphabets, escapes, and texts with a grammar.

use base64_simd::{STANDARD, URL_SAFE_NO_PAD};

pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    STANDARD.encode_to_string(bytes).into_bytes()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the matrix hides text only in what holds text")
}

pub(super) fn json(bytes: &[u8]) -> String {
    serde_json::Value::from(text(bytes)).to_string()
}

pub(super) fn around(before: &str, bytes: &[u8], after: &str) -> Vec<u8> {
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

pub(super) fn utf16(bytes: &[u8], big: bool) -> Vec<u8> {
    text(bytes).encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

pub(super) fn escaped(bytes: &[u8], mark: &str) -> String {
    text(bytes).encode_utf16().map(|unit| format!("{mark}{unit:04x}")).collect()
}

pub(super) fn references(bytes: &[u8], hex: bool) -> String {
    text(bytes).chars().map(|c| if hex { format!("&#x{:x};", c as u32) } else { format!("&#{};", c as u32) }).collect()
}

pub(super) fn jwt(bytes: &[u8]) -> Vec<u8> {
    let part = |text: &str| URL_SAFE_NO_PAD.encode_to_string(text);
    let claims = format!("{{\"sub\":{},\"n\":1}}", json(bytes));
    format!("{}.{}.c2lnbmF0dXJlLW9mLWl0", part("{\"alg\":\"HS256\"}"), part(&claims)).into_bytes()
}

pub(super) fn base32(bytes: &[u8]) -> Vec<u8> {
    radix_bits(bytes, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
}

pub(super) fn radix_bits(bytes: &[u8], width: usize, alphabet: &[u8]) -> Vec<u8> {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let digit =
        |bits: &[u8]| bits.iter().chain([&0; 8]).take(width).fold(0usize, |value, bit| value << 1 | *bit as usize);
    bits.chunks(width).map(|bits| alphabet[digit(bits)]).collect()
}

pub(super) fn base45(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut out = Vec::new();
    for pair in bytes.chunks(2) {
        let mut value = pair.iter().fold(0usize, |value, &byte| value << 8 | byte as usize);
        for _ in 0..=pair.len() {
            out.push(LETTERS[value % 45]);
            value /= 45;
        }
    }
    out
}

pub(super) fn base58(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u32> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    digits.iter().rev().map(|&digit| LETTERS[digit as usize]).collect()
}

pub(super) fn base85(bytes: &[u8], letter: impl Fn(u32) -> u8) -> Vec<u8> {
    let mut out = Vec::new();
    for group in bytes.chunks(4) {
        let mut word = [0; 4];
        word[..group.len()].copy_from_slice(group);
        let mut value = u32::from_be_bytes(word);
        let mut letters = [0; 5];
        for slot in letters.iter_mut().rev() {
            *slot = letter(value % 85);
            value /= 85;
        }
        out.extend_from_slice(&letters[..=group.len()]);
    }
    out
}

/// Percent-encoding of what must be encoded only, in small letters, with `+` for blanks where a form asks for it.
pub(super) fn sparingly(bytes: &[u8], plus: bool) -> String {
    bytes.iter().fold(String::new(), |out, &byte| match byte {
        b' ' if plus => out + "+",
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out + &char::from(byte).to_string(),
        byte => out + &format!("%{byte:02x}"),
    })
}

pub(super) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let escaped: Vec<String> = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
    escaped.chunks(20).map(<[String]>::concat).collect::<Vec<_>>().join("=\r\n").into_bytes()
}

/// The common names for markup, numbers for what is beyond ASCII.
pub(super) fn named_references(text: &str) -> String {
    text.chars().fold(String::new(), |out, c| match c {
        '&' => out + "&amp;",
        '<' => out + "&lt;",
        '"' => out + "&quot;",
        c if c.is_ascii() => out + &c.to_string(),
        c => out + &format!("&#{};", c as u32),
    })
}

/// RFC 3492, 6.3: what is ASCII first, then where each other character goes.
pub(super) fn punycode(text: &str) -> String {
    let mut out: String = text.chars().filter(char::is_ascii).collect();
    let basic = out.len();
    if basic > 0 {
        out.push('-');
    }
    let digit = |value: usize| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789"[value]);
    let (mut next, mut delta, mut bias, mut handled) = (128, 0usize, 72, basic);
    let points: Vec<usize> = text.chars().map(|c| c as usize).collect();
    while handled < points.len() {
        let lowest = points.iter().copied().filter(|&point| point >= next).min().unwrap();
        delta += (lowest - next) * (handled + 1);
        next = lowest;
        for &point in &points {
            delta += usize::from(point < next);
            if point == next {
                let mut rest = delta;
                for place in (1..).map(|digits: usize| digits * 36) {
                    let threshold = place.saturating_sub(bias).clamp(1, 26);
                    if rest < threshold {
                        break;
                    }
                    out.push(digit(threshold + (rest - threshold) % (36 - threshold)));
                    rest = (rest - threshold) / (36 - threshold);
                }
                out.push(digit(rest));
                let mut scaled = if handled == basic { delta / 700 } else { delta / 2 };
                scaled += scaled / (handled + 1);
                let mut steps = 0;
                while scaled > 455 {
                    scaled /= 35;
                    steps += 36;
                }
                bias = steps + 36 * scaled / (scaled + 38);
                delta = 0;
                handled += 1;
            }
        }
        delta += 1;
        next += 1;
    }
    out
}

pub(super) fn separated(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}

/// With a letter that makes it worth the encoding.
pub(super) fn marked(bytes: &[u8]) -> String {
    format!("é{}", text(bytes))
}

/// One part; the boundary is one that no part inside has, since that one is shorter.
pub(super) fn multipart(disposition: &str, kind: &str, bytes: &[u8]) -> Vec<u8> {
    let boundary = format!("--x{}", bytes.len());
    let head = format!("{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {kind}\r\n\r\n");
    around(&head, bytes, &format!("\r\n{boundary}--\r\n"))
}
