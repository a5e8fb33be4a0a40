//! XML and HTML: text between tags, and attributes, each with its XPath.
//!
//! No parser of the standard, which would refuse what pages send: tags that do not match are forgiven, and what is
//! no markup is text.

use super::entities;
use crate::decode::look::{ANGLE, PUNCTUATION};
use crate::decode::{At, Layer, Needs, Opening, Slot, View};
use std::borrow::Cow;
use std::ops::Range;

pub(super) struct Xml;

/// Elements in elements that are told; deeper ones are told by the outer ones.
const DEEPEST: usize = 64;

impl Layer for Xml {
    fn name(&self) -> &'static str {
        "xml"
    }

    fn about(&self) -> &'static str {
        "XML 1.0 and HTML: texts, CDATA and attributes, with character references resolved; SOAP, SAML and plist messages are made so."
    }

    fn example(&self) -> &'static [u8] {
        br#"<event user="zoe"><mail>zoe&#64;mail.test</mail></event>"#
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.some(ANGLE).first(b"< \t\n\x0c\r")
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        if !view.look.has(PUNCTUATION) || bytes.trim_ascii_start().first() != Some(&b'<') || !looks_like_one(bytes) {
            return;
        }
        let mut reader = Reader { bytes, way: Vec::new() };
        let mut at = 0;
        while at < bytes.len() {
            at = reader.step(at, out);
        }
    }
}

/// A tag, declaration or comment at the start, and something that closes an element.
fn looks_like_one(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    let starts = match text {
        [b'<', b'?' | b'!', ..] => true,
        [b'<', first, rest @ ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let name = rest.iter().take_while(|byte| is_name(**byte)).count();
            matches!(rest.get(name), Some(b'>' | b'/' | b' ' | b'\n' | b'\r' | b'\t'))
        }
        _ => false,
    };
    let closes = || memchr::memmem::find(text, b"</").or_else(|| memchr::memmem::find(text, b"/>")).is_some();
    starts && text.ends_with(b">") && closes()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte) || byte >= 0x80
}

struct Reader<'a> {
    bytes: &'a [u8],
    way: Vec<Slot<'a>>,
}

impl<'a> Reader<'a> {
    /// Reads the text, or the markup, that starts at `at`; the offset behind it, always further on.
    fn step(&mut self, at: usize, out: &mut Opening<'_, '_>) -> usize {
        let bytes = self.bytes;
        let rest = &bytes[at..];
        let until = |end: &[u8]| memchr::memmem::find(rest, end).map_or(bytes.len(), |found| at + found + end.len());
        match rest {
            [b'<', b'!', b'-', b'-', ..] => until(b"-->"),
            [b'<', b'!', b'[', b'C', b'D', b'A', b'T', b'A', b'[', ..] => {
                let end = until(b"]]>");
                let inner = at + 9..end.saturating_sub(3).max(at + 9);
                if !inner.is_empty() && inner.end <= bytes.len() {
                    out.piece(At::Way(&self.way), inner);
                }
                end
            }
            [b'<', b'!' | b'?', ..] => until(b">"),
            [b'<', b'/', ..] => {
                let end = until(b">");
                let name = bytes[at + 2..end].trim_ascii_end();
                let name = name.strip_suffix(b">").unwrap_or(name).trim_ascii_end();
                // An element that was never closed is closed by the one around it.
                if let Some(open) = self.way.iter().rposition(|slot| *slot == Slot::Element(name)) {
                    self.way.truncate(open);
                }
                end
            }
            [b'<', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => self.tag(at, out),
            _ => {
                let end = memchr::memchr(b'<', &rest[1..]).map_or(bytes.len(), |found| at + 1 + found);
                self.value(at..end, None, out);
                end
            }
        }
    }

    fn tag(&mut self, at: usize, out: &mut Opening<'_, '_>) -> usize {
        let bytes = self.bytes;
        let name_end = self.run(at + 1, is_name);
        let name = &bytes[at + 1..name_end];
        if self.way.len() < DEEPEST {
            self.way.push(Slot::Element(name));
        }
        let mut at = name_end;
        loop {
            at = self.run(at, |byte| byte.is_ascii_whitespace());
            match &bytes[at..] {
                [] => return at,
                [b'>', ..] => {
                    const VOID: [&[u8]; 8] = [b"br", b"hr", b"img", b"input", b"link", b"meta", b"source", b"wbr"];
                    if VOID.iter().any(|void| void.eq_ignore_ascii_case(name)) {
                        self.way.pop();
                    }
                    return at + 1;
                }
                [b'/', b'>', ..] => {
                    self.way.pop();
                    return at + 2;
                }
                [byte, ..] if is_name(*byte) => at = self.attribute(at, out),
                _ => at += 1,
            }
        }
    }

    fn attribute(&mut self, at: usize, out: &mut Opening<'_, '_>) -> usize {
        let bytes = self.bytes;
        let end = self.run(at, is_name);
        let name = &bytes[at..end];
        let equals = self.run(end, |byte| byte.is_ascii_whitespace());
        if bytes.get(equals) != Some(&b'=') {
            return end;
        }
        let start = self.run(equals + 1, |byte| byte.is_ascii_whitespace());
        let (span, after) = match bytes.get(start) {
            Some(quote @ (b'"' | b'\'')) => {
                let close = memchr::memchr(*quote, &bytes[start + 1..]).map_or(bytes.len(), |found| start + 1 + found);
                (start + 1..close, (close + 1).min(bytes.len()))
            }
            _ => {
                let close = self.run(start, |byte| !byte.is_ascii_whitespace() && byte != b'>');
                (start..close, close)
            }
        };
        self.value(span, Some(name), out);
        after
    }

    fn run(&self, at: usize, wanted: impl Fn(u8) -> bool) -> usize {
        at + self.bytes[at..].iter().take_while(|&&byte| wanted(byte)).count()
    }

    fn value(&mut self, span: Range<usize>, attribute: Option<&'a [u8]>, out: &mut Opening<'_, '_>) {
        let raw = &self.bytes[span.clone()];
        let start = span.start + (raw.len() - raw.trim_ascii_start().len());
        let span = start..start + raw.trim_ascii().len();
        if span.is_empty() {
            return;
        }
        self.way.extend(attribute.map(Slot::Attribute));
        match entities::decode(&self.bytes[span.clone()]) {
            Cow::Owned(meaning) => out.unescaped(At::Way(&self.way), span, &meaning),
            Cow::Borrowed(_) => out.piece(At::Way(&self.way), span),
        }
        if attribute.is_some() {
            self.way.pop();
        }
    }
}
