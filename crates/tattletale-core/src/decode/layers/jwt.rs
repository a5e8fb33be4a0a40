//! JSON Web Tokens, wherever they stand: claims are readable to everyone who sees the token.

use crate::codec::base64;
use crate::codec::json;
use crate::decode::look::{DASH, DIGIT, DOT, EQUALS, HEX_LOWER, HEX_UPPER, LOWER, PUNCTUATION, UPPER};
use crate::decode::{At, Layer, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Jwt;

const ALPHABET: u32 = DIGIT | HEX_LOWER | HEX_UPPER | LOWER | UPPER | DASH | EQUALS | PUNCTUATION;

impl Layer for Jwt {
    fn name(&self) -> &'static str {
        "jwt"
    }

    fn about(&self) -> &'static str {
        "JSON Web Tokens (RFC 7519; compact serialisation of RFC 7515 and 7516): header and claims; the signature is no secret and no data."
    }

    fn example(&self) -> &'static [u8] {
        b"eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6InpvZUBtYWlsLnRlc3QifQ.c2lnbmF0dXJl"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(5).first(b"e").some(DOT).only(ALPHABET)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        // Base64 of `{` and a quote, a blank or a line break.
        if !(bytes.starts_with(b"ey") || bytes.starts_with(b"ew")) || !view.look.only(ALPHABET) {
            return;
        }
        let mut start = 0;
        let mut segments: Vec<Range<usize>> = Vec::new();
        for segment in bytes.split(|&byte| byte == b'.').take(6) {
            segments.push(start..start + segment.len());
            start += segment.len() + 1;
        }
        // Three segments when signed, five when encrypted: then only the header can be read.
        if !matches!(segments.len(), 3 | 5) || bytes.len() > out.room() {
            return;
        }
        let object = |span: &Range<usize>| base64::decode(&bytes[span.clone()]).filter(|text| is_object(text));
        let Some(header) = object(&segments[0]) else { return };
        out.unescaped(At::Word("header"), segments[0].clone(), &header);
        let claims = if segments.len() == 3 { base64::decode(&bytes[segments[1].clone()]) } else { None };
        if let Some(claims) = claims {
            out.unescaped(At::Word("payload"), segments[1].clone(), &claims);
        }
    }
}

fn is_object(text: &[u8]) -> bool {
    text.starts_with(b"{") && {
        let mut tokens = json::Tokens::new(text);
        std::iter::from_fn(|| tokens.next_token().transpose()).all(|token| token.is_ok())
    }
}
