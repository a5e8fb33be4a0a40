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
        let with_query = || view.bytes.starts_with(b"/") && view.look.has(EQUALS);
        with_query() || memchr::memmem::find(view.bytes, b"://").is_some()
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !is_address(view.bytes) || !view.look.ascii() && std::str::from_utf8(view.bytes).is_err() {
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
    let (head, behind) = bytes.split_at(memchr::memchr2(b'?', b'#', bytes).unwrap_or(bytes.len()));
    let (before, from) = head.split_at(memchr::memchr(b':', head).unwrap_or(head.len()));
    let is_one = match from.strip_prefix(b"://") {
        Some(rest) => is_scheme(before) && !rest.is_empty(),
        None => {
            let with_query = head.starts_with(b"/") && behind.contains(&b'?') && bytes.contains(&b'=');
            with_query && memchr::memmem::find(from, b"://").is_none()
        }
    };
    is_one && !head.iter().any(|&byte| ENDS[usize::from(byte)])
}

/// What no address has before its query: it ends there, in prose and in markup.
static ENDS: [bool; 256] = {
    let mut ends = [false; 256];
    let (bytes, mut at) = (*b" \t\n\x0c\r\"<>{}", 0);
    while at < bytes.len() {
        ends[bytes[at] as usize] = true;
        at += 1;
    }
    ends
};
