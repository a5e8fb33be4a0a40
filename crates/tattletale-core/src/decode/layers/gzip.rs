//! Gzip, declared or not: the magic number and the checksum speak for themselves.

use crate::codec::decompress::{Compression, decompress};
use crate::codec::inflate::{End, Framing, inflate_begin};
use crate::decode::{At, Layer, Needs, Opening, Proof, View};
use crate::model::FaultKind;

pub(super) struct Gzip;

impl Layer for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn about(&self) -> &'static str {
        "Gzip members (RFC 1952), one or several, known by their magic number; what came out of a damaged one is kept, and so is what stands behind."
    }

    fn example(&self) -> &'static [u8] {
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c\x4a\x4e\x49\x4d\x4b\xcf\x00\x00\x50\x2a\xef\xae\x08\x00\x00\x00"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.first(b"\x1f")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        if !view.bytes.starts_with(b"\x1f\x8b\x08") {
            return;
        }
        let mut bytes = Vec::new();
        let (end, used) = inflate_begin(Framing::Gzip, view.bytes, &mut bytes, out.room());
        if bytes.is_empty() && end != End::Complete {
            return;
        }
        report(&end, view.bytes.len(), bytes.len(), out);
        let padding = view.bytes[used..].iter().all(|&byte| byte == 0);
        if end != End::Complete || padding {
            return out.made(&bytes, Proof::Sure);
        }
        // A signature, or the rest of a frame: no fault of the members, but nothing of theirs either.
        out.doubt();
        out.unescaped(At::Whole, 0..used, &bytes);
        out.piece(At::Word("rest"), used..view.bytes.len());
    }
}

/// Decompresses a view whose magic number speaks for itself; what came out of a damaged one is kept.
pub(super) fn unpack(compression: Compression, view: &View<'_>, out: &mut Opening<'_, '_>) {
    let mut bytes = Vec::new();
    let end = decompress(compression, view.bytes, &mut bytes, out.room());
    report(&end, view.bytes.len(), bytes.len(), out);
    if bytes.is_empty() {
        return;
    }
    out.made(&bytes, Proof::Sure);
}

/// States how a decompression ended, if not well.
pub(super) fn report(end: &End, len: usize, made: usize, out: &mut Opening<'_, '_>) {
    match end {
        End::Complete => {}
        End::Truncated => {
            out.fault(FaultKind::Truncated, len, format!("ends early; {made} bytes came out"));
        }
        End::Corrupt { offset } => {
            out.fault(FaultKind::Corrupt, *offset, format!("is damaged; {made} bytes came out before"));
        }
        End::Limit => {
            out.fault(
                FaultKind::Limit,
                len,
                format!("unfolds to more than the limit allows; stopped after {made} bytes"),
            );
        }
    }
}
