//! HTTP/1 messages as bytes, read leniently (RFC 9112, and what really passes).
//!
//! A capture shows what was sent, not what should have been: bare line feeds, folded lines, names that are no tokens
//! and bytes that are no text are kept, nothing is refused. So this takes no parser made for servers, which must
//! refuse such things. Header order and the bytes of values are kept.

use std::borrow::Cow;

use super::coding;
use crate::model::{Body, Fault, FaultKind, Fidelity, Header};

/// Header fields of one message; more are left out with a fault, since each costs far more memory than its bytes.
pub(super) const MOST_HEADERS: usize = 10_000;

/// One message with its body still framed.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// First line without its end.
    pub(super) first_line: Vec<u8>,
    /// Header fields in order, names in lower case, values without the white space around them.
    pub(super) headers: Vec<Header>,
    /// Length of the head with the empty line behind it: the body starts there.
    pub(super) length: usize,
    /// Whether that empty line is there.
    pub(super) whole: bool,
    /// More fields than are kept.
    pub(super) too_many: bool,
}

impl Head {
    /// Reads the head of a message; where no head ends, all bytes are head.
    pub(super) fn read(message: &[u8]) -> Self {
        let mut head = Self::default();
        while head.length < message.len() {
            let rest = &message[head.length..];
            let (line, passed) = match memchr::memchr(b'\n', rest) {
                Some(end) => (&rest[..end], end + 1),
                None => (rest, rest.len()),
            };
            let first = head.length == 0;
            head.length += passed;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if first {
                head.first_line = line.to_vec();
            } else if line.is_empty() {
                head.whole = rest[passed - 1] == b'\n';
                break;
            } else {
                head.field(line);
            }
        }
        head
    }

    fn field(&mut self, line: &[u8]) {
        if let (b' ' | b'\t', Some(folded)) = (line[0], self.headers.last_mut()) {
            folded.value.push(b' ');
            folded.value.extend_from_slice(line.trim_ascii());
        } else if self.headers.len() == MOST_HEADERS {
            self.too_many = true;
        } else {
            // A line without a colon is all value: whatever stands in it was sent.
            let (name, value) = match memchr::memchr(b':', line) {
                Some(colon) => (&line[..colon], &line[colon + 1..]),
                None => (&b""[..], line),
            };
            let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
            self.headers.push(Header { name, value: value.trim_ascii().to_vec() });
        }
    }

    /// Method and target of a request line; what is not there is empty.
    pub(super) fn request_line(&self) -> (&[u8], &[u8]) {
        let line = self.first_line.trim_ascii();
        let Some(space) = memchr::memchr(b' ', line) else { return (line, b"") };
        let (method, rest) = (&line[..space], line[space..].trim_ascii_start());
        // The version is what follows the last space: targets with spaces in them do occur.
        let end = memchr::memrchr(b' ', rest).filter(|&end| rest[end + 1..].starts_with(b"HTTP/"));
        (method, &rest[..end.unwrap_or(rest.len())])
    }

