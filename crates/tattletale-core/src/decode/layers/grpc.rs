//! gRPC and gRPC-Web bodies: messages with a flag and a length before each.
//!
//! Five bytes a frame prove something only together: the lengths must lead exactly to the end.

use super::protobuf;
use crate::decode::{At, Layer, Needs, Opening, View};
use crate::model::FaultKind;
use std::ops::Range;

pub(super) struct Grpc;

const HEAD: usize = 5;
/// gRPC-Web sends its trailers as a last frame with this bit.
const TRAILERS: u8 = 0x80;

impl Layer for Grpc {
    fn name(&self) -> &'static str {
        "grpc"
    }

    fn about(&self) -> &'static str {
        "Length-prefixed messages of gRPC (PROTOCOL-HTTP2.md) and gRPC-Web (PROTOCOL-WEB.md), plain or with gzip inside, with trailers."
    }

    fn example(&self) -> &'static [u8] {
        b"\x00\x00\x00\x00\x0f\x0a\x0dzoe@mail.test\x80\x00\x00\x00\x10grpc-status: 0\r\n"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(HEAD + 1).binary().first_among(0, 1).or_typed("grpc")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let declared = view.hint.typed_as("grpc");
        // Without a declaration the length must be below 16 MiB and so start with a zero.
        let plausible = matches!(view.bytes, [0 | 1, 0, ..]) || declared;
        if !plausible || view.bytes.len() <= HEAD || view.look.text() {
            return;
        }
        let (frames, end) = frames(view.bytes);
        let whole = end == view.bytes.len();
        if frames.iter().all(|frame| frame.is_empty()) || !(whole || declared) {
            return;
        }
        // Other codecs name themselves, as `application/grpc+json` does.
        let plain = declared && (view.hint.typed_as("+proto") || !view.hint.typed_as("+"));
        for (number, frame) in frames.into_iter().enumerate().filter(|(_, frame)| !frame.is_empty()) {
            match plain && view.bytes[frame.start - HEAD] == 0 && protobuf::is_whole(&view.bytes[frame.clone()]) {
                true => out.declared(At::Index(number), frame, "application/x-protobuf"),
                false => out.piece(At::Index(number), frame),
            }
        }
        if !whole {
            out.fault(FaultKind::Truncated, end, "ends inside a message, or has no frame here");
            out.piece(At::Word("rest"), end..view.bytes.len());
        }
    }
}

/// The contents of all frames from the start on, and where they end.
fn frames(bytes: &[u8]) -> (Vec<Range<usize>>, usize) {
    let mut frames = Vec::new();
    let mut at = 0;
    while let Some([flags, length @ ..]) = bytes.get(at..at + HEAD).and_then(|head| <[u8; HEAD]>::try_from(head).ok()) {
        let length = u32::from_be_bytes(length) as usize;
        if flags & !TRAILERS > 1 || bytes.len() - at - HEAD < length {
            break;
        }
        frames.push(at + HEAD..at + HEAD + length);
        at += HEAD + length;
    }
    (frames, at)
}
