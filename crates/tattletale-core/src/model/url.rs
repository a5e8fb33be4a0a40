//! URLs taken apart without ever refusing one: trackers send URLs that no standard allows, and those count too.
//!
//! This follows the component split of RFC 3986, appendix B, and stops there: no normalisation, no punycode.

use std::borrow::Cow;
use std::ops::Range;

/// The pieces of a URL as slices of it; a piece that is absent is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts<'a> {
    /// Without the colon.
    pub scheme: &'a str,
    /// Host and port, with user information removed.
    pub authority: &'a str,
    /// From the first slash on.
    pub path: &'a str,
    /// Without the question mark.
    pub query: &'a str,
    /// Without the hash.
    pub fragment: &'a str,
}

impl<'a> Parts<'a> {
    /// Takes `scheme://authority/path?query#fragment`, `//authority/...` or `/path...` apart.
    pub fn of(url: &'a str) -> Self {
        // Every piece begins and ends at an ASCII character or an end, so that each is a text.
        let spans = Spans::of(url.as_bytes());
        let piece = |span: Range<usize>| url.get(span).unwrap_or_default();
        Self {
            scheme: piece(spans.scheme),
            authority: piece(spans.authority),
            path: piece(spans.path),
            query: piece(spans.query),
            fragment: piece(spans.fragment),
        }
    }

    /// Host without port, lower case; brackets of an IPv6 address removed.
    pub fn host(&self) -> String {
        let host = match self.authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.authority.split(':').next().unwrap_or(""),
        };
        host.trim_end_matches('.').to_ascii_lowercase()
    }
}

/// Where the pieces of a URL stand in its bytes; a piece that is absent is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    /// Without the colon.
    pub scheme: Range<usize>,
    /// Host and port, with user information removed.
    pub authority: Range<usize>,
    /// From the first slash on.
    pub path: Range<usize>,
    /// Without the question mark.
    pub query: Range<usize>,
    /// Without the hash.
    pub fragment: Range<usize>,
}

impl Spans {
    /// Takes `scheme://authority/path?query#fragment`, `//authority/...` or `/path...` apart.
    pub fn of(url: &[u8]) -> Self {
        let length = url.len();
        let position = |range: Range<usize>, of: fn(&u8) -> bool| {
            url[range.clone()].iter().position(of).map_or(range.end, |at| range.start + at)
        };
        let head = memchr::memchr2(b'?', b'#', url).unwrap_or(length);
        let (query, hash) = match url.get(head) {
            Some(b'?') => {
                let hash = position(head + 1..length, |&byte| byte == b'#');
                (head + 1..hash, hash)
            }
            _ => (head..head, head),
        };
        let fragment = (hash + 1).min(length)..length;
        let colon = position(0..head, |&byte| byte == b':');
        let (scheme, after) = match url[colon..head].starts_with(b"://") && is_scheme(&url[..colon]) {
            true => (0..colon, Some(colon + 3)),
            false => (0..0, url[..head].starts_with(b"//").then_some(2)),
        };
        let Some(after) = after else { return Self { scheme, authority: 0..0, path: 0..head, query, fragment } };
        let slash = position(after..head, |&byte| byte == b'/');
        let user = url[after..slash].iter().rposition(|&byte| byte == b'@').map_or(0, |at| at + 1);
        Self { scheme, authority: after + user..slash, path: slash..head, query, fragment }
    }
}

/// `scheme` of RFC 3986: a letter, then letters, digits, `+`, `-`, `.`.
pub fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// The address without what tools leave out or add: scheme, fragment, a trailing slash of the path.
///
/// None when only a host (or a path `/`) is left: that is never a match by itself.
pub fn bare(url: &str) -> Option<String> {
    let parts = Parts::of(url);
    let path = parts.path.trim_end_matches('/');
    if parts.authority.is_empty() || (path.is_empty() && parts.query.is_empty()) {
        return None;
    }
    let mut bare = format!("{}{}", parts.authority.to_ascii_lowercase(), if path.is_empty() { "/" } else { path });
    if !parts.query.is_empty() {
        bare.push('?');
        bare.push_str(parts.query);
    }
    Some(bare)
}

/// `%XX` decoded; with `plus`, `+` as a space too (forms). Borrowed when there is nothing to decode. Where there is a
/// `%uXXXX`, as JavaScript's `escape` writes it (ECMA-262, B.2.1.1), `%XX` are characters instead of bytes.
pub fn percent_decode(bytes: &[u8], plus: bool) -> Cow<'_, [u8]> {
    if has_units(bytes) {
        return Cow::Owned(unescape_units(bytes, plus));
    }
    let first_escape = |bytes: &[u8]| match plus {
        true => memchr::memchr2(b'%', b'+', bytes),
        false => memchr::memchr(b'%', bytes),
    };
    let Some(first) = first_escape(bytes) else { return Cow::Borrowed(bytes) };
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut next = Some(first);
    while let Some(at) = next {
        out.extend_from_slice(&rest[..at]);
        let (decoded, after) = match &rest[at..] {
            [b'%', high, low, after @ ..] => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', &rest[at + 1..]),
            },
            [b'+', after @ ..] => (b' ', after),
            from => (b'%', &from[1..]),
        };
        out.push(decoded);
        rest = after;
        next = first_escape(rest);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// Whether some escape is that of a whole UTF-16 unit.
