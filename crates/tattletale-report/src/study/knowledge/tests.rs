//! Views of made-up reports: the order of a day, what follows, and that nothing stands there without a finding.

use super::*;
use crate::study::About;
use proptest::prelude::*;
use tattletale_core::model::{Action, Excerpt, GroundTruth, Part, Receiver, Report, Step, Strength, Value};

const VALUES: &[(&str, &str)] = &[
    ("imei", "861500630523253"),
    ("email", "ann@example.org"),
    ("latitude", "52.005386"),
    ("url-path", "/conditions/early-menopause"),
    ("search", "chest pain"),
];

const ACTIONS: &[(&str, &str, &str)] = &[
    ("visit", "https://clinic.example/conditions/early-menopause", "normal"),
    ("search", "ciąża objawy", "incognito"),
    ("open-folder", "/sdcard/DCIM", "normal"),
];

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// Actions a minute apart on the wall clock, three hours apart on the modelled one.
fn truth() -> GroundTruth {
    let value = |&(kind, value): &(&'static str, &str)| Value { name: kind.into(), kind, value: value.into() };
    let action = |(number, &(kind, value, mode)): (usize, &(&'static str, &str, &'static str))| Action {
        name: format!("action#{number}"),
        kind,
        value: value.into(),
        at: Some(second(60 * number as i64)),
        modelled_at: Some(second(-100_000_000 + 10_800 * number as i64)),
        mode: Some(mode),
    };
    GroundTruth {
        values: VALUES.iter().map(value).collect(),
        actions: ACTIONS.iter().enumerate().map(action).collect(),
        ..GroundTruth::default()
    }
}

#[derive(Debug, Clone)]
struct Telling {
    value: Option<usize>,
    action: Option<usize>,
    exchange: usize,
    host: usize,
    digest: bool,
}

fn finding(telling: &Telling, truth: &GroundTruth) -> Finding {
    const HOSTS: [(&str, Option<&str>); 4] = [
        ("a.tracker.example", Some("tracker.example")),
        ("b.tracker.example", Some("tracker.example")),
        ("192.0.2.1", None),
        ("clinic.example", Some("clinic.example")),
    ];
    let (host, domain) = HOSTS[telling.host];
    let party = if telling.host == 3 { Party::First } else { Party::Third };
    let text = match (telling.value, telling.action) {
        (Some(value), _) => &truth.values[value].value,
        (None, Some(action)) => &truth.actions[action].value,
        (None, None) => unreachable!("the strategy gives one of them"),
    };
    let found = if telling.digest { b"900150983cd24fb0d6963f7d28e17f72".to_vec() } else { text.as_bytes().to_vec() };
    Finding {
        value: telling.value,
        action: telling.action,
        capture: 0,
        exchange: telling.exchange,
        at: Some(second(telling.exchange as i64 * 10)),
        delay_ms: None,
        receiver: Receiver { host: host.into(), domain: domain.map(str::to_owned), party },
        mode: telling.action.and_then(|action| truth.actions[action].mode),
        plaintext: telling.host == 2,
        part: Part::Body,
        path: vec![Step { layer: if telling.digest { "md5" } else { "json" }, at: None }],
        range: 0..found.len(),
        excerpt: Excerpt { found, ..Excerpt::default() },
        chance: 0.0,
        strength: Strength::Strong,
    }
}

fn session(tellings: &[Telling]) -> Session {
    let truth = truth();
    let findings = tellings.iter().map(|telling| finding(telling, &truth)).collect();
    Session::new(About::default(), Report { truth, findings, ..Report::default() })
}

fn telling(value: Option<usize>, action: Option<usize>, exchange: usize, host: usize) -> Telling {
    Telling { value, action, exchange, host, digest: false }
}

fn detail<'v>(view: &'v View, rule: &str) -> Vec<&'v Detail> {
    view.facts.iter().filter(|fact| fact.rule.name == rule).map(|fact| &fact.detail).collect()
}

