//! A URL inside a value: its path and query are unfolded as those of a request are.

use crate::decode::look::{COLON, EQUALS, PERCENT, SLASH};
use crate::decode::{At, Layer, Needs, Opening, View};
use crate::model::url::{Spans, is_scheme, percent_decode};
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
        is_address(view.bytes)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !is_address(view.bytes) || std::str::from_utf8(view.bytes).is_err() {
            return;
        }
        let spans = Spans::of(view.bytes);
        // A host is a receiver, not data, unless something is encoded in it.
        let host = view.bytes[spans.authority.clone()].split(|&byte| byte == b':').next().unwrap_or_default();
        let telling = host.len() > LONGEST_PLAIN_HOST || memchr::memmem::find(host, b"xn--").is_some();
        let host = spans.authority.start..spans.authority.start + if telling { host.len() } else { 0 };
        let pieces = [("host", host), ("path", spans.path), ("query", spans.query), ("fragment", spans.fragment)];
        for (name, span) in pieces.into_iter().filter(|(_, span)| span.len() > 1) {
            out.piece(At::Word(name), span);
        }
        // An address may be known as it reads, whatever of it was escaped: its pieces alone would not show that.
        if view.look.has(PERCENT)
            && let Cow::Owned(decoded) = percent_decode(view.bytes, false)
        {
            out.again("percent", &decoded);
        }
    }
}

/// `scheme://...`, `//host...`, or a path with a query; no blanks, so that prose which mentions a URL is none.
///
/// Blanks inside the query are allowed: they are what is left of `%20` when an outer layer was decoded.
fn is_address(bytes: &[u8]) -> bool {
    let (mut head, mut colon) = (bytes.len(), None);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'?' | b'#' => {
                head = at;
                break;
            }
            b':' if colon.is_none() => colon = Some(at),
            b' ' | b'\t' | b'\n' | b'\x0c' | b'\r' | b'"' | b'<' | b'>' | b'{' | b'}' => return false,
            _ => {}
        }
    }
    let (head, behind) = bytes.split_at(head);
    let (before, from) = head.split_at(colon.unwrap_or(head.len()));
    match from.strip_prefix(b"://") {
        Some(rest) => is_scheme(before) && !rest.is_empty(),
        None => {
            let with_query = head.starts_with(b"/") && behind.contains(&b'?') && bytes.contains(&b'=');
            with_query && memchr::memmem::find(from, b"://").is_none()
        }
    }
}
