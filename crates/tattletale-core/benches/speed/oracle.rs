//! The oracle: it is told the chain of each message, uses the same codecs, and searches once.

use std::hint::black_box;

use tattletale_core::codec::base64;
use tattletale_core::codec::inflate::{Framing, inflate};
use tattletale_core::codec::json::{Kind, Tokens, unescape};
use tattletale_core::detect::Planted;
use tattletale_core::model::url::percent_decode;

use crate::traffic::{Class, Message};

/// Whether the message holds something planted.
pub(crate) fn search(planted: &Planted, message: &Message) -> bool {
    match message.class {
        Class::FormBase64GzipJson => json(planted, &inflated(&of_form(&message.bytes))),
        Class::FormBase64Json => json(planted, &of_form(&message.bytes)),
        Class::PlainJson => json(planted, &message.bytes),
        Class::RawGzip => json(planted, &inflated(&message.bytes)),
        Class::Protobuf | Class::Mix => protobuf(planted, &message.bytes),
    }
}

fn of_form(bytes: &[u8]) -> Vec<u8> {
    let end = memchr::memchr(b'&', bytes).unwrap_or(bytes.len());
    base64::decode(&percent_decode(&bytes[b"data=".len()..end], false)).unwrap()
}

fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    inflate(Framing::Gzip, bytes, &mut out, 1 << 30);
    out
}

/// Reads every token, as whoever wants to name a place must, and searches the text once.
fn json(planted: &Planted, bytes: &[u8]) -> bool {
    let mut tokens = Tokens::new(bytes);
    while let Ok(Some(token)) = tokens.next_token() {
        if matches!(token.kind, Kind::EscapedKey | Kind::EscapedString) {
            black_box(unescape(&bytes[token.span]));
        }
    }
    found(planted, bytes)
}

/// Told the schema: field 2 of the batch is an event, field 3 of an event a property.
fn protobuf(planted: &Planted, bytes: &[u8]) -> bool {
    fields(bytes, &mut |number, event| {
        if number == 2 {
            fields(event, &mut |number, property| {
                if number == 3 {
                    fields(property, &mut |_, text| {
                        black_box(text);
                    });
                }
            });
        }
    });
    found(planted, bytes)
}

fn fields<'a>(bytes: &'a [u8], each: &mut dyn FnMut(u64, &'a [u8])) {
    let mut at = 0;
    let varint = |at: &mut usize| {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = bytes[*at];
            *at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return value;
            }
        }
    };
    while at < bytes.len() {
        let tag = varint(&mut at);
        let value = varint(&mut at);
        if tag & 7 == 2 {
            let end = at + value as usize;
            each(tag >> 3, &bytes[at..end]);
            at = end;
        }
    }
}

fn found(planted: &Planted, bytes: &[u8]) -> bool {
    let mut hits = Vec::new();
    planted.search(bytes, &mut hits);
    !black_box(hits).is_empty()
}
