//! Reads the messages of a WebSocket (RFC 6455) out of a copy of its bytes; the bytes themselves pass untouched.
//!
//! Fragments are put together, masks taken off, and messages inflated where the connection agreed on
//! permessage-deflate (RFC 7692). What is not well-formed ends the reading of that direction, never the passing.

use super::Inflow;

/// A message is kept up to so many bytes; of a longer one its start.
const MOST_MESSAGE: usize = 8 << 20;

/// A message as it was meant.
#[derive(Debug, PartialEq, Eq)]
pub struct Whole {
    /// Whether it was sent as text.
    pub text: bool,
    /// The payload, unmasked and decompressed.
    pub bytes: Vec<u8>,
    /// Bytes beyond those kept, as far as they were counted.
    pub cut: u64,
}

/// One direction of a connection.
#[derive(Debug)]
pub struct Messages {
    /// Inflates compressed messages, if the two agreed on that.
    inflow: Option<Inflow>,
    /// Bytes of a frame's head that have come so far.
    head: Vec<u8>,
    frame: Option<Frame>,
    message: Option<Message>,
    broken: bool,
}

#[derive(Debug)]
struct Frame {
    last: bool,
    control: bool,
    left: u64,
    mask: Option<[u8; 4]>,
    at: usize,
}

#[derive(Debug)]
struct Message {
    text: bool,
    compressed: bool,
    bytes: Vec<u8>,
    cut: u64,
}

impl Messages {
    /// One direction; `extensions` as the server agreed to them, lower case.
    pub fn new(extensions: Option<&str>, from_client: bool) -> Self {
        let agreed = extensions.and_then(|all| all.split(',').find(|one| one.trim().starts_with("permessage-deflate")));
        let forgets = if from_client { "client_no_context_takeover" } else { "server_no_context_takeover" };
        let inflow = agreed.map(|agreed| Inflow::new(!agreed.split(';').any(|option| option.trim() == forgets)));
        Self { inflow, head: Vec::new(), frame: None, message: None, broken: false }
    }

