//! Burp Suite's "Save items": XML with whole messages, in base64 or, if that was unticked, as text.
//!
//! The file is cut into its `item`s while it streams by; memory is bounded by the largest item, and that by a limit.
//! Burp writes a document type of its own; nothing of it is read, so there are no entities but the five of XML and
//! character references, and nothing outside of the file is ever asked for. Messages as text have lost what is no
//! text.

use std::io::Read;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::{Each, Faults, ImportError, Importer, Wanted, address, http_pair, unicode};
use crate::codec::base64;
use crate::codec::window::Window;
use crate::model::{Connection, Exchange, Fault, FaultKind, Fidelity, Timestamp};

/// Bytes of one item; a longer one is passed over with a fault.
const MOST_ITEM: usize = 1 << 30;
const START: &[u8] = b"<item>";
const END: &[u8] = b"</item>";
const RAW: &[u8] = b"<![CDATA[";
const RAW_END: &[u8] = b"]]>";

/// The importer.
#[derive(Debug, Clone, Copy)]
pub struct Burp;

impl Importer for Burp {
    fn name(&self) -> &'static str {
        "burp"
    }

    fn about(&self) -> &'static str {
        "XML of Burp Suite (\"Save items\"), with or without base64"
    }

    fn sniff(&self, head: &[u8]) -> bool {
        let text = unicode::head_as_utf8(head);
        text.trim_ascii_start().starts_with(b"<") && memchr::memmem::find(&text, b"<items burpVersion").is_some()
    }

    fn read(&self, input: &mut dyn Read, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError> {
        read(input, MOST_ITEM, wanted, each)
    }
}

fn read(input: &mut dyn Read, most: usize, wanted: Wanted, each: &mut Each<'_>) -> Result<Vec<Fault>, ImportError> {
    let mut window = Window::new(input);
    let mut faults = Faults::default();
    let mut index = 0;
    loop {
        let (offset, entry) = (window.offset(), index);
        let io = |source| ImportError::Io { offset, entry, source };
        // Up to the next item.
        let Some(start) = memchr::memmem::find(window.ahead(), START) else {
            let passed = window.ahead().len().saturating_sub(START.len());
            window.pass(passed);
            if !window.fill().map_err(io)? {
                break;
            }
            continue;
        };
        window.pass(start + START.len());
        let offset = window.offset();
        let mut scan = Scan::default();
        let mut too_long = false;
        let end = loop {
            if let Some(end) = scan.end(window.ahead()) {
                break Some(end);
            }
            if window.ahead().len() > most {
                too_long = true;
                let passed = scan.at;
                window.pass(passed);
                scan.at = 0;
            }
            if !window.fill().map_err(io)? {
                break None;
            }
        };
        let item = &window.ahead()[..end.unwrap_or(window.ahead().len())];
        if too_long {
            let message = "the item is longer than the limit for one item";
            faults.push(Fault::new(FaultKind::Limit, message).at(offset));
        } else if let Some(mut exchange) = exchange(item, index, wanted) {
            if end.is_none() {
                exchange.faults.push(Fault::new(FaultKind::Truncated, "the file ends inside this item"));
            }
            let placed = |fault: Fault| Fault { exchange: Some(index), offset: Some(offset), ..fault };
            exchange.faults = exchange.faults.into_iter().map(placed).collect();
            if each(exchange.into()).is_break() {
                break;
            }
        } else {
            faults.push(Fault::new(FaultKind::Corrupt, "an item without a request and without a URL").at(offset));
        }
        index += 1;
        let passed = end.map_or(window.ahead().len(), |end| end + END.len());
        window.pass(passed);
    }
    Ok(faults.into_list())
}

/// Looks for the end of an item, but not inside of `CDATA`, where messages may hold anything.
#[derive(Default)]
struct Scan {
    at: usize,
    raw: bool,
}

