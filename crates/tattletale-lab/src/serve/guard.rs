//! Who is let in: whoever carries this lab's token and was forwarded by nobody.
//!
//! A forwarding header means that a request came through something that stands between two parties. In a lab on
//! loopback nothing does; so it is refused rather than asked who it is, and a lab cannot be put behind a reverse
//! proxy to collect from real people.

use super::{Reply, text};
use crate::fields::Fields;
use crate::token::Token;
use crate::wire::TOKEN_PARAMETER;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use std::net::IpAddr;

/// Headers that only something in between adds; `x-forwarded-` and `x-original-` stand for all that begin so.
const FORWARDING: [&str; 9] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "client-ip",
    "x-forwarded",
];
const FORWARDING_PREFIXES: [&str; 2] = ["x-forwarded-", "x-original-"];

/// Why a request is not let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Forwarded(String),
    NoToken,
}

impl Refused {
    pub(super) fn reply(self) -> Reply {
        match self {
            Self::Forwarded(name) => {
                text(StatusCode::FORBIDDEN, format!("forwarded requests are not taken: the header {name} says it was"))
            }
            Self::NoToken => text(
                StatusCode::FORBIDDEN,
                format!("the query parameter {TOKEN_PARAMETER} does not hold this lab's token"),
            ),
        }
    }
}

/// True for a peer on this machine.
pub(super) fn is_neighbour(peer: IpAddr) -> bool {
    peer.is_loopback()
}

/// Checks the head of a request.
pub(super) fn check(headers: &HeaderMap, query: &Fields, token: &Token) -> Result<(), Refused> {
    let forwarding =
        |name: &&str| FORWARDING.contains(name) || FORWARDING_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    // hyper gives names in lower case.
    if let Some(name) = headers.keys().map(|name| name.as_str()).find(forwarding) {
        return Err(Refused::Forwarded(name.to_owned()));
    }
    // Every token in the query must be right: a second one may be what something behind us would read.
    let mut tokens = query.all(TOKEN_PARAMETER).peekable();
    if tokens.peek().is_none() || !tokens.all(|given| token.admits(given)) {
        return Err(Refused::NoToken);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderName;

    #[test]
    fn only_this_machine_is_served() {
        for (peer, served) in [
            ("127.0.0.1", true),
            ("127.0.0.3", true),
            ("::1", true),
            ("192.0.2.1", false),
            ("192.168.1.10", false),
            ("10.0.0.1", false),
            ("169.254.1.1", false),
            ("0.0.0.0", false),
            ("fe80::1", false),
            ("2001:db8::1", false),
            ("::ffff:192.0.2.1", false),
        ] {
            assert_eq!(is_neighbour(peer.parse().unwrap()), served, "{peer}");
        }
    }

    #[test]
    fn forwarded_requests_and_strangers_stay_out() {
        let token = Token::draw().unwrap();
        let with = |text: &str| Fields::parse(text.as_bytes());
        let right = with(&format!("project=a&{TOKEN_PARAMETER}={}", token.as_str()));
        assert_eq!(check(&HeaderMap::new(), &right, &token), Ok(()));
        for wrong in ["", "lab_token=", "lab_token=0123", &format!("lab_token={0}&lab_token=x", token.as_str())] {
            assert_eq!(check(&HeaderMap::new(), &with(wrong), &token), Err(Refused::NoToken), "{wrong}");
        }
        for name in FORWARDING.into_iter().chain(["x-forwarded-for", "x-forwarded-host", "x-original-uri"]) {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), "127.0.0.1".parse().unwrap());
            assert_eq!(check(&headers, &right, &token), Err(Refused::Forwarded(name.to_owned())));
        }
    }
}
