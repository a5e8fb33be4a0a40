//! Where a request may go: names of the lab, addresses of this machine.

use std::io;

use tattletale_core::model::url::Parts;

use super::refused;

/// Whether a name (lower case) is one that the lab may use.
pub(super) fn is_lab_name(name: &str) -> bool {
    name.strip_suffix(".localhost").is_some_and(|label| !label.is_empty() && !label.ends_with('.'))
}

/// A URL of the lab, taken apart.
#[derive(Debug)]
pub(super) struct Target<'a> {
    /// `http` or `https`.
    pub(super) scheme: &'a str,
    /// Host, with the port if the URL has one.
    pub(super) authority: &'a str,
    /// Lower case, without port.
    pub(super) host: String,
    /// Path and query as in the URL; at least `/`.
    pub(super) path: String,
}

impl<'a> Target<'a> {
    /// Takes a URL apart, and refuses one that is not of the lab.
    pub(super) fn of(url: &'a str) -> io::Result<Self> {
        let parts = Parts::of(url);
        let host = parts.host();
        if !matches!(parts.scheme, "http" | "https") {
            return Err(refused("the lab speaks http and https only"));
        }
        if !is_lab_name(&host) || !url[parts.scheme.len() + 3..].starts_with(parts.authority) {
            return Err(refused(&format!("`{host}` is no name of the lab")));
        }
        let slash = if parts.path.is_empty() { "/" } else { "" };
        let question = if parts.query.is_empty() { "" } else { "?" };
        let path = format!("{slash}{}{question}{}", parts.path, parts.query);
        Ok(Self { scheme: parts.scheme, authority: parts.authority, host, path })
    }

    pub(super) fn is_tls(&self) -> bool {
        self.scheme == "https"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_names_of_the_lab() {
        let target = Target::of("https://Clinic.localhost:8443?q=1#top").unwrap();
        assert_eq!(
            (&*target.host, target.authority, &*target.path),
            ("clinic.localhost", "Clinic.localhost:8443", "/?q=1")
        );
        let refused = [
            "https://example.org/",
            "https://localhost/",
            "https://.localhost/",
            "https://evillocalhost/",
            "https://clinic.localhost.example.org/",
            "https://clinic.localhost@example.org/",
            "https://example.org@clinic.localhost/",
            "https://example.org#.localhost",
            "https://example.org/.localhost",
            "https://127.0.0.1/",
            "https://[::1]/",
            "ftp://clinic.localhost/",
            "clinic.localhost/",
            "",
        ];
        for url in refused {
            assert_eq!(Target::of(url).unwrap_err().kind(), io::ErrorKind::InvalidInput, "{url}");
        }
    }
}
