//! One flow becomes exchanges, or the note that something was not seen.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::tnet::Item;
use crate::import::names::Names;
use crate::import::{Wanted, address, blindness, cookies, http1};
use crate::model::{
    Blind, BlindKind, Body, Captured, Connection, Exchange, Fidelity, Header, Message, Request, Response,
};

/// Upgraded requests whose WebSocket flow may still come, in versions that have such flows.
const MOST_HANDSHAKES: usize = 256;

/// Makes exchanges of flows.
pub(super) struct Flows {
    wanted: Wanted,
    position: usize,
    /// Identifiers and URLs of upgraded requests.
    handshakes: VecDeque<(Vec<u8>, String)>,
}

impl Flows {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self { wanted, position: 0, handshakes: VecDeque::new() }
    }

    /// Counts a flow that could not be read.
    pub(super) fn skip(&mut self) {
        self.position += 1;
    }

    /// What one flow holds.
    pub(super) fn of_flow(&mut self, flow: Item<'_>, names: &mut Names) -> Result<Vec<Captured>, &'static str> {
        let kind = flow.get("type").text();
        let connection = connection(flow);
        match kind.as_deref() {
            // Before version 0.18 there was nothing but HTTP.
            Some("http") | None if flow.get("request").is_dict() => self.http(flow, connection, names),
            Some("websocket") => Ok(vec![self.websocket(flow, connection)]),
            Some("tcp" | "udp") => Ok(vec![self.raw(flow, connection, kind.as_deref() == Some("udp"), names)]),
            Some("dns") => {
                let at = flow.get("request").get("timestamp").time();
                for question in flow.get("request").get("questions").items() {
                    let name = question.get("name").text().or_else(|| question.at(0).text());
                    name.into_iter().for_each(|name| names.looked_up(&name, at));
                }
                Ok(Vec::new())
            }
            _ => Err("a flow that is neither HTTP nor WebSocket, TCP, UDP or DNS"),
        }
    }

    fn http(
        &mut self,
        flow: Item<'_>,
        mut connection: Connection,
        names: &mut Names,
    ) -> Result<Vec<Captured>, &'static str> {
        // The state before somebody edited the flow in the interface: that is what the client said.
        let original = |name| Some(flow.get("backup").get(name)).filter(|part| part.is_dict());
        let request = original("request").unwrap_or(flow.get("request"));
        let error = flow.get("error").get("msg").text();
        let method = request.get("method").text().unwrap_or_default();
        let version = http_version(request);
        connection.http = version.as_deref().and_then(Connection::http_version).map(str::to_owned);
        let host = request.get("host").text().unwrap_or_default();
        let at = request.get("timestamp_start").time();
        if let (true, Some(message)) = (method == "CONNECT", &error) {
            let mut blind = Blind::new(blindness::of_error(message));
            names.seen(&host);
            (blind.at, blind.host, blind.detail) = (at, Some(host), Some(message.clone()));
            blind.until = flow.get("error").get("timestamp").time();
            connection.port = connection.port.or(port(request));
            blind.connection = Arc::new(connection);
            return Ok(vec![blind.into()]);
        }
        let (request, url) = self.request(request, &host, &method)?;
        names.seen_url(&url);
        let response = original("response").unwrap_or(flow.get("response"));
        let response = response.is_dict().then(|| self.response(response, &method));
        if response.as_ref().is_some_and(|response| response.status == 101)
            && let Some(id) = flow.get("id").bytes()
        {
            self.handshakes.truncate(MOST_HANDSHAKES - 1);
            self.handshakes.push_front((id.to_vec(), url));
        }
        let exchange = Exchange {
            index: self.next(),
            at,
            reserialised: matches!(connection.http.as_deref(), Some("h2" | "h3")),
            connection: (!connection.is_empty()).then(|| Arc::new(connection)),
            request,
            response,
            messages: self.messages(flow.get("websocket").get("messages")),
            ..Exchange::default()
        };
        Ok(vec![exchange.into()])
    }

    fn request(&self, item: Item<'_>, host: &str, method: &str) -> Result<(Request, String), &'static str> {
        let mut headers = headers(item);
        let named = |name: &str| headers.iter().find(|header| header.name == name);
        let authority = item.get("authority").text();
        // In transparent mode `host` is an address; the name is what the client said.
        let said = named("host").map(|host| http1::text(&host.value).into_owned()).filter(|host| !host.is_empty());
        let scheme = item.get("scheme").text().unwrap_or_else(|| "http".to_owned());
        let port = port(item).filter(|port| (&*scheme, *port) != ("http", 80) && (&*scheme, *port) != ("https", 443));
        let with_port = || match port {
            Some(port) if host.contains(':') => format!("[{host}]:{port}"),
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        let authority = authority.or(said).unwrap_or_else(with_port);
        let path = item.get("path").bytes().map(|path| http1::text(path).into_owned()).unwrap_or_default();
        let url = match () {
            () if method == "CONNECT" => authority,
            () if path.contains("://") && !path.starts_with('/') => path,
            () if authority.is_empty() && path.is_empty() => return Err("a flow without an address"),
            () => format!("{scheme}://{authority}{}{path}", if path.starts_with('/') { "" } else { "/" }),
        };
        let body = self.body(item, &headers, self.wanted.request_bodies, false);
        let taken = headers.extract_if(.., |header| header.name == "cookie");
        let cookies = taken.flat_map(|header| cookies::of_header(&header.value).collect::<Vec<_>>()).collect();
        headers.extend(trailers(item));
        Ok((Request { method: method.to_owned(), url: url.clone(), headers, cookies, body }, url))
    }

    fn response(&self, item: Item<'_>, method: &str) -> Response {
        let status = item.first(&["status_code", "code"]).number().and_then(|status| u16::try_from(status).ok());
        let status = status.unwrap_or(0);
        let mut headers = headers(item);
        let bodiless = method.eq_ignore_ascii_case("HEAD") || matches!(status, 100..=199 | 204 | 304);
        let body = self.body(item, &headers, self.wanted.response_bodies, bodiless);
        headers.extend(trailers(item));
        Response { status, headers, body }
    }

    /// The body as it passed, with its content coding. Null means that mitmproxy streamed it past itself.
    fn body(&self, item: Item<'_>, headers: &[Header], wanted: bool, bodiless: bool) -> Body {
        let named = |name: &str| headers.iter().find(|header| header.name == name).map(|header| &header.value[..]);
        let content = item.first(&["content", "body"]).bytes();
        let announced =
            named("content-length").is_some_and(|length| length != b"0") || named("transfer-encoding").is_some();
        let fidelity = match content {
            None if announced && !bodiless => Fidelity::Missing,
            _ => Fidelity::Exact,
        };
        let bytes = content.filter(|_| wanted).unwrap_or_default().to_vec();
        let media_type = named("content-type").map(|value| String::from_utf8_lossy(value).into_owned());
        Body { bytes, fidelity, media_type: media_type.filter(|kind| !kind.is_empty()) }
    }

    /// A WebSocket flow of its own, as before version 12: its request is in another flow.
    fn websocket(&mut self, flow: Item<'_>, connection: Connection) -> Captured {
        let handshake = flow.get("metadata").get("websocket_handshake").bytes();
        let known = self.handshakes.iter().find(|(id, _)| Some(&id[..]) == handshake).map(|(_, url)| url.clone());
        let scheme = if connection.tls.is_some() { "wss" } else { "ws" };
        let url = known.unwrap_or_else(|| format!("{scheme}://{}/", server_name(flow)));
        self.told(url, connection, self.messages(flow.get("messages")))
    }

    /// TCP and UDP: what passed is there, though nobody said in what protocol.
    fn raw(&mut self, flow: Item<'_>, connection: Connection, udp: bool, names: &mut Names) -> Captured {
        let messages: Vec<Message> = flow.get("messages").items().map(|item| self.raw_message(item)).collect();
        let host = server_name(flow);
        names.seen(host.rsplit_once(':').map_or(&*host, |(host, _)| host));
        let error = flow.get("error").get("msg").text();
        if messages.is_empty() {
            let silent = if udp { BlindKind::OpaqueUdp } else { BlindKind::NoData };
            let mut blind = Blind::new(error.as_deref().map_or(silent, blindness::of_error));
            blind.at = flow.get("client_conn").get("timestamp_start").time();
            blind.until = flow.get("client_conn").get("timestamp_end").time();
            blind.host = connection.sni.clone().or_else(|| flow.get("server_conn").get("address").at(0).text());
            (blind.connection, blind.detail) = (Arc::new(connection), error);
            return blind.into();
        }
        let scheme = match (udp, connection.tls.is_some()) {
            (true, _) => "udp",
            (_, true) => "tls",
            _ => "tcp",
        };
        self.told(format!("{scheme}://{host}/"), connection, messages)
    }

    fn told(&mut self, url: String, connection: Connection, messages: Vec<Message>) -> Captured {
        let exchange = Exchange {
            index: self.next(),
            at: messages.iter().find_map(|message| message.at),
            connection: (!connection.is_empty()).then(|| Arc::new(connection)),
            request: Request { url, ..Request::default() },
            messages,
            ..Exchange::default()
        };
        exchange.into()
    }

    fn next(&mut self) -> usize {
        self.position += 1;
        self.position - 1
    }

    /// `[opcode, from_client, content, timestamp, ...]`
    fn messages(&self, list: Item<'_>) -> Vec<Message> {
        let message = |item: Item<'_>| {
            let sent = item.at(1).is_true();
            let wanted = if sent { self.wanted.request_bodies } else { self.wanted.response_bodies };
            let bytes = item.at(2).bytes().filter(|_| wanted).unwrap_or_default().to_vec();
            Message { sent, at: item.at(3).time(), text: item.at(0).number() == Some(1), bytes }
        };
        list.items().map(message).collect()
    }

    /// `[from_client, content, timestamp]`
    fn raw_message(&self, item: Item<'_>) -> Message {
        let sent = item.at(0).is_true();
        let wanted = if sent { self.wanted.request_bodies } else { self.wanted.response_bodies };
        let bytes = item.at(1).bytes().filter(|_| wanted).unwrap_or_default().to_vec();
        Message { sent, at: item.at(2).time(), text: false, bytes }
    }
}