impl Scan {
    /// Where `</item>` stands; what is known so far stays for the next call, with more bytes.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        loop {
            let rest = &bytes[self.at..];
            if self.raw {
                let Some(end) = memchr::memmem::find(rest, RAW_END) else {
                    self.at = bytes.len().saturating_sub(RAW_END.len() - 1).max(self.at);
                    return None;
                };
                (self.at, self.raw) = (self.at + end + RAW_END.len(), false);
                continue;
            }
            let Some(next) = memchr::memchr(b'<', rest) else {
                self.at = bytes.len();
                return None;
            };
            self.at += next;
            let rest = &bytes[self.at..];
            match () {
                () if rest.starts_with(END) => return Some(self.at),
                () if rest.starts_with(RAW) => (self.at, self.raw) = (self.at + RAW.len(), true),
                () if rest.len() < RAW.len() => return None,
                () => self.at += 1,
            }
        }
    }
}

fn exchange(item: &[u8], index: usize, wanted: Wanted) -> Option<Exchange> {
    let mut faults = Vec::new();
    let request = element(item, "request");
    let url = text(item, "url").unwrap_or_default();
    if request.is_none() && url.is_empty() {
        return None;
    }
    let server = element(item, "host").and_then(|host| address(&attribute(host.attributes, "ip")?));
    let port = text(item, "port").and_then(|port| port.parse().ok());
    let (mut bytes, mut exact) = (Vec::new(), true);
    if let Some(request) = &request {
        (bytes, exact) = request.message(&mut faults);
    }
    let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let http = String::from_utf8_lossy(first.rsplit(|&byte| byte == b' ').next().unwrap_or_default()).into_owned();
    let http = Connection::http_version(http.trim()).map(str::to_owned);
    // HTTP/2 is shown in the form of HTTP/1, its pseudo-headers in the first line.
    let reserialised = matches!(http.as_deref(), Some("h2" | "h3"));
    let mut request = http_pair::request(&bytes, &url, wanted, &mut faults);
    if !exact {
        request.body.fidelity = request.body.fidelity.max(Fidelity::Lossy);
    }
    let response = element(item, "response").and_then(|response| {
        let (bytes, exact) = response.message(&mut faults);
        let mut response =
            (!bytes.is_empty()).then(|| http_pair::response(&bytes, &request.method, wanted, &mut faults))?;
        if !exact {
            response.body.fidelity = response.body.fidelity.max(Fidelity::Lossy);
        }
        Some(response)
    });
    let connection = Connection { server, port, http, ..Connection::default() };
    Some(Exchange {
        index,
        at: text(item, "time").and_then(|time| java_time(&time)),
        connection: (!connection.is_empty()).then(|| Arc::new(connection)),
        reserialised,
        request,
        response,
        faults,
        ..Exchange::default()
    })
}

/// One element of an item.
struct Element<'i> {
    attributes: &'i [u8],
    content: &'i [u8],
}

/// The first element of that name; not looked for inside of `CDATA`.
fn element<'i>(item: &'i [u8], name: &str) -> Option<Element<'i>> {
    let mut at = 0;
    loop {
        at += memchr::memchr(b'<', &item[at..])?;
        let rest = &item[at..];
        if rest.starts_with(RAW) {
            at += memchr::memmem::find(rest, RAW_END)? + RAW_END.len();
            continue;
        }
        let tag = rest.get(1..).and_then(|rest| rest.strip_prefix(name.as_bytes()));
        let Some(tag) = tag.filter(|tag| tag.first().is_some_and(|&byte| b" >/\t\r\n".contains(&byte))) else {
            at += 1;
            continue;
        };
        let close = memchr::memchr(b'>', tag)?;
        let (attributes, rest) = (&tag[..close], &tag[close + 1..]);
        if attributes.ends_with(b"/") {
            return Some(Element { attributes, content: b"" });
        }
        // Up to its end, or what is there of it.
        let mut scan = 0;
        let end = loop {
            let Some(next) = memchr::memchr(b'<', &rest[scan..]) else { break rest.len() };
            scan += next;
            if rest[scan..].starts_with(RAW) {
                let Some(end) = memchr::memmem::find(&rest[scan..], RAW_END) else { break rest.len() };
                scan += end + RAW_END.len();
            } else {
                break scan;
            }
        };
        return Some(Element { attributes, content: &rest[..end] });
    }
}

