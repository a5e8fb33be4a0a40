//! Known transports say what messages mean and change nothing about what is found in them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use tattletale_core::decode::transport::{Meaning, TRANSPORTS, Unfolded, Verdict, recognise};
use tattletale_core::decode::{Limits, parts, tree};
use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{Body, Exchange, Header, Part, Request};

fn unfolded(exchange: &Exchange) -> Vec<Unfolded> {
    let unfold = |view: tattletale_core::decode::PartView<'_>| {
        let (tree, _) = tree(view.bytes, view.hint, &Limits::default());
        Unfolded { part: view.part, tree }
    };
    parts(exchange, false).into_iter().map(unfold).collect()
}

fn exchanges(case: &str) -> Vec<Exchange> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real").join(case).join("requests.har");
    let wanted = Wanted { request_bodies: true, response_bodies: false };
    let mut all = Vec::new();
    import::read(File::open(path).unwrap(), wanted, |captured| {
        all.extend(captured.exchange());
        ControlFlow::Continue(())
    })
    .unwrap();
    all
}

fn posted(address: &str, media_type: &str, body: &str) -> Exchange {
    let headers = vec![Header { name: "content-type".into(), value: media_type.into() }];
    let body = Body { bytes: body.into(), ..Body::default() };
    let request = Request { method: "POST".into(), url: address.into(), headers, body, ..Request::default() };
    Exchange { request, ..Exchange::default() }
}

fn only(exchange: &Exchange) -> Meaning {
    let mut meanings = recognise(exchange, &unfolded(exchange));
    assert_eq!(meanings.len(), 1, "{exchange:?}: {meanings:?}");
    meanings.remove(0)
}

fn verdicts(meaning: &Meaning) -> Vec<(&'static str, Verdict)> {
    meaning.checks.iter().map(|check| (check.what, check.verdict)).collect()
}

#[test]
fn real_clients_are_recognised_and_their_checks_hold() {
    let holds = |what| (what, Verdict::Holds);
    let image = "JavaScript client, one event as the address of an image";
    let with_crc = vec![holds("checksum"), holds("gzip code"), holds("events")];
    let without = vec![holds("gzip code"), holds("events")];
    let server = ["client on a server (Python, Node), batch", "client on a server (Python, Node), one event"];
    for (case, forms, checks, count) in [
        ("browser-sa2020-image", &[image][..], with_crc, 14),
        ("browser-sa2024-batch", &["JavaScript client, batch"], without.clone(), 12),
        ("python-sa-py", &server, without, 2),
    ] {
        let mut seen = 0;
        for exchange in exchanges(case) {
            let path = exchange.request.url.split('?').next().unwrap();
            let collector = path.ends_with("/sa") || path.ends_with("/sa.gif");
            let meanings = recognise(&exchange, &unfolded(&exchange));
            assert_eq!(meanings.len(), usize::from(collector), "{case}: {}", exchange.request.url);
            for meaning in meanings {
                seen += 1;
                assert_eq!(meaning.name, "Sensors Analytics");
                assert!(forms.contains(&meaning.form), "{case}: {}", meaning.form);
                assert_eq!(verdicts(&meaning), checks, "{case}: {:?}", meaning.checks);
                assert!(meaning.notes[0].starts_with("events: "), "{:?}", meaning.notes);
            }
        }
        assert!(seen >= count, "{case}: {seen}");
    }
}

#[test]
fn a_changed_text_is_told_by_its_checksum() {
    let mut exchange =
        exchanges("browser-sa2020-image").into_iter().find(|e| e.request.url.contains("/sa.gif")).unwrap();
    exchange.request.url = exchange.request.url.replacen("data=eyJkaXN0", "data=eyAiaXN0", 1);
    // Not an event any more: `{ "ist...`. The next change keeps it one.
    assert_eq!(recognise(&exchange, &unfolded(&exchange)), []);
    exchange.request.url =
        exchange.request.url.replacen("data=eyAiaXN0", "data=eyJkaXN0", 1).replacen("crc%3D", "crc%3D1", 1);
    let meaning = only(&exchange);
    let check = &meaning.checks[0];
    assert!(check.what == "checksum" && check.verdict != Verdict::Holds, "{check:?}");
}

