//! `data:` URLs: pages hand pictures, documents and whole reports on in them.

use crate::decode::{At, Layer, Needs, Opening, View};

pub(super) struct DataUrl;

impl Layer for DataUrl {
    fn name(&self) -> &'static str {
        "dataurl"
    }

    fn about(&self) -> &'static str {
        "data: URLs (RFC 2397), in base64 or percent-encoded."
    }

    fn example(&self) -> &'static [u8] {
        b"data:application/json;base64,eyJ1c2VyIjoiem9lIn0="
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(7).first(b"dD")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        const LONGEST_TYPE: usize = 128;
        if !view.bytes.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"data:")) {
            return;
        }
        let Some(comma) = view.bytes.iter().take(LONGEST_TYPE).position(|&byte| byte == b',') else { return };
        let kind = &view.bytes[5..comma];
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/;=.+-_\"".contains(byte);
        if kind.iter().all(plain) && comma + 1 < view.bytes.len() {
            out.piece(At::Whole, comma + 1..view.bytes.len());
        }
    }
}
