//! Tables that users bring: every kind is read, names its source, and a damaged file says where.

#![allow(clippy::unwrap_used, reason = "tests")]

mod mmdb_writer;

use mmdb_writer::database;
use serde_json::json;
use tattletale_core::attribute::Operators;
use tattletale_core::attribute::tables::{Opened, Origin, open};
use tattletale_core::model::{About, Aspect, Fact, statements};

const SERVER: &str = "47.241.69.153";
const BUILT: u64 = 1_790_812_800; // 2026-10-01

const TRACKERDB: &str = r#"{"categories":{"site_analytics":{"name":"Site Analytics"}},
    "organizations":{"example_co":{"name":"Example Co","country":"cn"}},
    "patterns":{"ex":{"name":"Example Pixel","category":"site_analytics","organization":"example_co",
        "domains":["pixel.example"]},"lone":{"name":"Lone","category":"other","organization":null}},
    "domains":{},"filters":{}}"#;
const DISCONNECT: &str = r#"{"license":"x","categories":{"Analytics":[{"Example Co":{"https://example.example/":
    ["pixel.example","other.example"],"performance":"true"}}],"Social":[{"Another":{"https://a/":["pixel.example"]}}]}}"#;
const EASYPRIVACY: &str = "[Adblock Plus 1.1]\n! Version: 202611210830\n! Title: EasyPrivacy\n\
    ! Licence: https://easylist.to/pages/licence.html\n||pixel.example^$third-party\n||path.example/x\n||gone.example^\n\
    @@||gone.example^\n";

fn opened(file: &str, bytes: &[u8]) -> Opened {
    open(bytes.to_vec(), &Origin { file: file.into(), sha256: "ab".repeat(32) }).unwrap()
}

fn of(opened: Opened, host: &str, address: Option<&str>) -> Vec<Fact> {
    let mut operators = Operators::default();
    operators.add(opened.table);
    operators.of(host, &address.map(|address| address.parse().unwrap()).into_iter().collect::<Vec<_>>())
}

fn said(facts: &[Fact]) -> Vec<(Aspect, &str)> {
    facts.iter().map(|fact| (fact.aspect, fact.value.as_str())).collect()
}

#[test]
fn mmdb_of_any_maker() {
    let nested = json!({ "country": { "iso_code": "US" }, "registered_country": { "iso_code": "SG" },
        "city": { "names": { "en": "Charlotte" } } });
    let systems =
        json!({ "autonomous_system_number": 45102, "autonomous_system_organization": "Alibaba US Technology" });
    let cases = [
        ("GeoIP2-City", nested, vec![(Aspect::RegistryCountry, "SG"), (Aspect::Location, "US, Charlotte")]),
        ("DBIP-ASN-Lite", systems, vec![(Aspect::Network, "AS45102 Alibaba US Technology")]),
        ("geo-whois-asn-country", json!({ "country_code": "cn" }), vec![(Aspect::Location, "CN")]),
        (
            "ipinfo lite",
            json!({ "asn": "AS45102", "as_name": "Alibaba", "country": "Singapore", "country_code": "SG" }),
            vec![(Aspect::Network, "AS45102 Alibaba"), (Aspect::Location, "SG")],
        ),
        ("with nothing to say", json!({ "country": "ZZ", "autonomous_system_number": 0 }), vec![]),
    ];
    for (kind, record, expected) in cases {
        let table = opened("file.mmdb", &database(kind, BUILT, &[("47.241.0.0/16", record)]));
        table.table.verify().unwrap();
        assert_eq!((table.kind, &*table.source.name, table.source.date.as_deref()), ("mmdb", kind, Some("2026-10-01")));
        assert!(table.source.evidence.contains("file.mmdb, SHA-256 abab"));
        let facts = of(table, "host.example", Some(SERVER));
        assert_eq!(said(&facts), expected, "{kind}");
        assert!(facts.iter().all(|fact| fact.about == About::Address(SERVER.parse().unwrap())));
    }
    let table = opened("file.mmdb", &database("x", BUILT, &[("47.241.0.0/16", json!({ "country_code": "SG" }))]));
    assert_eq!(of(table, "host.example", Some("47.242.0.1")), []);
}

