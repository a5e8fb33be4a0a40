//! Two normal visits of a person and a private one, with the script of then and of now: what it told is what is found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use base64_simd::STANDARD;
use serde_json::Value as Json;
use tattletale_core::model::url::percent_decode;
use tattletale_report::study::claims::{Verdict, ready};
use tattletale_report::study::links::{Id, Joined, Links};
use tattletale_report::study::{Session, Study};

use crate::common::Run;
use crate::sdk::{self, Sdk};
use crate::server::Request;
use crate::site;
use crate::visit::{Person, Visit, Visits};

#[test]
fn visits_with_the_script_of_then() {
    visits(sdk::OLD);
}

#[test]
fn visits_with_the_script_of_today() {
    visits(sdk::NEW);
}

fn visits(sdk: Sdk) {
    let Some((chromium, script)) = crate::tools(sdk) else { return };
    let folder = tempfile::tempdir().unwrap();
    let person = Person::new();
    let visits = Visits { chromium: &chromium, sdk, script: &script, person: &person, folder: folder.path() };
    let profile = folder.path().join("profile");
    let visit = |name, mode| visits.visit(name, mode, &profile);
    let made = [visit("first", "normal"), visit("second", "normal"), visit("private", "incognito")];

    let [first, second, private] = &made;
    assert_eq!(first.anonymous_id, second.anonymous_id, "the profile was not kept");
    assert_ne!(first.anonymous_id, private.anonymous_id, "the window was not private");
    let ids = [("normal_id", &*first.anonymous_id), ("private_id", &private.anonymous_id)];
    for visit in &made {
        told_is_found(visit, &person, &ids);
    }
    let repeats = [(first, 1), (second, 2), (private, 1)];
    answers(repeats.map(|(visit, repeat)| visit.session(&person, "the profile", repeat)).to_vec(), &ids);
    told_by_the_program(&repeats, &person);
}

/// What follows from the visits together, without the ids of the script being planted.
fn answers(sessions: Vec<Session>, ids: &[(&str, &str)]) {
    let judged = |sessions: Vec<Session>| {
        let name = "a clinic's site, normal and private".to_owned();
        Study::of(name, sessions).with_claims(&ready::all(), BTreeMap::new())
    };
    let alone = judged(sessions[..1].to_vec());
    let study = judged(sessions);
    assert!(study.complete());
    // The script's own id lasts over normal visits and not into a private one; the account joins them all.
    let [(_, normal), (_, private)] = ids else { panic!("an id for each mode") };
    let held = |session: &Session, value: &str| {
        let fields = session.report.fields.fields.iter().filter(|field| field.host == "tracker.localhost");
        fields.flat_map(|field| &field.values).any(|held| held == value.as_bytes())
    };
    let holds = |value: &str| study.sessions.iter().map(|session| held(session, value)).collect::<Vec<_>>();
    assert_eq!(holds(normal), [true, true, false]);
    assert_eq!(holds(private), [false, false, true]);
    let account = study.sessions[0].report.truth.values.iter().find(|value| value.name == "account").unwrap();
    assert_eq!(holds(&account.value), [true, true, true]);
    joined(&study.links, normal, private);

    // Nobody switched anything, and traffic shows neither what happens to data later nor what the law says.
    use Verdict::{Refuted, Untested};
    let expected = BTreeMap::from([
        ("no-incognito-browsing", Refuted),
        ("anonymous", Refuted),
        ("aggregated-only", Refuted),
        ("encrypted", Refuted),
        ("not-shared", Untested),
        ("consent-first", Untested),
        ("history-sync-opt-in", Untested),
        ("incognito-switch-obeyed", Untested),
    ]);
    assert_eq!(verdicts(&study), expected);
    assert!(study.refutes());
    assert_eq!(verdicts(&alone)["no-incognito-browsing"], Untested, "one normal visit says nothing of private ones");
}

fn verdicts(study: &Study) -> BTreeMap<&str, Verdict> {
    study.verdicts.iter().map(|judged| (judged.claim.name.as_str(), judged.verdict)).collect()
}

/// The links say so too: which id lasts where, what joins the modes, and that signing in joins both to the account.
fn joined(links: &Links, normal: &str, private: &str) {
    let of = |value: &str| {
        let holds = |id: &Id| id.forms.iter().any(|form| form.value == value.as_bytes());
        links.ids.iter().position(holds).unwrap_or_else(|| panic!("{value} is no identifier: {:#?}", links.ids))
    };
    let is_account = |id: &Id| id.known.as_ref().is_some_and(|known| known.name == "account");
    let across: Vec<&Id> = links.across_modes().map(|(_, id)| id).collect();
    assert!(across.iter().any(|id| is_account(id)), "{across:#?}");
    let (normal, private) = (of(normal), of(private));
    for id in [normal, private] {
        assert!(across.iter().all(|across| across.number != links.ids[id].number), "{across:#?}");
        let signs_in =
            links.sign_ins.iter().any(|record| record.before == id && is_account(&links.ids[record.account]));
        assert!(signs_in, "{:#?}", links.sign_ins);
    }
    let lasts = |id: usize| links.joins.iter().any(|join| join.id == id && join.what == Joined::Sessions(vec![0, 1]));
    assert!(lasts(normal) && !lasts(private), "{:#?}", links.joins);
}