#[test]
fn a_day_in_order_with_what_follows() {
    // The search is sent before the visit in the capture, and each with the number of the phone.
    let sessions = [session(&[
        telling(None, Some(1), 7, 0),
        telling(Some(0), None, 7, 0),
        telling(None, Some(0), 9, 1),
        telling(Some(3), Some(0), 9, 1),
        telling(Some(0), None, 9, 1),
        telling(None, Some(2), 12, 2),
    ])];
    let views = knowledge(&sessions);
    let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
    assert_eq!(names, ["tracker.example", "192.0.2.1"]);
    let kinds: Vec<&str> = views[0].entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["visit", "search", "imei"], "by when it was lived; the path is told by its visit");
    let visit = &views[0].entries[0];
    assert_eq!((visit.at, visit.delay_ms), (Some(second(-100_000_000)), Some(90_000)));
    assert_eq!((visit.findings.len(), visit.with.len(), visit.modes.as_slice()), (2, 1, &["normal"][..]));
    assert_eq!(views[0].entries[2].at, Some(second(-100_000_000 + 10_800)), "as late as the action before it");

    let did = |kind, sites| Detail::Did { kind, things: 1, times: 1, sites };
    assert_eq!(detail(&views[0], "did"), [&did("visit", 1), &did("search", 0)]);
    assert_eq!(detail(&views[0], "which-device"), [&Detail::Values(vec![(0, 0)])]);
    assert_eq!(detail(&views[0], "incognito"), [&Detail::Incognito(1)]);
    let joined = Detail::Joined { value: (0, 0), things: 2, modes: vec!["normal", "incognito"], sessions: 1 };
    assert_eq!(detail(&views[0], "joined"), [&joined]);
    let start = second(-100_000_000);
    assert_eq!(detail(&views[0], "hours"), [&Detail::Hours(vec![(start, second(-100_000_000 + 10_800))])]);
    let [Detail::Category { category, words }] = detail(&views[0], "category")[..] else { panic!("{views:#?}") };
    let words: Vec<&str> = words.iter().copied().collect();
    assert_eq!((category.name, &words[..]), ("health", &["ciaz*", "clinic*", "menopaus*", "objaw*"][..]));
    assert!(detail(&views[0], "who").is_empty() && detail(&views[0], "on-the-way").is_empty());
    assert_eq!(detail(&views[1], "on-the-way"), [&Detail::OnTheWay(1)]);
    assert!(detail(&views[1], "hours").is_empty(), "one moment is no span");
}

#[test]
fn a_digest_recognises_and_tells_no_words() {
    let digest = |value, action| Telling { digest: true, ..telling(value, action, 1, 0) };
    let sessions = [session(&[digest(Some(0), None), digest(None, Some(0))])];
    let views = knowledge(&sessions);
    assert!(views[0].entries.iter().all(|entry| !entry.readable));
    assert!(views[0].facts.is_empty(), "{:#?}", views[0].facts);
}

#[test]
fn the_same_id_in_two_sessions_joins_them() {
    let told = [telling(Some(0), None, 1, 0), telling(None, Some(0), 1, 0)];
    let views = knowledge(&[session(&told), session(&told)]);
    let joined = Detail::Joined { value: (0, 0), things: 1, modes: vec!["normal"], sessions: 2 };
    assert_eq!(detail(&views[0], "joined"), [&joined]);
    assert_eq!(views[0].entries.len(), 4);
}

#[test]
fn the_mode_of_a_session_holds_where_nothing_states_another() {
    let mut truth = truth();
    truth.actions[0].mode = None;
    let finding = finding(&telling(None, Some(0), 1, 0), &truth);
    let about = About { mode: Some("incognito"), ..About::default() };
    let session = Session::new(about, Report { truth, findings: vec![finding], ..Report::default() });
    let modes: Vec<_> = session.report.truth.actions.iter().map(|action| action.mode).collect();
    assert_eq!(modes, [Some("incognito"), Some("incognito"), Some("normal")]);
    assert_eq!(session.report.findings[0].mode, Some("incognito"));
}

fn tellings() -> impl Strategy<Value = Vec<Telling>> {
    let subject = prop_oneof![
        (0..VALUES.len()).prop_map(|value| (Some(value), None)),
        (0..ACTIONS.len()).prop_map(|action| (None, Some(action))),
        (0..VALUES.len(), 0..ACTIONS.len()).prop_map(|(value, action)| (Some(value), Some(action))),
    ];
    let telling = (subject, 0..8usize, 0..4usize, any::<bool>())
        .prop_map(|((value, action), exchange, host, digest)| Telling { value, action, exchange, host, digest });
    prop::collection::vec(telling, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn every_line_has_a_finding_and_no_finding_is_lost(all in prop::collection::vec(tellings(), 0..3)) {
        let sessions: Vec<Session> = all.iter().map(|tellings| session(tellings)).collect();
        let views = knowledge(&sessions);
        let mut told = BTreeSet::new();
        for view in &views {
            for entry in &view.entries {
                prop_assert!(!entry.findings.is_empty());
                for found in &entry.findings {
                    let finding = found.of(&sessions).unwrap();
                    prop_assert!(found.session == entry.session && view.hosts.contains(&finding.receiver.host));
                    let told_here = match entry.subject {
                        Subject::Value(value) => finding.value == Some(value),
                        Subject::Action(action) => finding.action == Some(action),
                    };
                    prop_assert!(told_here);
                    told.insert(*found);
                }
                for (value, found) in &entry.with {
                    prop_assert_eq!(found.of(&sessions).unwrap().value, Some(*value));
                }
            }
            for fact in &view.facts {
                prop_assert!(!fact.findings.is_empty() && fact.findings.len() == fact.entries.len());
                let backed = fact.entries.iter().zip(&fact.findings);
                for (&entry, found) in backed {
                    prop_assert!(view.entries[entry].findings.contains(found));
                }
            }
            prop_assert!(view.entries.is_sorted_by_key(|entry| entry.session));
        }
        let findings: usize = sessions.iter().map(|session| session.report.findings.len()).sum();
        prop_assert_eq!(told.len(), findings);
    }
}
