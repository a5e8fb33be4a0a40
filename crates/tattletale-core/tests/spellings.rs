//! Values that are written in another way than they were planted in, and how sure their sightings are.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use sha2::{Digest, Sha256};
use tattletale_core::decode::{Hint, Limits};
use tattletale_core::detect::{Places, Planted, chance, look};
use tattletale_core::model::{GroundTruth, Strength, Value};

/// The layers to each sighting, the name of the value and its strength in a capture of that message alone.
fn seen(values: &[(&'static str, &str)], message: &str) -> Vec<(String, &'static str, Strength)> {
    let value = |&(kind, value): &(&'static str, &str)| Value { name: kind.into(), kind, value: value.into() };
    let truth = GroundTruth { values: values.iter().map(value).collect(), ..GroundTruth::default() };
    let mut places = Places::default();
    let (seen, walked) =
        look(&Planted::new(&truth), message.as_bytes(), Hint::default(), &Limits::default(), &mut places);
    assert!(walked.complete(), "{:?}", walked.faults);
    let told = seen.sightings.iter().map(|sighting| {
        let path: Vec<&str> = sighting.path.iter().map(|step| step.layer).collect();
        let strength = chance::strength(places.expected(&sighting.odds, sighting.range.len()));
        let tattletale_core::model::Subject::Value(number) = sighting.subject else { panic!("a value was planted") };
        (path.join(" "), values[number].0, strength)
    });
    told.collect()
}

fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_device_is_named_in_many_ways() {
    let strong = |kind, value, message: &str| {
        let seen = seen(&[(kind, value)], message);
        assert!(matches!(seen.as_slice(), [(_, _, Strength::Strong)]), "{message}: {seen:?}");
    };
    strong("mac", "F8:E5:07:D1:12:0A", "wifi f8-e5-07-d1-12-0a is up");
    strong("mac", "F8:E5:07:D1:12:0A", "wifi [f8e507d1120a]");
    strong("bssid", "F8:E5:07:D1:12:0A", "seen f8:e5:7:d1:12:a near");
    strong("uuid", "38400000-8cf0-11bd-b23e-10b96e40c5fd", "UserID=384000008cf011bdb23e10b96e40c5fd|ios");
    strong("android-id", "a8d7f0932c5be17d", r#"{"check_in":{"id":"12166457433259762045"}}"#);
    strong("android-id", "a8d7f0932c5be17d", "AidLogin -6280286640449789571:77");
}

#[test]
fn names_and_searches_lose_their_accents_and_blanks() {
    let found = |kind, value, message: &str| !seen(&[(kind, value)], message).is_empty();
    assert!(found("person-name", "Łucja Żółkiewska", "to Lucja Zolkiewska,"));
    assert!(found("person-name", "Łucja Żółkiewska", "ŻÓŁKIEWSKA, ŁUCJA"));
    let seen = seen(&[("search", "early menopause clinic near praga")], "/q/early-menopause-clinic-near-praga/2");
    assert!(matches!(seen.as_slice(), [(_, _, Strength::Strong)]), "{seen:?}");
}

/// Facebook's `ud[fn]` and `ud[ln]`: each alone is what many people have.
#[test]
fn first_and_last_names_are_digested_apart() {
    let name = [("person-name", "Marta Nowak")];
    let (first, last) = (digest("marta"), digest("nowak"));
    let alone = seen(&name, &format!("ev=Lead&ud[fn]={first}"));
    assert!(matches!(alone.as_slice(), [(path, _, Strength::Weak)] if path == "form sha256"), "{alone:?}");
    let both = seen(&name, &format!("ev=Lead&ud[fn]={first}&ud[ln]={last}"));
    assert!(matches!(both.as_slice(), [(_, _, Strength::Strong), (_, _, Strength::Strong)]), "{both:?}");
    let apart = seen(&name, &format!(r#"{{"a":{{"fn":"{first}"}},"b":{{"ln":"{last}"}}}}"#));
    assert!(apart.iter().all(|(.., strength)| *strength == Strength::Weak), "{apart:?}");
}

/// HubSpot's forms: a list of fields, each an object of its own.
#[test]
fn a_name_is_split_over_a_list() {
    let fields = |first: &str, last: &str| {
        format!(
            r#"{{"fields":[{{"name":"{first}","value":"Zofia"}},{{"name":"mail","value":"x"}},{{"name":"ln","{last}":"Lindqvist"}}]}}"#
        )
    };
    let name = [("person-name", "Zofia Lindqvist")];
    let found = seen(&name, &fields("fn", "value"));
    assert!(matches!(found.as_slice(), [(path, ..)] if path == "json split"), "{found:?}");
    assert!(seen(&name, &fields("fn", "other")).is_empty());
}

/// Java's `UUID.nameUUIDFromBytes(androidId.getBytes())`.
#[test]
fn an_id_is_made_of_another() {
    let found = seen(&[("android-id", "a8d7f0932c5be17d")], "did=a3dde3bd-64e7-3c21-93b5-e1c9e3f8c6ac");
    assert!(matches!(found.as_slice(), [(path, _, Strength::Strong)] if path == "form uuid3"), "{found:?}");
}

#[test]
fn the_halves_of_a_place_bear_each_other_out() {
    let place = [("latitude", "52.22968"), ("longitude", "21.01223")];
    for message in [
        "maps/@52.22968,21.01223,15z",
        "loc=52.2297|21.0122",
        r#"{"lat":52.22968,"lon":21.01223}"#,
        "geo:52.2297,21.0122",
    ] {
        let both = seen(&place, message);
        assert!(both.len() == 2 && both.iter().all(|(.., strength)| *strength == Strength::Strong), "{both:?}");
    }
    let alone = seen(&place, "speed 52.2297 km/h");
    assert!(alone.iter().all(|(.., strength)| *strength == Strength::Weak), "{alone:?}");
}

#[test]
fn what_programs_do_to_text_is_undone() {
    let name = [("person-name", "Łucja Żółkiewska")];
    let wrong: String = "Łucja Żółkiewska".bytes().map(char::from).collect();
    let escaped = "%u0141ucja%20%u017B%F3%u0142kiewska";
    for (message, path) in [(format!("n={wrong}"), "latin1"), (format!("n={escaped}&v=1"), "form")] {
        let found = seen(&name, &message);
        assert!(found.iter().any(|(layers, ..)| layers.contains(path)), "{message}: {found:?}");
    }
    let id = [("uuid", "38400000-8cf0-11bd-b23e-10b96e40c5fd")];
    let found = seen(&id, "v=1&id=OEAAAIzwEb2yPhC5bkDF/Q==");
    assert!(matches!(found.as_slice(), [(path, _, Strength::Strong)] if path == "form base64"), "{found:?}");
}

/// What people of one script think of as a name of three words.
#[test]
fn characters_of_chinese_tell_more_than_letters() {
    let seen = seen(
        &[("text", "\u{6df1}\u{5733}\u{5357}\u{5c71}\u{8840}\u{6db2}\u{75c5}\u{9662}")],
        "q=\u{6df1}\u{5733}\u{5357}\u{5c71}\u{8840}\u{6db2}\u{75c5}\u{9662}",
    );
    assert!(matches!(seen.as_slice(), [(_, _, Strength::Strong)]), "{seen:?}");
}
