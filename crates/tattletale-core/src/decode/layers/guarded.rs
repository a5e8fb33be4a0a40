//! JSON that is not meant to be run: behind a guard prefix, inside the call of a function, or behind the few signs
//! that protocols over WebSocket put before it.

use super::json::value;
use crate::decode::look::OPENING;
use crate::decode::{At, Layer, Needs, Opening, View};

pub(super) struct Guarded;

const LONGEST: usize = 128;
const GUARDS: [&[u8]; 7] = [b")]}'", b")]}',", b"for(;;);", b"for (;;);", b"while(1);", b"while (1);", b"{}&&"];

impl Layer for Guarded {
    fn name(&self) -> &'static str {
        "guarded"
    }

    fn about(&self) -> &'static str {
        "JSON behind a prefix that keeps it from being run as a script (`)]}'`, `for(;;);`, `while(1);`), as the argument of a callback (JSONP), or behind the packet type of Socket.IO (socket.io-protocol 5) and SockJS."
    }

    fn example(&self) -> &'static [u8] {
        b"for(;;);{\"user\":\"zoe\"}"
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.some(OPENING)
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        // A first glance: no prefix and no callback is longer, and JSON itself starts otherwise.
        let head = &bytes[..bytes.len().min(LONGEST)];
        let Some(open) = head.iter().position(|byte| matches!(byte, b'{' | b'[')) else { return };
        if open == 0 {
            return;
        }
        let prefix = head[..open].trim_ascii();
        let guard = GUARDS.contains(&prefix) || is_packet(prefix) || (prefix == b"a" && bytes[open] == b'[');
        let end = match guard {
            true => bytes.len(),
            false if is_call(prefix) => match bytes.iter().rposition(|&byte| byte == b')') {
                Some(end) if bytes[end + 1..].iter().all(|byte| matches!(byte, b';' | b'\n' | b'\r' | b' ')) => end,
                _ => return,
            },
            false => return,
        };
        if end > open && value(&bytes[open..end]).is_ok() {
            out.piece(At::Whole, open..end);
        }
    }
}

/// `42`, `451-`, `42/namespace,7`: type, attachments, namespace and acknowledgement of Socket.IO.
fn is_packet(prefix: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let kind = digits(prefix);
    let mut rest = prefix[kind..].strip_prefix(b"-").unwrap_or(&prefix[kind..]);
    if let (Some(b'/'), Some(comma)) = (rest.first(), memchr::memchr(b',', rest)) {
        rest = &rest[comma + 1..];
    }
    matches!(prefix.first(), Some(b'0'..=b'6')) && kind <= 8 && digits(rest) == rest.len()
}

/// `name(`, `a.b.c(`, with the comment that some servers put before it.
fn is_call(prefix: &[u8]) -> bool {
    let prefix = prefix.strip_prefix(b"/**/").unwrap_or(prefix);
    let Some((b'(', name)) = prefix.split_last() else { return false };
    let name = name.trim_ascii_end();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$.".contains(byte);
    !name.is_empty() && name.iter().all(plain)
}
