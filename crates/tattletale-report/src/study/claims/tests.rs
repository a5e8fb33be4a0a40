//! Verdicts on sessions made by hand: each condition of a rule, each way to stay open.

use super::*;
use crate::study::{About, Session};
use std::collections::BTreeMap;
use tattletale_core::model::{
    Action, BlindCount, BlindKind, Excerpt, Finding, GroundTruth, Part, Party, Receiver, ReceiverCoverage, Report,
    Strength, Timestamp, Value,
};

const MAKER: &str = "in.maker.example";

/// A session in which every kind of browsing was done six times in each mode, with two planted values.
fn session() -> Session {
    let mut truth = GroundTruth::default();
    for mode in ["normal", "incognito"] {
        for kind in ["visit", "search"] {
            for number in 0..6 {
                let at = Some(Timestamp::from_second(1_000 + i64::from(number)).unwrap());
                let (name, value) = (format!("{mode} {kind} {number}"), format!("text {mode} {kind} {number}"));
                truth.actions.push(Action { name, kind, value, at, modelled_at: None, mode: Some(mode) });
            }
        }
    }
    for (name, kind) in [("imei", "imei"), ("id", "uuid"), ("account", "account-id")] {
        truth.values.push(Value { name: name.into(), kind, value: format!("value of {name}") });
    }
    let row = ReceiverCoverage { host: MAKER.into(), exchanges: 9, captured: 900, read: 900, ..Default::default() };
    let mut report = Report { truth, ..Report::default() };
    report.coverage.receivers.push(row);
    Session { about: About { name: "one".into(), ..About::default() }, report }
}

/// A finding of a value or an action, by name, in exchange 0.
fn finding(session: &Session, name: &str) -> Finding {
    let truth = &session.report.truth;
    Finding {
        value: truth.values.iter().position(|value| value.name == name),
        action: truth.actions.iter().position(|action| action.name == name),
        capture: 0,
        exchange: 0,
        at: Some(Timestamp::from_second(2_000).unwrap()),
        delay_ms: None,
        receiver: Receiver { host: MAKER.into(), domain: Some("maker.example".into()), party: Party::Third },
        mode: None,
        plaintext: false,
        part: Part::Body,
        path: Vec::new(),
        range: 0..1,
        excerpt: Excerpt::default(),
        chance: 0.0,
        strength: Strength::Strong,
    }
}

fn told(names: &[&str]) -> Session {
    let mut session = session();
    session.report.findings = names.iter().map(|name| finding(&session, name)).collect();
    session
}

fn with_setting(mut session: Session, name: &str, value: &str) -> Session {
    session.about.settings.insert(name.into(), value.into());
    session
}

fn verdict(name: &str, sessions: &[Session]) -> Judged {
    let claim = ready::by_name(name).unwrap();
    judge(&[claim], &Evidence { sessions, ..Evidence::default() }).pop().unwrap()
}

