//! Days lived over a wire that keeps every request, opened again and held against what must and must not be in them.

use super::file::{FILES, read};
use super::{Lived, Scenario};
use crate::clock::ModelTime;
use crate::emitter::opened::{fields, opened};
use crate::endpoints::{Endpoints, is_loopback_name};
use crate::people::Mode;
use crate::variant::Variant;
use crate::wire::{Outgoing, Reply, Wire};
use std::collections::BTreeSet;
use std::io;
use tattletale_core::model::{Timestamp, truth};

/// Keeps what passes; every `fails`th request does not get there (0: none).
#[derive(Default)]
struct Kept {
    requests: Vec<Outgoing>,
    seen: usize,
    fails: usize,
}

impl Wire for Kept {
    fn send(&mut self, request: &Outgoing) -> io::Result<Reply> {
        self.seen += 1;
        if self.fails > 0 && self.seen.is_multiple_of(self.fails) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.requests.push(request.clone());
        Ok(Reply { status: 200, body: Vec::new() })
    }
}

impl Kept {
    fn telemetry(&self) -> Vec<&Outgoing> {
        self.requests.iter().filter(|request| request.url.contains("lab_token=t")).collect()
    }

    /// Address and opened content of all telemetry, as text.
    fn told(&self) -> String {
        let text = |request: &&Outgoing| {
            let events: Vec<String> = opened(request).iter().map(ToString::to_string).collect();
            format!("{} {:?} {}\n", request.url, request.headers, events.join(" "))
        };
        self.telemetry().iter().map(text).collect()
    }
}

fn endpoints() -> Endpoints {
    Endpoints {
        singapore: "https://singapore-collector.localhost:1".into(),
        russia: "https://russia-collector.localhost:2".into(),
        plain: "http://plain-collector.localhost:3".into(),
        token: "t".into(),
        pages: "https://localhost".into(),
    }
}

fn lived_with(scenario: &Scenario, seed: u64, mut wire: Kept) -> (Lived, Kept) {
    let mut last = ModelTime(0);
    let mut clock = |now: ModelTime| {
        assert!(now >= last, "time goes on");
        last = now;
        Timestamp::from_millisecond(1_795_000_000_000 + now.0 / 1_000).unwrap()
    };
    let lived = scenario.plan(seed).live(&mut wire, &mut clock, &endpoints()).unwrap();
    (lived, wire)
}

fn lived(name: &str) -> (Lived, Kept) {
    lived_with(&Scenario::by_name(name).unwrap(), 7, Kept::default())
}

#[test]
fn every_file_is_whole_and_names_its_sources() {
    for (name, text) in FILES {
        let scenario = read(name, text).unwrap();
        assert!(scenario.sources.len() >= 11 + 18 && scenario.sources.iter().all(|(_, source)| source.len() > 8));
        assert!(scenario.model.is_own() || !scenario.product.preinstalled, "{name}");
        assert!(scenario.details.day_start.value.parse::<Timestamp>().is_ok());
    }
    assert_eq!(Scenario::list().len(), FILES.len());
}

#[test]
fn the_matrix_has_every_cell_once() {
    let cells = Scenario::matrix();
    let names: BTreeSet<&str> = cells.iter().map(|cell| cell.name.as_str()).collect();
    // 14 pairs of phone and browser; 3 account states; 6 stands of the switch.
    assert_eq!((cells.len(), names.len()), (14 * (3 + 3 + 3 + 3 * 6), cells.len()));
    assert!(Scenario::by_name(&cells[5].name).is_some());
}

#[test]
fn every_address_is_loopback_and_no_reported_host_is_in_one() {
    for scenario in Scenario::list() {
        let (_, wire) = lived_with(&scenario, 1, Kept::default());
        for request in &wire.requests {
            assert!(is_loopback_name(&request.url), "{}", request.url);
            let real = ["miui.com", "mi.com", "xiaomi.net", "google.com", "duckduckgo.com", "sensorsdata"];
            assert!(real.iter().all(|real| !request.url.contains(real)), "{}", request.url);
        }
    }
}

#[test]
fn nothing_of_the_machine_is_read() {
    const EMITTING: [&str; 10] = [
        "emitter",
        "people",
        "scenario",
        "browser.rs",
        "clock.rs",
        "details.rs",
        "device.rs",
        "endpoints.rs",
        "seeded.rs",
        "variant.rs",
    ];
    const FORBIDDEN: [&str; 9] = [
        "std::env",
        "env!(",
        "SystemTime",
        "Instant",
        "hostname",
        "std::fs",
        "Timestamp::now",
        "std::net",
        "std::process",
    ];
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for place in EMITTING.map(|place| source.join(place)) {
        match place.is_dir() {
            true => files.extend(std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path())),
            false => files.push(place),
        }
    }
    files.retain(|file| !file.ends_with("tests.rs"));
    assert!(files.len() > 25, "where are the sources?");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for word in FORBIDDEN {
            assert!(!code.contains(word), "{}: {word}", file.display());
        }
    }
}

