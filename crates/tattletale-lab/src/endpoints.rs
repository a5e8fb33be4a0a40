//! Where the lab's servers and made-up sites are. Anything but `.localhost` is refused here and once more when sent.

use crate::details::Server;
use crate::emitter::sensors::component;
use crate::people::Page;
use crate::wire::{Outgoing, Reply, TOKEN_PARAMETER, Wire};
use std::io;
use tattletale_core::model::url;

/// Addresses that a scenario is lived with, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Stands for Singapore, for example `https://singapore-collector.localhost:8443`.
    pub singapore: String,
    /// Stands for Russia.
    pub russia: String,
    /// The plain-HTTP server.
    pub plain: String,
    /// Token that the lab issued; goes into every address of a collector.
    pub token: String,
    /// Where the made-up sites are: scheme, `localhost` and port, for example `https://localhost:8443`. The site
    /// `clinic` is then at `https://clinic.localhost:8443`.
    pub pages: String,
}

/// An address that does not end in `.localhost`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is refused: the lab talks to hosts that end in `.localhost` only")]
pub struct NotLoopback(pub String);

impl Endpoints {
    /// Refuses every address whose host does not end in `.localhost`.
    pub fn check(&self) -> Result<(), NotLoopback> {
        let page = self.page(&Page { site: "clinic".into(), path: "/".into() });
        let all = [&self.singapore, &self.russia, &self.plain, &page];
        let refused = all.into_iter().find(|address| !is_loopback_name(address));
        refused.map_or(Ok(()), |address| Err(NotLoopback(address.clone())))
    }

    /// Address of a page of a made-up site.
    pub fn page(&self, page: &Page) -> String {
        let (scheme, rest) = self.pages.split_once("://").unwrap_or(("https", &self.pages));
        format!("{scheme}://{}.{rest}{}", page.site, page.path)
    }

    /// Address of a page with one query parameter.
    pub fn page_with(&self, site: &str, path: &str, name: &str, value: &str) -> String {
        self.page(&Page { site: site.into(), path: format!("{path}?{name}={}", component(value)) })
    }

    /// Address of a collector, with the token.
    pub fn collector(&self, server: Server, path: &str, query: &str) -> String {
        let base = match server {
            Server::Singapore => &self.singapore,
            Server::Russia => &self.russia,
            Server::Plain => &self.plain,
        };
        let between = if query.is_empty() { "" } else { "&" };
        format!("{base}{path}?{query}{between}{TOKEN_PARAMETER}={}", component(&self.token))
    }
}

/// Whether an address is `http(s)` with a host that ends in `.localhost` (RFC 6761) and names no user.
pub fn is_loopback_name(address: &str) -> bool {
    let parts = url::Parts::of(address);
    let before_path =
        address.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or(""));
    matches!(parts.scheme, "http" | "https")
        && parts.host().ends_with(".localhost")
        && !before_path.contains(['@', '\\'])
        && before_path.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A wire that lets nothing out but to `.localhost`.
pub(crate) struct Guarded<'w> {
    wire: &'w mut dyn Wire,
}

impl<'w> Guarded<'w> {
    pub(crate) fn new(wire: &'w mut dyn Wire) -> Self {
        Self { wire }
    }
}

impl Wire for Guarded<'_> {
    fn send(&mut self, request: &Outgoing) -> io::Result<Reply> {
        if !is_loopback_name(&request.url) {
            let refused = NotLoopback(request.url.clone());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, refused));
        }
        self.wire.send(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints() -> Endpoints {
        Endpoints {
            singapore: "https://singapore-collector.localhost:1".into(),
            russia: "https://russia-collector.localhost:2".into(),
            plain: "http://plain-collector.localhost:3".into(),
            token: "t k".into(),
            pages: "https://localhost:4".into(),
        }
    }

    #[test]
    fn addresses() {
        let endpoints = endpoints();
        assert_eq!(endpoints.check(), Ok(()));
        assert_eq!(
            endpoints.page_with("clinic", "/find", "q", "ból x"),
            "https://clinic.localhost:4/find?q=b%C3%B3l%20x"
        );
        assert_eq!(
            endpoints.collector(Server::Plain, "/sa", "project=a"),
            "http://plain-collector.localhost:3/sa?project=a&lab_token=t%20k"
        );
    }

    #[test]
    fn nothing_but_localhost() {
        let refused = [
            "https://collector.example",
            "https://localhost.example/",
            "https://alocalhost",
            "https://evil.example@x.localhost/",
            "https://evil.example\\.x.localhost/",
            "https://evil.example?.localhost",
            "https://evil.example#.localhost",
            "ftp://x.localhost",
            "x.localhost",
            "",
        ];
        for address in refused {
            assert!(!is_loopback_name(address), "{address}");
            for place in 0..4 {
                let mut endpoints = endpoints();
                let fields =
                    [&mut endpoints.singapore, &mut endpoints.russia, &mut endpoints.plain, &mut endpoints.pages];
                *fields.into_iter().nth(place).unwrap() = address.into();
                if place < 3 || !is_loopback_name(&endpoints.page(&Page { site: "a".into(), path: "/".into() })) {
                    assert!(endpoints.check().is_err(), "{address}");
                }
            }
        }
    }

    #[test]
    fn the_guard_looks_at_every_request() {
        struct Open;
        impl Wire for Open {
            fn send(&mut self, _: &Outgoing) -> io::Result<Reply> {
                Ok(Reply { status: 200, body: Vec::new() })
            }
        }
        let mut open = Open;
        let mut guarded = Guarded::new(&mut open);
        let mut send = |url: &str| {
            guarded.send(&Outgoing { method: "GET", url: url.into(), headers: Vec::new(), body: Vec::new() })
        };
        assert!(send("https://a.localhost/").is_ok());
        assert_eq!(send("https://a.example/").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
