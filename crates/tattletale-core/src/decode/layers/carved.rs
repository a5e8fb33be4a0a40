//! What begins somewhere inside of binary that nothing opened: compressed streams, archives, JSON.
//!
//! Frames, envelopes and lengths that no layer knows stand before what is worth reading. The beginnings of streams occur
//! by chance, too, so one is taken only if it opens: to its end with its checksum, or as a text. Trials that fail are
//! paid from a budget that grows with the view, so time is linear however many beginnings there are.

use super::{bplist, json, zip};
use crate::codec::decompress::{Compression, decompress_begin};
use crate::codec::inflate::{End, Framing, inflate_begin};
use crate::decode::look::CONTROL;
use crate::decode::{At, Layer, Look, Needs, Opening, View};
use std::ops::Range;

pub(super) struct Carved;

const SHORTEST: usize = 16;
/// Most that a trial makes: what came so far without a contradiction is no chance.
const TRIAL: usize = 256 << 10;
/// Bytes that failing trials may read and make, for each byte of the view.
const TRIED: usize = 16;
/// What any trial costs beside: a decoder has tables.
const TABLES: usize = 1 << 10;

impl Layer for Carved {
    fn name(&self) -> &'static str {
        "carved"
    }

    fn about(&self) -> &'static str {
        "Streams (gzip, zlib, zstd, bzip2, xz), ZIP archives, binary property lists and JSON inside of binary that nothing else opened, each with what stands around: behind lengths and headers of Android SDKs, in envelopes of Tencent's Bugly and Beacon, in what MQTT publishes, in the texts of PNG (zTXt)."
    }

    fn example(&self) -> &'static [u8] {
        b"\x30\x1a\0\x03d/u{\"mail\":\"zoe@mail.test\"}"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(SHORTEST).binary()
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        if bytes.len() < SHORTEST || view.look.text() {
            return;
        }
        let found = found(bytes, out.room());
        if found.is_empty() {
            return;
        }
        let mut end = 0;
        for (number, span) in found.into_iter().enumerate() {
            around(bytes, end..span.start, out);
            end = span.end;
            out.piece(At::Index(number), span);
        }
        around(bytes, end..bytes.len(), out);
    }
}

/// What was not carved: a text may hold something, binary was looked through.
fn around(bytes: &[u8], span: Range<usize>, out: &mut Opening<'_, '_>) {
    const PLACE: At<'_> = At::Word("around");
    if span.is_empty() {
        return;
    }
    match Look::of(&bytes[span.clone()]).text() {
        true => out.piece(PLACE, span),
        false => out.atom(PLACE, span),
    }
}

/// What opens, in order; never the whole, which the other layers were asked about.
fn found(bytes: &[u8], room: usize) -> Vec<Range<usize>> {
    let mut budget = bytes.len().saturating_mul(TRIED).saturating_add(64 * TABLES);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| may_begin(byte)) {
        at += next;
        let trial = if is_picture(&bytes[..at]) { None } else { tried(&bytes[at..], room) };
        match trial {
            Some(Trial { length: Some(length), .. }) if (at, length) != (0, bytes.len()) => {
                found.push(at..at + length);
                at += length;
            }
            Some(Trial { cost, .. }) => {
                let Some(left) = budget.checked_sub(cost + TABLES) else { break };
                budget = left;
                at += 1;
            }
            None => at += 1,
        }
    }
    found
}

/// What one beginning came to.
struct Trial {
    /// Bytes of what opens; none if it does not.
    length: Option<usize>,
    /// Bytes that were read and made.
    cost: usize,
}

fn may_begin(byte: u8) -> bool {
    matches!(byte, 0x1f | b'x' | b'(' | b'B' | 0xfd | b'P' | b'b' | b'{' | b'[')
}

/// Pixels of a PNG say nothing and are many.
fn is_picture(before: &[u8]) -> bool {
    before.ends_with(b"IDAT")
}

