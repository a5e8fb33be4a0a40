//! Studies as a user runs them: real pairs of recordings, a day of the lab, and what goes wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Run, root};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Writes a study of recordings that lie elsewhere, each with its ground truth beside it.
fn study(folder: &TempDir, sessions: &[(&str, &Path, &str)]) -> PathBuf {
    let mut text = String::new();
    for (name, recording, more) in sessions {
        let truth = recording.with_file_name("truth.toml");
        writeln!(text, "[[session]]\nname = '{name}'\ncapture = '{}'", recording.display()).unwrap();
        writeln!(text, "truth = '{}'\n{more}", truth.display()).unwrap();
    }
    let path = folder.path().join("study.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn pair(folder: &TempDir, case: &str, second: &str) -> PathBuf {
    let recording = |mode: &str| root().join("tests/real").join(case).join(mode).join("requests.har");
    study(
        folder,
        &[
            ("normal", &recording("normal"), "device = 'one'\nmode = 'normal'"),
            ("private", &recording(second), "device = 'one'\nmode = 'incognito'"),
        ],
    )
}

fn json(study: &Path, code: i32) -> Json {
    let run = Run::new(["study", "--format", "json"]).arg(study).done();
    assert_eq!(run.code, code, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

fn array(of: &Json) -> &Vec<Json> {
    of.as_array().unwrap_or_else(|| panic!("no array: {of}"))
}

/// Every line of every view names findings that are there, of that receiver and that session.
fn is_backed(study: &Json) {
    let finding = |at: &Json| {
        let session = &study["sessions"][at["session"].as_u64().unwrap() as usize];
        &session["report"]["findings"][at["finding"].as_u64().unwrap() as usize]
    };
    for view in array(&study["known"]) {
        for line in array(&view["entries"]).iter().chain(array(&view["facts"])) {
            let findings = array(&line["findings"]);
            assert!(!findings.is_empty(), "{line}");
            for found in findings.iter().map(finding) {
                assert!(array(&view["hosts"]).contains(&found["receiver"]["host"]), "{line}: {found}");
            }
        }
    }
}

fn facts<'v>(view: &'v Json, rule: &str) -> Vec<&'v str> {
    let facts = array(&view["facts"]).iter().filter(|fact| fact["rule"] == rule);
    facts.map(|fact| fact["text"].as_str().unwrap()).collect()
}

#[test]
fn the_same_tracker_in_normal_and_private_windows() {
    let folder = tempfile::tempdir().unwrap();
    let study = json(&pair(&folder, "browser-pair-sa2020-image", "private"), 1);
    is_backed(&study);
    assert_eq!((&study["complete"], &study["schema"]), (&true.into(), &"tattletale-study/1".into()));
    let [collector] = &array(&study["known"])[..] else { panic!("{:#}", study["known"]) };
    assert_eq!(collector["party"], "third");
    let sessions: BTreeSet<u64> =
        array(&collector["entries"]).iter().map(|entry| entry["session"].as_u64().unwrap()).collect();
    assert_eq!(sessions, BTreeSet::from([0, 1]), "told in both");
    assert!(facts(collector, "which-device")[0].contains("IMEI"));
    assert!(facts(collector, "incognito")[0].contains("in incognito mode"));
    assert!(
        facts(collector, "category").iter().any(|said| said.contains("category health") && said.contains("Art. 9"))
    );
    let joined = facts(collector, "joined");
    assert!(joined.is_empty() || joined.iter().all(|said| said.contains("joins")), "{joined:?}");
    // The report of a session is the one of the audit.
    let case = "tests/real/browser-pair-sa2020-image/private";
    let alone = Run::new(["audit", "--format", "json"]).arg(root().join(case).join("requests.har"));
    let alone = alone.arg("--truth").arg(root().join(case).join("truth.toml")).done();
    let alone: Json = serde_json::from_str(&alone.stdout).unwrap();
    let places = |report: &Json| {
        let place = |finding: &Json| (finding["exchange"].clone(), finding["part"].clone(), finding["path"].clone());
        array(&report["findings"]).iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(places(&study["sessions"][1]["report"]), places(&alone));
}

#[test]
fn the_address_bar_tells_in_the_normal_window_only() {
    let folder = tempfile::tempdir().unwrap();
    let study = json(&pair(&folder, "chromium-omnibox", "incognito"), 1);
    is_backed(&study);
    let views = array(&study["known"]);
    assert!(!views.is_empty());
    for view in views {
        assert!(array(&view["entries"]).iter().all(|entry| entry["session"] == 0), "{view:#}");
        assert!(facts(view, "incognito").is_empty(), "{view:#}");
    }
}

#[test]
fn text_answers_first_and_fits_a_screen_when_brief() {
    let folder = tempfile::tempdir().unwrap();
    let path = pair(&folder, "browser-pair-sa2020-image", "private");
    let text = Run::new(["study"]).arg(&path).done().stdout;
    assert!(text.starts_with("1 receiver knows "), "{text}");
    for part in ["knows\n", "you opened http", "which device you use: IMEI", "tattletale audit ", "could not be seen"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let brief = Run::new(["study", "--brief"]).arg(&path).done();
    assert_eq!(brief.code, 1);
    assert!(brief.stdout.lines().count() <= 24, "{}", brief.stdout);
    let planted = ["marta.150a6daf@example.org", "861500630523253", "early-menopause-150a6daf", "menopaus*"];
    let masked = Run::new(["study", "--format", "json"]).arg(&path).done().stdout;
    for value in planted {
        assert!(!brief.stdout.contains(value) && !masked.contains(value), "{value}");
    }
    let revealed = Run::new(["study", "--format", "json", "--reveal"]).arg(&path).done().stdout;
    assert!(planted.iter().all(|value| revealed.contains(value)));
}

#[test]
fn a_session_that_cannot_be_read_is_a_fault_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.har"), "{}").unwrap();
    let path = pair(&folder, "chromium-omnibox", "incognito");
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("[[session]]\nname = 'broken'\ncapture = 'broken.har'\n");
    std::fs::write(&path, &text).unwrap();
    let study = json(&path, 2);
    assert_eq!((&study["complete"], array(&study["sessions"]).len()), (&false.into(), 3));
    assert!(!array(&study["known"]).is_empty());
    let fault = &study["sessions"][2]["report"]["faults"][0];
    assert!(fault["message"].as_str().unwrap().contains("nothing of this capture was read"), "{fault}");
    // Alone there is nothing to go on with; and a file that is not there is a mistake in the study.
    std::fs::write(&path, "[[session]]\nname = 'broken'\ncapture = 'broken.har'\n").unwrap();
    let alone = Run::new(["study"]).arg(&path).done();
    assert_eq!((alone.code, alone.stdout.as_str()), (2, ""));
    std::fs::write(&path, "[[session]]\nname = 'a'\ncapture = 'no.har'\n").unwrap();
    let missing = Run::new(["study"]).arg(&path).done();
    assert!(missing.code == 2 && missing.stderr.contains("no.har"), "{}", missing.stderr);
    std::fs::write(&path, "[[session]]\nname = 'a'\ncaptur = 'no.har'\n").unwrap();
    let wrong = Run::new(["study"]).arg(&path).done();
    assert!(wrong.stderr.contains("study.toml:3: unknown key `captur`, the nearest known one is `capture`"));
}

#[test]
fn init_writes_a_study_that_runs_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let case = root().join("tests/real/chromium-omnibox");
    for mode in ["normal", "incognito"] {
        std::fs::copy(case.join(mode).join("requests.har"), folder.path().join(format!("{mode}.har"))).unwrap();
    }
    let init = || Run::new(["study", "init"]).arg(folder.path()).done();
    let first = init();
    assert_eq!(first.code, 0, "{}", first.stderr);
    let study = json(&folder.path().join("study.toml"), 1);
    let about: Vec<(&Json, &Json)> =
        array(&study["sessions"]).iter().map(|session| (&session["name"], &session["mode"])).collect();
    assert_eq!(about, [(&"incognito".into(), &"incognito".into()), (&"normal".into(), &"normal".into())]);
    assert!(folder.path().join("truth.toml").exists());
    std::fs::write(folder.path().join("study.toml"), "mine").unwrap();
    let again = init();
    assert!(again.code == 2 && again.stderr.contains("exists already"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(folder.path().join("study.toml")).unwrap(), "mine");
}

/// A day of the lab, recorded, as a study of one session.
fn lived(variant: &str, folder: &TempDir) -> Json {
    let run = Run::new(["demo", "--seed", "7", "--variant", variant, "--out"]).arg(folder.path()).done();
    assert_eq!(run.code, 0, "{}", run.stderr);
    let path = study(folder, &[("the day", &folder.path().join("recording.warc.gz"), "")]);
    let run = Run::new(["study", "--format", "json", "--reveal"]).arg(&path).done();
    assert!(run.code < 2, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn the_day_of_the_lab_comes_out_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let study = lived("reported", &folder);
    is_backed(&study);
    let report = &study["sessions"][0]["report"];
    let order: BTreeMap<&str, usize> = array(&report["truth"]["actions"])
        .iter()
        .enumerate()
        .map(|(at, action)| (action["name"].as_str().unwrap(), at))
        .collect();
    let mut actions = 0;
    for view in array(&study["known"]) {
        let told: BTreeSet<&str> = array(&report["findings"])
            .iter()
            .filter(|finding| array(&view["hosts"]).contains(&finding["receiver"]["host"]))
            .filter_map(|finding| finding["action"].as_str())
            .collect();
        let listed: Vec<&str> = array(&view["entries"]).iter().filter_map(|entry| entry["action"].as_str()).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>(), told, "{}", view["receiver"]);
        assert_eq!(listed.len(), told.len(), "each once");
        assert!(listed.is_sorted_by_key(|name| order[name]), "{listed:?}");
        let times: Vec<&str> = array(&view["entries"]).iter().filter_map(|entry| entry["at"].as_str()).collect();
        assert!(times.is_sorted() && times.len() == array(&view["entries"]).len());
        actions += told.len();
    }
    assert!(actions > 50, "only {actions} were told");
    let rules: BTreeSet<&str> = array(&study["known"])
        .iter()
        .flat_map(|view| array(&view["facts"]))
        .map(|fact| fact["rule"].as_str().unwrap())
        .collect();
    for rule in ["which-device", "did", "incognito", "joined", "hours"] {
        assert!(rules.contains(rule), "{rule}: {rules:?}");
    }
    let texts: Vec<&str> = array(&study["known"]).iter().flat_map(|view| facts(view, "joined")).collect();
    assert!(texts.iter().any(|said| said.contains("in normal and incognito mode")), "{texts:?}");
}

#[test]
fn of_the_controls_no_deed_is_known() {
    for variant in ["respectful", "claimed"] {
        let folder = tempfile::tempdir().unwrap();
        let study = lived(variant, &folder);
        for view in array(&study["known"]) {
            assert!(array(&view["entries"]).iter().all(|entry| entry["action"].is_null()), "{variant}: {view:#}");
        }
    }
}

/// What a Play data safety form says: nothing but device ids is collected, and that encrypted.
const FORM: &str = "Question ID (machine readable),Response ID (machine readable),Response value,Answer requirement,\
Human-friendly question label\n\
PSL_DATA_COLLECTION_COLLECTS_PERSONAL_DATA,,TRUE,REQUIRED,Collects?\n\
PSL_DATA_COLLECTION_ENCRYPTED_IN_TRANSIT,,true,MAYBE_REQUIRED,Encrypted?\n\
PSL_DATA_TYPES_APP_ACTIVITY,PSL_IN_APP_SEARCH_HISTORY,,MULTIPLE_CHOICE,Searches\n\
PSL_DATA_TYPES_IDENTIFIERS,PSL_DEVICE_ID,true,MULTIPLE_CHOICE,Device ids\n";

#[test]
fn what_was_declared_to_a_store_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let path = pair(&folder, "browser-pair-sa2020-image", "private");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("declared = [\"form.csv\"]\nclaims = [\"no-incognito-browsing\"]\n{text}")).unwrap();
    std::fs::write(folder.path().join("form.csv"), FORM).unwrap();
    let run = Run::new(["study", "--format", "json"]).arg(&path).done();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let study: Json = serde_json::from_str(&run.stdout).unwrap();
    let verdict = |claim: &str| {
        let verdicts = study["verdicts"].as_array().unwrap();
        let found = verdicts.iter().find(|verdict| verdict["claim"] == claim);
        found.unwrap_or_else(|| panic!("no verdict on {claim}: {verdicts:?}")).clone()
    };
    for claim in ["declares-no-search-history", "declares-encrypted", "no-incognito-browsing"] {
        let judged = verdict(claim);
        assert_eq!(judged["verdict"], "refuted", "{judged:#}");
        let first = &judged["evidence"][0];
        let findings = &study["sessions"][first["session"].as_u64().unwrap() as usize]["report"]["findings"];
        assert!(
            findings[first["finding"].as_u64().unwrap() as usize]["exchange"].is_u64(),
            "evidence leads to a finding"
        );
    }
    std::fs::write(folder.path().join("form.csv"), "{}").unwrap();
    let wrong = Run::new(["study"]).arg(&path).done();
    assert_eq!(
        (wrong.code, wrong.stderr.contains("form.csv: this is no data safety form")),
        (2, true),
        "{}",
        wrong.stderr
    );
}
