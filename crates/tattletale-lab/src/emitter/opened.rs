//! For tests only: opens a request of any form again, the way a receiver would, and checks what can be checked.

use super::sealed;
use super::sensors::java_hash;
use crate::wire::Outgoing;
use serde_json::Value;
use std::collections::BTreeMap;
use tattletale_core::codec::inflate::{End, Framing, inflate};
use tattletale_core::decode::transport::{self, Unfolded, Verdict};
use tattletale_core::decode::{Limits, parts, tree};
use tattletale_core::model::{Body, Exchange, Header, Request, url};

/// Fields of the query and of the form in the body, decoded once.
pub(crate) fn fields(request: &Outgoing) -> BTreeMap<String, String> {
    let body = String::from_utf8(request.body.clone()).unwrap();
    let query = url::Parts::of(&request.url).query;
    let pairs = query.split('&').chain(body.split('&')).filter_map(|pair| pair.split_once('='));
    let decoded = |text: &str| String::from_utf8(url::percent_decode(text.as_bytes(), true).into_owned()).unwrap();
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

/// The JSON documents or events in a request of telemetry.
pub(crate) fn opened(request: &Outgoing) -> Vec<Value> {
    recognised(request);
    let fields = fields(request);
    let gzip = fields.get("gzip").map_or("0", String::as_str);
    if let Some(value) = fields.get("value") {
        let bytes = base64_simd::URL_SAFE.decode_to_vec(value).unwrap();
        let json = if gzip == "1" { unzipped(&bytes) } else { bytes };
        return vec![serde_json::from_slice(&json).unwrap()];
    }
    let value = fields.get("data_list").or(fields.get("data")).unwrap();
    let crc = fields.get("crc").map(String::as_str).or(fields.get("ext").and_then(|ext| ext.strip_prefix("crc=")));
    if let Some(crc) = crc {
        assert_eq!(java_hash(value).to_string(), crc);
    }
    if gzip == "9" || gzip == "13" {
        return sealed::open(value).unwrap();
    }
    let bytes = base64_simd::STANDARD.decode_to_vec(value).unwrap();
    let json = if gzip == "1" { unzipped(&bytes) } else { bytes };
    match serde_json::from_slice(&json).unwrap() {
        Value::Array(events) => events,
        event => vec![event],
    }
}

/// An audit must know what this is, and find that it is what it says.
fn recognised(request: &Outgoing) {
    let header =
        |(name, value): &(String, String)| Header { name: name.to_lowercase(), value: value.as_bytes().into() };
    let exchange = Exchange {
        request: Request {
            method: request.method.into(),
            url: request.url.clone(),
            headers: request.headers.iter().map(header).collect(),
            body: Body { bytes: request.body.clone(), ..Body::default() },
            ..Request::default()
        },
        ..Exchange::default()
    };
    let unfolded: Vec<Unfolded> = parts(&exchange, false)
        .into_iter()
        .map(|view| Unfolded { tree: tree(view.bytes, view.hint, &Limits::default()).0, part: view.part })
        .collect();
    let known = transport::recognise(&exchange, &unfolded);
    assert_eq!(known.len(), 1, "{}: {known:?}", request.url);
    assert!(known[0].checks.iter().all(|check| check.verdict != Verdict::Fails), "{known:?}");
}

fn unzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(inflate(Framing::Gzip, bytes, &mut out, 1 << 24), End::Complete);
    out
}
