//! The segments of a path: trackers put encoded values between the slashes.

use crate::decode::look::{BREAK, SLASH, SPACE};
use crate::decode::{At, Layer, Opening, View};
use crate::model::url::percent_decode;
use std::borrow::Cow;

pub(super) struct Path;

/// Shorter segments cannot hold anything that the path as a whole does not show.
const SHORTEST_SEGMENT: usize = 8;

impl Layer for Path {
    fn name(&self) -> &'static str {
        "path"
    }

    fn about(&self) -> &'static str {
        "The segments of a URL path (RFC 3986) that are long enough to hold an encoded value."
    }

    fn example(&self) -> &'static [u8] {
        b"/collect/eyJhIjoiYiJ9/p.gif"
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.first() != Some(&b'/') || view.look.has(SPACE | BREAK) || !view.look.text() {
            return;
        }
        debug_assert!(view.look.has(SLASH));
        let mut start = 1;
        for (number, segment) in view.bytes[1..].split(|&byte| byte == b'/').enumerate() {
            if segment.len() >= SHORTEST_SEGMENT {
                out.piece(At::Index(number), start..start + segment.len());
            }
            start += segment.len() + 1;
        }
        if let Cow::Owned(decoded) = percent_decode(view.bytes, false) {
            out.again("percent", &decoded);
        }
    }
}