/// Names in lower case; pairs that are none are left out.
fn headers(item: Item<'_>) -> Vec<Header> {
    pairs(item.get("headers"))
}

fn trailers(item: Item<'_>) -> Vec<Header> {
    pairs(item.get("trailers"))
}

fn pairs(list: Item<'_>) -> Vec<Header> {
    let header = |pair: Item<'_>| {
        let (name, value) = (pair.at(0).bytes()?, pair.at(1).bytes()?);
        let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
        Some(Header { name, value: value.trim_ascii().to_vec() })
    };
    list.items().filter_map(header).take(http1::MOST_HEADERS).collect()
}

/// `HTTP/1.1` as text, or `[1, 1]` before version 0.14.
fn http_version(request: Item<'_>) -> Option<String> {
    let old = || {
        let version = request.get("httpversion");
        Some(format!("HTTP/{}.{}", version.at(0).number()?, version.at(1).number()?))
    };
    request.get("http_version").text().or_else(old)
}

fn port(item: Item<'_>) -> Option<u16> {
    item.get("port").number().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)
}

/// Host and port, or two of them as `{address: [...], use_ipv6}` before version 2.0.
fn end(conn: Item<'_>, names: &[&str]) -> Option<(String, Option<u16>)> {
    let end = conn.first(names);
    let end = if end.is_dict() { end.get("address") } else { end };
    let port = end.at(1).number().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    Some((end.at(0).text()?, port))
}

