//! Credentials of HTTP authentication: the scheme, then a token or user and password in base64.

use crate::decode::look::SPACE;
use crate::decode::{At, Layer, Needs, Opening, View};

pub(super) struct Auth;

const LONGEST_SCHEME: usize = 12;
const SCHEMES: [&str; 7] = ["Basic", "Bearer", "Digest", "Token", "ApiKey", "MAC", "Negotiate"];

impl Layer for Auth {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn about(&self) -> &'static str {
        "HTTP credentials (RFC 9110, 11.4; Basic: RFC 7617; Bearer: RFC 6750) behind the name of their scheme."
    }

    fn example(&self) -> &'static [u8] {
        b"Basic em9lQG1haWwudGVzdDpzZWNyZXQ="
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(6).some(SPACE).first(b"AaBbDdMmNnTt")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let Some(blank) = view.bytes.iter().take(LONGEST_SCHEME).position(|&byte| byte == b' ') else { return };
        let (scheme, rest) = view.bytes.split_at(blank);
        if rest.len() > 4 && SCHEMES.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(scheme)) {
            let start = blank + rest.iter().take_while(|&&byte| byte == b' ').count();
            out.piece(At::Name(scheme), start..view.bytes.len());
        }
    }
}
