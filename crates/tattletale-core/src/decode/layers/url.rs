//! A URL inside a value: its path and query are unfolded as those of a request are.

use crate::decode::{At, Layer, Opening, View};
use crate::model::url::{Parts, is_scheme};

pub(super) struct Url;

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

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let Some(text) = std::str::from_utf8(view.bytes).ok().filter(|text| is_address(text)) else { return };
        let parts = Parts::of(text);
        // Pieces are slices of the text: their spans follow from their order in it.
        let authority_at = text.find(parts.authority).unwrap_or(0);
        let path_at = text[authority_at..].find(parts.path).unwrap_or(0) + authority_at;
        let mut places = vec![("path", path_at, parts.path)];
        let mut at = path_at + parts.path.len();
        for (name, piece) in [("query", parts.query), ("fragment", parts.fragment)] {
            if !piece.is_empty() {
                at += text[at..].find(piece).unwrap_or(0);
                places.push((name, at, piece));
                at += piece.len();
            }
        }
        for (name, at, piece) in places.into_iter().filter(|(_, _, piece)| piece.len() > 1) {
            out.piece(At::Word(name), at..at + piece.len());
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
