//! Heads of HTTP/1 messages: read strictly, so that no other reader can find other messages in the same bytes.
//!
//! `httparse` reads the syntax. On top of it everything is refused that two readers are known to read differently:
//! lines that do not end with CR LF, folded lines, both lengths, lengths that differ or are lists, transfer codings
//! that do not end with chunked. The bytes themselves are passed on as they came.

use httparse::Status;
use memchr::memchr_iter;

use super::Bad;

/// Bytes of a head.
pub(crate) const MOST_HEAD: usize = 256 << 10;
/// Fields of a head.
const MOST_FIELDS: usize = 2048;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// After so many bytes.
    Length(u64),
    /// As its chunks say.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// What a request's head says that matters to who passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestHead {
    pub(crate) method: String,
    /// As it stands in the first line.
    pub(crate) target: String,
    /// The `Host` field.
    pub(crate) host: Option<String>,
    pub(crate) framing: Framing,
    /// Whether the client wants to go on with this connection.
    pub(crate) keeps: bool,
    /// Whether the client waits for a 100 before it sends the body.
    pub(crate) expects: bool,
    /// What the client offers to change to, lower case.
    pub(crate) upgrade: Option<String>,
}

/// What a response's head says that matters to who passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    pub(crate) keeps: bool,
    /// What was changed to, lower case, if it says.
    pub(crate) upgrade: Option<String>,
    /// Extensions of a WebSocket.
    pub(crate) extensions: Option<String>,
}

/// Where the head ends, if all of it is there: the end of its empty line. Empty lines before a request line are part
/// of it (RFC 9112, 2.2).
pub(crate) fn end(bytes: &[u8]) -> Result<Option<usize>, Bad> {
    let mut from = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if from > 16 {
        return Err(Bad::LineEnd);
    }
    let start = from;
    for at in memchr_iter(b'\n', &bytes[start..]).map(|at| start + at) {
        if bytes[..at].last() != Some(&b'\r') {
            return Err(Bad::LineEnd);
        }
        if at == from + 1 {
            return if at < MOST_HEAD { Ok(Some(at + 1)) } else { Err(Bad::TooLarge) };
        }
        from = at + 1;
    }
    if bytes.len() > MOST_HEAD { Err(Bad::TooLarge) } else { Ok(None) }
}

/// Reads a request's head, `bytes` ending where [`end`] says.
pub(crate) fn request(bytes: &[u8]) -> Result<RequestHead, Bad> {
    lines(bytes)?;
    let mut fields = vec![httparse::EMPTY_HEADER; memchr_iter(b'\n', bytes).count().min(MOST_FIELDS)];
    let mut head = httparse::Request::new(&mut fields);
    match head.parse(bytes).map_err(syntax)? {
        Status::Complete(length) if length == bytes.len() => {}
        _ => return Err(Bad::Syntax),
    }
    let (Some(method), Some(target), Some(version)) = (head.method, head.path, head.version) else {
        return Err(Bad::Syntax);
    };
    let seen = Fields::of(head.headers)?;
    if seen.hosts > 1 || seen.hosts == 0 && version == 1 {
        return Err(Bad::Host);
    }
    let framing = match (seen.chunked, seen.length) {
        // HTTP/1.0 has no chunks, and whoever passes this on may not know them.
        (Some(_), _) if version == 0 => return Err(Bad::Transfer),
        (Some(_), Some(_)) => return Err(Bad::BothLengths),
        (Some(true), None) => Framing::Chunked,
        (Some(false), None) => return Err(Bad::Transfer),
        (None, Some(0) | None) => Framing::None,
        (None, Some(length)) => Framing::Length(length),
    };
    Ok(RequestHead {
        method: method.to_owned(),
        target: target.to_owned(),
        host: seen.host,
        framing,
        keeps: seen.keeps.unwrap_or(version == 1),
        expects: seen.expects && version == 1,
        upgrade: seen.upgrade.filter(|_| seen.upgrades),
    })
}

