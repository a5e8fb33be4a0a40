//! Any exchange that the model can hold is read back from a recording as it was, and from HAR as far as HAR goes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::prelude::*;
use tattletale_core::export::har::HarWriter;
use tattletale_core::export::warc::{RecordId, WarcWriter};
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{
    Body, Captured, Connection, Exchange, Fidelity, Header, Message, Request, Response, Timestamp,
};

fn headers() -> impl Strategy<Value = Vec<Header>> {
    let name = prop::sample::select(&["x-a", "content-encoding", "content-length", "transfer-encoding", "accept"][..]);
    let value = prop::sample::select(&["gzip", "chunked", "7", "1000000", "text", "a=b; c", "\u{e4}"][..]);
    let header = (name, value).prop_map(|(name, value)| Header { name: name.into(), value: value.into() });
    prop::collection::vec(header, 0..5)
}

fn body() -> impl Strategy<Value = Body> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "[ -~]{0,80}".prop_map(String::into_bytes),
        Just(b"3\r\nabc\r\n0\r\n\r\n".to_vec()),
        Just("\u{e4}\u{fffd}".into()),
    ];
    (bytes, prop::sample::select(&Fidelity::ALL[..]), prop::option::of("[a-z]{1,9}/[a-z]{1,9}")).prop_map(
        |(bytes, fidelity, media_type)| match fidelity {
            Fidelity::Missing => Body { bytes: Vec::new(), fidelity, media_type },
            _ => Body { bytes, fidelity, media_type },
        },
    )
}

fn time() -> impl Strategy<Value = Timestamp> {
    (1_000_000_000_000_000..2_000_000_000_000_000i64).prop_map(|at| Timestamp::from_microsecond(at).unwrap())
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let url = prop_oneof![
        "https://[a-z]{1,9}\\.example(:8443)?/[a-zA-Z0-9%._-]{0,12}(\\?[a-z]{1,5}=[a-z%0-9]{0,9})?",
        Just("https://a.example/path with blanks?x=y z".to_owned()),
        Just("https://a.example/#fragment".to_owned()),
        Just("tls://a.example:8883/".to_owned()),
    ];
    let cookie = ("[a-z]{1,5}", "[a-zA-Z0-9=]{0,9}").prop_map(|(name, value)| Header { name, value: value.into() });
    let request = ("[A-Z]{3,7}", url, headers(), prop::collection::vec(cookie, 0..3), body())
        .prop_map(|(method, url, headers, cookies, body)| Request { method, url, headers, cookies, body });
    let response = (100..600u16, headers(), body());
    let response =
        response.prop_filter("101 opens a socket, others in its hundred are interim", |(status, ..)| *status >= 200);
    let response = response.prop_map(|(status, headers, body)| Response { status, headers, body });
    let message = (any::<bool>(), time(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..50)).prop_map(
        |(sent, at, text, bytes)| {
            let bytes = if text { String::from_utf8_lossy(&bytes).into_owned().into_bytes() } else { bytes };
            Message { sent, at: Some(at), text, bytes }
        },
    );
    let connection = prop::option::of("[a-z0-9]{1,9}").prop_map(|id| {
        id.map(|id| {
            let (sni, http) = (Some("a.example".to_owned()), Some("h2".to_owned()));
            Arc::new(Connection { id: Some(id), sni, http, port: Some(8443), ech: true, ..Connection::default() })
        })
    });
    let rest = (prop::collection::vec(message, 0..3), connection, prop::option::of(time()));
    (request, prop::option::of(response), rest, prop::option::of("[a-z]{3,8}")).prop_map(
        |(request, response, (messages, connection, at), resource)| Exchange {
            at,
            connection,
            reserialised: true,
            request,
            response,
            messages,
            resource,
            ..Exchange::default()
        },
    )
}

fn read(file: &[u8]) -> Vec<Exchange> {
    let mut all = Vec::new();
    let imported = import::read(file, Wanted::ALL, |captured| {
        all.extend(Captured::exchange(captured));
        ControlFlow::Continue(())
    });
    assert_eq!(imported.unwrap().faults, []);
    all
}

/// One field a line, so that a difference is seen at once.
fn shown(exchange: &Exchange) -> String {
    format!("{exchange:#?}")
}

/// Bodies to which the protocol allows none, as after HEAD, are kept; a chunked one without bytes ends like one.
fn comparable(mut exchange: Exchange, index: usize) -> Exchange {
    exchange.index = index;
    exchange
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_recording_keeps_everything(exchanges in prop::collection::vec(exchange(), 1..4)) {
        let mut number = 0u8;
        let mut writer = WarcWriter::new(Vec::new());
        for exchange in &exchanges {
            let id = || {
                number += 1;
                RecordId::from_random([number; 16])
            };
            writer.exchange(id, exchange).unwrap();
        }
        let all = read(&writer.into_inner());
        prop_assert_eq!(all.len(), exchanges.len());
        for (index, (back, exchange)) in all.iter().zip(exchanges).enumerate() {
            prop_assert_eq!(shown(back), shown(&comparable(exchange, index)));
        }
    }

    #[test]
    fn har_keeps_what_it_can(exchange in exchange()) {
        let mut writer = HarWriter::new(Vec::new(), "0").unwrap();
        writer.exchange(&exchange).unwrap();
        let all = read(&writer.finish().unwrap());
        let (back, exchange) = (&all[0], comparable(exchange, 0));
        prop_assert_eq!(&back.request.url, &exchange.request.url);
        prop_assert_eq!(&back.request.method, &exchange.request.method);
        prop_assert_eq!(back.at, exchange.at);
        prop_assert_eq!(&back.request.headers, &exchange.request.headers);
        prop_assert_eq!(&back.request.cookies, &exchange.request.cookies);
        prop_assert_eq!(&back.request.body.bytes, &exchange.request.body.bytes);
        prop_assert_eq!(back.request.body.fidelity, exchange.request.body.fidelity);
        prop_assert_eq!(back.connection.as_deref(), exchange.connection.as_deref());
        prop_assert_eq!((back.reserialised, &back.resource), (true, &exchange.resource));
        let said = |exchange: &Exchange| {
            exchange.messages.iter().map(|m| (m.sent, m.at, m.bytes.clone())).collect::<Vec<_>>()
        };
        prop_assert_eq!(said(back), said(&exchange));
        if let Some(response) = &exchange.response {
            let back = back.response.as_ref().unwrap();
            prop_assert_eq!((back.status, &back.headers), (response.status, &response.headers));
            prop_assert_eq!((&back.body.bytes, back.body.fidelity), (&response.body.bytes, response.body.fidelity));
        }
    }
}