    /// More bytes; every message that they end is given to `each`.
    pub fn follow(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Whole)) {
        while !bytes.is_empty() && !self.broken {
            if self.frame.is_none() {
                self.head.push(bytes[0]);
                bytes = &bytes[1..];
                self.begin();
            }
            let Some(frame) = &mut self.frame else { continue };
            let count = usize::try_from(frame.left).unwrap_or(usize::MAX).min(bytes.len());
            let (payload, rest) = bytes.split_at(count);
            frame.left -= count as u64;
            bytes = rest;
            if !frame.control
                && let Some(message) = &mut self.message
            {
                let room = MOST_MESSAGE - message.bytes.len();
                let kept = &payload[..count.min(room)];
                let from = message.bytes.len();
                message.bytes.extend_from_slice(kept);
                message.cut += (count - kept.len()) as u64;
                if let Some(mask) = frame.mask {
                    for (at, byte) in message.bytes[from..].iter_mut().enumerate() {
                        *byte ^= mask[(frame.at + at) % 4];
                    }
                }
            }
            frame.at += count;
            if frame.left == 0 {
                let over = frame.last && !frame.control;
                self.frame = None;
                if over && let Some(message) = self.message.take() {
                    self.end(message, each);
                }
            }
        }
    }

    /// Reads a frame's head once all of it is there.
    fn begin(&mut self) {
        let [first, second, rest @ ..] = &*self.head else { return };
        let wide = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let masked = second & 0x80 != 0;
        if rest.len() < wide + if masked { 4 } else { 0 } {
            return;
        }
        let length = match wide {
            0 => u64::from(second & 0x7f),
            _ => rest[..wide].iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        let mask = masked.then(|| [rest[wide], rest[wide + 1], rest[wide + 2], rest[wide + 3]]);
        let (last, compressed, opcode) = (first & 0x80 != 0, first & 0x40 != 0, first & 0x0f);
        let control = opcode >= 8;
        let good = match opcode {
            0 => self.message.is_some() && !compressed,
            1 | 2 => self.message.is_none() && (!compressed || self.inflow.is_some()),
            8..=10 => last && length < 126,
            _ => false,
        };
        if !good || length > i64::MAX as u64 {
            self.broken = true;
            return;
        }
        if matches!(opcode, 1 | 2) {
            self.message = Some(Message { text: opcode == 1, compressed, bytes: Vec::new(), cut: 0 });
        }
        self.frame = Some(Frame { last, control, left: length, mask, at: 0 });
        self.head.clear();
    }

    fn end(&mut self, message: Message, each: &mut impl FnMut(Whole)) {
        let Message { text, compressed, bytes, cut } = message;
        let (bytes, more) = match &mut self.inflow {
            Some(inflow) if compressed && cut == 0 => match inflow.message(&bytes, MOST_MESSAGE) {
                Ok(inflated) => inflated,
                // What comes next may lean on what could not be read.
                Err(_) => {
                    self.broken = true;
                    (bytes, 0)
                }
            },
            _ => {
                self.broken |= compressed;
                (bytes, 0)
            }
        };
        each(Whole { text, bytes, cut: cut + more });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
        let mut frame = vec![first];
        let masked = if mask.is_some() { 0x80 } else { 0 };
        match payload.len() {
            length @ 0..126 => frame.push(masked | length as u8),
            length @ 126..65536 => {
                frame.push(masked | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(masked | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(mask.into_iter().flatten());
        let mask = mask.unwrap_or_default();
        frame.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
        frame
    }

    fn read(messages: &mut Messages, bytes: &[u8], piece: usize) -> Vec<Whole> {
        let mut found = Vec::new();
        bytes.chunks(piece).for_each(|piece| messages.follow(piece, &mut |whole| found.push(whole)));
        found
    }

    #[test]
    fn fragments_with_a_ping_between_them() {
        let mask = Some([1, 2, 3, 4]);
        let long = vec![b'x'; 70_000];
        let bytes = [
            frame(0x01, b"Hel", mask),
            frame(0x89, b"ping", mask),
            frame(0x80, b"lo", mask),
            frame(0x82, &long, mask),
            frame(0x81, &long[..300], None),
            frame(0x88, b"\x03\xe8", mask),
        ]
        .concat();
        for piece in [1, 2, 3, 7, 1000, bytes.len()] {
            let found = read(&mut Messages::new(None, true), &bytes, piece);
            let found: Vec<_> = found.iter().map(|whole| (whole.text, &*whole.bytes)).collect();
            assert_eq!(found, [(true, &b"Hello"[..]), (false, &long), (true, &long[..300])], "{piece}");
        }
    }

    /// The compressed messages of RFC 7692, 7.2.3.1 and 7.2.3.2.
    #[test]
    fn compressed_with_and_without_context() {
        let first = b"\xf2\x48\xcd\xc9\xc9\x07\x00";
        let second = b"\xf2\x00\x11\x00\x00";
        let bytes = [frame(0xc1, first, None), frame(0xc1, second, None)].concat();
        let found = read(&mut Messages::new(Some("permessage-deflate"), false), &bytes, 3);
        assert_eq!(found.iter().map(|whole| &*whole.bytes).collect::<Vec<_>>(), [b"Hello", b"Hello"]);
        let bytes = [frame(0x41, &first[..3], None), frame(0x80, &first[3..], None), frame(0xc1, first, None)].concat();
        let mut messages = Messages::new(Some("permessage-deflate; server_no_context_takeover"), false);
        assert_eq!(read(&mut messages, &bytes, 100).len(), 2);
    }

    #[test]
    fn nonsense_ends_the_reading() {
        // The last one begins a message within another.
        let cases: [&[u8]; 5] = [
            b"\x83\x00\x81\x01a",
            b"\x80\x00\x81\x01a",
            b"\xc1\x01a\x81\x01a",
            b"\x09\x00\x81\x01a",
            b"\x01\x00\x81\x01a",
        ];
        for bytes in cases {
            for piece in [1, 100] {
                assert!(read(&mut Messages::new(None, false), bytes, piece).is_empty(), "{}", bytes.escape_ascii());
            }
        }
    }
}
