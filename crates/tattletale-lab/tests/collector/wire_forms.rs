//! Every wire form is understood and stored as what it is.

use crate::client::Client;
use crate::forms::{android, base64, event, gzip, hash_code, percent, web};
use crate::{lab, singapore, with_token};
use serde_json::{Value, json};
use tattletale_lab::clock::ModelTime;
use tattletale_lab::lab::Lab;
use tattletale_lab::sealed::{Code, seal};
use tattletale_lab::seeded::Seeded;
use tattletale_lab::store::{DATABASE, Event, read_events};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

fn stored(lab: &Lab) -> Vec<Event> {
    read_events(&lab.folder().join(DATABASE), 1000).unwrap()
}

fn post(lab: &Lab, path: &str, headers: &[&str], body: &str) -> u16 {
    singapore(lab).send("POST", &with_token(lab, path), headers, body.as_bytes()).unwrap().status
}

#[test]
fn sensors_analytics_in_every_form() {
    let lab = lab();
    let list = percent(&base64(Value::from(vec![event("list", 7), event("list", 8)]).to_string().as_bytes()));
    let zipped = percent(&base64(&gzip(event("python", 9).to_string().as_bytes())));
    assert_eq!(post(&lab, "/sa?project=p", &[FORM], &android(&[event("phone", 1), event("phone", 2)])), 200);
    assert_eq!(post(&lab, "/sa", &[FORM], &web(&event("ajax", 3))), 200);
    assert_eq!(post(&lab, "/sa", &["Content-Type: text/plain;charset=UTF-8"], &web(&event("beacon", 4))), 200);
    assert_eq!(post(&lab, "/sa", &[FORM], &format!("data_list={list}")), 200);
    assert_eq!(post(&lab, "/sa", &[FORM], &format!("data={zipped}&gzip=1")), 200);
    for path in ["/sa", "/sa.gif"] {
        let target = format!("{}&{}", with_token(&lab, path), web(&event("image", path.len() as i64)));
        let image = singapore(&lab).send("GET", &target, &[], b"").unwrap();
        assert_eq!((image.status, &image.body[..6]), (200, &b"GIF89a"[..]));
        assert!(image.head.contains("content-type: image/gif"));
    }
    let events = stored(&lab);
    let forms: Vec<(&str, &str)> =
        events.iter().map(|event| (event.distinct_id.as_deref().unwrap(), event.form)).collect();
    assert_eq!(
        forms,
        [
            ("phone", "gzip list"),
            ("phone", "gzip list"),
            ("ajax", "plain one"),
            ("beacon", "beacon"),
            ("list", "plain list"),
            ("list", "plain list"),
            ("python", "gzip one"),
            ("image", "image"),
            ("image", "image"),
        ]
    );
    assert_eq!(events[0].properties["url"], "https://clinic.localhost/ż?n=1");
    assert_eq!(
        (events[0].time, events[0].track_id, &events[0].server[..]),
        (Some(1_588_200_000_001), Some(1), "singapore")
    );
}

#[test]
fn both_cities_and_the_plain_server_store_in_one_place() {
    let lab = lab();
    let at = lab.endpoints().clone();
    let config = lab.authority().client_config().unwrap();
    let target = with_token(&lab, "/sa");
    let clients = [
        singapore(&lab),
        Client::tls(at.russia, tattletale_lab::wire::RUSSIA, config).unwrap(),
        Client::plain(at.plain).unwrap(),
    ];
    for (number, mut client) in clients.into_iter().enumerate() {
        let body = android(&[event("x", number as i64)]);
        assert_eq!(client.send("POST", &target, &[FORM], body.as_bytes()).unwrap().status, 200);
    }
    let counts = lab.stored().unwrap();
    assert_eq!(counts.servers.keys().map(|name| &name[..]).collect::<Vec<_>>(), ["plain", "russia", "singapore"]);
}

#[test]
fn a_retry_is_stored_once() {
    let lab = lab();
    let body = android(&[event("x", 1), event("x", 2)]);
    for _ in 0..3 {
        assert_eq!(post(&lab, "/sa", &[FORM], &body), 200);
    }
    assert_eq!(post(&lab, "/sa", &[FORM], &android(&[event("y", 1), event("x", 3)])), 200);
    assert_eq!(stored(&lab).len(), 4);
}

#[test]
fn debug_checks_and_stores_unless_it_is_a_dry_run() {
    let lab = lab();
    assert_eq!(post(&lab, "/debug", &[FORM, "Dry-Run: true"], &web(&event("x", 1))), 200);
    assert_eq!(stored(&lab).len(), 0);
    let half = android(&[event("x", 1), json!({ "type": "no such type" })]);
    assert_eq!(post(&lab, "/debug", &[FORM], &half), 400);
    assert_eq!(post(&lab, "/sa", &[FORM], &half), 200, "outside debug mode the good one is kept");
    assert_eq!(post(&lab, "/debug", &[FORM], &web(&event("x", 2))), 200);
    assert_eq!(stored(&lab).len(), 2);
}