#[test]
fn three_data_sets_that_disagree_stand_side_by_side() {
    let mut operators = Operators::bundled();
    for (kind, country) in [("one", "US"), ("two", "CN"), ("three", "SG")] {
        let file = database(kind, BUILT, &[("47.241.69.128/25", json!({ "country_code": country }))]);
        operators.add(opened(kind, &file).table);
    }
    let facts = operators.of("sa.api.intl.miui.com", &[SERVER.parse().unwrap()]);
    let statements = statements(&facts);
    let location = statements.iter().find(|said| said.aspect == Aspect::Location).unwrap();
    assert!(location.disagree);
    let values: Vec<_> = location.values.iter().map(|(value, sources)| (*value, sources.len())).collect();
    assert_eq!(values, [("SG", 2), ("US", 1), ("CN", 1)], "the report that named Singapore, and the three");
    let organisation = statements.iter().find(|said| said.aspect == Aspect::Organisation).unwrap();
    assert_eq!((organisation.values[0].0, organisation.disagree), ("Xiaomi", false));
}

#[test]
fn lists_of_names() {
    let table = opened("trackerdb.json", TRACKERDB.as_bytes());
    assert_eq!((table.kind, table.source.licence.as_deref()), ("trackerdb", Some("CC-BY-NC-SA-4.0")));
    let facts = of(table, "a.pixel.example", None);
    let expected = [
        (Aspect::Organisation, "Example Co"),
        (Aspect::Seat, "CN"),
        (Aspect::Tracker, "Example Pixel"),
        (Aspect::Category, "site analytics"),
    ];
    assert_eq!(said(&facts), expected);
    assert_eq!(facts[0].about, About::Name("pixel.example".into()));

    let facts = of(opened("services.json", DISCONNECT.as_bytes()), "pixel.example", None);
    let expected = [
        (Aspect::Organisation, "Example Co"),
        (Aspect::Category, "Analytics"),
        (Aspect::Organisation, "Another"),
        (Aspect::Category, "Social"),
    ];
    assert_eq!(said(&facts), expected);

    let list = || opened("easyprivacy.txt", EASYPRIVACY.as_bytes());
    let source = list().source;
    assert_eq!((&*source.name, source.date.as_deref()), ("EasyPrivacy", Some("202611210830")));
    assert_eq!(said(&of(list(), "x.pixel.example", None)), [(Aspect::Category, "listed as a tracker")]);
    for host in ["path.example", "gone.example", "notpixel.example"] {
        assert_eq!(of(list(), host, None), [], "{host}");
    }
}

#[test]
fn damaged_files_never_crash_and_say_where() {
    let mmdb = database("x", BUILT, &[("47.241.0.0/16", json!({ "country_code": "SG" }))]);
    for file in [TRACKERDB.as_bytes(), DISCONNECT.as_bytes(), EASYPRIVACY.as_bytes(), &mmdb] {
        for end in 0..file.len() {
            let cut = open(file[..end].to_vec(), &Origin::default());
            assert!(cut.as_ref().err().is_none_or(|error| error.offset <= end as u64), "{end}: {cut:?}");
        }
        for at in 0..file.len() {
            let mut damaged = file.to_vec();
            damaged[at] ^= 0x55;
            if let Ok(opened) = open(damaged, &Origin::default()) {
                let _ = opened.table.verify();
                of(opened, "pixel.example", Some(SERVER));
            }
        }
    }
    let error = open(TRACKERDB.replace("\"country\":\"cn\"", "\"country\":7").into_bytes(), &Origin::default());
    let offset = error.unwrap_err().offset as usize;
    assert!(TRACKERDB[..offset].ends_with("\"country\":") || TRACKERDB[..offset].contains("\"country\""));
}