/// Reads a response's head; how its body ends depends on the request's method.
pub(crate) fn response(bytes: &[u8], method: &str) -> Result<ResponseHead, Bad> {
    lines(bytes)?;
    let mut fields = vec![httparse::EMPTY_HEADER; memchr_iter(b'\n', bytes).count().min(MOST_FIELDS)];
    let mut head = httparse::Response::new(&mut fields);
    let config = httparse::ParserConfig::default();
    match config.parse_response(&mut head, bytes).map_err(syntax)? {
        Status::Complete(length) if length == bytes.len() => {}
        _ => return Err(Bad::Syntax),
    }
    let (Some(status), Some(version)) = (head.code, head.version) else { return Err(Bad::Syntax) };
    let seen = Fields::of(head.headers)?;
    let bodiless = method == "HEAD" || status < 200 || matches!(status, 204 | 304);
    let framing = match (seen.chunked, seen.length) {
        (Some(_), Some(_)) => return Err(Bad::BothLengths),
        _ if bodiless => Framing::None,
        (Some(true), None) => Framing::Chunked,
        (Some(false), None) | (None, None) => Framing::UntilClose,
        (None, Some(0)) => Framing::None,
        (None, Some(length)) => Framing::Length(length),
    };
    Ok(ResponseHead {
        status,
        framing,
        keeps: seen.keeps.unwrap_or(version == 1) && framing != Framing::UntilClose,
        upgrade: seen.upgrade,
        extensions: seen.extensions,
    })
}

/// No line is folded, and none has a CR in it.
fn lines(bytes: &[u8]) -> Result<(), Bad> {
    for at in memchr_iter(b'\r', bytes) {
        if bytes.get(at + 1) != Some(&b'\n') {
            return Err(Bad::LineEnd);
        }
        if at > 1 && matches!(bytes.get(at + 2), Some(b' ' | b'\t')) {
            return Err(Bad::Folded);
        }
    }
    Ok(())
}

fn syntax(error: httparse::Error) -> Bad {
    if error == httparse::Error::TooManyHeaders { Bad::TooLarge } else { Bad::Syntax }
}

/// The fields that say how messages are told apart.
#[derive(Default)]
struct Fields {
    length: Option<u64>,
    /// Whether the last transfer coding is chunked, if there is one.
    chunked: Option<bool>,
    keeps: Option<bool>,
    expects: bool,
    host: Option<String>,
    hosts: usize,
    upgrade: Option<String>,
    /// Whether `Connection` names `Upgrade`.
    upgrades: bool,
    extensions: Option<String>,
}