#[test]
fn sealed_for_the_lab_is_opened_and_sealed_for_others_is_kept_sealed() {
    let lab = lab();
    let mut seeded = Seeded::new(7, "sealed");
    let mut sealed = |code: Code, events: &[Value]| -> Value {
        serde_json::from_str(&seal(code, events, ModelTime(1), &mut seeded)).unwrap()
    };
    let form = |code: Code, value: &Value| {
        let value = value.to_string();
        format!("crc={}&gzip={}&data_list={}", hash_code(&value), code.number(), percent(&value))
    };
    let nine = form(Code::Event, &sealed(Code::Event, &[event("nine", 1), event("nine", 2)]));
    let thirteen = form(Code::Batch, &sealed(Code::Batch, &[event("thirteen", 3), event("thirteen", 4)]));
    let mut foreign = sealed(Code::Batch, &[event("foreign", 5)]);
    foreign[0]["ekey"] = base64(&[1; 256]).into();
    let foreign = form(Code::Batch, &foreign);
    for body in [nine, thirteen, foreign] {
        assert_eq!(post(&lab, "/sa", &[FORM], &body), 200);
    }
    let events = stored(&lab);
    let forms: Vec<_> =
        events.iter().map(|event| (event.distinct_id.as_deref(), event.form, &event.kind[..])).collect();
    assert_eq!(
        forms,
        [
            (Some("nine"), "sealed events", "track"),
            (Some("nine"), "sealed events", "track"),
            (Some("thirteen"), "sealed transport", "track"),
            (Some("thirteen"), "sealed transport", "track"),
            (None, "sealed transport", "sealed"),
        ]
    );
    assert!(events[4].raw.as_ref().unwrap().starts_with(b"[{"));
    assert_eq!(lab.stored().unwrap().sealed, 1);
    let mut broken = sealed(Code::Event, &[event("broken", 6)]);
    broken[0]["payloads"] = json!([base64(&[1; 48])]);
    let broken = form(Code::Event, &broken);
    assert_eq!(post(&lab, "/sa", &[FORM], &broken), 400);
}

#[test]
fn the_second_channel_with_its_headers_merged() {
    let lab = lab();
    let batch = json!({
        "H": { "m": "Redmi Note 8", "g": "adv-0001", "st": 1_588_200_000_000i64 },
        "B": [
            { "H": { "k": "folder_open", "et": 1_588_200_000_500i64 }, "B": { "path": "/sdcard/diary" } },
            { "H": { "k": "usage", "b": "004999010640000" }, "B": { "package": "org.example.chess" } },
        ],
    })
    .to_string();
    let form = |bytes: &[u8], gzip: &str, nonce: &str| {
        let value = base64_simd::URL_SAFE.encode_to_string(bytes);
        format!("value={}&ts=1&nonce={nonce}&sign=00&gzip={gzip}", percent(&value))
    };
    let body = form(batch.as_bytes(), "0", "aaaa");
    assert_eq!(post(&lab, "/track/spock", &[FORM], &body), 200);
    assert_eq!(post(&lab, "/track/spock", &[FORM], &body), 200, "a retry");
    assert_eq!(post(&lab, "/track/spock", &[FORM], &form(&gzip(batch.as_bytes()), "1", "bbbb")), 200);
    let events = stored(&lab);
    assert_eq!(events.len(), 4);
    assert_eq!(events[0].properties["H"]["m"], "Redmi Note 8");
    assert_eq!(events[0].properties["path"], "/sdcard/diary");
    assert_eq!((events[0].time, events[0].event.as_deref()), (Some(1_588_200_000_500), Some("folder_open")));
    assert_eq!(events[1].properties["H"]["b"], "004999010640000");
    assert_eq!((events[1].time, events[1].distinct_id.as_deref()), (Some(1_588_200_000_000), Some("adv-0001")));
    assert_eq!(post(&lab, "/track/spock", &[FORM], "ts=1"), 400);
}

#[test]
fn counts_without_identity() {
    let lab = lab();
    let json = ["Content-Type: application/json"];
    assert_eq!(post(&lab, "/aggregate", &json, r#"{"event":"day","pages_loaded":17,"slow":2}"#), 200);
    assert_eq!(post(&lab, "/aggregate", &json, r#"{"pages_loaded":17,"distinct_id":"me"}"#), 400);
    let events = stored(&lab);
    assert_eq!((events.len(), &events[0].properties["pages_loaded"]), (1, &json!(17)));
    assert!(lab.people().unwrap().is_empty());
}

#[test]
fn browsers_on_other_pages_are_answered() {
    let lab = lab();
    let origin = ["Origin: https://shop.localhost", "Access-Control-Request-Method: POST"];
    let answer = singapore(&lab).send("OPTIONS", &with_token(&lab, "/sa"), &origin, b"").unwrap();
    assert_eq!(answer.status, 204);
    assert!(answer.head.contains("access-control-allow-origin: https://shop.localhost"));
    assert!(answer.head.contains("access-control-allow-methods: get, post, options"));
    let answer = singapore(&lab).send("POST", &with_token(&lab, "/sa"), &origin, b"").unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.head.contains("access-control-allow-origin: https://shop.localhost"), "refusals, too");
}