#[test]
fn codes_that_do_not_fit_are_told() {
    // {"distinct_id":"a","type":"made_up"}
    let data = "eyJkaXN0aW5jdF9pZCI6ImEiLCJ0eXBlIjoibWFkZV91cCJ9";
    let form = "application/x-www-form-urlencoded";
    for (rest, expected) in [
        ("gzip=1", vec![("gzip code", Verdict::Fails), ("events", Verdict::Fails)]),
        ("gzip=0", vec![("gzip code", Verdict::Holds), ("events", Verdict::Fails)]),
        ("gzip=9", vec![("gzip code", Verdict::Fails), ("events", Verdict::Fails)]),
        ("gzip=7", vec![("gzip code", Verdict::Unknown), ("events", Verdict::Fails)]),
        ("crc=7", vec![("checksum", Verdict::Fails), ("gzip code", Verdict::Holds), ("events", Verdict::Fails)]),
        ("crc=x", vec![("checksum", Verdict::Unknown), ("gzip code", Verdict::Holds), ("events", Verdict::Fails)]),
    ] {
        let meaning = only(&posted("https://a.example/sa", form, &format!("data={data}&{rest}")));
        assert_eq!(verdicts(&meaning), expected, "{rest}");
    }
    let beacon = only(&posted("https://a.example/sa", "text/plain;charset=UTF-8", &format!("data={data}&ext=crc%3D0")));
    assert_eq!(beacon.form, "JavaScript client, one event by beacon");
}

#[test]
fn headers_are_told_whole() {
    // {"H":{"m":"Redmi","g":"ad-id"},"B":[{"H":{"k":"search"},"B":{"w":"x"}},{"H":{"k":"a\u001bb","m":"Redmi"},"B":{}}]}
    let value = "eyJIIjp7Im0iOiJSZWRtaSIsImciOiJhZC1pZCJ9LCJCIjpbeyJIIjp7ImsiOiJzZWFyY2gifSwiQiI6eyJ3IjoieCJ9fSx7IkgiOnsia\
                 yI6ImFcdTAwMWJiIiwibSI6IlJlZG1pIn0sIkIiOnt9fV19";
    let body = format!("value={value}&ts=7&nonce=8&sign=9&gzip=0");
    let meaning = only(&posted("https://t.example/track/spock", "application/x-www-form-urlencoded", &body));
    assert_eq!((meaning.name, meaning.form), ("MIUI track/spock", "batch"));
    let expected =
        [("headers of events", Verdict::Fails), ("gzip code", Verdict::Holds), ("signature", Verdict::Unknown)];
    assert_eq!(verdicts(&meaning), expected);
    assert!(
        meaning.notes[0].contains("g (advertising id) ad-id") && meaning.notes[0].contains("search"),
        "{meaning:?}"
    );
    assert!(meaning.notes[1].contains("m (model) Redmi"), "{meaning:?}");
}

#[test]
fn what_is_no_such_message_is_not_taken_for_one() {
    for case in [
        "browser-amplitude2",
        "browser-mixpanel-base64",
        "browser-posthog-gzip",
        "node-segment-node",
        "chromium-omnibox/normal",
    ] {
        for exchange in exchanges(case) {
            assert_eq!(recognise(&exchange, &unfolded(&exchange)), [], "{case}");
        }
    }
    assert_eq!(TRANSPORTS.len(), 2);
}

/// The trees that transports read are those of the general decoder, which opens every event without them.
#[test]
fn the_general_decoder_opens_the_same_without_them() {
    for case in ["browser-sa2020-image", "browser-sa2024-batch", "python-sa-py"] {
        for exchange in exchanges(case) {
            let before = unfolded(&exchange);
            let known = recognise(&exchange, &before);
            let after = unfolded(&exchange);
            for (before, after) in before.iter().zip(&after) {
                assert_eq!(before.tree, after.tree);
            }
            let ids = |tree: &tattletale_core::decode::Tree| count(tree, &mut |step| step.ends_with("distinct_id"));
            let sent = after.iter().filter(|part| matches!(part.part, Part::Query | Part::Body));
            let opened: usize = sent.map(|part| ids(&part.tree)).sum();
            assert_eq!(opened > 0, !known.is_empty(), "{case}: {}", exchange.request.url);
        }
    }
}

fn count(tree: &tattletale_core::decode::Tree, wanted: &mut dyn FnMut(&str) -> bool) -> usize {
    let here = tree.step.as_ref().and_then(|step| step.at.as_deref()).is_some_and(&mut *wanted);
    usize::from(here) + tree.children.iter().map(|child| count(child, wanted)).sum::<usize>()
}
