//! A request and a response as bytes become an exchange: for formats that keep messages as they passed.

use super::{Wanted, cookies, http1};
use crate::model::url::Parts;
use crate::model::{Body, Fault, FaultKind, Fidelity, Request, Response};

/// A request. `url` is what the format says beside the message; the request line has the bytes that passed.
pub(super) fn request(bytes: &[u8], url: &str, wanted: Wanted, faults: &mut Vec<Fault>) -> Request {
    let mut head = http1::Head::read(bytes);
    let (method, target) = head.request_line();
    let (method, target) = (http1::text(method).into_owned(), http1::text(target).into_owned());
    let mut body = body(&mut head, bytes, false, faults);
    if !wanted.request_bodies {
        body.bytes = Vec::new();
    }
    let host = head.headers.iter().find(|header| header.name == "host");
    let host = host.map(|host| http1::text(&host.value).into_owned());
    let url = address(&target, Some(url).filter(|url| !url.is_empty()), host.as_deref());
    let taken = head.headers.extract_if(.., |header| header.name == "cookie");
    let cookies = taken.flat_map(|header| cookies::of_header(&header.value).collect::<Vec<_>>()).collect();
    Request { method, url, headers: head.headers, cookies, body }
}

/// The response to a request of that method.
pub(super) fn response(bytes: &[u8], method: &str, wanted: Wanted, faults: &mut Vec<Fault>) -> Response {
    let mut start = 0;
    // Interim responses may stand before the one that counts.
    let mut head = loop {
        let head = http1::Head::read(&bytes[start..]);
        let next = start + head.length;
        if !matches!(head.status(), 100 | 102..=199) || !bytes[next..].starts_with(b"HTTP/") {
            break head;
        }
        start = next;
    };
    let status = head.status();
    let bodiless = method.eq_ignore_ascii_case("HEAD") || matches!(status, 100..=199 | 204 | 304);
    let mut body = body(&mut head, &bytes[start..], bodiless, faults);
    if !wanted.response_bodies {
        body.bytes = Vec::new();
    }
    Response { status, headers: head.headers, body }
}

fn body(head: &mut http1::Head, bytes: &[u8], bodiless: bool, faults: &mut Vec<Fault>) -> Body {
    let mut body = head.body(bytes[head.length..].to_vec(), bodiless, faults);
    if !head.whole && !bytes.is_empty() {
        faults.push(Fault::new(FaultKind::Corrupt, "a message ends inside its head"));
        body.fidelity = body.fidelity.max(Fidelity::Truncated);
    }
    body
}

/// What was asked for: the request line has the bytes that passed, `stated` what they leave out.
pub(super) fn address(line_target: &str, stated: Option<&str>, host: Option<&str>) -> String {
    if !line_target.starts_with('/') {
        // Absolute as proxies get it; `*` and CONNECT's authority are no URL.
        let absolute = line_target.contains("://").then_some(line_target);
        return absolute.or(stated).unwrap_or(line_target).to_owned();
    }
    let parts = stated.map(Parts::of).unwrap_or_default();
    let authority = if parts.authority.is_empty() { host.unwrap_or("") } else { parts.authority };
    let scheme = if parts.scheme.is_empty() { String::new() } else { format!("{}:", parts.scheme) };
    match authority {
        "" => stated.unwrap_or(line_target).to_owned(),
        _ => format!("{scheme}//{authority}{line_target}"),
    }
}
