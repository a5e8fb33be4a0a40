//! A URL inside a value: its path and query are unfolded as those of a request are.

use crate::decode::look::{COLON, EQUALS, SLASH};
use crate::decode::{At, Layer, Needs, Opening, View};
use crate::model::url::{Parts, is_scheme, percent_decode};
use std::borrow::Cow;

pub(super) struct Url;

/// Longer names hold more than what a person called a host.
const LONGEST_PLAIN_HOST: usize = 32;

impl Layer for Url {
    fn name(&self) -> &'static str {
        "url"
    }

    fn about(&self) -> &'static str {
        "A URL (RFC 3986) as a value, with or without scheme when it has a query; path, query and fragment are opened."
    }

    fn example(&self) -> &'static [u8] {
        b"https://shop.example/search?q=shoes%20red&page=2"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.some(SLASH).some(COLON).or(&const { Needs::NOTHING.first(b"/").some(EQUALS) })
    }

    fn glance(&self, view: &View<'_>) -> bool {
        view.bytes.starts_with(b"/") || memchr::memmem::find(view.bytes, b"://").is_some()
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !self.glance(view) {
            return;
        }
        let Some(text) = std::str::from_utf8(view.bytes).ok().filter(|text| is_address(text)) else { return };
        let parts = Parts::of(text);
        // A host is a receiver, not data, unless something is encoded in it.
        let host = parts.authority.split(':').next().unwrap_or_default();
        let telling = host.len() > LONGEST_PLAIN_HOST || host.contains("xn--");
        let host = if telling { host } else { "" };
        let pieces = [("host", host), ("path", parts.path), ("query", parts.query), ("fragment", parts.fragment)];
        for (name, piece) in pieces.into_iter().filter(|(_, piece)| piece.len() > 1) {
            // A piece is a slice of the text: where it starts tells its span.
            let at = piece.as_ptr() as usize - text.as_ptr() as usize;
            out.piece(At::Word(name), at..at + piece.len());
        }
        // An address may be known as it reads, whatever of it was escaped: its pieces alone would not show that.
        if let Cow::Owned(decoded) = percent_decode(view.bytes, false) {
            out.again("percent", &decoded);
        }
    }
}

/// `scheme://...`, `//host...`, or a path with a query; no blanks, so that prose which mentions a URL is none.
///
/// Blanks inside the query are allowed: they are what is left of `%20` when an outer layer was decoded.
fn is_address(text: &str) -> bool {
    let head = text.split(['?', '#']).next().unwrap_or(text);
    if head.contains(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '<' | '>' | '{' | '}')) {
        return false;
    }
    match head.split_once("://") {
        Some((scheme, rest)) => is_scheme(scheme) && !rest.is_empty(),
        None => head.starts_with('/') && text.contains('?') && text.contains('='),
    }
}
