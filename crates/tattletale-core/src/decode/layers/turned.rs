//! Text turned round, or with its letters moved along the alphabet: but for base64, only on request.
//!
//! Any text may be the disguise of another, so what comes out is searched and not unfolded: else every one would be
//! turned again without end. Base64 that is turned round gives itself away by what it stands for.

use crate::codec::base64;
use crate::decode::look::{DASH, DIGIT, EQUALS, HEX_LOWER, HEX_UPPER, LOWER, PLUS, SLASH, UPPER};
use crate::decode::{Layer, Look, Needs, Opening, Proof, View, begins_stream};

/// Base64 from the last letter to the first.
pub(super) struct Backwards;

/// Bytes from the last to the first.
pub(super) struct Reversed;

/// Letters moved by 1 to 25.
pub(super) struct Rot;

const SHORTEST: usize = 6;
/// Twenty-five of them are made of every text.
const LONGEST_ROTATED: usize = 16 << 10;

/// Letters of base64 that stand for a text which chance does not make.
const SHORTEST_BACKWARDS: usize = 24;

impl Layer for Backwards {
    fn name(&self) -> &'static str {
        "backwards"
    }

    fn about(&self) -> &'static str {
        "Base64 from its last letter to its first, as Statsig's clients send JSON, known by its padding or by how JSON and streams begin."
    }

    fn example(&self) -> &'static [u8] {
        b"9JCdzVGduwWah1GQl9meiojIslWYtJye"
    }

    fn needs(&self) -> Needs {
        const LETTERS: u32 = LOWER | UPPER | HEX_LOWER | HEX_UPPER | DIGIT | PLUS | SLASH | DASH | EQUALS;
        Needs::NOTHING.from(SHORTEST_BACKWARDS).text().only(LETTERS).richer_than_hex()
    }

    fn glance(&self, view: &View<'_>) -> bool {
        // Padding comes last; so do the letters of `{"`, `[{` and `["` and of what gzip begins with, turned round.
        view.bytes.starts_with(b"=") || [b"ye", b"3W", b"yW", b"4H"].iter().any(|end| view.bytes.ends_with(*end))
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.len() < SHORTEST_BACKWARDS || !self.glance(view) || view.bytes.len() > out.room() {
            return;
        }
        let turned: Vec<u8> = view.bytes.iter().rev().copied().collect();
        let telling = |decoded: &[u8]| begins_stream(decoded) || Look::of(decoded).text();
        if base64::decode(&turned).is_some_and(|decoded| telling(&decoded)) {
            out.made(&turned, Proof::Sure);
        }
    }
}

impl Layer for Reversed {
    fn name(&self) -> &'static str {
        "reversed"
    }

    fn about(&self) -> &'static str {
        "Text from its last character to its first; searched, not unfolded further."
    }

    fn example(&self) -> &'static [u8] {
        b"tset.liam@eoz"
    }

    fn deep(&self) -> bool {
        true
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let Some(text) = std::str::from_utf8(view.bytes).ok().filter(|text| text.len() >= SHORTEST) else { return };
        if view.look.text() && text.len() <= out.room() {
            out.again(self.name(), text.chars().rev().collect::<String>().as_bytes());
        }
    }
}

impl Layer for Rot {
    fn name(&self) -> &'static str {
        "rot"
    }

    fn about(&self) -> &'static str {
        "Letters of ASCII moved along the alphabet by 1 to 25 places (ROT13 among them); searched, not unfolded further."
    }

    fn example(&self) -> &'static [u8] {
        b"mbr@znvy.grfg"
    }

    fn deep(&self) -> bool {
        true
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let fits = (SHORTEST..=LONGEST_ROTATED).contains(&view.bytes.len());
        if !fits || !view.look.text() || !view.look.has(LOWER | UPPER | HEX_LOWER | HEX_UPPER) {
            return;
        }
        for places in 1..26 {
            let moved: Vec<u8> = view.bytes.iter().map(|&byte| rotated(byte, places)).collect();
            out.again(self.name(), &moved);
        }
    }
}

fn rotated(byte: u8, places: u8) -> u8 {
    match byte {
        b'a'..=b'z' => (byte - b'a' + places) % 26 + b'a',
        b'A'..=b'Z' => (byte - b'A' + places) % 26 + b'A',
        other => other,
    }
}
