//! Whom a request is for, and what of its head is not for the server.

use std::sync::Arc;

use bytes::BytesMut;

use super::Bad;
use super::head::RequestHead;
use crate::dial::split_authority;

/// A server that stands behind this proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub(crate) tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As it stands in `Host`.
    pub(crate) authority: String,
}

impl std::str::FromStr for Origin {
    type Err = String;

    /// `http://host:port` or `https://host:port`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no http://host or https://host");
        let (tls, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(wrong()),
        };
        let authority = rest.trim_end_matches('/').to_owned();
        let (host, port) = split_authority(&authority).ok_or_else(wrong)?;
        Ok(Self { tls, host, port: port.unwrap_or(if tls { 443 } else { 80 }), authority })
    }
}

/// What a request is for.
pub(super) struct Target {
    pub(super) url: String,
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// The head as the server gets it, where that is not as it came.
    pub(super) rewritten: Option<BytesMut>,
}

/// Whom the requests of a connection are for, as far as it decides that.
pub(super) enum To {
    Tunnel { scheme: &'static str, authority: String },
    Forward,
    Reverse(Arc<Origin>),
    Nobody(Vec<u8>),
}

/// The host that a request is for, lower case without port; empty when it names none.
pub(super) fn host_of(head: &RequestHead) -> String {
    let authority = absolute(&head.target).map(|(_, authority, _)| authority);
    let authority = authority.or(head.host.as_deref()).unwrap_or_default();
    split_authority(authority).map(|(host, _)| host).unwrap_or_default()
}

pub(super) fn path_of(target: &str) -> &str {
    let path = absolute(target).map_or(target, |(_, _, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    if path.is_empty() { "/" } else { path }
}

/// Whether it is TLS, authority and the rest of an absolute URL.
fn absolute(target: &str) -> Option<(bool, &str, &str)> {
    let (scheme, rest) = target.split_once("://")?;
    let tls = match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => false,
        _ if scheme.eq_ignore_ascii_case("https") => true,
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some((tls, &rest[..end], &rest[end..]))
}

pub(super) fn target(head: &RequestHead, raw: &[u8], route: &To) -> Result<Target, Bad> {
    let default_port = |tls| if tls { 443 } else { 80 };
    match route {
        To::Nobody(_) => Err(Bad::Target),
        To::Forward => {
            let (tls, authority, rest) = absolute(&head.target).ok_or(Bad::Target)?;
            let (host, port) = split_authority(authority).ok_or(Bad::Target)?;
            let slash = if rest.starts_with('/') { "" } else { "/" };
            let path = format!("{slash}{rest}");
            // The target counts, not what a second name says (RFC 9112, 3.2.2).
            let other = head.host.as_deref().is_none_or(|named| !named.eq_ignore_ascii_case(authority));
            let rewritten = rewrite(raw, &head.method, &path, other.then_some(authority));
            let port = port.unwrap_or(default_port(tls));
            Ok(Target { url: head.target.clone(), tls, host, port, rewritten: Some(rewritten) })
        }
        To::Reverse(origin) => {
            let path = absolute(&head.target).map_or(&*head.target, |(_, _, path)| path);
            let scheme = if origin.tls { "https" } else { "http" };
            let slash = if path.starts_with('/') { "" } else { "/" };
            let url = format!("{scheme}://{}{slash}{path}", origin.authority);
            let path = format!("{slash}{path}");
            let rewritten = rewrite(raw, &head.method, &path, Some(&origin.authority));
            let Origin { tls, host, port, .. } = &**origin;
            Ok(Target { url, tls: *tls, host: host.clone(), port: *port, rewritten: Some(rewritten) })
        }
        To::Tunnel { scheme, authority } => {
            if head.method == "CONNECT" {
                return Err(Bad::Target);
            }
            let named = head.host.as_deref().filter(|host| split_authority(host).is_some());
            let authority = named.unwrap_or(authority);
            let url = match &*head.target {
                path if path.starts_with('/') => format!("{scheme}://{authority}{path}"),
                "*" => format!("{scheme}://{authority}/*"),
                url if absolute(url).is_some() => url.to_owned(),
                _ => return Err(Bad::Target),
            };
            Ok(Target { url, tls: false, host: String::new(), port: 0, rewritten: None })
        }
    }
}

/// The head with another first line, without what is meant for proxies only, and with another `Host` where it must be.
/// All else stays as it came.
fn rewrite(raw: &[u8], method: &str, path: &str, host: Option<&str>) -> BytesMut {
    let raw = &raw[raw.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()..];
    let mut out = BytesMut::with_capacity(raw.len() + 64);
    let mut lines = raw.split_inclusive(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let version = first.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    for part in [method.as_bytes(), b" ", path.as_bytes(), b" ", version] {
        out.extend_from_slice(part);
    }
    let mut named = host.is_none();
    for line in lines {
        let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        if is("proxy-connection") || is("proxy-authorization") {
            continue;
        }
        match host {
            Some(host) if is("host") => {
                named = true;
                out.extend_from_slice(name);
                out.extend_from_slice(b": ");
                out.extend_from_slice(host.as_bytes());
                out.extend_from_slice(b"\r\n");
            }
            Some(host) if line == b"\r\n" && !named => {
                out.extend_from_slice(format!("Host: {host}\r\n\r\n").as_bytes());
            }
            _ => out.extend_from_slice(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::head;
    use super::*;

    #[test]
    fn only_what_is_for_proxies_is_taken_away() {
        let raw =
            b"GET http://Example.org/a?b HTTP/1.1\r\nX-one: 1\r\nHOST: Example.org\r\nProxy-Connection: keep-alive\r\n\
                    x-TWO:  2 \r\n\r\n";
        let head = head::request(raw).unwrap();
        let found = target(&head, raw, &To::Forward).unwrap();
        assert_eq!(
            (&*found.url, found.tls, &*found.host, found.port),
            ("http://Example.org/a?b", false, "example.org", 80)
        );
        let wanted = b"GET /a?b HTTP/1.1\r\nX-one: 1\r\nHOST: Example.org\r\nx-TWO:  2 \r\n\r\n";
        assert_eq!(found.rewritten.unwrap().escape_ascii().to_string(), wanted.escape_ascii().to_string());
    }

    #[test]
    fn the_target_counts_and_not_a_second_name() {
        let raw = b"GET http://a.example:81?q HTTP/1.1\r\nHost: b.example\r\nX: y\r\n\r\n";
        let found = target(&head::request(raw).unwrap(), raw, &To::Forward).unwrap();
        assert_eq!((&*found.host, found.port), ("a.example", 81));
        assert_eq!(&found.rewritten.unwrap()[..], b"GET /?q HTTP/1.1\r\nHost: a.example:81\r\nX: y\r\n\r\n");
        let raw = b"GET http://a.example/ HTTP/1.0\r\n\r\n";
        let found = target(&head::request(raw).unwrap(), raw, &To::Forward).unwrap();
        assert_eq!(&found.rewritten.unwrap()[..], b"GET / HTTP/1.0\r\nHost: a.example\r\n\r\n");
    }

    #[test]
    fn urls_of_a_tunnel() {
        let to = To::Tunnel { scheme: "https", authority: "a.example:8443".to_owned() };
        for (line, host, url) in [
            ("GET /x", "b.example", "https://b.example/x"),
            ("OPTIONS *", "b.example", "https://b.example/*"),
            ("GET /x", "", "https://a.example:8443/x"),
            ("GET http://c.example/y", "b.example", "http://c.example/y"),
        ] {
            let raw = format!("{line} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(target(&head::request(raw.as_bytes()).unwrap(), raw.as_bytes(), &to).unwrap().url, url);
        }
        for line in ["CONNECT a:1", "GET x", "GET ftp://a/"] {
            let raw = format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n");
            assert!(target(&head::request(raw.as_bytes()).unwrap(), raw.as_bytes(), &to).is_err());
        }
    }

    #[test]
    fn origins() {
        let origin: Origin = "https://Api.example:8443/".parse().unwrap();
        assert_eq!(
            (origin.tls, &*origin.host, origin.port, &*origin.authority),
            (true, "api.example", 8443, "Api.example:8443")
        );
        assert!("example.org".parse::<Origin>().is_err() && "http://a b".parse::<Origin>().is_err());
    }
}
