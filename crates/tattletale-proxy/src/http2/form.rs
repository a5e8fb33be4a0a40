//! HTTP/2 messages in the form of HTTP/1.1, for the recording.
//!
//! Fields stand in the order in which HPACK gave them, but for several of one name, which stand together. Cookie
//! crumbs become one field again (RFC 9113, 8.2.3). A body without a length is written in chunks, so that its end and
//! its trailers have a place.

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::record::Tap;

/// Writes one direction of a stream.
pub(super) struct Form<'a> {
    tap: Tap<'a>,
    chunked: bool,
}

impl<'a> Form<'a> {
    pub(super) fn new(tap: Tap<'a>) -> Self {
        Self { tap, chunked: false }
    }

    /// A request with its pseudo-headers.
    pub(super) fn request(&mut self, parts: &http::request::Parts, authority: &str, ends: bool) {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let first = format!("{} {path} HTTP/1.1\r\nhost: {authority}\r\n", parts.method);
        self.head(first.into_bytes(), &parts.headers, ends, true);
    }

    /// A response; interim ones come before the final one.
    pub(super) fn response(&mut self, parts: &http::response::Parts, ends: bool) {
        let first = format!("HTTP/1.1 {} \r\n", parts.status.as_u16());
        let interim = parts.status.is_informational();
        self.head(first.into_bytes(), &parts.headers, ends || interim, false);
    }

    fn head(&mut self, mut head: Vec<u8>, headers: &HeaderMap, ends: bool, request: bool) {
        let mut crumbs: Vec<&[u8]> = Vec::new();
        for (name, value) in headers {
            match *name {
                header::COOKIE if request => crumbs.push(value.as_bytes()),
                // It is written already.
                header::HOST if request => {}
                _ => field(name, value, &mut head),
            }
        }
        if !crumbs.is_empty() {
            head.extend_from_slice(b"cookie: ");
            head.extend_from_slice(&crumbs.join(&b"; "[..]));
            head.extend_from_slice(b"\r\n");
        }
        self.chunked = !ends && !headers.contains_key(header::CONTENT_LENGTH);
        if self.chunked {
            head.extend_from_slice(b"transfer-encoding: chunked\r\n");
        }
        head.extend_from_slice(b"\r\n");
        self.tap.head(&head);
    }

    pub(super) fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.chunked || bytes.is_empty() {
            return self.tap.body(bytes);
        }
        self.tap.body(format!("{:x}\r\n", bytes.len()).as_bytes())?;
        self.tap.body(bytes)?;
        self.tap.body(b"\r\n")
    }

    /// The message is over.
    pub(super) fn end(&mut self, trailers: Option<&HeaderMap>) -> io::Result<()> {
        if self.chunked {
            let mut end = b"0\r\n".to_vec();
            trailers.into_iter().flatten().for_each(|(name, value)| field(name, value, &mut end));
            end.extend_from_slice(b"\r\n");
            self.tap.body(&end)?;
        }
        self.tap.whole();
        Ok(())
    }
}

fn field(name: &HeaderName, value: &HeaderValue, out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\r\n");
}