#[test]
fn a_day_is_reproducible_from_its_seed() {
    let scenario = Scenario::by_name("redmi-note-8-account").unwrap();
    let (first, wire) = lived_with(&scenario, 3, Kept::default());
    let (again, same) = lived_with(&scenario, 3, Kept::default());
    assert!(wire.requests == same.requests && first.truth == again.truth && first.sent == again.sent);
    let (_, other) = lived_with(&scenario, 4, Kept::default());
    assert!(wire.requests != other.requests);
}

#[test]
fn the_ground_truth_is_readable_and_complete() {
    let (lived, _) = lived("redmi-note-8-account");
    assert_eq!(truth::parse(&lived.truth_toml()).unwrap(), lived.truth);
    assert!(lived.truth.actions.iter().all(|action| action.at.is_some() && action.modelled_at.is_some()));
    assert!(lived.truth.first_party.contains(&"clinic.localhost".to_owned()));
    let values: BTreeSet<&str> = lived.truth.values.iter().map(|value| value.value.as_str()).collect();
    assert_eq!(values.len(), lived.truth.values.len());
}

#[test]
fn reported_tells_every_action_in_both_modes_and_its_ids() {
    let (lived, wire) = lived("redmi-note-8-account");
    let told = wire.told();
    for action in &lived.truth.actions {
        assert!(lived.sent.iter().any(|sent| sent.action && sent.name == action.name), "{action:?}");
        assert!(told.contains(&action.value), "{action:?}");
    }
    let sent: BTreeSet<&str> = lived.sent.iter().filter(|sent| !sent.action).map(|sent| sent.name.as_str()).collect();
    let expected = ["account", "advertising id", "android id", "browser uuid", "imei", "mac"];
    assert_eq!(sent, BTreeSet::from(expected), "name, mail and serial number are never sent");
    for value in &lived.truth.values {
        assert_eq!(told.contains(&value.value), expected.contains(&value.name.as_str()), "{value:?}");
    }
    assert_eq!((lived.unsent, lived.dropped), (0, 0));
    assert!(lived.sent.iter().any(|sent| sent.mode == Some(Mode::Incognito)));
    assert!(lived.sent.iter().any(|sent| sent.event == "history_sync"));
    assert!(told.contains("\"type\":\"track_signup\"") && told.contains("original_id"));
}

#[test]
fn history_is_synced_only_when_signed_in_and_on() {
    for (name, synced) in
        [("mi-10-pro-reported", false), ("redmi-note-8-reported", false), ("redmi-note-8-account", true)]
    {
        let (lived, wire) = lived(name);
        assert_eq!(wire.told().contains("history_sync"), synced, "{name}");
        assert!(lived.sent.iter().all(|sent| sent.event != "history_sync" || sent.mode == Some(Mode::Normal)));
    }
}

#[test]
fn the_controls_tell_nothing_planted_and_nothing_of_incognito() {
    for name in ["claimed", "respectful", "respectful-refused"] {
        let (lived, wire) = lived(name);
        let told = wire.told();
        let unique = lived.truth.actions.iter().map(|action| &action.value);
        for value in lived.truth.values.iter().map(|value| &value.value).chain(unique) {
            assert!(!told.contains(value.as_str()), "{name}: {value}");
        }
        assert_eq!(lived.sent, []);
        let requests = wire.telemetry().len();
        assert!(if name == "respectful-refused" { requests == 0 } else { requests > 0 }, "{name}: {requests}");
        let mut private = Scenario::by_name(name).unwrap();
        private.modes = vec![Mode::Incognito];
        let (_, wire) = lived_with(&private, 7, Kept::default());
        for event in wire.telemetry().into_iter().flat_map(opened) {
            // Only the empty, noisy report of a person who agreed.
            assert_eq!((private.variant, event["event"].as_str()), (Variant::Respectful, Some("usage_statistics")));
        }
    }
}

#[test]
fn the_switch_is_obeyed_in_either_polarity() {
    let cases = [
        ("mint-updated-default", false),
        ("mint-updated-on", true),
        ("mint-updated-on-protects", false),
        ("pro-updated-off", false),
    ];
    for (name, sends) in cases {
        let (lived, wire) = lived(name);
        let told = wire.told();
        let private = |action: &&tattletale_core::model::Action| action.mode == Some("incognito");
        for action in lived.truth.actions.iter().filter(private) {
            assert_eq!(told.contains(&action.value), sends, "{name}: {action:?}");
        }
        assert_eq!(lived.sent.iter().any(|sent| sent.mode == Some(Mode::Incognito)), sends);
    }
}

