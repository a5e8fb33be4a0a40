//! URLs taken apart without ever refusing one: trackers send URLs that no standard allows, and those count too.
//!
//! This follows the component split of RFC 3986, appendix B, and stops there: no normalisation, no punycode.

use std::borrow::Cow;

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
        let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (scheme, rest) = match rest.split_once("://") {
            Some((scheme, after)) if is_scheme(scheme) => (scheme, Some(after)),
            _ => ("", rest.strip_prefix("//")),
        };
        let Some(after) = rest else {
            let path = url.split(['?', '#']).next().unwrap_or("");
            return Self { scheme, authority: "", path, query, fragment };
        };
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Self { scheme, authority, path, query, fragment }
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

/// `scheme` of RFC 3986: a letter, then letters, digits, `+`, `-`, `.`.
pub fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
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

/// `%XX` decoded; with `plus`, `+` as a space too (forms). Borrowed when there is nothing to decode.
pub fn percent_decode(bytes: &[u8], plus: bool) -> Cow<'_, [u8]> {
    let first = match plus {
        true => memchr::memchr2(b'%', b'+', bytes),
        false => memchr::memchr(b'%', bytes),
    };
    let Some(first) = first else { return Cow::Borrowed(bytes) };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&bytes[..first]);
    let mut rest = &bytes[first..];
    while let Some((&byte, tail)) = rest.split_first() {
        let (decoded, after) = match (byte, tail) {
            (b'%', [high, low, after @ ..]) => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (byte, tail),
            },
            (b'+', _) if plus => (b' ', tail),
            _ => (byte, tail),
        };
        out.push(decoded);
        rest = after;
    }
    Cow::Owned(out)
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
pub fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
