//! Every rule on sessions made by hand: fields in, verdicts, names, joins and sign-ins out.

use super::*;
use crate::study::About;
use sha2::{Digest, Sha256};
use tattletale_core::model::{Fields, GroundTruth, Report, Use, Value};

const ID: &str = "cd2597a3d6a0e17c";
const OTHER: &str = "7f01b3c2995e4d68";

/// A session of a device in a mode; each row is host, path and what it held in exchanges 0, 1 ...
fn session(device: &str, mode: &'static str, rows: &[(&str, &str, &[&str])]) -> Session {
    let fields = rows.iter().map(|(host, path, values)| {
        let mut distinct: Vec<Vec<u8>> = Vec::new();
        let mut uses = Vec::new();
        for (exchange, value) in values.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
            let number = distinct.iter().position(|known| known == value.as_bytes()).unwrap_or_else(|| {
                distinct.push(value.as_bytes().to_vec());
                distinct.len() - 1
            });
            let (value, exchange) = (Some(number as u32), exchange as u32);
            uses.push(Use { value, capture: 0, exchange, record: 0, at: None, stated: None, mode: None });
        }
        let used = uses.len() as u64;
        Field { host: (*host).into(), part: Part::Body, path: (*path).into(), values: distinct, uses, used }
    });
    let report = Report { fields: Fields { fields: fields.collect(), ..Fields::default() }, ..Report::default() };
    let device = (!device.is_empty()).then(|| device.to_owned());
    Session { about: About { device, mode: Some(mode), ..About::default() }, report }
}

fn planted(mut session: Session, name: &str, kind: &'static str, value: &str) -> Session {
    let value = Value { name: name.into(), kind, value: value.into() };
    session.report.truth = GroundTruth { values: vec![value], ..GroundTruth::default() };
    session
}

fn verdict(links: &Links, path: &str) -> Verdict {
    links.fields.iter().find(|field| field.path == path).unwrap().verdict
}

#[test]
fn one_device_alone_cannot_tell_an_id_from_a_build() {
    let rows: &[(&str, &str, &[&str])] = &[("a.example", "json $.x", &[ID, ID])];
    let links = links(&[session("", "normal", rows), session("", "incognito", rows)]);
    assert_eq!(verdict(&links, "json $.x"), Verdict::Identifier);
    assert_eq!(links.fields[0].behaviour.devices, Between::Unknown);
    assert_eq!(links.fields[0].bits, Bits { at_least: None, at_most: Some(64.0) });
    assert!(links.fields[0].words().ends_with("whether it differs between devices is unknown"));
    assert_eq!(links.across_modes().count(), 1);
    assert!(links.joins.iter().all(|join| !join.sure));
}

#[test]
fn two_devices_tell_an_id_from_a_build() {
    let build = "3f2a9c1b77d04e5586aa01bc93de4417f0c8b2a1";
    let of = |device: &str, id: &str, mode| {
        session(device, mode, &[("a.example", "json $.x", &[id, id]), ("a.example", "json $.y", &[build, build])])
    };
    let sessions =
        [of("a", ID, "normal"), of("a", ID, "incognito"), of("b", OTHER, "normal"), of("b", OTHER, "incognito")];
    let links = links(&sessions);
    assert_eq!(verdict(&links, "json $.x"), Verdict::Identifier);
    assert_eq!(links.fields[0].bits.at_least, Some(1.0));
    assert_eq!(verdict(&links, "json $.y"), Verdict::No(NoIdentifier::Shared));
    assert_eq!(links.across_modes().filter(|(join, _)| join.sure).count(), 2);
    assert_eq!(links.devices, 2);
}

#[test]
fn new_values_are_not_joined() {
    let of = |id: &str, mode| session("a", mode, &[("a.example", "json $.x", &[id, id])]);
    let links = links(&[of(ID, "normal"), of(OTHER, "incognito")]);
    assert_eq!(verdict(&links, "json $.x"), Verdict::Rotating(Turnover::Mode));
    assert!(links.joins.is_empty());
    assert_eq!(links.ids.len(), 2);
}

#[test]
fn what_stands_for_no_value_is_none() {
    let zero = "00000000-0000-0000-0000-000000000000";
    let of = |device: &str, mode| session(device, mode, &[("a.example", "json $.x", &[zero, zero])]);
    let links = links(&[of("a", "normal"), of("a", "incognito"), of("b", "normal")]);
    assert_eq!(verdict(&links, "json $.x"), Verdict::No(NoIdentifier::Looks(Plain::Nothing)));
    assert!(links.ids.is_empty());
}

