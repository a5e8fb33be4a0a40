//! What a connection speaks, from its first bytes; they are put back and read again by who speaks it.

use std::io;

use bytes::BytesMut;
use tattletale_core::codec::hello::{ClientHello, MOST, Start};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::stream::Counted;

/// A line that might be the first one of a request.
const MOST_LINE: usize = 8 << 10;
/// What HTTP/2 starts with (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Methods that leave no doubt.
const METHODS: &[&[u8]] =
    &[b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"TRACE ", b"CONNECT ", b"PROPFIND "];

/// What a connection speaks.
#[derive(Debug)]
pub(crate) enum First {
    Tls(Box<ClientHello>),
    Http1,
    Http2,
    /// SOCKS5.
    Socks,
    /// Something else, or the server spoke first.
    Opaque,
    /// The client ended it without a byte.
    Ended,
    /// The client broke it off without a byte.
    Broken(io::Error),
}

/// Looks at what the client sends first. When `server` sends something before, that is opaque.
pub(crate) async fn look<C, S>(client: &mut Counted<C>, mut server: Option<&mut Counted<S>>) -> First
where
    C: AsyncRead + Unpin,
    S: AsyncRead + Unpin,
{
    let mut seen = BytesMut::with_capacity(2 << 10);
    loop {
        let mut early = BytesMut::new();
        let read = match server.as_deref_mut() {
            Some(server) if seen.is_empty() => tokio::select! {
                biased;
                read = client.read_buf(&mut seen) => read,
                count = server.read_buf(&mut early) => {
                    let spoke = matches!(count, Ok(1..));
                    let settings = is_settings(&early);
                    server.put_back(early.freeze());
                    if !spoke {
                        return First::Ended;
                    }
                    if !settings {
                        return First::Opaque;
                    }
                    // HTTP/2: both sides speak first.
                    client.read_buf(&mut seen).await
                }
            },
            _ => client.read_buf(&mut seen).await,
        };
        let told = match read {
            Ok(0) if seen.is_empty() => Some(First::Ended),
            Err(error) if seen.is_empty() => Some(First::Broken(error)),
            // Whatever it was going to be: who goes on reads the end, or the error, again.
            Ok(0) | Err(_) => Some(tell(&seen).unwrap_or(First::Opaque)),
            Ok(_) => tell(&seen),
        };
        if let Some(first) = told {
            client.put_back(seen.freeze());
            return first;
        }
        if seen.len() >= MOST {
            client.put_back(seen.freeze());
            return First::Opaque;
        }
    }
}

/// Whether a server starts as one of HTTP/2 does: with a SETTINGS frame (RFC 9113, 3.4).
fn is_settings(early: &[u8]) -> bool {
    matches!(early, [0, 0, _, 4, 0, 0, 0, 0, 0, ..])
}

/// As [`look`] tells it, for who has no stream.
pub(crate) fn told_apart(seen: &[u8]) {
    let _ = tell(seen);
}

/// What starts like this; nothing while it cannot be told.
fn tell(seen: &[u8]) -> Option<First> {
    match seen {
        [] => None,
        [0x16, rest @ ..] => match rest {
            [] => None,
            _ => match ClientHello::start(seen) {
                Start::Hello(hello) => Some(First::Tls(hello)),
                Start::Unfinished => None,
                Start::Other => Some(First::Opaque),
            },
        },
        [5, ..] => Some(First::Socks),
        _ if PREFACE.starts_with(&seen[..seen.len().min(PREFACE.len())]) => {
            (seen.len() >= PREFACE.len()).then_some(First::Http2)
        }
        _ => text(seen),
    }
}

fn text(seen: &[u8]) -> Option<First> {
    // Empty lines before a request are passed over (RFC 9112, 2.2).
    let start = seen.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let text = &seen[start.min(4)..];
    if METHODS.iter().any(|method| text.starts_with(method)) {
        return Some(First::Http1);
    }
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if !line.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b' '..=b'~')) || line.len() > MOST_LINE {
        return Some(First::Opaque);
    }
    if line.len() == text.len() {
        return None;
    }
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let http = line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0");
    Some(if http { First::Http1 } else { First::Opaque })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(seen: &[u8]) -> &'static str {
        match tell(seen) {
            None => "more",
            Some(First::Tls(_)) => "tls",
            Some(First::Http1) => "http1",
            Some(First::Http2) => "http2",
            Some(First::Socks) => "socks",
            Some(First::Opaque) => "opaque",
            Some(First::Ended | First::Broken(_)) => "ended",
        }
    }

    #[test]
    fn told_apart() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "more"),
            (b"\x16", "more"),
            (b"\x16\x03\x01\x02\x00\x01", "more"),
            (b"\x16\x99", "opaque"),
            (b"\x16\x03\x01\x00\x02\x63\x00", "opaque"),
            (b"\x05\x01\x00", "socks"),
            (b"PRI * HT", "more"),
            (PREFACE, "http2"),
            (b"GET / HTTP/1.1\n", "http1"),
            (b"\r\nGET / HTTP/1.1", "http1"),
            (b"BREW", "more"),
            (b"BREW /pot HTTP/1.1\r\n", "http1"),
            (b"EHLO me\r\n", "opaque"),
            (b"\x10\x0e\x00\x04MQTT", "opaque"),
            (b"SSH-2.0-x\r\n", "opaque"),
        ];
        for (seen, wanted) in cases {
            assert_eq!(word(seen), *wanted, "{}", seen.escape_ascii());
        }
    }
}