impl Fields {
    fn of(fields: &[httparse::Header<'_>]) -> Result<Self, Bad> {
        let mut seen = Self::default();
        for field in fields {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            let text = || std::str::from_utf8(field.value).map(str::trim).map_err(|_| Bad::Syntax);
            if is("content-length") {
                let length = text()?;
                let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
                let length = length.parse().ok().filter(|_| digits).ok_or(Bad::Length)?;
                // Equal ones could be merged; nobody sends them in good faith.
                if seen.length.replace(length).is_some() {
                    return Err(Bad::Length);
                }
            } else if is("transfer-encoding") {
                // Twice, or twice chunked, is how readers are led apart.
                if seen.chunked.is_some() {
                    return Err(Bad::Transfer);
                }
                let codings: Vec<&str> = text()?.split(',').map(str::trim).collect();
                let chunked = |coding: &&str| coding.eq_ignore_ascii_case("chunked");
                let (last, before) = codings.split_last().ok_or(Bad::Transfer)?;
                if before.iter().any(chunked) || last.is_empty() {
                    return Err(Bad::Transfer);
                }
                seen.chunked = Some(chunked(last));
            } else if is("connection") || is("proxy-connection") {
                for option in text()?.split(',').map(|option| option.trim().to_ascii_lowercase()) {
                    match &*option {
                        "close" => seen.keeps = Some(false),
                        "keep-alive" => _ = seen.keeps.get_or_insert(true),
                        "upgrade" => seen.upgrades = true,
                        _ => {}
                    }
                }
            } else if is("expect") {
                seen.expects = text()?.eq_ignore_ascii_case("100-continue");
            } else if is("host") {
                seen.hosts += 1;
                seen.host = Some(text()?.to_owned());
            } else if is("upgrade") {
                seen.upgrade = Some(text()?.to_ascii_lowercase());
            } else if is("sec-websocket-extensions") {
                seen.extensions = Some(text()?.to_ascii_lowercase());
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<RequestHead, Bad> {
        let end = end(text.as_bytes())?.ok_or(Bad::Syntax)?;
        assert_eq!(end, text.len());
        request(text.as_bytes())
    }

    #[test]
    fn ordinary_requests() {
        let head = of(
            "GET /a?b HTTP/1.1\r\nHost: Example.org\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
        );
        let head = head.unwrap();
        assert_eq!((&*head.method, &*head.target, head.host.as_deref()), ("GET", "/a?b", Some("Example.org")));
        assert_eq!((head.framing, head.keeps, head.upgrade.as_deref()), (Framing::None, true, Some("websocket")));
        let head = of("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ncontent-length: 5\r\n\r\n").unwrap();
        assert_eq!((head.framing, head.expects), (Framing::Length(5), true));
        let head =
            of("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, Chunked\r\nConnection: close\r\n\r\n").unwrap();
        assert_eq!((head.framing, head.keeps), (Framing::Chunked, false));
        assert!(!of("GET / HTTP/1.0\r\n\r\n").unwrap().keeps);
        assert_eq!(end(b"GET / HTTP/1.1\r\nHost: a\r\n"), Ok(None));
    }

    #[test]
    fn what_two_readers_could_read_differently() {
        let bad = [
            ("GET / HTTP/1.1\nHost: a\n\n", Bad::LineEnd),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n", Bad::LineEnd),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", Bad::LineEnd),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", Bad::Folded),
            ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", Bad::Folded),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", Bad::BothLengths),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", Bad::Length),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n", Bad::Length),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n", Bad::Length),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", Bad::Length),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n", Bad::Syntax),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                Bad::Transfer,
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", Bad::Transfer),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", Bad::Transfer),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", Bad::Transfer),
            ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", Bad::Transfer),
            ("GET / HTTP/1.1\r\n\r\n", Bad::Host),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Bad::Host),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", Bad::Syntax),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Bad::Syntax),
        ];
        for (text, why) in bad {
            assert_eq!(of(text), Err(why), "{text:?}");
        }
        assert_eq!(end(&vec![b'a'; MOST_HEAD + 1]), Err(Bad::TooLarge));
    }

    #[test]
    fn responses_end_as_their_request_asked() {
        let framing = |text: &str, method: &str| response(text.as_bytes(), method).map(|head| head.framing);
        let ok = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n";
        assert_eq!(framing(ok, "GET"), Ok(Framing::Length(7)));
        assert_eq!(framing(ok, "HEAD"), Ok(Framing::None));
        assert_eq!(framing("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "GET"), Ok(Framing::None));
        assert_eq!(framing("HTTP/1.1 204 No Content\r\n\r\n", "GET"), Ok(Framing::None));
        assert_eq!(framing("HTTP/1.1 200\r\n\r\n", "GET"), Ok(Framing::UntilClose));
        assert_eq!(framing("HTTP/1.0 200 OK\r\n\r\n", "GET"), Ok(Framing::UntilClose));
        assert_eq!(framing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "GET"), Ok(Framing::Chunked));
        let both = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n";
        assert_eq!(framing(both, "GET"), Err(Bad::BothLengths));
    }
}
