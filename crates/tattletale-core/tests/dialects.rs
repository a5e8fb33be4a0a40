//! How clients of several makers were seen to write what they send, where the general rules were not enough at first.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use base64_simd::STANDARD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write;
use tattletale_core::decode::{Hint, Limits, walk};
use tattletale_core::detect::personal::Recogniser;
use tattletale_core::detect::{Places, Planted, look};
use tattletale_core::model::{GroundTruth, Sighting, Value, display_path};

const MAIL: &str = "zoe.lindqvist.7f3a@mail.test";

fn planted(kind: &'static str, value: &str) -> Planted {
    let value = Value { name: "value".into(), kind, value: value.into() };
    Planted::new(&GroundTruth { values: vec![value], ..GroundTruth::default() })
}

/// The layers to what was found, for each sighting; nothing may be wrong with the message.
fn paths(kind: &'static str, value: &str, message: &[u8], limits: &Limits) -> Vec<String> {
    let mut places = Places::default();
    let (seen, walked) = look(&planted(kind, value), message, Hint::default(), limits, &mut places);
    assert!(walked.complete(), "{:?}", walked.faults);
    let path = |sighting: &Sighting| sighting.path.iter().map(|step| step.layer).collect::<Vec<_>>().join(" ");
    seen.sightings.iter().map(path).collect()
}