    /// Status code of a status line, with or without a reason; 0 where there is none.
    pub(super) fn status(&self) -> u16 {
        let code = self.first_line.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).nth(1);
        code.and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()).unwrap_or(0)
    }

    /// Whether the message says that it is chunked.
    pub(super) fn is_chunked(&self) -> bool {
        let last = self.headers.iter().rfind(|header| header.name == "transfer-encoding");
        last.is_some_and(|header| header.value.to_ascii_lowercase().trim_ascii_end().ends_with(b"chunked"))
    }

    fn content_length(&self) -> Option<u64> {
        let header = self.headers.iter().find(|header| header.name == "content-length")?;
        std::str::from_utf8(&header.value).ok()?.trim().parse().ok()
    }

    /// Takes the chunked framing off `bytes`, which follow this head, and says what the body is worth.
    ///
    /// Removing the framing loses nothing of the content, so it stays [`Fidelity::Exact`]; a content coding is left
    /// on. Trailer fields join the headers. A body shorter than stated is truncated; bytes behind the stated end
    /// stay, since they passed too. `bodiless`: the protocol allows no body (to HEAD; 1xx, 204, 304).
    pub(super) fn body(&mut self, bytes: Vec<u8>, bodiless: bool, faults: &mut Vec<Fault>) -> Body {
        let (mut bytes, mut fidelity) = (bytes, Fidelity::Exact);
        if self.is_chunked() {
            let unchunked = unchunk(&bytes);
            if let Some((content, end)) = unchunked {
                fidelity = match end {
                    ChunksEnd::Whole(trailer) => {
                        bytes[trailer..].split(|&byte| byte == b'\n').for_each(|line| {
                            let line = line.trim_ascii_end();
                            if !line.is_empty() {
                                self.field(line);
                            }
                        });
                        Fidelity::Exact
                    }
                    ChunksEnd::Cut => Fidelity::Truncated,
                    ChunksEnd::Broken => {
                        let message = "the chunks of a body break off; what follows them is kept as it is";
                        faults.push(Fault::new(FaultKind::Corrupt, message));
                        Fidelity::Lossy
                    }
                };
                bytes = content;
            }
        } else if !bodiless && self.content_length().is_some_and(|stated| stated > bytes.len() as u64) {
            fidelity = Fidelity::Truncated;
        }
        let coding = coding::of_headers(&self.headers);
        let stripped = |coding: &str| !bytes.is_empty() && !coding::is_encoded(coding, &bytes);
        if fidelity == Fidelity::Exact && coding.as_deref().is_some_and(stripped) {
            fidelity = Fidelity::Decoded;
        }
        if self.too_many {
            let message = format!("more than {MOST_HEADERS} header fields; the rest was left out");
            faults.push(Fault::new(FaultKind::Limit, message));
        }
        let media_type = self.headers.iter().find(|header| header.name == "content-type");
        let media_type = media_type.map(|header| String::from_utf8_lossy(&header.value).into_owned());
        Body { bytes, fidelity, media_type: media_type.filter(|media_type| !media_type.is_empty()) }
    }
}

/// Bytes as text; what is no UTF-8 is percent-encoded, which keeps what was sent.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("%{byte:02X}")));
    }
    Cow::Owned(text)
}

enum ChunksEnd {
    /// After the last chunk; trailer fields start at that offset.
    Whole(usize),
    /// The bytes end inside.
    Cut,
    /// They go on, but not as chunks.
    Broken,
}

