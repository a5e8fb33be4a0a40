//! HAR 1.2, for other tools: one entry at a time, so that a recording of any size streams through.
//!
//! Bodies are kept as captured, those of requests too; bytes that are no ASCII go as base64, which is exact (the
//! specification has `encoding` for responses, and readers know it for requests). What HAR has no place for is in
//! `_tattletale` of each entry and read back by us; connections that were not seen have no place at all.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use crate::model::url::Parts;
use crate::model::{Body, Connection, Exchange, Header, Message};

/// Writes entries to the end of `W`.
#[derive(Debug)]
pub struct HarWriter<W> {
    out: W,
    entries: u64,
}

impl<W: Write> HarWriter<W> {
    /// Begins the file; `version` is that of the program.
    pub fn new(mut out: W, version: &str) -> io::Result<Self> {
        let creator = json!({ "name": "Tattletale", "version": version });
        write!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[")?;
        Ok(Self { out, entries: 0 })
    }

    /// One more entry.
    pub fn exchange(&mut self, exchange: &Exchange) -> io::Result<()> {
        self.out.write_all(if self.entries > 0 { b",\n" } else { b"\n" })?;
        self.entries += 1;
        serde_json::to_writer(&mut self.out, &entry(exchange)).map_err(io::Error::other)
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"\n]}}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn entry(exchange: &Exchange) -> Value {
    let none = Connection::default();
    let connection = exchange.connection.as_deref().unwrap_or(&none);
    let version = connection.http.as_deref().unwrap_or("unknown");
    let mut entry = Map::new();
    // The specification wants a time; one that is not known is better left out than made up.
    if let Some(at) = exchange.at {
        entry.insert("startedDateTime".into(), at.to_string().into());
    }
    entry.insert("time".into(), 0.into());
    entry.insert("request".into(), request(exchange, version));
    entry.insert("response".into(), response(exchange, version));
    entry.insert("cache".into(), json!({}));
    entry.insert("timings".into(), json!({ "send": -1, "wait": -1, "receive": -1 }));
    if let Some(server) = connection.server {
        entry.insert("serverIPAddress".into(), server.to_string().into());
    }
    if let Some(id) = &connection.id {
        entry.insert("connection".into(), id.as_str().into());
    }
    if let Some(resource) = &exchange.resource {
        entry.insert("_resourceType".into(), resource.as_str().into());
    }
    if !exchange.messages.is_empty() {
        entry.insert("_webSocketMessages".into(), exchange.messages.iter().map(message).collect());
    }
    entry.insert("_tattletale".into(), beyond(exchange, connection));
    Value::Object(entry)
}

fn request(exchange: &Exchange, version: &str) -> Value {
    let request = &exchange.request;
    let query = Parts::of(&request.url).query.split('&').filter(|pair| !pair.is_empty());
    let query = query.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query: Vec<Value> = query.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let mut value = json!({
        "method": request.method,
        "url": request.url,
        "httpVersion": version,
        "cookies": fields(&request.cookies),
        "headers": fields(&request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": request.body.bytes.len(),
    });
    if !request.body.bytes.is_empty() || request.body.media_type.is_some() {
        let mut post = text(&request.body);
        post.insert("mimeType".into(), request.body.media_type.as_deref().unwrap_or("").into());
        value["postData"] = Value::Object(post);
    }
    value
}

/// A response of status 0 is how browsers write that there was none.
fn response(exchange: &Exchange, version: &str) -> Value {
    let (status, headers, body) = match &exchange.response {
        Some(response) => (response.status, fields(&response.headers), response.body.clone()),
        None => (0, Vec::new(), Body::default()),
    };
    let mut content = text(&body);
    content.insert("size".into(), body.bytes.len().into());
    content.insert("mimeType".into(), body.media_type.as_deref().unwrap_or("").into());
    json!({
        "status": status,
        "statusText": "",
        "httpVersion": version,
        "cookies": [],
        "headers": headers,
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": if exchange.response.is_some() { body.bytes.len() as i64 } else { -1 },
    })
}

fn fields(fields: &[Header]) -> Vec<Value> {
    let value = |field: &Header| json!({ "name": field.name, "value": String::from_utf8_lossy(&field.value) });
    fields.iter().map(value).collect()
}

fn text(body: &Body) -> Map<String, Value> {
    let mut map = Map::new();
    if body.bytes.is_empty() {
        return map;
    }
    match std::str::from_utf8(&body.bytes).ok().filter(|text| text.is_ascii()) {
        Some(text) => map.insert("text".into(), text.into()),
        None => {
            map.insert("encoding".into(), "base64".into());
            map.insert("text".into(), base64_simd::STANDARD.encode_to_string(&body.bytes).into())
        }
    };
    map
}

/// Chrome's form: base64 where the opcode is 2.
fn message(message: &Message) -> Value {
    let text = std::str::from_utf8(&message.bytes).ok().filter(|_| message.text);
    let data = text.map_or_else(|| base64_simd::STANDARD.encode_to_string(&message.bytes), str::to_owned);
    let time = message.at.map(|at| at.as_microsecond() as f64 / 1e6);
    let kind = if message.sent { "send" } else { "receive" };
    json!({ "type": kind, "time": time, "opcode": if text.is_some() { 1 } else { 2 }, "data": data })
}

/// What HAR has no place for.
fn beyond(exchange: &Exchange, connection: &Connection) -> Value {
    let mut map = Map::new();
    let texts = [
        ("client", connection.client.map(|client| client.to_string())),
        ("port", connection.port.map(|port| port.to_string())),
        ("sni", connection.sni.clone()),
        ("alpn", connection.alpn.clone()),
        ("tls", connection.tls.clone()),
        ("ja4", connection.ja4.clone()),
        ("ech", connection.ech.then(|| "offered".to_owned())),
        ("app", connection.app.clone()),
        ("requestBody", Some(exchange.request.body.fidelity.name().to_owned())),
        ("responseBody", exchange.response.as_ref().map(|response| response.body.fidelity.name().to_owned())),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            map.insert(name.into(), text.into());
        }
    }
    if exchange.reserialised {
        map.insert("reserialised".into(), true.into());
    }
    Value::Object(map)
}
