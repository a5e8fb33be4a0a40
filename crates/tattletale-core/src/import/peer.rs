//! The server's address as recorders write it.

use std::net::IpAddr;

/// An address alone, in brackets (Chrome writes IPv6 so), or with a port behind it; none for anything else, such as
/// the empty string of an exchange that came from the cache.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || Some(text.parse::<std::net::SocketAddr>().ok()?.ip());
    Some(bare.parse::<IpAddr>().ok().or_else(with_port)?.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_of_recorders() {
        let cases = [
            ("47.241.69.153", Some("47.241.69.153")),
            (" 192.0.2.1:443 ", Some("192.0.2.1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("", None),
            ("[]", None),
            ("server.example", None),
            ("999.1.1.1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(address(text), expected.map(|address| address.parse().unwrap()), "{text}");
        }
    }
}