fn own(rules: &str, sessions: &[Session]) -> Judged {
    let text = format!("[[claim]]\nname = \"own\"\nsays = \"x\"\nsource = \"y\"\n{rules}");
    let claims = read(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    judge(&claims, &Evidence { sessions, ..Evidence::default() }).pop().unwrap()
}

#[test]
fn refuted_with_evidence_and_a_sentence() {
    let judged =
        verdict("no-incognito-browsing", &[told(&["normal visit 1", "incognito visit 1", "incognito visit 2"])]);
    assert_eq!(judged.verdict, Verdict::Refuted);
    let evidence: Vec<(usize, usize)> = judged.evidence.iter().map(|place| (place.session, place.finding)).collect();
    assert_eq!((judged.refuting, evidence), (2, vec![(0, 1), (0, 2)]));
    assert_eq!(judged.sentence, "2 visited pages done in incognito mode were sent to in.maker.example.");
}

#[test]
fn not_contradicted_with_its_bound() {
    let judged = verdict("no-incognito-browsing", &[told(&["normal visit 1", "imei"])]);
    assert_eq!(judged.verdict, Verdict::NotContradicted);
    assert_eq!(judged.bound, Bound::of_none_in(6));
    assert_eq!(
        judged.sentence,
        "In 6 visited pages in incognito mode and 6 searches in incognito mode nothing that would refute it was \
         recognised, and every byte that left could be opened; with 95 % confidence it happens in at most 39.4 % of \
         such actions (none in 6)."
    );
}

#[test]
fn untested_when_the_mode_was_not_tried() {
    let mut session = session();
    session.report.truth.actions.retain(|action| action.mode == Some("normal"));
    let judged = verdict("no-incognito-browsing", &[session]);
    assert_eq!(judged.verdict, Verdict::Untested);
    assert_eq!(
        judged.sentence,
        "Not tested: no visited page in incognito mode or no search in incognito mode in the recordings."
    );
    assert_eq!(verdict("no-incognito-browsing", &[]).verdict, Verdict::Untested);
}

#[test]
fn every_obstacle_keeps_it_open_and_is_named() {
    type Spoil = fn(&mut Session);
    let spoils: [(&str, Spoil); 8] = [
        ("7 bytes to in.maker.example could not be read", |session| session.report.coverage.receivers[0].opaque = 7),
        ("2 message bodies to in.maker.example", |session| session.report.coverage.receivers[0].bodies[4] = 2),
        ("1 message bodies to in.maker.example", |session| session.report.coverage.receivers[0].bodies[2] = 1),
        ("2 connections to in.maker.example could not be seen", |session| {
            let row = &mut session.report.coverage.receivers[0];
            let count = BlindCount { connections: 2, ..BlindCount::default() };
            row.add_blind_count(BlindKind::TlsRefused, count);
            row.add_blind_count(BlindKind::NameOnly, count);
        }),
        ("1 connections to 192.0.2.9 could not be seen", |session| {
            let mut row = ReceiverCoverage { host: "192.0.2.9".into(), ..Default::default() };
            row.add_blind_count(BlindKind::Quic, BlindCount { connections: 1, ..BlindCount::default() });
            session.report.coverage.receivers.push(row);
        }),
        ("1 places could not be processed", |session| {
            let fault = tattletale_core::model::Fault::new(tattletale_core::model::FaultKind::Corrupt, "x");
            session.report.faults.push((0, fault));
        }),
        ("1 sightings may be", |session| {
            let weak = Finding { strength: Strength::Weak, ..finding(session, "incognito visit 1") };
            session.report.weak.push(weak);
        }),
        ("only 4 visited pages in incognito mode where 5 are needed", |session| {
            let name =
                |action: &Action| action.name.starts_with("incognito visit") && action.name.ends_with(['0', '1']);
            session.report.truth.actions.retain(|action| !name(action));
        }),
    ];
    for (part, spoil) in spoils {
        let mut session = session();
        spoil(&mut session);
        let judged = verdict("no-incognito-browsing", &[session]);
        assert_eq!(judged.verdict, Verdict::Inconclusive, "{part}");
        assert!(judged.sentence.contains(part), "{part}: {}", judged.sentence);
        assert_eq!((judged.obstacles.len(), judged.bound), (1, None), "{part}");
    }
}

#[test]
fn what_could_not_be_recognised_does_not_count_as_done() {
    let mut session = session();
    for index in 0..session.report.truth.actions.len() {
        if session.report.truth.actions[index].name.starts_with("incognito search") {
            session.report.not_sought.push(tattletale_core::model::Subject::Action(index));
        }
    }
    assert_eq!(verdict("no-incognito-browsing", &[session]).verdict, Verdict::Untested);
}

#[test]
fn only_what_counts_for_a_claim_stands_in_its_way() {
    let mut normal = session();
    normal.report.truth.actions.retain(|action| action.mode == Some("normal"));
    normal.report.coverage.receivers[0].opaque = 1_000;
    let judged = verdict("no-incognito-browsing", &[session(), normal]);
    assert_eq!(judged.verdict, Verdict::NotContradicted, "{}", judged.sentence);
}

#[test]
fn anonymity_falls_with_a_device_number_or_with_a_lasting_id_beside_what_was_done() {
    assert_eq!(verdict("anonymous", &[told(&["imei"])]).verdict, Verdict::Refuted);
    assert_eq!(verdict("anonymous", &[told(&["id"])]).verdict, Verdict::NotContradicted);
    let judged = verdict("anonymous", &[told(&["id", "normal search 1"])]);
    assert_eq!(judged.sentence, "1 search was sent to in.maker.example, in the same message as a lasting id.");
    let mut apart = told(&["id", "normal search 1"]);
    apart.report.findings[1].exchange = 1;
    assert_eq!(verdict("anonymous", &[apart]).verdict, Verdict::NotContradicted);
    let mut unplanted = session();
    unplanted.report.truth.values.clear();
    assert_eq!(verdict("anonymous", &[unplanted]).verdict, Verdict::Untested);
}

#[test]
fn aggregates_hold_no_single_action_and_no_id() {
    for name in ["normal visit 3", "imei", "id", "account"] {
        assert_eq!(verdict("aggregated-only", &[told(&[name])]).verdict, Verdict::Refuted, "{name}");
    }
    assert_eq!(verdict("aggregated-only", &[session()]).verdict, Verdict::NotContradicted);
}

#[test]
fn history_is_judged_where_sync_was_off_and_the_account_in_use() {
    let signed_in = |mut session: Session| {
        let at = Some(Timestamp::from_second(900).unwrap());
        let action =
            Action { name: "in".into(), kind: "sign-in", value: "sign".into(), at, modelled_at: None, mode: None };
        session.report.truth.actions.push(action);
        session
    };
    let both = ["normal visit 1", "account"];
    let off = with_setting(signed_in(told(&both)), "history-sync", "off");
    let judged = verdict("history-sync-opt-in", &[off]);
    assert_eq!(judged.verdict, Verdict::Refuted);
    assert!(
        judged
            .sentence
            .ends_with("account id, an e-mail address or a phone number, while “history-sync” stood at “off”.")
    );
    let on = with_setting(signed_in(told(&both)), "history-sync", "on");
    assert_eq!(verdict("history-sync-opt-in", &[on]).verdict, Verdict::Untested);
    let silent = with_setting(signed_in(told(&["normal visit 1", "id"])), "history-sync", "off");
    assert_eq!(verdict("history-sync-opt-in", &[silent]).verdict, Verdict::NotContradicted);
    let signed_out = with_setting(told(&both[..1]), "history-sync", "off");
    assert_eq!(verdict("history-sync-opt-in", &[signed_out]).verdict, Verdict::Untested);
}

#[test]
fn sharing_is_seen_only_where_it_goes_straight_to_another_organisation() {
    let sessions = [told(&["normal visit 1"])];
    let claim = Claim { maker: Some("Maker".into()), ..ready::by_name("not-shared").unwrap() };
    let verdict = |claim: &Claim, organisation: Option<&str>| {
        let organisations = organisation.map(|name| (MAKER.to_owned(), name.to_owned())).into_iter().collect();
        let evidence = Evidence { sessions: &sessions, organisations, ..Evidence::default() };
        judge(std::slice::from_ref(claim), &evidence)[0].verdict
    };
    assert_eq!(verdict(&claim, Some("Analytics Ltd")), Verdict::Refuted);
    assert_eq!(verdict(&claim, Some("MAKER")), Verdict::Untested);
    assert_eq!(verdict(&claim, None), Verdict::Untested);
    assert_eq!(verdict(&Claim { maker: None, ..claim.clone() }, Some("Analytics Ltd")), Verdict::Untested);
}

#[test]
fn plain_http_refutes_encryption_where_something_known_was_in_it() {
    let mut plain = told(&["normal visit 1"]);
    plain.report.findings[0].plaintext = true;
    let judged = verdict("encrypted", &[plain]);
    assert_eq!(judged.sentence, "1 visited page was sent to in.maker.example, unencrypted.");
    let mut unknown = session();
    unknown.report.coverage.receivers[0].plaintext = 3;
    let judged = verdict("encrypted", &[unknown]);
    assert_eq!(judged.verdict, Verdict::Inconclusive);
    assert!(judged.sentence.contains("3 messages to in.maker.example were sent unencrypted"), "{}", judged.sentence);
    assert_eq!(verdict("encrypted", &[told(&["normal visit 1"])]).verdict, Verdict::NotContradicted);
}

#[test]
fn consent_is_a_moment_or_a_setting_and_unknown_is_no_refusal() {
    let agreed = |seconds| {
        let mut session = told(&["normal visit 1"]);
        let at = Some(Timestamp::from_second(seconds).unwrap());
        let (name, value) = ("agreed".into(), "share_statistics=on".into());
        session.report.truth.actions.push(Action { name, kind: "setting", value, at, modelled_at: None, mode: None });
        session
    };
    let judged = verdict("consent-first", &[agreed(2_001)]);
    assert_eq!(judged.verdict, Verdict::Refuted);
    assert!(judged.sentence.ends_with("without the user having agreed by then."));
    assert_eq!(verdict("consent-first", &[agreed(1_999)]).verdict, Verdict::Untested);
    assert_eq!(verdict("consent-first", &[told(&["normal visit 1"])]).verdict, Verdict::Untested);
    let refused = with_setting(told(&["normal visit 1"]), "share_statistics", "off");
    assert_eq!(verdict("consent-first", &[refused]).verdict, Verdict::Refuted);
    let given = with_setting(told(&["normal visit 1"]), "share_statistics", "on");
    assert_eq!(verdict("consent-first", &[given]).verdict, Verdict::Untested);
}

#[test]
fn a_switch_is_tested_in_both_positions() {
    let name = "incognito-switch-obeyed";
    let at = |session, position| with_setting(session, "incognito-collection", position);
    let (silent, telling) = (session, || told(&["incognito visit 1"]));
    assert_eq!(verdict(name, &[at(silent(), "off")]).verdict, Verdict::Untested);
    assert_eq!(verdict(name, &[at(telling(), "on")]).verdict, Verdict::Untested);
    assert_eq!(verdict(name, &[at(telling(), "default")]).verdict, Verdict::Untested);
    assert_eq!(verdict(name, &[at(silent(), "off"), at(telling(), "on")]).verdict, Verdict::NotContradicted);
    let judged = verdict(name, &[at(telling(), "off"), at(telling(), "on")]);
    assert_eq!((judged.verdict, judged.refuting), (Verdict::Refuted, 1));
    assert!(judged.sentence.contains("while “incognito-collection” stood at “off”"), "{}", judged.sentence);
}

#[test]
fn narrowing_by_receiver_app_version_and_party() {
    let needs = "needs = [{ done = \"visit\" }]";
    let telling = || told(&["normal visit 1"]);
    let cases = [
        ("receivers = \"maker.example\"", Verdict::Refuted),
        ("receivers = \"aker.example\"", Verdict::NotContradicted),
        ("version = \"2\"", Verdict::Refuted),
        ("version = [\"1\", \"3\"]", Verdict::Untested),
        ("app = \"other\"", Verdict::Untested),
    ];
    for (narrow, expected) in cases {
        let mut session = telling();
        session.about.version = Some("2".into());
        let judged = own(&format!("{narrow}\nrefuted_by = [{{ told = \"visit\" }}]\n{needs}"), &[session]);
        assert_eq!(judged.verdict, expected, "{narrow}");
    }
    for (to, expected) in [("third-party", Verdict::Refuted), ("first-party", Verdict::NotContradicted)] {
        let judged = own(&format!("refuted_by = [{{ told = \"visit\", to = \"{to}\" }}]\n{needs}"), &[telling()]);
        assert_eq!(judged.verdict, expected, "{to}");
    }
    // What has no mode was done outside of the browser, whatever its last mode was.
    let mut phone = told(&["normal visit 1"]);
    phone.report.truth.actions[0].mode = None;
    phone.report.findings[0].action = Some(0);
    phone.report.findings[0].mode = Some("incognito");
    assert_eq!(verdict("no-incognito-browsing", &[phone]).verdict, Verdict::NotContradicted);
}

#[test]
fn a_row_that_hosts_share_may_be_of_whom_the_claim_is_about() {
    let claim = "receivers = \"in.other.example\"\nrefuted_by = [{ told = \"visit\" }]\nneeds = [{ done = \"visit\" }]";
    let judged = |host: &str, dropped| {
        let mut session = told(&["normal visit 1"]);
        let row = ReceiverCoverage { host: host.into(), exchanges: 3, opaque: 7, ..ReceiverCoverage::default() };
        session.report.coverage.receivers.push(row);
        session.report.coverage.hosts_dropped = dropped;
        own(claim, &[session]).verdict
    };
    for host in ["unknown", "other.example"] {
        assert_eq!(judged(host, 3), Verdict::Inconclusive, "{host}");
        assert_eq!(judged(host, 0), Verdict::NotContradicted, "{host}");
    }
    assert_eq!(judged("ther.example", 3), Verdict::NotContradicted);
}

#[test]
fn a_study_keeps_its_verdicts() {
    let study = crate::study::Study::of("s".into(), vec![told(&["incognito visit 1"])]);
    let study = study.with_claims(&ready::all(), BTreeMap::new());
    assert_eq!(study.verdicts.len(), ready::NAMES.len());
    assert!(study.refutes());
}
