//! An exchange cut into its parts, each with what the exchange declares about it.

use super::Hint;
use crate::model::{Body, Exchange, Header, Message, Part, Timestamp, url};

/// One part of an exchange, ready to be unfolded.
#[derive(Debug, Clone)]
pub struct PartView<'a> {
    /// Which part.
    pub part: Part,
    /// Its bytes as captured.
    pub bytes: &'a [u8],
    /// What the exchange declares about it.
    pub hint: Hint<'a>,
    /// When it was sent, where that differs from the exchange: WebSocket messages have times of their own.
    pub at: Option<Timestamp>,
}

/// The parts that carry anything, in the order path, query, headers, cookies, body, messages; then those of the
/// response, if wanted.
pub fn parts(exchange: &Exchange, responses: bool) -> Vec<PartView<'_>> {
    let request = &exchange.request;
    let address = url::Parts::of(&request.url);
    let mut parts = Vec::new();
    if address.path.len() > 1 {
        parts.push(view(Part::Path, address.path.as_bytes(), Hint::default()));
    }
    if !address.query.is_empty() {
        parts.push(view(Part::Query, address.query.as_bytes(), Hint { query: true, ..Hint::default() }));
    }
    parts.extend(headers(&request.headers, Part::Header));
    parts.extend(headers(&request.cookies, Part::Cookie));
    parts.extend(body(&request.body, request.header("content-type"), request.header("content-encoding")));
    let wanted = exchange.messages.iter().filter(|message| message.sent);
    parts.extend(wanted.map(message));
    if responses {
        let received = exchange.messages.iter().filter(|message| !message.sent);
        let mut told: Vec<PartView<'_>> = received.map(message).collect();
        if let Some(response) = &exchange.response {
            told.extend(headers(&response.headers, Part::Header));
            told.extend(body(&response.body, response.header("content-type"), response.header("content-encoding")));
        }
        parts.extend(told.into_iter().map(|told| PartView { part: Part::Response(Box::new(told.part)), ..told }));
    }
    parts
}

fn view<'a>(part: Part, bytes: &'a [u8], hint: Hint<'a>) -> PartView<'a> {
    PartView { part, bytes, hint, at: None }
}

fn message(message: &Message) -> PartView<'_> {
    PartView { at: message.at, ..view(Part::Message, &message.bytes, Hint::default()) }
}

fn headers(headers: &[Header], part: fn(String) -> Part) -> impl Iterator<Item = PartView<'_>> {
    let carrying = headers.iter().filter(|header| !header.value.is_empty());
    carrying.map(move |header| view(part(header.name.clone()), &header.value, Hint::default()))
}

fn body<'a>(body: &'a Body, stated: Option<&'a str>, coding: Option<&'a str>) -> Option<PartView<'a>> {
    let media_type = body.media_type.as_deref().or(stated);
    let hint = Hint { media_type, content_encoding: coding, query: false };
    (!body.bytes.is_empty()).then(|| view(Part::Body, &body.bytes, hint))
}