impl Element<'_> {
    /// Text and `CDATA` in a row, with references resolved in the former.
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.content.len());
        let mut rest = self.content;
        while !rest.is_empty() {
            let raw = memchr::memmem::find(rest, RAW).unwrap_or(rest.len());
            resolve(&rest[..raw], &mut out);
            rest = rest.get(raw + RAW.len()..).unwrap_or_default();
            let end = memchr::memmem::find(rest, RAW_END).unwrap_or(rest.len());
            out.extend_from_slice(&rest[..end]);
            rest = rest.get(end + RAW_END.len()..).unwrap_or_default();
        }
        out
    }

    /// A message, and whether it is as it passed.
    fn message(&self, faults: &mut Vec<Fault>) -> (Vec<u8>, bool) {
        let bytes = self.bytes();
        if attribute(self.attributes, "base64").is_none_or(|marked| marked != "true") {
            let lossy = memchr::memmem::find(&bytes, "\u{fffd}".as_bytes()).is_some();
            return (bytes, !lossy);
        }
        let text: Vec<u8> = bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
        match base64::decode(&text) {
            Some(bytes) => (bytes, true),
            None if text.is_empty() => (Vec::new(), true),
            None => {
                faults.push(Fault::new(FaultKind::Corrupt, "a message is marked as base64 and is none"));
                (Vec::new(), false)
            }
        }
    }
}

/// The five entities of XML and character references; anything else stays as it is.
pub(super) fn resolve(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(start) = memchr::memchr(b'&', rest) {
        out.extend_from_slice(&rest[..start]);
        rest = &rest[start..];
        let end = memchr::memchr(b';', &rest[..rest.len().min(12)]);
        let name = end.map_or(&b""[..], |end| &rest[1..end]);
        let number =
            |digits: &[u8], radix| char::from_u32(u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?);
        let character = match name {
            b"amp" => Some('&'),
            b"lt" => Some('<'),
            b"gt" => Some('>'),
            b"quot" => Some('"'),
            b"apos" => Some('\''),
            [b'#', b'x', digits @ ..] => number(digits, 16),
            [b'#', digits @ ..] => number(digits, 10),
            _ => None,
        };
        match character {
            Some(character) => {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[name.len() + 2..];
            }
            None => {
                out.push(b'&');
                rest = &rest[1..];
            }
        }
    }
    out.extend_from_slice(rest);
}

fn text(item: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(&element(item, name)?.bytes()).trim().to_owned();
    Some(text).filter(|text| !text.is_empty() && text != "null")
}

