//! One entry of a HAR becomes one exchange, with what was wrong about it.

use std::sync::Arc;

use super::body;
use super::entries::{Element, End};
use super::form;
use super::headers::Headers;
use super::messages;
use super::object::{self, Json, MOST_VALUES, Node, Trouble};
use super::time;
use crate::codec::json::Why;
use crate::import::{Wanted, address};
use crate::model::{Connection, Exchange, Fault, FaultKind, Fidelity, Request, Response};

/// Members of an entry that are looked at; the rest is not even laid out.
const LOOKED_AT: [&str; 8] = [
    "startedDateTime",
    "serverIPAddress",
    "connection",
    "request",
    "response",
    "_resourceType",
    "resourceType",
    "_tattletale",
];

/// Characters of the name of a connection.
const MOST_ID: usize = 200;

/// The exchange, or why there is none. `nodes` is room that entries share.
pub(super) fn of_element(element: &Element<'_>, wanted: Wanted, nodes: &mut Vec<Node>) -> Result<Exchange, Fault> {
    let looked_at =
        |name: &[u8]| LOOKED_AT.iter().chain(&messages::NAMES).any(|looked_at| looked_at.as_bytes() == name);
    let read = object::read(element.bytes, looked_at, nodes);
    let trouble = trouble(element, read.err());
    let entry = Json::root(element.bytes, nodes);
    let mut faults = Vec::new();
    let Some(mut exchange) = of_entry(entry, element.index, wanted, &mut faults) else {
        let unreadable = || Fault::new(FaultKind::Corrupt, "an entry without a request URL");
        return Err(placed(trouble.unwrap_or_else(unreadable), element));
    };
    // What damage left out is no second fault.
    let faults = trouble.map_or(faults, |trouble| vec![trouble]);
    exchange.faults = faults.into_iter().map(|fault| placed(fault, element)).collect();
    Ok(exchange)
}

/// The fault with its entry; at the entry's start when it knows no better.
fn placed(fault: Fault, element: &Element<'_>) -> Fault {
    let offset = fault.offset.or(Some(element.offset));
    Fault { exchange: Some(element.index), offset, ..fault }
}

/// What kept the entry from being read whole, if anything.
fn trouble(element: &Element<'_>, read: Option<Trouble>) -> Option<Fault> {
    let inside = |offset: usize| element.offset + offset as u64;
    let corrupt = |offset| Fault::new(FaultKind::Corrupt, "the entry is not JSON from here on").at(offset);
    match (element.end, read) {
        (End::TooLong, _) => Some(Fault::new(FaultKind::Limit, "the entry is longer than the limit for one entry")),
        (End::NoObject, _) => Some(Fault::new(FaultKind::Corrupt, "the entry is no JSON object")),
        (_, Some(Trouble::TooMany)) => {
            let message = format!("the entry has more than {MOST_VALUES} values; the rest was left out");
            Some(Fault::new(FaultKind::Limit, message))
        }
        (_, Some(Trouble::Broken(broken))) if broken.why == Why::Unexpected => Some(corrupt(inside(broken.offset))),
        (End::Broken(offset), _) => Some(corrupt(offset)),
        (End::Cut(offset), _) => Some(Fault::new(FaultKind::Truncated, "the file ends inside this entry").at(offset)),
        (End::Whole, Some(Trouble::Broken(broken))) => Some(corrupt(inside(broken.offset))),
        (End::Whole, None) => None,
    }
}

fn of_entry(entry: Json<'_>, index: usize, wanted: Wanted, faults: &mut Vec<Fault>) -> Option<Exchange> {
    let request = request(entry.get("request"), wanted, faults)?;
    let started = entry.get("startedDateTime");
    let at = time::read(started);
    if at.is_none() && started.exists() && !started.is_cut() {
        faults.push(Fault::new(FaultKind::Corrupt, "startedDateTime is in no known notation"));
    }
    let response = response(entry.get("response"), &request.method, wanted, faults);
    let own = |name: &str| {
        let name = entry.get("_tattletale").get(name).string()?;
        Fidelity::ALL.into_iter().find(|known| known.name() == name)
    };
    // What we wrote ourselves says what its bodies are worth.
    let mut request = request;
    request.body.fidelity = own("requestBody").unwrap_or(request.body.fidelity);
    let mut response = response;
    if let Some((response, fidelity)) = response.as_mut().zip(own("responseBody")) {
        response.body.fidelity = fidelity;
    }
    let resource = entry.first(&["_resourceType", "resourceType"]).string();
    Some(Exchange {
        index,
        at,
        connection: connection(entry),
        reserialised: entry.get("_tattletale").get("reserialised").text().is_some_and(|text| *text == *b"true"),
        request,
        response,
        messages: messages::of_entry(entry, wanted),
        resource: resource.map(|resource| resource.to_lowercase()).filter(|resource| !resource.is_empty()),
        faults: Vec::new(),
    })
}

