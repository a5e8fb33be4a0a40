//! The way of hostile bytes through everything that reads them, as one function for fuzzing and for properties.

use crate::first;
use crate::http1::chunked::Chunked;
use crate::http1::head;
use tattletale_core::codec::websocket::Messages;

/// Reads bytes as everything that a client or server could send, in two pieces that end at `split`.
///
/// # Panics
/// When where a message ends depends on how it came, which would be a defect.
pub fn read_as_anything(bytes: &[u8], split: usize) {
    let split = split.min(bytes.len());
    first::told_apart(bytes);
    if let Ok(Some(end)) = head::end(bytes) {
        assert!(end <= bytes.len());
        let request = head::request(&bytes[..end]);
        if let Ok(request) = request {
            // What is passed on as one request has no other in its head.
            assert!(head::end(&bytes[..end - 1]).is_ok_and(|earlier| earlier.is_none()), "{request:?}");
        }
        for method in ["GET", "HEAD"] {
            let _ = head::response(&bytes[..end], method);
        }
    }
    let whole = followed(&[bytes]);
    let pieces = followed(&[&bytes[..split], &bytes[split..]]);
    assert_eq!(whole, pieces, "a chunked body");
    let messages = |pieces: &[&[u8]]| {
        let (mut found, mut messages) = (Vec::new(), Messages::new(Some("permessage-deflate"), true));
        pieces.iter().for_each(|piece| messages.follow(piece, &mut |message| found.push(message)));
        found
    };
    assert_eq!(messages(&[bytes]), messages(&[&bytes[..split], &bytes[split..]]), "messages of a WebSocket");
}

/// Where a chunked body ends, if it does; nothing where it is refused.
fn followed(pieces: &[&[u8]]) -> Option<Option<usize>> {
    let (mut chunked, mut used) = (Chunked::new(), 0);
    for piece in pieces {
        used += chunked.follow(piece).ok()?;
        if chunked.is_over() {
            return Some(Some(used));
        }
    }
    Some(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces of real messages, so that more than noise is met.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let words = prop::sample::select(vec![
            &b"GET / HTTP/1.1\r\n"[..],
            b"Host: a\r\n",
            b"Content-Length: 5\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"\r\n",
            b"\n",
            b"5\r\nhello\r\n",
            b"0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"\x81\x05hello",
            b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
            b"\x16\x03\x01\x00\x05",
        ]);
        let word = prop_oneof![3 => words.prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..8)];
        prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn where_messages_end_does_not_depend_on_how_they_come(bytes in pieces(), split in 0_usize..64) {
            read_as_anything(&bytes, split);
        }
    }
}
