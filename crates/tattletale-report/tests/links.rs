//! Links, held against a fleet whose truth is known and against a real pair of captures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fleet;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use tattletale_core::audit::{Capture, Options, audit};
use tattletale_core::model::truth;
use tattletale_report::study::links::{Joined, SignInBy, links};
use tattletale_report::study::{About, Session};

#[test]
fn a_small_fleet_is_seen_through() {
    let fleet = fleet::fleet(11, 5);
    for row in fleet::score(&fleet, &links(&fleet.sessions)) {
        assert!(row.wanted > 0, "{}: nothing was to be found", row.what);
        assert!(row.precision() >= 0.99 && row.recall() >= 0.99, "{}: {:#?}", row.what, row.wrong);
    }
}

/// One session of the real pair, and the names of the planted values that it is expected to have told.
fn real(folder: &str, mode: &'static str) -> (Session, BTreeSet<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real/browser-pair-sa2020-image").join(folder);
    let given = truth::parse(&std::fs::read_to_string(folder.join("truth.toml")).unwrap()).unwrap();
    let har = folder.join("requests.har");
    let capture = Capture { name: mode.into(), open: Box::new(move || Ok(Box::new(File::open(&har)?))), origin: None };
    let report = audit(&[capture], Some(given), &Options { fields: true, ..Options::default() }).unwrap();
    let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    let told = expected["expected"].as_object().unwrap().keys().cloned().collect();
    (Session { about: About { name: mode.into(), mode: Some(mode), ..About::default() }, report }, told)
}

#[test]
fn planted_ids_join_the_modes_of_a_real_browser_and_the_sdk_s_own_does_not() {
    let ((normal, told), (private, told_in_private)) = (real("normal", "normal"), real("private", "incognito"));
    let links = links(&[normal, private]);
    let joined: BTreeSet<&str> =
        links.across_modes().map(|(_, id)| id.known.as_ref().map_or("not planted", |known| &known.name)).collect();
    // What it was told in both modes, without what is no identifier: the term, the page, the place.
    let identifying = ["device_id", "imei", "mac", "user_id", "email", "full_name"];
    let expected = identifying.into_iter().filter(|name| told.contains(*name) && told_in_private.contains(*name));
    assert_eq!(joined, expected.collect());
    assert!(joined.is_superset(&BTreeSet::from(["device_id", "imei", "user_id"])));

    // One anonymous id in the normal visits, a new one in each private visit; each is joined to the account.
    let signed: Vec<_> = links.sign_ins.iter().filter(|join| join.by == SignInBy::SignUpRecord).collect();
    let account = |index: usize| links.ids[index].known.as_ref().map(|known| &known.name[..]);
    assert!(signed.iter().all(|join| account(join.account) == Some("user_id")));
    let sessions: Vec<usize> = signed.iter().map(|join| join.session).collect();
    assert_eq!(sessions.iter().filter(|session| **session == 0).count(), 1, "normal");
    assert_eq!(sessions.iter().filter(|session| **session == 1).count(), 2, "private");
    for join in signed {
        assert!(links.ids[join.before].known.is_none());
        assert!(!links.joins.iter().any(|other| other.id == join.before && other.what == Joined::Modes));
    }
}