fn has_units(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b"%u").any(|at| unit(&bytes[at..]).is_some())
}

/// The unit that `%uXXXX` or `%XX` stands for at the start, and its length there.
fn unit(bytes: &[u8]) -> Option<(u16, usize)> {
    let digits =
        |digits: &[u8]| digits.iter().try_fold(0u16, |unit, digit| Some(unit << 4 | u16::from(hex_digit(*digit)?)));
    match bytes {
        [b'%', b'u', rest @ ..] => Some((digits(rest.get(..4)?)?, 6)),
        [b'%', rest @ ..] => Some((digits(rest.get(..2)?)?, 3)),
        _ => None,
    }
}

fn unescape_units(bytes: &[u8], plus: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut units = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some((unit, length)) = unit(&bytes[at..]) {
            units.push(unit);
            at += length;
            continue;
        }
        // Units in a row may be pairs.
        out.extend_from_slice(String::from_utf16_lossy(&units).as_bytes());
        units.clear();
        out.push(if plus && bytes[at] == b'+' { b' ' } else { bytes[at] });
        at += 1;
    }
    out.extend_from_slice(String::from_utf16_lossy(&units).as_bytes());
    out
}

/// Everything but unreserved characters and the delimiters of addresses as `%XX` in capitals (RFC 3986), blanks as
/// `blank`.
pub fn percent_encode(text: &str, blank: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push_str(blank),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte if b"-._~/?&=:;,@!$'()*[]#+%".contains(&byte) => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Value of one hex digit in either case.
#[inline]
pub fn hex_digit(byte: u8) -> Option<u8> {
    const NONE: u8 = 0xff;
    const VALUES: [u8; 256] = {
        let (mut values, mut byte) = ([NONE; 256], 0);
        while byte < values.len() {
            values[byte] = match byte as u8 {
                digit @ b'0'..=b'9' => digit - b'0',
                letter @ b'a'..=b'f' => letter - b'a' + 10,
                letter @ b'A'..=b'F' => letter - b'A' + 10,
                _ => NONE,
            };
            byte += 1;
        }
        values
    };
    Some(VALUES[usize::from(byte)]).filter(|&value| value != NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_javascript_are_characters() {
        let decoded = |text: &str| String::from_utf8_lossy(&percent_decode(text.as_bytes(), true)).into_owned();
        assert_eq!(decoded("q=%u5934%u75DB+%E9%uD83D%uDE00%u12&%us"), "q=頭痛 é😀%u12&%us".replace('頭', "头"));
        assert_eq!(decoded("%C3%A9%u"), "é%u");
    }

    #[test]
    fn takes_urls_apart() {
        let parts = Parts::of("https://Ann:pw@Clinic.Example:8443/a/b?q=x?y#z#w");
        assert_eq!((parts.scheme, parts.authority, parts.path), ("https", "Clinic.Example:8443", "/a/b"));
        assert_eq!((parts.query, parts.fragment), ("q=x?y", "z#w"));
        assert_eq!(parts.host(), "clinic.example");
        assert_eq!(Parts::of("/only/path?x").path, "/only/path");
        assert_eq!(Parts::of("//h/p").host(), "h");
        assert_eq!(Parts::of("http://[::1]:80/p").host(), "::1");
        assert_eq!(Parts::of("http://h?q").query, "q");
        assert_eq!(Parts::of("http://h.?q").host(), "h");
        assert_eq!(Parts::of("").host(), "");
        assert_eq!((Parts::of("a:b://c").path, Parts::of("//u@h/p@q?").authority), ("a:b://c", "h"));
        assert_eq!((Parts::of("h#a?b").fragment, Parts::of("h?#").query), ("a?b", ""));
    }

    #[test]
    fn bare_address_is_never_a_host_alone() {
        assert_eq!(bare("http://clinic.example/"), None);
        assert_eq!(bare("http://clinic.example"), None);
        assert_eq!(bare("https://Clinic.example/a/").as_deref(), Some("clinic.example/a"));
        assert_eq!(bare("https://clinic.example/?q=1#top").as_deref(), Some("clinic.example/?q=1"));
    }

    #[test]
    fn percent_decoding_keeps_what_is_not_an_escape() {
        assert_eq!(&*percent_decode(b"a%20b+c%zz%4", false), b"a b+c%zz%4");
        assert_eq!(&*percent_decode(b"a%20b+c", true), b"a b c");
        assert!(matches!(percent_decode(b"plain", true), Cow::Borrowed(_)));
    }
}