/// The content of chunks (RFC 9112, 7.1); None when not even the first is one, as where a recorder took them off.
fn unchunk(framed: &[u8]) -> Option<(Vec<u8>, ChunksEnd)> {
    let mut content = Vec::with_capacity(framed.len());
    let mut at = 0;
    loop {
        let rest = &framed[at..];
        let Some(end) = memchr::memchr(b'\n', rest) else {
            // A size that is cut may still be one.
            let plausible = rest.len() <= 16 && rest.iter().all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace());
            if at == 0 && !rest.is_empty() && !plausible {
                return None;
            }
            return Some((content, ChunksEnd::Cut));
        };
        let Some(size) = chunk_size(&rest[..end]) else {
            if at == 0 {
                return None;
            }
            content.extend_from_slice(rest);
            return Some((content, ChunksEnd::Broken));
        };
        at += end + 1;
        if size == 0 {
            return Some((content, ChunksEnd::Whole(at)));
        }
        let rest = &framed[at..];
        let Some(data) = usize::try_from(size).ok().and_then(|size| rest.get(..size)) else {
            content.extend_from_slice(rest);
            return Some((content, ChunksEnd::Cut));
        };
        content.extend_from_slice(data);
        at += data.len();
        let rest = &framed[at..];
        at += if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&byte| byte == b';').next()?.trim_ascii();
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit))
        .then(|| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> (Head, Body, Vec<Fault>) {
        let mut head = Head::read(bytes);
        let mut faults = Vec::new();
        let body = head.body(bytes[head.length..].to_vec(), false, &mut faults);
        (head, body, faults)
    }

    fn shown(head: &Head) -> String {
        let line = |h: &Header| format!("{}={}", h.name, text(&h.value));
        head.headers.iter().map(line).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn heads_as_they_pass() {
        let cases: [(&[u8], &str); 6] = [
            (b"GET / HTTP/1.1\r\nHost: a\r\nX-B:  c \r\n\r\nbody", "host=a|x-b=c"),
            (b"GET / HTTP/1.1\nHost: a\nX: b\n\nbody", "host=a|x=b"),
            (b"GET / HTTP/1.1\r\nX: b\r\n\tfolded\r\n  on\r\n\r\nbody", "x=b folded on"),
            (b"GET / HTTP/1.1\r\nnonsense\r\nX : \xe9\r\n\r\nbody", "=nonsense|x=%E9"),
            (b"GET / HTTP/1.1\r\n folded first\r\n\nbody", "=folded first"),
            (b"GET / HTTP/1.1\r\n\r\nbody", ""),
        ];
        for (bytes, wanted) in cases {
            let (head, body, faults) = message(bytes);
            assert_eq!((&*shown(&head), &body.bytes[..], faults.len(), head.whole), (wanted, &b"body"[..], 0, true));
        }
        let head = Head::read(b"GET / HTTP/1.1\r\nHost: a\r\nX: cut o");
        assert_eq!((&*shown(&head), head.whole), ("host=a|x=cut o", false));
    }

    #[test]
    fn first_lines() {
        let line = |line: &str| Head { first_line: line.as_bytes().to_vec(), ..Head::default() };
        for (text, wanted) in [
            ("GET /a HTTP/1.1", ("GET", "/a")),
            ("GET  /a b?c=d e  HTTP/1.0", ("GET", "/a b?c=d e ")),
            ("GET /a", ("GET", "/a")),
            ("GET", ("GET", "")),
            ("", ("", "")),
        ] {
            let head = line(text);
            let (method, target) = head.request_line();
            assert_eq!((method, target), (wanted.0.as_bytes(), wanted.1.as_bytes()), "{text}");
        }
        for (text, wanted) in [("HTTP/1.1 200 OK", 200), ("HTTP/1.0 404", 404), ("ICY  200", 200), ("x", 0), ("", 0)] {
            assert_eq!(line(text).status(), wanted, "{text}");
        }
    }

    #[test]
    fn chunks() {
        let framed = |body: &str| message(format!("X\r\nTransfer-Encoding: Chunked\r\n\r\n{body}").as_bytes());
        let cases = [
            ("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", "abcde", Fidelity::Exact),
            ("3\nabc\n0\n\n", "abc", Fidelity::Exact),
            ("a \r\n0123456789\r\n0\r\nSum: 7\r\n\r\n", "0123456789", Fidelity::Exact),
            ("3\r\nabc\r\n5\r\nde", "abcde", Fidelity::Truncated),
            ("3\r\nabc\r\n", "abc", Fidelity::Truncated),
            ("", "", Fidelity::Truncated),
            ("3\r\nabc\r\nnot a size\n", "abcnot a size\n", Fidelity::Lossy),
            ("taken off already\n", "taken off already\n", Fidelity::Exact),
            ("ffffffffffffffff\r\nabc", "abc", Fidelity::Truncated),
            ("fffffffffffffffff\r\nabc", "fffffffffffffffff\r\nabc", Fidelity::Exact),
        ];
        for (body, bytes, fidelity) in cases {
            let (head, read, faults) = framed(body);
            assert_eq!((text(&read.bytes).as_ref(), read.fidelity), (bytes, fidelity), "{body}");
            assert_eq!(faults.len(), usize::from(fidelity == Fidelity::Lossy));
            assert_eq!(head.headers.last().is_some_and(|header| header.name == "sum"), body.contains("Sum"));
        }
    }

    #[test]
    fn lengths_and_codings() {
        let fidelity = |bytes: &str| message(bytes.as_bytes()).1.fidelity;
        assert_eq!(fidelity("X\r\nContent-Length: 3\r\n\r\nabc"), Fidelity::Exact);
        assert_eq!(fidelity("X\r\nContent-Length: 4\r\n\r\nabc"), Fidelity::Truncated);
        assert_eq!(fidelity("X\r\nContent-Length: 2\r\n\r\nabc"), Fidelity::Exact);
        assert_eq!(fidelity("X\r\nContent-Encoding: gzip\r\n\r\nabc"), Fidelity::Decoded);
        assert_eq!(fidelity("X\r\nContent-Encoding: gzip\r\n\r\n\x1f\u{8b}"), Fidelity::Decoded);
    }

    #[test]
    fn header_floods_are_bounded() {
        let flood = format!("X\r\n{}\r\n", "a:\n".repeat(MOST_HEADERS + 5));
        let (head, _, faults) = message(flood.as_bytes());
        assert_eq!((head.headers.len(), faults.len()), (MOST_HEADERS, 1));
    }
}