/// Tries what begins here; none if nothing does.
fn tried(rest: &[u8], room: usize) -> Option<Trial> {
    let limit = TRIAL.min(room);
    let mut made = Vec::new();
    let (end, used) = match rest {
        // Upper flags are reserved.
        [0x1f, 0x8b, 8, 0..=0x1f, ..] => inflate_begin(Framing::Gzip, rest, &mut made, limit),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => inflate_begin(Framing::Zlib, rest, &mut made, limit),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => decompress_begin(Compression::Zstd, rest, &mut made, limit),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => {
            decompress_begin(Compression::Bzip2, rest, &mut made, limit)
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => decompress_begin(Compression::Xz, rest, &mut made, limit),
        [b'P', b'K', 3, 4, ..] => return Some(Trial { length: zip::length(rest), cost: 0 }),
        [b'b', b'p', b'l', b'i', b's', b't', b'0', b'0', ..] => {
            return Some(Trial { length: bplist::length(rest), cost: rest.len() });
        }
        [b'{' | b'[', ..] => return of_json(rest),
        _ => return None,
    };
    let length = match end {
        End::Complete => (!made.is_empty()).then_some(used),
        End::Limit if made.len() == TRIAL => Some(rest.len()),
        End::Limit | End::Truncated | End::Corrupt { .. } => reads(&made).then_some(rest.len()),
    };
    Some(Trial { length, cost: used + made.len() })
}

/// An object with members, or an array of objects.
fn of_json(rest: &[u8]) -> Option<Trial> {
    const BLANKS: usize = 8;
    let next = rest.iter().skip(1).take(BLANKS).find(|byte| !byte.is_ascii_whitespace());
    if !matches!((rest.first(), next), (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{'))) {
        return None;
    }
    Some(match json::value(rest) {
        Ok(length) => Trial { length: (length >= SHORTEST).then_some(length), cost: length },
        Err(broken) => Trial { length: None, cost: broken.offset },
    })
}

/// Whether what came out of a stream that breaks off is a text that chance does not make: repetitions it does.
fn reads(made: &[u8]) -> bool {
    const ENOUGH: usize = 32;
    const VARIED: usize = 8;
    let begin = &made[..made.len().min(8 * ENOUGH)];
    let whole_so_far = std::str::from_utf8(begin).map_or_else(|error| error.error_len().is_none(), |_| true);
    let mut seen = [false; 256];
    begin.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    let varied = seen.iter().filter(|&&seen| seen).count() >= VARIED;
    begin.len() >= ENOUGH && varied && whole_so_far && !Look::of(begin).has(CONTROL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_opens_nothing() {
        let mut state = 0x5eed_u64;
        let mut noise: Vec<u8> = (0..4 << 20)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        let heads: [&[u8]; 9] = [
            b"\x1f\x8b\x08\0",
            b"\x78\x9c",
            b"\x78\x01",
            b"\x28\xb5\x2f\xfd",
            b"BZh91AY",
            b"\xfd7zXZ\0",
            b"PK\x03\x04",
            b"bplist00",
            b"{\"",
        ];
        for (number, head) in heads.iter().cycle().take(9_000).enumerate() {
            noise[number * 400..][..head.len()].copy_from_slice(head);
        }
        assert!(found(&noise, usize::MAX).is_empty());
    }

    #[test]
    fn what_opens_is_cut_out_to_its_end() {
        use crate::decode::LAYERS;
        for name in ["gzip", "zlib", "zstd", "bzip2", "xz", "bplist", "zip"] {
            let layer = LAYERS.iter().find(|layer| layer.name() == name).unwrap();
            let stream = layer.example();
            let behind: &[u8] = if name == "zip" { b"" } else { b"\x80\x01\0\0behind" };
            let frame = [b"\0\0\0\x05frame", stream, behind].concat();
            let own = 9..9 + stream.len();
            assert_eq!(found(&frame, usize::MAX), std::slice::from_ref(&own), "{name}");
            assert!(found(stream, usize::MAX).is_empty(), "{name} as a whole is none of ours");
        }
    }
}