pub(super) fn attribute(attributes: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(attributes);
    let (_, rest) = text.split_once(&format!("{name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.to_owned())
}

/// `Wed Jul 23 10:08:52 CEST 2014`, as Java prints dates. Zones are abbreviations; of those that mean one thing some
/// are known, and other times are none.
fn java_time(text: &str) -> Option<Timestamp> {
    const HOURS: [(&str, i8); 14] = [
        ("GMT", 0),
        ("UTC", 0),
        ("WET", 0),
        ("WEST", 1),
        ("CET", 1),
        ("CEST", 2),
        ("EET", 2),
        ("EEST", 3),
        ("MSK", 3),
        ("EST", -5),
        ("EDT", -4),
        ("PST", -8),
        ("PDT", -7),
        ("JST", 9),
    ];
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, month, day, clock, zone, year] = words[..] else { return None };
    let (_, hours) = HOURS.iter().find(|(name, _)| *name == zone)?;
    let time = DateTime::strptime("%b %d %H:%M:%S %Y", format!("{month} {day} {clock} {year}")).ok()?;
    Offset::constant(*hours).to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use proptest::prelude::*;

    use super::*;
    use crate::model::Captured;

    const PROLOGUE: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE items [\n<!ELEMENT items (item*)>\n<!ENTITY x SYSTEM \
        \"file:///etc/passwd\">\n]>\n<items burpVersion=\"2023.1\" exportTime=\"Wed Jul 23 10:09:12 CEST 2014\">\n";

    fn item(request: &str, base64: bool, response: &str) -> String {
        format!(
            "  <item>\n    <time>Wed Jul 23 10:08:52 CEST 2014</time>\n    <url><![CDATA[https://t.example/a?b=c]]></url>\n    \
             <host ip=\"192.0.2.7\">t.example</host>\n    <port>443</port>\n    <protocol>https</protocol>\n    \
             <request base64=\"{base64}\"><![CDATA[{request}]]></request>\n    <status>200</status>\n    \
             <response base64=\"{base64}\"><![CDATA[{response}]]></response>\n    <comment></comment>\n  </item>\n"
        )
    }

    fn import(file: &str, most: usize) -> (Vec<Exchange>, Vec<Fault>) {
        let mut all = Vec::new();
        let faults = read(&mut file.as_bytes(), most, Wanted::ALL, &mut |captured: Captured| {
            all.extend(captured.exchange());
            ControlFlow::Continue(())
        });
        (all, faults.unwrap())
    }

    #[test]
    fn with_and_without_base64() {
        let request = "POST /a?b=c HTTP/1.1\r\nHost: t.example\r\nCookie: s=1\r\nContent-Length: 7\r\n\r\n</item>";
        let response = "HTTP/2 200 OK\r\nServer: x\r\n\r\n<item>&amp;";
        let encoded = |text: &str| base64_simd::STANDARD.encode_to_string(text);
        let file = [
            PROLOGUE,
            &item(request, false, response),
            &item(&encoded(request), true, &encoded(response)),
            &item(&encoded(&request.replace("HTTP/1.1", "HTTP/2")), true, ""),
            "</items>",
        ];
        let file = file.concat();
        assert!(Burp.sniff(file.as_bytes()) && !Burp.sniff(b"<items>"));
        let (all, faults) = import(&file, MOST_ITEM);
        assert_eq!((all.len(), faults), (3, vec![]));
        for exchange in &all[..2] {
            assert_eq!((&*exchange.request.method, &*exchange.request.url), ("POST", "https://t.example/a?b=c"));
            assert_eq!((&exchange.request.body.bytes[..], exchange.request.cookies.len()), (&b"</item>"[..], 1));
            assert_eq!(exchange.response.as_ref().unwrap().body.bytes, b"<item>&amp;");
            assert_eq!(exchange.at.unwrap().to_string(), "2014-07-23T08:08:52Z");
            assert_eq!((exchange.peer(), exchange.faults.len()), ("192.0.2.7".parse().ok(), 0));
        }
        assert!(all[2].reserialised && all[2].response.is_none());
    }

    #[test]
    fn nothing_but_the_five_entities_is_resolved() {
        let mut out = Vec::new();
        resolve(b"a&amp;b&lt;&#65;&#x42;&x;&", &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "a&b<AB&x;&");
    }

    #[test]
    fn bad_items_are_told() {
        let good = item("GET /a HTTP/1.1\r\nHost: t.example\r\n\r\n", false, "");
        let (all, faults) = import(&[PROLOGUE, "<item></item>", &good, &good[..good.len() / 2]].concat(), MOST_ITEM);
        assert_eq!((all.len(), faults.len()), (2, 1));
        assert_eq!((all[1].index, all[1].faults.last().unwrap().kind), (2, FaultKind::Truncated));
        let long = item(&"x".repeat(900_000), false, "");
        let (all, faults) = import(&[PROLOGUE, &long, &good].concat(), 1000);
        assert_eq!((all.len(), faults[0].kind), (1, FaultKind::Limit));
        let (all, _) = import(&[PROLOGUE, &item("no base64!", true, "")].concat(), MOST_ITEM);
        assert_eq!(all[0].faults[0].kind, FaultKind::Corrupt);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn mutations_end(at in any::<prop::sample::Index>(), bytes in "[<>\\]&!a-z\\[/]{1,9}") {
            let mut file = [PROLOGUE, &item("GET /a HTTP/1.1\r\n\r\n", false, "HTTP/1.1 200 OK\r\n\r\n")].concat();
            let at = at.index(file.len());
            let end = file.len().min(at + bytes.len());
            file.replace_range(at..end, &bytes);
            import(&file, 10_000);
        }
    }
}
