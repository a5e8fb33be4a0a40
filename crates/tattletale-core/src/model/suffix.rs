//! Registrable domains, by the public suffix list.
//!
//! The list is data that is read once, not generated code: that was a fifth of what the compiler had to do for the
//! core. Rules in other scripts stand in it in Punycode as well, since hosts on the wire are written that way.

use publicsuffix::{List, Psl};
use std::net::IpAddr;
use std::sync::LazyLock;

static LIST: LazyLock<List> = LazyLock::new(|| {
    let list = include_str!("../../data/public-suffixes.txt");
    list.parse().expect("the list that is bundled is well-formed, as a test holds")
});

/// Registrable domain of a host in lower case (the public suffix and one label more); none for an address or a bare
/// suffix.
///
/// Source: publicsuffix.org, `data/public-suffixes.txt`. A top-level domain that is not on the list counts as a suffix
/// of one label, as the list's own rule `*` says, so `a.clinic.localhost` belongs to `clinic.localhost`.
pub fn registrable_domain(host: &str) -> Option<&str> {
    if host.parse::<IpAddr>().is_ok() {
        return None;
    }
    let domain = LIST.domain(host.as_bytes())?;
    // What the list gives is the end of the host.
    let domain = host.get(host.len() - domain.as_bytes().len()..)?;
    (!domain.starts_with('.')).then_some(domain)
}

/// Whether a host in lower case ends in a suffix that the list names itself, so that the host can exist in the public
/// DNS.
///
/// Package names and the like pass [`registrable_domain`] by the list's rule `*`; this tells them apart.
pub fn has_known_suffix(host: &str) -> bool {
    LIST.suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_of_any_depth_wildcards_exceptions_and_scripts() {
        for (host, domain) in [
            ("www.example.com", Some("example.com")),
            ("a.b.example.co.uk", Some("example.co.uk")),
            ("co.uk", None),
            ("somebody.github.io", Some("somebody.github.io")),
            ("city.kawasaki.jp", Some("city.kawasaki.jp")),
            ("a.b.c.kawasaki.jp", Some("b.c.kawasaki.jp")),
            ("www.xn--85x722f.xn--55qx5d.cn", Some("xn--85x722f.xn--55qx5d.cn")),
            ("www.食狮.公司.cn", Some("食狮.公司.cn")),
            ("a.clinic.localhost", Some("clinic.localhost")),
            ("localhost", None),
            ("192.0.2.1", None),
            ("2001:db8::1", None),
            ("", None),
            (".", None),
            ("a..com", None),
            (".com", None),
        ] {
            assert_eq!(registrable_domain(host), domain, "{host}");
        }
    }

    #[test]
    fn only_what_the_list_names_is_known() {
        assert!(has_known_suffix("example.com") && has_known_suffix("a.xn--55qx5d.cn"));
        assert!(!has_known_suffix("com.android.browser") && !has_known_suffix("clinic.localhost"));
    }
}