fn of_mail(message: &[u8]) -> Vec<String> {
    paths("email", MAIL, message, &Limits::default())
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn payload(noise: usize) -> Vec<u8> {
    let noise: String = (0..noise).map(|at| char::from(b'a' + (at * at % 23) as u8)).collect();
    serde_json::json!({ "mail": MAIL, "noise": noise }).to_string().into_bytes()
}

/// `writeDelimitedTo`: a stream of messages, each behind its length.
#[test]
fn messages_behind_their_lengths() {
    let message = |text: &str| [&[0x0a, text.len() as u8][..], text.as_bytes(), &[0x10, 0x2a]].concat();
    let delimited = |text: &str| [&[message(text).len() as u8][..], &message(text)].concat();
    let stream = [delimited("a first event of the day"), delimited(MAIL)].concat();
    assert_eq!(of_mail(&stream), ["protobuf"]);
    let declared = Hint { media_type: Some("application/x-protobuf"), ..Hint::default() };
    let mut places = Places::default();
    let (seen, walked) = look(&planted("email", MAIL), &delimited(MAIL), declared, &Limits::default(), &mut places);
    assert!(walked.complete(), "{:?}", walked.faults);
    assert_eq!(seen.sightings[0].path[0].at.as_deref(), Some("$[0].1"));
}

/// rrweb's packer, PostHog's replays.
#[test]
fn binary_strings_in_json() {
    for (packed, layer) in [(zlib(&payload(40)), "zlib"), (gzip(&payload(40)), "gzip")] {
        let string: String = packed.iter().map(|&byte| char::from(byte)).collect();
        let body = serde_json::json!({ "data": string }).to_string();
        assert_eq!(of_mail(body.as_bytes()), [format!("json latin1 {layer} json")]);
        assert_eq!(of_mail(string.as_bytes()), [format!("latin1 {layer} json")]);
    }
    assert_eq!(of_mail(format!("Zoë café {MAIL}").as_bytes()), [""], "words are words");
}

/// Statsig's clients.
#[test]
fn base64_from_its_last_letter_to_its_first() {
    for noise in 0..3 {
        let turned: String = STANDARD.encode_to_string(payload(noise)).chars().rev().collect();
        assert_eq!(of_mail(turned.as_bytes()), ["backwards base64 json"]);
        assert_eq!(of_mail(format!("{{\"d\":\"{turned}\"}}").as_bytes()), ["json backwards base64 json"]);
    }
}

/// Sentry's replays: the stream has line feeds in it.
#[test]
fn binary_behind_a_line_of_json() {
    let stream = (0..200).map(|noise| zlib(&payload(noise))).find(|stream| stream[2..].contains(&b'\n')).unwrap();
    let message = [b"{\"segment_id\":0}\n".as_slice(), &stream].concat();
    assert_eq!(of_mail(&message), ["ndjson zlib json"]);
    // A line that is damaged leaves the others alone.
    let damaged = [b"{\"a\":1}\n\x01\xff\xfe\n".as_slice(), &payload(3), b"\n"].concat();
    assert_eq!(of_mail(&damaged), ["ndjson json"]);
}

/// Datadog's traces: names are numbers of a table.
#[test]
fn messagepack_with_numbers_for_names() {
    let text = |text: &str| [&[0xd9, text.len() as u8], text.as_bytes()].concat();
    let entry = |key: &[u8], value: &str| [key, &text(value)].concat();
    let entries = [
        entry(&[0xce, 0, 0, 0, 44], MAIL),
        entry(&[0xcc, 200], "checkout"),
        entry(&[0xcd, 1, 0], "started"),
        entry(&[0xcf, 0, 0, 0, 0, 0, 0, 0, 9], "done"),
        entry(&[7], "again"),
    ];
    assert_eq!(of_mail(&[&[0x85], entries.concat().as_slice()].concat()), ["msgpack"]);
}

/// Jaeger's clients over HTTP.
#[test]
fn a_thrift_struct_without_a_message() {
    let field = |kind: u8, number: u8| vec![kind, 0, number];
    let text = |number: u8, text: &str| [field(11, number), vec![0, 0, 0, text.len() as u8], text.into()].concat();
    let process = [field(12, 1), text(1, "shop"), vec![0]].concat();
    let tag = [text(1, "mail"), text(3, MAIL), vec![0]].concat();
    let tags = [field(15, 2), vec![12, 0, 0, 0, 1], tag].concat();
    let whole = [process, tags, vec![0]].concat();
    assert_eq!(of_mail(&whole), ["thrift"]);
    assert_eq!(of_mail(&whole[..whole.len() - 1]), [""], "it has to end where the bytes do");
}

#[test]
fn a_page_is_told_by_its_path_too() {
    let page = "https://shop.example/produkty/test-ci%C4%85%C5%BCowy-266518f8?src=mail";
    let limits = Limits::default();
    for told in ["/produkty/test-ci%C4%85%C5%BCowy-266518f8", "/produkty/test-ciążowy-266518f8"] {
        let body = serde_json::json!({ "page": told, "domain": "shop.example" }).to_string();
        assert_eq!(paths("url", page, body.as_bytes(), &limits).len(), 1, "{told}");
    }
    assert!(paths("url", page, br#"{"page":"/produkty/test"}"#, &limits).is_empty());
}

/// OpenReplay's messages: behind a text stands a number, of which any byte may be the first.
#[test]
fn an_address_ends_where_no_character_goes_on() {
    let (page, limits) = ("https://shop.example/test-ci%C4%85%C5%BCowy-266518f8", Limits::default());
    let found = |behind: &[u8]| {
        let message = [b"\x01\x02\0\0\x05", page.as_bytes(), behind, b"\0\x03"].concat();
        paths("url", page, &message, &limits).len()
    };
    for behind in [b"\0".as_slice(), b"\x7f", b"\x80\x01", b"\xa2\xb7", b"\xc0\x01", b"\xff\0"] {
        assert_eq!(found(behind), 1, "{behind:?}");
    }
    assert_eq!((found("ż".as_bytes()), found(b"er")), (0, 0));
}

/// A value that is much like one that is known is not that one under a key.
#[test]
fn what_is_alike_is_under_no_key() {
    let deep = Limits { deep: true, ..Limits::default() };
    let (ours, other) = ("Ola.Nowak.510b3649@Poczta.example", "Ola.Nowak.b9cd5154@Poczta.example");
    assert!(paths("email", ours, format!("{{\"mail\":\"{other}\"}}").as_bytes(), &deep).is_empty());
    let key = b"k3y-of-9b";
    let sealed: Vec<u8> = ours.bytes().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    assert_eq!(paths("email", ours, &sealed, &deep), ["xor"]);
}

#[test]
fn personal_data_is_told_without_what_stands_around_it() {
    let recognised = |body: &str| {
        let mut recogniser = Recogniser::new("tracker.example");
        walk(body.as_bytes(), Hint::default(), &Limits::default(), &mut recogniser);
        recogniser.recognised().into_iter().map(|found| found.value).collect::<Vec<_>>()
    };
    assert_eq!(recognised(r#"{"s":"e,'zoe.o'neil@mail.test,4"}"#), ["zoe.o'neil@mail.test"]);
    let page = recognised(r#"{"url":"https://shop.other.example/produkty/ci\u0105\u017cowy-6b783a04?src=mail"}"#);
    assert_eq!(page.len(), 1, "{page:?}");
}

/// Bugsnag's, Honeybadger's and Airbrake's clients.
#[test]
fn the_source_of_a_client_is_no_page_that_somebody_visits() {
    let sure = |page: &str| {
        let mut recogniser = Recogniser::new("tracker.example");
        let body = serde_json::json!({ "url": page }).to_string();
        walk(body.as_bytes(), Hint::default(), &Limits::default(), &mut recogniser);
        recogniser.recognised().into_iter().map(|found| found.sure).collect::<Vec<_>>()
    };
    assert_eq!(sure("https://github.com/bugsnag/bugsnag-js"), [false]);
    assert_eq!(sure("https://github.com/bugsnag/bugsnag-js/issues/1"), [true]);
    assert_eq!(sure("https://clinic.example/bugsnag/bugsnag-js"), [true]);
}

/// A signature behind the body.
#[test]
fn a_whole_stream_with_something_behind_it_is_not_damaged() {
    assert_eq!(of_mail(&[gzip(&payload(40)), b"sig=0123456789abcdef".to_vec()].concat()), ["gzip json"]);
    assert_eq!(of_mail(&[gzip(&payload(40)), vec![0; 100]].concat()), ["gzip json"]);
    assert_eq!(of_mail(&[gzip(b"{\"event\":1}"), payload(40)].concat()), ["gzip json"]);
}

/// SignalR's hub protocol, JSON text sequences (RFC 7464), clients in C that send what ends their strings.
#[test]
fn json_between_control_characters() {
    let one = format!("{{\"name\":\"zo\\u00eb\",\"mail\":\"{}\"}}", MAIL.replace('@', "\\u0040"));
    for body in [
        format!("{one}\x1e"),
        format!("{{\"type\":6}}\x1e{one}\x1e"),
        format!("\x1e{{\"a\":1}}\n\x1e{one}\n"),
        format!("{one}\0"),
        format!("{{\"a\":1}}\0{one}"),
    ] {
        assert_eq!(of_mail(body.as_bytes()), ["ndjson json"], "{body:?}");
    }
}

/// Django's signed cookies and those of Flask; a version with a letter of base64 before the stream.
#[test]
fn base64_of_a_stream_in_a_longer_text() {
    let digits = |bytes: &[u8]| base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes);
    for noise in [0, 40, 900] {
        let (zlib, gzip) = (digits(&zlib(&payload(noise))), digits(&gzip(&payload(noise))));
        for text in [format!(".{zlib}:1wabcd:LXEWQrcmsEQBYnyp-6wy9chTD7"), format!("v1_{zlib}")] {
            assert_eq!(of_mail(text.as_bytes()), ["embedded base64 zlib json"], "{text}");
        }
        assert_eq!(of_mail(format!("v2_{gzip}").as_bytes()), ["embedded base64 gzip json"]);
    }
}

/// Lengths before gzip in Android's SDKs, Tencent's envelopes, MQTT, STOMP.
#[test]
fn frames_that_nobody_knows() {
    let (length, topic) = (b"\0\0\x01\x44".as_slice(), b"\x30\x49\0\x03d/u".as_slice());
    for head in [length, topic, b"v1:", b"\x10\x03\x2c\x3c\x4c\x56\x0fo\x0a"] {
        let framed = |stream: Vec<u8>| [head, &stream, b"\x0b\0"].concat();
        assert_eq!(of_mail(&framed(gzip(&payload(9)))), ["carved gzip json"]);
        assert_eq!(of_mail(&framed(zlib(&payload(9)))), ["carved zlib json"]);
        assert_eq!(of_mail(&framed(payload(9))), ["carved json"]);
        let frames = [framed(b"{\"event\":\"opened\"}".to_vec()), framed(gzip(&payload(9))), vec![0xff; 9]].concat();
        assert_eq!(of_mail(&frames), ["carved gzip json"]);
    }
    let text = base64_simd::STANDARD.encode_to_string([&[1, 2, 3], gzip(&payload(9)).as_slice()].concat());
    assert_eq!(of_mail(text.as_bytes()), ["base64 carved gzip json"]);
}

/// What is declared need not prove itself: a few numbers are enough.
#[test]
fn small_bodies_of_declared_formats() {
    let latitude = 52.011_037_f64;
    let found = |media_type: &str, message: &[u8]| {
        let hint = Hint { media_type: Some(media_type), ..Hint::default() };
        let planted = planted("latitude", "52.011037");
        let (seen, walked) = look(&planted, message, hint, &Limits::default(), &mut Places::default());
        assert!(walked.complete(), "{media_type}: {:?}", walked.faults);
        let paths = seen.sightings.iter().map(|sighting| display_path(&sighting.path)).collect::<Vec<_>>();
        paths.join(", ")
    };
    let double = |head: &[u8]| [head, &latitude.to_be_bytes()].concat();
    assert_eq!(found("application/vnd.msgpack", &double(b"\x81\xa3lat\xcb")), "msgpack $.lat");
    assert_eq!(found("application/cbor", &double(b"\xa1\x63lat\xfb")), "cbor $.lat");
    let sequence = [b"\xa1\x61n\x18\x2a", double(b"\xa1\x63lat\xfb").as_slice()].concat();
    assert_eq!(found("application/cbor-seq", &sequence), "cbor $[1].lat");
    let message = [b"\x09".as_slice(), &latitude.to_le_bytes()].concat();
    let framed = [b"\0\0\0\0\x09", message.as_slice()].concat();
    for declared in ["application/grpc", "application/grpc-web+proto"] {
        assert_eq!(found(declared, &framed), "grpc 0 › protobuf 1");
    }
    // Some send texts under this declaration; the first field of this one would be long enough.
    let text = format!(r#"{{"name":"{}","lat":52.011037}}"#, "x".repeat(120));
    let framed_text = [&[0, 0, 0, 0, text.len() as u8][..], text.as_bytes()].concat();
    assert_eq!(found("application/grpc", &framed_text), "grpc 0 › json $.lat");
    // Nobody says that these are protobuf, and nine bytes do not.
    for other in ["application/octet-stream", "application/grpc+thrift"] {
        assert_eq!(found(other, &framed), "");
    }
}
