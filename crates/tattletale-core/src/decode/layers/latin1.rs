//! Bytes that were made a string of, one character each: what JavaScript calls a binary string, inside UTF-8.
//!
//! Whatever was compressed or sealed in a browser is such a string before it is encoded; some SDKs put it into JSON as it
//! is. Text of any language has no control characters, so a string that has them and nothing above U+00FF is taken back
//! to its bytes. What they are is for others to say, unless they begin as a stream does. The same happens to text: where
//! UTF-8 was read as Latin-1, as some writers of headers do, what comes out is UTF-8 again, which no words are by chance.

use crate::decode::look::{CONTROL, HIGH, LATIN};
use crate::decode::{Layer, Needs, Opening, Proof, View, begins_stream};

pub(super) struct Latin1;

const SHORTEST: usize = 8;
/// Bytes that characters of text have beyond their first, at least, where it was read as Latin-1.
const FEWEST: usize = 2;

impl Layer for Latin1 {
    fn name(&self) -> &'static str {
        "latin1"
    }

    fn about(&self) -> &'static str {
        "Bytes written as the characters U+0000 to U+00FF (ISO 8859-1; binary strings of JavaScript), as rrweb's packer and PostHog's replays put gzip and zlib into JSON."
    }

    fn example(&self) -> &'static [u8] {
        "\u{1f}\u{8b}\u{8}\0\0\0\0\0\u{2}\u{3}\u{ab}\u{ca}Ou\u{c8}M\u{cc}\u{cc}\u{d1}+I-.\u{1}\u{0}7\u{a2}\u{9f}=\r\0\0\0"
            .as_bytes()
    }

    fn needs(&self) -> Needs {
        const TEXT: Needs = Needs::NOTHING.from(SHORTEST).text().some(LATIN).only(!HIGH | LATIN);
        Needs::NOTHING.from(SHORTEST).binary().some(LATIN).some(CONTROL).only(!HIGH | LATIN).or(&TEXT)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let binary = !view.look.text();
        if view.bytes.len() < SHORTEST || !view.look.has(LATIN) || (binary && !view.look.has(CONTROL)) {
            return;
        }
        let Ok(text) = std::str::from_utf8(view.bytes) else { return };
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let Some(bytes) = bytes.filter(|bytes| bytes.len() <= out.room()) else { return };
        let read_wrongly = || std::str::from_utf8(&bytes).is_ok_and(|text| text.len() - text.chars().count() >= FEWEST);
        if binary || read_wrongly() {
            let sure = !binary || begins_stream(&bytes);
            out.made(&bytes, if sure { Proof::Sure } else { Proof::Guess });
        }
    }
}
