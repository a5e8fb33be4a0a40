//! UTF-16 with and without byte order mark: Windows and Java programs write it.
//!
//! Without a mark there must be many characters of one neighbourhood: half the pairs of a random buffer are some
//! character, but not all of the same 256.

use crate::decode::{Layer, Look, Needs, Opening, Proof, View};

pub(super) struct Utf16;

const SHORTEST: usize = 8;
/// Upper bytes that are zero, where there is no mark.
const FEWEST_ZEROS: usize = 5;

impl Layer for Utf16 {
    fn name(&self) -> &'static str {
        "utf16"
    }

    fn about(&self) -> &'static str {
        "UTF-16 (RFC 2781), with byte order mark or known by the zero, or nearly constant, upper bytes."
    }

    fn example(&self) -> &'static [u8] {
        b"z\0o\0e\0@\0m\0a\0i\0l\0.\0t\0e\0s\0t\0"
    }

    fn needs(&self) -> Needs {
        const MARKED: Needs = Needs::NOTHING.from(SHORTEST).binary().first(b"\xfe\xff");
        Needs::NOTHING.from(2 * FEWEST_ZEROS).binary().or(&MARKED)
    }

    fn glance(&self, view: &View<'_>) -> bool {
        matches!(view.bytes, [0xfe, 0xff, ..] | [0xff, 0xfe, ..]) || order(view.bytes).is_some()
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if view.bytes.len() < SHORTEST || !view.bytes.len().is_multiple_of(2) || view.look.text() {
            return;
        }
        let (bytes, big) = match view.bytes {
            [0xfe, 0xff, rest @ ..] => (rest, Some(true)),
            [0xff, 0xfe, rest @ ..] => (rest, Some(false)),
            bytes => (bytes, None),
        };
        let Some(big) = big.or_else(|| order(bytes)) else { return };
        if view.bytes.len() * 3 / 2 > out.room() {
            return;
        }
        let units = bytes.chunks_exact(2).map(|pair| match big {
            true => u16::from_be_bytes([pair[0], pair[1]]),
            false => u16::from_le_bytes([pair[0], pair[1]]),
        });
        let Ok(text) = char::decode_utf16(units).collect::<Result<String, _>>() else { return };
        if Look::of(text.as_bytes()).text() {
            out.made(text.as_bytes(), Proof::Sure);
        }
    }
}

/// Neighbourhoods of upper bytes: Latin with a few others, the small scripts with symbols and emoji; Chinese and
/// Japanese; Korean.
static NEIGHBOURHOODS: [Neighbourhood; 3] = [
    Neighbourhood::of(&[(0, 0x20), (0x26, 0x27), (0x30, 0x30), (0xd8, 0xd8), (0xdc, 0xdf), (0xfe, 0xfe)]),
    Neighbourhood::of(&[(0, 0), (0x20, 0x20), (0x30, 0x30), (0x4e, 0x9f), (0xff, 0xff)]),
    Neighbourhood::of(&[(0, 0), (0x20, 0x20), (0x30, 0x30), (0xac, 0xd7), (0xff, 0xff)]),
];

struct Neighbourhood {
    has: [bool; 256],
    size: usize,
}

impl Neighbourhood {
    /// Of ranges of bytes, both ends included.
    const fn of(ranges: &[(u8, u8)]) -> Self {
        let (mut has, mut size, mut number) = ([false; 256], 0, 0);
        while number < ranges.len() {
            let mut byte = ranges[number].0 as usize;
            while byte <= ranges[number].1 as usize {
                has[byte] = true;
                size += 1;
                byte += 1;
            }
            number += 1;
        }
        Self { has, size }
    }
}

/// True for big-endian: the order in which the upper bytes are all of one neighbourhood, if there is one.
fn order(bytes: &[u8]) -> Option<bool> {
    // Text is known after a while; the rest may hold anything.
    let (pairs, _) = bytes[..bytes.len().min(512)].as_chunks::<2>();
    [0, 1].into_iter().find(|&upper| is_text(pairs, upper)).map(|upper| upper == 0)
}

/// Whether the bytes at that place of each pair are mostly zero or all of one neighbourhood.
fn is_text(pairs: &[[u8; 2]], upper: usize) -> bool {
    // Bits that chance would have to bring together.
    const ENOUGH: f64 = 34.0;
    let mut may_be = [true; NEIGHBOURHOODS.len()];
    let mut others = 0;
    for pair in pairs {
        others += usize::from(pair[upper] != 0);
        for (number, neighbours) in NEIGHBOURHOODS.iter().enumerate() {
            may_be[number] &= neighbours.has[usize::from(pair[upper])];
        }
        if others * 4 > pairs.len() && may_be == [false; NEIGHBOURHOODS.len()] {
            return false;
        }
    }
    let enough = |neighbours: &Neighbourhood| pairs.len() as f64 * (256.0 / neighbours.size as f64).log2() >= ENOUGH;
    (others * 4 <= pairs.len() && pairs.len() - others >= FEWEST_ZEROS)
        || may_be.iter().zip(&NEIGHBOURHOODS).any(|(&may, neighbours)| may && enough(neighbours))
}
