//! A short string with one encoding taken off, bluntly: every way that might be meant.
//!
//! Not the decoder of captures, which must prove each step: here a wrong view costs nothing, a missing one may leak.

use tattletale_core::model::url;

/// The views of some bytes after taking one encoding off: those that may hold another encoding, and dead ends.
pub(super) fn views(bytes: &[u8], inner: &mut Vec<Vec<u8>>, dead_ends: &mut Vec<Vec<u8>>) {
    dead_ends.push(String::from_utf8_lossy(bytes).to_lowercase().into_bytes());
    dead_ends.push(bytes.iter().copied().filter(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80).collect());
    dead_ends.push(bytes.iter().rev().copied().collect());
    let from = inner.len();
    inner.push(url::percent_decode(bytes, true).into_owned());
    inner.push(url::percent_decode(bytes, false).into_owned());
    inner.push(unescaped(bytes));
    let mut decoded: Vec<Vec<u8>> = Vec::new();
    for run in runs(bytes, 4, |byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)) {
        // A run may begin with something else that belongs to the alphabet: each of the four alignments is read.
        decoded.extend((0..4).filter_map(|start| base64(&run[start..])));
    }
    // A digest may be sent as base64 of its bytes; it is known by its hex.
    let hex = |bytes: &Vec<u8>| bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect();
    dead_ends.extend(decoded.iter().filter(|bytes| bytes.len() >= 16).map(hex));
    for run in runs(bytes, 6, |byte| byte.is_ascii_hexdigit()) {
        decoded.extend((0..2).map(|start| {
            let pairs = run[start..].chunks_exact(2);
            pairs.filter_map(|pair| Some(url::hex_digit(pair[0])? << 4 | url::hex_digit(pair[1])?)).collect()
        }));
    }
    let (texts, noise): (Vec<_>, Vec<_>) = decoded.into_iter().partition(|bytes| std::str::from_utf8(bytes).is_ok());
    inner.extend(texts);
    dead_ends.extend(noise);
    inner[from..].sort_unstable();
    inner.dedup();
    inner.retain(|view| view != bytes);
}

fn runs(bytes: &[u8], shortest: usize, belongs: impl Fn(u8) -> bool) -> Vec<&[u8]> {
    bytes.split(|&byte| !belongs(byte)).filter(|run| run.len() >= shortest).collect()
}

fn base64(run: &[u8]) -> Option<Vec<u8>> {
    let standard: Vec<u8> = run
        .iter()
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            byte => *byte,
        })
        .collect();
    let whole = standard.len() / 4 * 4;
    // The last group may be cut; what it would add is at most two bytes.
    let groups = [&standard[..], &standard[..whole]];
    groups.iter().find_map(|group| base64_simd::forgiving_decode_to_vec(group).ok())
}

/// JSON, JavaScript and HTML escapes undone: `\u00f3`, `\"`, `\xf3`, `&#243;`, `&amp;`.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find(['\\', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (c, length) = escape_at(rest).unwrap_or((rest.chars().next().unwrap_or_default(), 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out.into_bytes()
}

fn escape_at(text: &str) -> Option<(char, usize)> {
    let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    if let Some(entity) = text.strip_prefix('&') {
        let end = entity.find(';').filter(|&end| end <= 8)?;
        let c = match &entity[..end] {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => match number.strip_prefix('#')?.strip_prefix(['x', 'X']) {
                Some(hex) => code(hex, 16)?,
                None => code(&number[1..], 10)?,
            },
        };
        return Some((c, end + 2));
    }
    let escaped = text.strip_prefix('\\')?;
    match escaped.chars().next()? {
        'u' => Some((code(escaped.get(1..5)?, 16)?, 6)),
        'x' => Some((code(escaped.get(1..3)?, 16)?, 4)),
        c if !c.is_alphanumeric() => Some((c, 1 + c.len_utf8())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_encoding_comes_off() {
        for text in [
            "marta%40example.org",
            "marta\\u0040example.org",
            "marta\\x40example.org",
            "marta&#64;example.org",
            "marta&#x40;example.org",
            "id_bWFydGFAZXhhbXBsZS5vcmc",
            "x6d61727461406578616d706c652e6f7267",
        ] {
            let (mut inner, mut dead_ends) = (Vec::new(), Vec::new());
            views(text.as_bytes(), &mut inner, &mut dead_ends);
            let found =
                inner.iter().chain(&dead_ends).any(|view| String::from_utf8_lossy(view).contains("marta@example.org"));
            assert!(found, "{text}");
        }
    }

    #[test]
    fn broken_escapes_are_left_as_they_are() {
        for text in
            ["\\", "\\u12", "\\u", "&", "&#;", "&#x;", "&#\u{e9};", "\\x\u{e9}\u{e9}", "&amp", "\\ud800", "\\\u{e9}"]
        {
            assert!(!unescaped(text.as_bytes()).is_empty(), "{text}");
        }
        assert_eq!(unescaped("\\uzzzz & co".as_bytes()), b"\\uzzzz & co");
    }
}
