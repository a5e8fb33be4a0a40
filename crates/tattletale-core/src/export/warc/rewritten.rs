//! Exchanges of other formats as records: messages are put together anew, and say so.
//!
//! What the model holds can be read back exactly (a test holds that for any exchange): where HTTP's own form would say
//! something else, such as the length of a body that came decoded, a field of ours has the last word.

use std::io::{self, Write};

use super::record::Header;
use super::{Record, RecordId, SocketMessage, WarcWriter, names};
use crate::model::url::Parts;
use crate::model::{Body, Connection, Exchange, Fidelity, Header as Field, Request, Response, Timestamp};

impl<W: Write> WarcWriter<W> {
    /// Writes an exchange that came from elsewhere: its request, response and messages, as far as it has them.
    pub fn exchange(&mut self, mut id: impl FnMut() -> RecordId, exchange: &Exchange) -> io::Result<()> {
        let none = Connection::default();
        let connection = exchange.connection.as_deref().unwrap_or(&none);
        let request = id();
        let asked = &exchange.request;
        let has_request = !asked.method.is_empty()
            || !asked.headers.is_empty()
            || !asked.cookies.is_empty()
            || !asked.body.bytes.is_empty();
        let lone = exchange.response.is_none() && exchange.messages.is_empty();
        if has_request || lone {
            self.append(&rewritten(
                "request",
                request,
                None,
                exchange,
                connection,
                &request_block(asked),
                &asked.body,
            ))?;
        }
        for message in &exchange.messages {
            self.message(
                id(),
                &SocketMessage {
                    at: message.at.or(exchange.at).unwrap_or(Timestamp::UNIX_EPOCH),
                    target: &exchange.request.url,
                    connection,
                    request,
                    sent: message.sent,
                    text: message.text,
                    bytes: &message.bytes,
                },
            )?;
        }
        // Last: with it the exchange is complete, and a reader waits no longer.
        if let Some(response) = &exchange.response {
            let concurrent = (has_request || lone).then_some(request);
            let block = response_block(response);
            self.append(&rewritten("response", id(), concurrent, exchange, connection, &block, &response.body))?;
        }
        Ok(())
    }
}

fn rewritten<'a>(
    kind: &str,
    id: RecordId,
    concurrent: Option<RecordId>,
    exchange: &Exchange,
    connection: &Connection,
    block: &'a [u8],
    body: &Body,
) -> Record<'a> {
    let mut header = Header::new(kind, id, exchange.at.unwrap_or(Timestamp::UNIX_EPOCH));
    if let Some(concurrent) = concurrent {
        header.field("WARC-Concurrent-To", format_args!("<{concurrent}>"));
    }
    header.field("WARC-Target-URI", &exchange.request.url);
    header.connection(connection);
    header.field(names::FIDELITY, names::RESERIALISED);
    if exchange.at.is_none() {
        header.field(names::TIME, "unknown");
    }
    if let Some(resource) = &exchange.resource {
        header.field(names::RESOURCE, resource);
    }
    header.field(names::BODY, body.fidelity.name());
    if let Some(media_type) = &body.media_type {
        header.field(names::MEDIA_TYPE, media_type);
    }
    if matches!(body.fidelity, Fidelity::Truncated | Fidelity::Missing) {
        header.field("WARC-Truncated", "unspecified");
    }
    header.field("Content-Type", format_args!("application/http; msgtype={kind}"));
    Record::bytes(header, block.into())
}

fn request_block(request: &Request) -> Vec<u8> {
    let parts = Parts::of(&request.url);
    // The path alone, as servers get it, where that and the target say the same as the URL.
    let origin = format!("{}://{}", parts.scheme, parts.authority);
    let rest = request.url.strip_prefix(&origin).filter(|rest| rest.starts_with('/') && !rest.contains('#'));
    let target = rest.unwrap_or(&request.url);
    let mut block = format!("{} {} HTTP/1.1\r\n", clean(&request.method), clean(target)).into_bytes();
    fields(&request.headers, &mut block);
    if !request.cookies.is_empty() {
        block.extend_from_slice(b"cookie: ");
        for (at, cookie) in request.cookies.iter().enumerate() {
            block.extend_from_slice(if at > 0 { b"; " } else { b"" });
            if !cookie.name.is_empty() {
                block.extend_from_slice(cookie.name.as_bytes());
                block.push(b'=');
            }
            value(&cookie.value, &mut block);
        }
        block.extend_from_slice(b"\r\n");
    }
    end(&request.headers, &request.body, &mut block);
    block
}

fn response_block(response: &Response) -> Vec<u8> {
    let mut block = format!("HTTP/1.1 {:03}\r\n", response.status).into_bytes();
    fields(&response.headers, &mut block);
    end(&response.headers, &response.body, &mut block);
    block
}

fn fields(headers: &[Field], block: &mut Vec<u8>) {
    for header in headers {
        if !header.name.is_empty() {
            block.extend_from_slice(clean(&header.name).as_bytes());
            block.extend_from_slice(b": ");
        }
        value(&header.value, block);
        block.extend_from_slice(b"\r\n");
    }
}

/// Line breaks would end the field, so blanks take their place.
fn value(bytes: &[u8], block: &mut Vec<u8>) {
    block.extend(bytes.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect()
}

/// The empty line and the body, as one chunk where the headers say that it is chunked.
fn end(headers: &[Field], body: &Body, block: &mut Vec<u8>) {
    block.extend_from_slice(b"\r\n");
    let last = headers.iter().rfind(|header| header.name == "transfer-encoding");
    let chunked = last.is_some_and(|header| header.value.to_ascii_lowercase().trim_ascii_end().ends_with(b"chunked"));
    match (chunked, body.bytes.is_empty()) {
        (true, true) => block.extend_from_slice(b"0\r\n\r\n"),
        (true, false) => {
            block.extend_from_slice(format!("{:x}\r\n", body.bytes.len()).as_bytes());
            block.extend_from_slice(&body.bytes);
            block.extend_from_slice(b"\r\n0\r\n\r\n");
        }
        _ => block.extend_from_slice(&body.bytes),
    }
}