/// What the entry says of its connection, if anything.
fn connection(entry: Json<'_>) -> Option<Arc<Connection>> {
    let http = entry.get("request").get("httpVersion").string();
    let own = |name: &str| entry.get("_tattletale").get(name).string();
    let id = entry.get("connection").string().map(|id| id.trim().to_owned());
    let connection = Connection {
        id: id.filter(|id| !id.is_empty() && id.len() <= MOST_ID),
        server: entry.get("serverIPAddress").string().and_then(|text| address(&text)),
        http: http.and_then(|version| Connection::http_version(&version)).map(str::to_owned),
        client: own("client").and_then(|client| client.parse().ok()),
        port: own("port").and_then(|port| port.parse().ok()),
        sni: own("sni"),
        alpn: own("alpn"),
        tls: own("tls"),
        ja4: own("ja4"),
        ech: own("ech").is_some(),
        app: own("app"),
    };
    (!connection.is_empty()).then(|| Arc::new(connection))
}

/// None when there is no URL to be had.
fn request(request: Json<'_>, wanted: Wanted, faults: &mut Vec<Fault>) -> Option<Request> {
    let headers = Headers::of_request(request.get("headers"));
    let url = url(request, &headers)?;
    let pseudo = || headers.pseudo(":method").map(|method| String::from_utf8_lossy(method).into_owned());
    let method = request.get("method").string().filter(|method| !method.trim().is_empty()).or_else(pseudo);
    if method.is_none() {
        faults.push(Fault::new(FaultKind::Corrupt, "the request has no method"));
    }
    let body = body::of_request(request, &headers.list, wanted.request_bodies, faults);
    let cookies = headers.cookies(request.get("cookies"));
    let method = method.map(|method| method.trim().to_owned()).unwrap_or_default();
    Some(Request { method, url, headers: headers.list, cookies, body })
}

/// The URL; put together from what else the entry says where the field is missing or relative.
fn url(request: Json<'_>, headers: &Headers) -> Option<String> {
    let own = request.get("url");
    let own = own.string().filter(|_| !own.is_cut()).map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
    let path = || headers.pseudo(":path").map(|path| String::from_utf8_lossy(path).into_owned());
    let mut url = own.or_else(path)?;
    let host = headers.list.iter().find(|header| header.name == "host" && !header.value.is_empty());
    if let (true, false, Some(host)) = (url.starts_with('/'), url.starts_with("//"), host) {
        let scheme = headers.pseudo(":scheme").map(|scheme| format!("{}:", String::from_utf8_lossy(scheme)));
        let host = String::from_utf8_lossy(&host.value);
        url = format!("{}//{host}{url}", scheme.unwrap_or_default());
    }
    // HTTP Archive's request fragments (Insomnia's, for one) keep the query in its list only.
    let query = request.get("queryString");
    if !url.contains('?') && query.children().next().is_some() {
        let query = String::from_utf8_lossy(&form::urlencoded(query)).into_owned();
        let fragment = url.find('#').map(|hash| url.split_off(hash)).unwrap_or_default();
        url = format!("{url}?{query}{fragment}");
    }
    Some(url)
}

/// None when nothing came back (browsers write a response of status 0 then).
fn response(response: Json<'_>, method: &str, wanted: Wanted, faults: &mut Vec<Fault>) -> Option<Response> {
    if !response.is_object() {
        return None;
    }
    let headers = Headers::of_response(response.get("headers"));
    let own = response.get("status").count();
    let pseudo = || String::from_utf8_lossy(headers.pseudo(":status")?).parse().ok();
    let status = own.or_else(pseudo).and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
    let bodiless = method.eq_ignore_ascii_case("HEAD") || matches!(status, 100..=199 | 204 | 304);
    let body = body::of_response(response, &headers.list, bodiless, wanted.response_bodies, faults);
    let nothing = status == 0
        && headers.list.is_empty()
        && body.fidelity == Fidelity::Exact
        && response.get("content").get("text").is_blank();
    (!nothing).then_some(Response { status, headers: headers.list, body })
}