/// Name and port of the server as the client asked for it.
fn server_name(flow: Item<'_>) -> String {
    match end(flow.get("server_conn"), &["address", "peername", "ip_address", "peer_address"]) {
        Some((host, Some(port))) if host.contains(':') => format!("[{host}]:{port}"),
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host,
        None => Blind::UNKNOWN.to_owned(),
    }
}

fn connection(flow: Item<'_>) -> Connection {
    let (client, server) = (flow.get("client_conn"), flow.get("server_conn"));
    let peer = end(server, &["peername", "ip_address", "peer_address"]);
    let asked = end(server, &["address"]);
    let ip = |end: &Option<(String, Option<u16>)>| end.as_ref().and_then(|(host, _)| address(host));
    let from = end(client, &["peername", "address"]);
    let client_end = || {
        let (host, port) = from?;
        let host: IpAddr = address(&host)?;
        Some(SocketAddr::new(host, port?))
    };
    // What the client asked for, not what mitmproxy asked the server for.
    let text = |names: &[&str]| client.first(names).text();
    Connection {
        id: text(&["id"]),
        client: client_end(),
        server: ip(&peer).or_else(|| ip(&asked)),
        port: peer.and_then(|(_, port)| port).or(asked.and_then(|(_, port)| port)),
        sni: text(&["sni"]),
        alpn: text(&["alpn", "alpn_proto_negotiated"]),
        tls: text(&["tls_version"]).and_then(|version| Connection::tls_version(&version).map(str::to_owned)),
        ..Connection::default()
    }
}