#[test]
fn sealed_is_sealed_and_only_in_its_variant() {
    for scenario in Scenario::list() {
        let (lived, wire) = lived_with(&scenario, 2, Kept::default());
        let sealed = scenario.variant == Variant::Sealed;
        for request in wire.telemetry() {
            let code = fields(request).get("gzip").cloned().unwrap_or_default();
            assert_eq!(sealed, code == "9" || code == "13", "{}: {code}", scenario.name);
        }
        assert!(lived.sent.iter().all(|sent| sent.sealed == sealed));
    }
}

#[test]
fn nothing_is_lost_when_the_wire_fails() {
    let scenario = Scenario::by_name("redmi-k20-mint-reported").unwrap();
    let (_, whole) = lived_with(&scenario, 5, Kept::default());
    let (lived, broken) = lived_with(&scenario, 5, Kept { fails: 3, ..Kept::default() });
    let events = |wire: &Kept| -> BTreeSet<String> {
        let batches = wire.telemetry().into_iter().filter(|request| request.url.contains("/sa?"));
        batches
            .flat_map(opened)
            .map(|mut event| {
                event["_flush_time"] = 0.into();
                event.to_string()
            })
            .collect()
    };
    let (whole, broken) = (events(&whole), events(&broken));
    assert!(lived.unsent <= 10 && broken.is_subset(&whole) && broken.len() + lived.unsent >= whole.len());
}

#[test]
fn an_endpoint_elsewhere_is_refused_before_anything_is_sent() {
    let mut wire = Kept::default();
    let elsewhere = Endpoints { russia: "https://collector.example".into(), ..endpoints() };
    let mut plan = Scenario::by_name("claimed").unwrap().plan(1);
    assert!(plan.live(&mut wire, &mut |now| now.timestamp(), &elsewhere).is_err());
    assert_eq!(wire.seen, 0);
}

/// Keys of the events and names of the fields of real clients, from `tests/real`.
mod real {
    use super::*;
    use serde_json::Value;

    type Shape = (BTreeSet<String>, BTreeSet<String>);

    /// Shape of the first event called `event` in a capture.
    fn captured(case: &str, event: &str) -> Shape {
        let path = format!("{}/../../tests/real/{case}/requests.har", env!("CARGO_MANIFEST_DIR"));
        let har: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let entries = har["log"]["entries"].as_array().unwrap();
        let requests = entries.iter().map(|entry| {
            let request = &entry["request"];
            let body = request["postData"]["text"].as_str().unwrap_or_default().as_bytes().to_vec();
            Outgoing { method: "POST", url: request["url"].as_str().unwrap().into(), headers: Vec::new(), body }
        });
        let telemetry: Vec<Outgoing> = requests.filter(|request| request.url.contains("/sa")).collect();
        shape(&telemetry.iter().collect::<Vec<_>>(), event)
    }

    fn shape(requests: &[&Outgoing], name: &str) -> Shape {
        let with = |request: &&&Outgoing| {
            let fields = fields(request);
            fields.contains_key("data") || fields.contains_key("data_list")
        };
        for request in requests.iter().filter(with) {
            let events = opened(request);
            if let Some(event) = events.iter().find(|event| event["event"] == name && event["login_id"].is_null()) {
                let ours = ["lab_token", "project", "r"];
                let fields = fields(request).into_keys().filter(|key| !ours.contains(&key.as_str()));
                return (event.as_object().unwrap().keys().cloned().collect(), fields.collect());
            }
        }
        panic!("no {name}");
    }

    #[test]
    fn web_forms_have_the_fields_of_real_captures() {
        for (scenario, case) in [
            ("redmi-note-8-reported", "browser-sa2020-image"),
            ("feed-web-ajax", "browser-sa2020-image"),
            ("feed-web-beacon", "browser-sa2020-image"),
            ("feed-web-batch", "browser-sa2024-batch"),
        ] {
            let (_, wire) = lived(scenario);
            let feed: Vec<&Outgoing> =
                wire.telemetry().into_iter().filter(|request| request.url.contains("/sa.gif")).collect();
            assert_eq!(shape(&feed, "$pageview"), captured(case, "$pageview"), "{scenario}");
        }
    }

    #[test]
    fn the_android_batch_has_the_fields_of_its_source_and_shares_the_common_ones() {
        let (_, wire) = lived("redmi-note-8-reported");
        let batches: Vec<&Outgoing> =
            wire.telemetry().into_iter().filter(|request| request.url.contains("/sa?")).collect();
        let (keys, fields) = shape(&batches, "page_load_event_start");
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(fields, named(&["crc", "data_list", "gzip"]));
        let expected = ["_flush_time", "_track_id", "distinct_id", "event", "lib", "properties", "time", "type"];
        assert_eq!(keys, named(&expected));
        let (python, _) = captured("python-sa-py", "page_load_event_finish");
        assert_eq!(python, named(&["distinct_id", "event", "lib", "properties", "time", "type"]));
        assert!(keys.is_superset(&python));
    }
}
