//! Text turned round, or with its letters moved along the alphabet: no one has reported either, so only on request.
//!
//! Any text may be the disguise of another, so what comes out is searched and not unfolded: else every one would be
//! turned again without end.

use crate::decode::look::{HEX_LOWER, HEX_UPPER, LOWER, UPPER};
use crate::decode::{Layer, Opening, View};

/// Bytes from the last to the first.
pub(super) struct Reversed;

/// Letters moved by 1 to 25.
pub(super) struct Rot;

const SHORTEST: usize = 6;
/// Twenty-five of them are made of every text.
const LONGEST_ROTATED: usize = 16 << 10;

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
