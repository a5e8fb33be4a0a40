//! What could not be seen, from a recording to the report: it is told, and silence there is no result.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{self, Read};
use std::sync::Arc;

use tattletale_core::audit::{self, Capture};
use tattletale_core::export::warc::{HttpMessage, RecordId, WarcWriter};
use tattletale_core::model::{Blind, BlindKind, Connection, Report, Timestamp, truth};
use tattletale_report::render::{self, BRIEF, HTML, JSON, Renderer, TEXT};

const TRUTH: &str = "first_party = [\"clinic.example\"]\n[[value]]\nname = \"email\"\nkind = \"email\"\n\
    value = \"marta.eaea5ae2@example.org\"\n";

fn recording() -> Vec<u8> {
    let at: Timestamp = "2026-11-21T02:44:30Z".parse().unwrap();
    let connection = Connection { server: "192.0.2.7".parse().ok(), port: Some(443), ..Connection::default() };
    let mut writer = WarcWriter::new(Vec::new());
    let message = HttpMessage {
        at,
        target: "https://tracker.example/a",
        connection: &connection,
        bytes: b"GET /a HTTP/1.1\r\nHost: tracker.example\r\n\r\n",
        cut_off: false,
        reserialised: false,
        resource: None,
    };
    writer.request(RecordId::from_random([1; 16]), &message).unwrap();
    let blind = |kind, host: Option<&str>, sent, received| Blind {
        at: Some(at),
        connection: Arc::new(connection.clone()),
        host: host.map(str::to_owned),
        sent,
        received,
        ..Blind::new(kind)
    };
    let unseen = [
        blind(BlindKind::TlsRefused, Some("Tracker.example"), 517, 0),
        blind(BlindKind::TlsRefused, Some("tracker.example"), 517, 0),
        blind(BlindKind::Quic, None, 90_000, 1_000),
        blind(BlindKind::NameOnly, Some("looked-up.example"), 0, 0),
    ];
    for (number, blind) in unseen.iter().enumerate() {
        writer.blind(RecordId::from_random([2 + number as u8; 16]), at, blind).unwrap();
    }
    writer.into_inner()
}

fn report() -> Report {
    let file = recording();
    let open = || -> io::Result<Box<dyn Read + '_>> { Ok(Box::new(&file[..])) };
    let capture = Capture { name: "day.warc.gz".to_owned(), open: Box::new(open), origin: None };
    let truth = truth::parse(TRUTH).unwrap();
    audit::audit(&[capture], Some(truth), &audit::Options::default()).unwrap()
}

fn rendered(renderer: &dyn Renderer) -> String {
    let mut out = Vec::new();
    renderer.render(&report(), &render::Options::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn connections_join_the_row_of_their_host() {
    let report = report();
    let rows: Vec<_> = report.coverage.receivers.iter().map(|row| (&*row.host, row.exchanges, row.hidden())).collect();
    assert_eq!(rows, [("tracker.example", 1, 2), ("192.0.2.7", 0, 1), ("looked-up.example", 0, 0)]);
    // Blindness is coverage, not incompleteness.
    assert!(report.complete() && report.findings.is_empty());
}

#[test]
fn what_a_name_tells_is_found_without_a_byte_of_content() {
    let at: Timestamp = "2026-11-21T02:44:30Z".parse().unwrap();
    let named = |kind, sni: Option<&str>, host: &str| Blind {
        at: Some(at),
        connection: Arc::new(Connection { sni: sni.map(str::to_owned), ..Connection::default() }),
        host: Some(host.to_owned()),
        ..Blind::new(kind)
    };
    let mut writer = WarcWriter::new(recording());
    // The same in hexadecimal, cut into labels as tunnels over DNS cut it.
    let hex: String = "u-48151623".bytes().map(|byte| format!("{byte:02x}")).collect();
    let unseen = [
        named(BlindKind::TlsRefused, Some("U-48151623.t.tracker.example"), "192.0.2.9"),
        named(BlindKind::NameOnly, None, &format!("{hex}.t.tracker.example")),
        named(BlindKind::Quic, Some("plain.example"), "plain.example"),
    ];
    for (number, blind) in unseen.iter().enumerate() {
        writer.blind(RecordId::from_random([9 + number as u8; 16]), at, blind).unwrap();
    }
    let file = writer.into_inner();
    let truth = "[[value]]\nname = \"account\"\nkind = \"account-id\"\nvalue = \"u-48151623\"\n";
    let open = || -> io::Result<Box<dyn Read + '_>> { Ok(Box::new(&file[..])) };
    let capture = || Capture { name: "day.warc.gz".to_owned(), open: Box::new(open), origin: None };
    let options = audit::Options::default();
    let report = audit::audit(&[capture()], Some(truth::parse(truth).unwrap()), &options).unwrap();
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|found| (found.exchange, found.part.to_string(), &*found.receiver.host, found.is_unseen()))
        .collect();
    let host = format!("{hex}.t.tracker.example");
    assert_eq!(found, [(4, "sni".into(), "192.0.2.9", true), (5, "dns".into(), &*host, true)]);

    let show = |renderer: &dyn Renderer| {
        let mut out = Vec::new();
        renderer.render(&report, &render::Options::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let json: serde_json::Value = serde_json::from_str(&show(JSON)).unwrap();
    let first = &json["findings"][0];
    assert_eq!((&first["exchange"], first["unseen"].as_u64()), (&serde_json::Value::Null, Some(4)));
    assert_eq!(first["exposure"], "path-host-name");
    assert!(first["command"].as_str().unwrap().ends_with("--unseen 4"), "{first}");
    assert!(show(TEXT).contains("connection that could not be seen"), "{}", show(TEXT));

    // A control capture with such a name says that it is there by chance.
    let report = audit::audit_against(&[capture()], &[capture()], Some(truth::parse(truth).unwrap()), &options);
    assert!(report.unwrap().findings.is_empty());
}

#[test]
fn nothing_found_says_what_was_not_seen() {
    let unseen = "3 connections to 2 hosts could not be seen, and silence there says nothing";
    for renderer in [TEXT, BRIEF, HTML] {
        // Lines are broken at the terminal's width.
        let text = rendered(renderer).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("Nothing found") && text.contains(unseen), "{}: {text}", renderer.name());
        assert!(text.contains("with 1 host;"), "{}: {text}", renderer.name());
    }
    let text = rendered(TEXT).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("2 × refused the recorder's certificate, 1.0 kB sent, 0 bytes received"), "{text}");
    assert!(text.contains("that it was silent does not follow"), "{text}");
}

#[test]
fn the_json_report_counts_them_by_kind() {
    let json: serde_json::Value = serde_json::from_str(&rendered(JSON)).unwrap();
    let kinds = json["coverage"]["blind"].as_array().unwrap();
    let kinds: Vec<_> = kinds.iter().map(|row| (row["kind"].as_str().unwrap(), row["connections"].as_u64())).collect();
    assert_eq!(kinds, [("tls-refused", Some(2)), ("quic", Some(1)), ("name-only", Some(1))]);
    let row = &json["coverage"]["receivers"][0]["blind"][0];
    assert_eq!((row["sent"].as_u64(), row["received"].as_u64()), (Some(1034), Some(0)));
}