#[test]
fn a_digest_and_a_part_are_the_identifier() {
    let digest: String = Sha256::digest(ID).iter().map(|byte| format!("{byte:02x}")).collect();
    let part = &ID[..10];
    let upper = ID.to_uppercase();
    let normal: &[(&str, &str, &[&str])] =
        &[("a.example", "json $.x", &[ID, ID]), ("b.example", "json $.p", &[part, part])];
    let private: &[(&str, &str, &[&str])] =
        &[("c.example", "json $.h", &[&digest, &digest]), ("a.example", "json $.x", &[&upper])];
    let sessions = [session("", "normal", normal), session("", "incognito", private)];
    let [normal, private] = sessions;
    let links = links(&[planted(normal, "phone", "android-id", ID), private]);
    let id = links.ids.iter().find(|id| id.known.is_some()).unwrap();
    let mut made_by: Vec<_> = id.forms.iter().map(|form| form.made_by.clone()).collect();
    made_by.sort();
    assert!(made_by.contains(&vec![]) && made_by.contains(&vec!["sha256"]), "{made_by:?}");
    let receivers = links.joins.iter().find_map(|join| match &join.what {
        Joined::Receivers(hosts) if join.sure => Some(hosts.clone()),
        _ => None,
    });
    assert!(receivers.unwrap().contains(&"c.example".to_owned()));
    assert_eq!(links.across_modes().map(|(_, id)| id.label()).collect::<Vec<_>>(), ["id-1"]);
}

#[test]
fn base64_is_told_by_the_path() {
    let rows: &[(&str, &str, &[&str])] = &[("a.example", "form data › base64 › json $.x › base64", &[ID])];
    let links = links(&[planted(session("", "normal", rows), "phone", "android-id", ID)]);
    assert_eq!(links.fields[0].wrapped_in(), ["base64"]);
    assert_eq!(links.ids[0].known.as_ref().map(|known| known.kind), Some("android-id"));
}

#[test]
fn a_sign_up_record_joins_the_past_to_the_account() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("a.example", "json $.type", &["track", "track_signup", "track"]),
        ("a.example", "json $.distinct_id", &[ID, "user-150a6daf", "user-150a6daf"]),
        ("a.example", "json $.original_id", &["", ID, ""]),
    ];
    let links = links(&[planted(session("", "normal", rows), "account", "account-id", "user-150a6daf")]);
    assert_eq!(links.sign_ins.len(), 1);
    let join = &links.sign_ins[0];
    assert_eq!((join.by, join.exchange, join.exchanges), (SignInBy::SignUpRecord, 1, 1));
    assert_eq!(links.ids[join.before].forms[0].value, ID.as_bytes());
    assert_eq!(links.ids[join.account].known.as_ref().map(|known| &known.name[..]), Some("account"));
}

#[test]
fn an_account_beside_what_was_sent_before_joins_it() {
    let of = |account: &[&str]| {
        let rows = [("a.example", "json $.x", &[ID, ID, ID][..]), ("a.example", "json $.u", account)];
        links(&[planted(session("", "normal", &rows), "account", "account-id", "user-150a6daf")]).sign_ins
    };
    let found = of(&["", "user-150a6daf", "user-150a6daf"]);
    assert_eq!(found.iter().map(|join| (join.by, join.exchanges)).collect::<Vec<_>>(), [(SignInBy::Together, 2)]);
    // What never stood without the account has no anonymous past.
    assert!(of(&["user-150a6daf", "user-150a6daf", "user-150a6daf"]).is_empty());
}

#[test]
fn an_identifier_in_place_of_another_joins_both() {
    let rows: &[(&str, &str, &[&str])] =
        &[("a.example", "json $.x", &[ID, ID, OTHER, OTHER]), ("a.example", "json $.before", &["", "", ID, ID])];
    let links = links(&[session("", "normal", rows)]);
    assert_eq!(links.sign_ins.iter().map(|join| join.by).collect::<Vec<_>>(), [SignInBy::Replaced]);
}

#[test]
fn pieces_of_what_was_visited_are_content() {
    let piece = "early-menopause-150a6daf";
    let rows: &[(&str, &str, &[&str])] = &[("a.example", "json $.x", &[piece, piece])];
    let visited = "https://clinic.example/conditions/early-menopause-150a6daf";
    let normal = planted(session("", "normal", rows), "page", "url", visited);
    let links = links(&[normal, session("", "incognito", rows)]);
    assert_eq!(verdict(&links, "json $.x"), Verdict::No(NoIdentifier::Content));
}

#[test]
fn an_unnamed_session_among_named_ones_is_compared_with_none() {
    let rows: &[(&str, &str, &[&str])] = &[("a.example", "json $.x", &[ID, ID])];
    let links = links(&[session("a", "normal", rows), session("", "incognito", rows)]);
    assert!(links.joins.is_empty());
    assert_eq!(links.devices, 1);
}