/// The program is given the visits as a person would give them, and tells what the tracker knows of all three.
fn told_by_the_program(visits: &[(&Visit, u32)], person: &Person) {
    let mut text = String::from("name = 'visits of one person'\n");
    for (visit, repeat) in visits {
        let (capture, truth) = (visit.recording.display(), visit.truth(person, &[]));
        writeln!(text, "\n[[session]]\nname = '{}'\ncapture = '{capture}'", visit.name).unwrap();
        writeln!(text, "truth = '{}'\ndevice = 'the profile'", truth.display()).unwrap();
        writeln!(text, "mode = '{}'\nrepeat = {repeat}", visit.mode).unwrap();
    }
    let file = visits[0].0.recording.with_file_name("study.toml");
    std::fs::write(&file, text).unwrap();
    let run = Run::new(["study", "--format", "json"]).arg(&file).done();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let study: Json = serde_json::from_str(&run.stdout).unwrap();
    let names: Vec<&str> = study["sessions"].as_array().unwrap().iter().filter_map(|of| of["name"].as_str()).collect();
    assert_eq!(names, visits.iter().map(|(visit, _)| visit.name.as_str()).collect::<Vec<_>>());
    let [view] = &study["known"].as_array().unwrap()[..] else { panic!("{:#}", study["known"]) };
    assert_eq!((&view["hosts"][0], &view["party"]), (&"tracker.localhost".into(), &"third".into()));
    let told: BTreeSet<u64> =
        view["entries"].as_array().unwrap().iter().filter_map(|entry| entry["session"].as_u64()).collect();
    assert_eq!(told, (0..visits.len() as u64).collect());
}

/// The audit of a visit names the tracker, the mode, and exactly the values that were sent, where they were sent.
fn told_is_found(visit: &Visit, person: &Person, ids: &[(&'static str, &str)]) {
    let report = audit(visit, person, ids);
    let findings = report["findings"].as_array().unwrap();
    let mut found = BTreeSet::new();
    for finding in findings {
        assert_eq!(finding["receiver"]["host"], "tracker.localhost", "{finding:#}");
        assert_eq!(finding["receiver"]["party"], "third", "{finding:#}");
        assert_eq!(finding["mode"], visit.mode, "{finding:#}");
        let exchange = usize::try_from(finding["exchange"].as_u64().unwrap()).unwrap();
        found.extend(finding["value"].as_str().map(|value| (value.to_owned(), exchange)));
    }
    let planted = person.planted(ids);
    let mut sent = BTreeSet::new();
    for (exchange, request) in visit.requests.iter().enumerate().filter(|(_, request)| site::is_event(request)) {
        let event = strings(&event(request));
        let holds = |value: &str| event.iter().any(|text| text.contains(value));
        sent.extend(planted.iter().filter(|(.., value)| holds(value)).map(|(name, ..)| ((*name).to_owned(), exchange)));
    }
    assert_eq!(found, sent, "{}: what is found and what was sent", visit.name);
    let names: BTreeSet<&str> = sent.iter().map(|(name, _)| name.as_str()).collect();
    let own_id = if visit.mode == "incognito" { "private_id" } else { "normal_id" };
    assert_eq!(names, BTreeSet::from(["account", "email", "search_term", "visited_path", own_id]), "{}", visit.name);
    let actions: BTreeSet<&str> = findings.iter().filter_map(|finding| finding["action"].as_str()).collect();
    assert!(actions.is_superset(&BTreeSet::from(["searched", "read", "signed in"])), "{}: {actions:?}", visit.name);
}

fn audit(visit: &Visit, person: &Person, ids: &[(&'static str, &str)]) -> Json {
    let truth = visit.truth(person, ids);
    let run = Run::new(["audit", "--format", "json"]).arg(&visit.recording).arg("--truth").arg(truth).done();
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{}: {error}\n{}", visit.name, run.stderr));
    assert_eq!((run.code, &report["complete"]), (1, &true.into()), "{}: {:#}", visit.name, report["faults"]);
    report
}

/// What the tracker was told in a request, opened by hand: the field `data` is base64 of JSON.
fn event(request: &Request) -> Json {
    let form = request.body().map_or_else(|| request.target.clone(), String::from);
    let data = form.split(['?', '&']).find_map(|field| field.strip_prefix("data=")).unwrap();
    let data = STANDARD.decode_to_vec(percent_decode(data.as_bytes(), true)).unwrap();
    serde_json::from_slice(&data).unwrap()
}

/// All texts of a JSON value, without percent signs.
fn strings(json: &Json) -> Vec<String> {
    match json {
        Json::String(text) => vec![String::from_utf8_lossy(&percent_decode(text.as_bytes(), true)).into_owned()],
        Json::Array(items) => items.iter().flat_map(strings).collect(),
        Json::Object(members) => members.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
