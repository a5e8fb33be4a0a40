//! The commands as a user runs them: exit codes, errors in two lines, output for a person and for a machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Run, root};
use serde_json::Value as Json;
use std::path::PathBuf;
use tempfile::TempDir;

const CASE: &str = "tests/real/browser-sa2020-image";

fn capture() -> String {
    format!("{CASE}/requests.har")
}

fn truth() -> String {
    format!("{CASE}/truth.toml")
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn errors_are_one_line_with_the_place_and_one_of_help() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, PathBuf, &str); 8] = [
        ("empty", file(&folder, "empty.har", ""), "empty"),
        ("not a HAR", file(&folder, "other.har", "{\"name\":\"x\",\"version\":1}"), "not a HAR"),
        ("text", file(&folder, "notes.txt", "hello"), "plain text"),
        ("cut before the entries", file(&folder, "cut.har", "{\"log\":{\"version\":\"1.2\""), "byte"),
        ("no entries", file(&folder, "none.har", "{\"log\":{\"version\":\"1.2\"}}"), "entries"),
        ("a folder", folder.path().to_owned(), "is a folder"),
        ("missing", folder.path().join("missing.har"), "No such file"),
        ("gzip", file(&folder, "packed.har", b"\x1f\x8b\x08\x00"), "gzip"),
    ];
    for (what, path, said) in cases {
        let run = Run::new(["audit"]).arg(&path).done();
        assert_eq!(run.code, 2, "{what}: {}", run.stderr);
        let lines: Vec<&str> = run.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{what}: {}", run.stderr);
        assert!(lines[0].starts_with("error: ") && lines[0].contains(&*path.to_string_lossy()), "{what}: {}", lines[0]);
        assert!(lines[0].contains(said), "{what}: {}", lines[0]);
        assert!(lines[1].starts_with(" help: ") && lines[1].len() > 10, "{what}: {}", lines[1]);
        assert!(run.stdout.is_empty(), "{what}");
    }
}

#[test]
fn a_wrong_ground_truth_is_named_with_line_and_byte() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = file(&folder, "truth.toml", "[[value]]\nname = \"a\"\nkind = \"e-mail\"\nvalue = \"x\"\n");
    let run = Run::new(["audit"]).arg(capture()).arg("--truth").arg(&wrong).done();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("truth.toml:3: unknown kind or mode `e-mail`, the nearest known one is `email`"));
    assert!(run.stderr.contains("(byte 28)"), "{}", run.stderr);
}

#[test]
fn a_report_takes_no_place_of_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let har = file(&folder, "a.har", std::fs::read(root().join(capture())).unwrap());
    let run = Run::new(["audit"]).arg(&har).arg("--report").arg(&har).done();
    assert_eq!((run.code, run.stderr.contains("is read by this audit")), (2, true), "{}", run.stderr);
    assert!(std::fs::read(&har).unwrap().starts_with(b"{"));
    let nowhere = Run::new(["audit"]).arg(&har).arg("--report").arg(folder.path().join("no/such/page.html")).done();
    assert_eq!((nowhere.code, nowhere.stdout.as_str()), (2, ""));
    let truth = file(&folder, "truth.toml", b"# ok\n\xff");
    let run = Run::new(["audit"]).arg(&har).arg("--truth").arg(&truth).done();
    assert!(run.stderr.contains("truth.toml:2: this is not UTF-8 (byte 5)"), "{}", run.stderr);
}

#[test]
fn exit_codes() {
    let found = Run::new(["audit"]).arg(capture()).arg("--truth").arg(truth()).done();
    assert_eq!(found.code, 1);
    assert!(found.stdout.starts_with("1 receiver learnt 8 things about you\n"), "{}", found.stdout);
    let omnibox = "tests/real/chromium-omnibox/incognito";
    let nothing =
        Run::new(["audit"]).arg(format!("{omnibox}/requests.har")).arg("--truth").arg(format!("{omnibox}/truth.toml"));
    let nothing = nothing.done();
    assert_eq!(nothing.code, 0);
    assert!(nothing.stdout.starts_with("Nothing found\n"), "{}", nothing.stdout);
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(root().join(capture())).unwrap();
    let cut = file(&folder, "cut.har", &whole[..whole.len() * 9 / 10]);
    let incomplete = Run::new(["audit", "--format", "json"]).arg(cut).arg("--truth").arg(truth()).done();
    assert_eq!(incomplete.code, 2);
    let report: Json = serde_json::from_str(&incomplete.stdout).unwrap();
    assert_eq!(report["complete"], false);
    assert!(report["findings"].as_array().unwrap().len() > 20, "findings are still printed");
}

#[test]
fn one_unreadable_capture_among_others_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let broken = file(&folder, "broken.har", "{}");
    let run = Run::new(["audit", "--format", "json"]).arg(capture()).arg(&broken).arg("--truth").arg(truth()).done();
    assert_eq!(run.code, 2);
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["captures"].as_array().unwrap().len(), 2);
    assert!(!report["findings"].as_array().unwrap().is_empty());
    assert!(report["faults"][0]["message"].as_str().unwrap().contains("nothing of this capture was read"));
}

#[test]
fn every_finding_is_shown_again_by_its_command() {
    let run = Run::new(["audit", "--format", "json"]).arg(capture()).arg("--truth").arg(truth()).done();
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    for finding in report["findings"].as_array().unwrap().iter().step_by(7) {
        let command = finding["command"].as_str().unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "tattletale");
        let shown = words[1..].iter().fold(Run::new([]), |run, word| run.arg(word)).done();
        assert_eq!(shown.code, 0, "{command}");
        let mark = format!("◀ {}", finding["value"].as_str().or(finding["action"].as_str()).unwrap());
        assert!(shown.stdout.contains(&mark), "{command} does not mark {mark}:\n{}", shown.stdout);
    }
}

#[test]
fn show_without_ground_truth_marks_what_the_capture_shows() {
    let omnibox = "tests/real/chromium-omnibox/normal/requests.har";
    let run = Run::new(["show"]).arg(omnibox).arg("--exchange").arg("18").done();
    assert!(run.stdout.contains("◀ action#1"), "{}", run.stdout);
    let beyond = Run::new(["show"]).arg(omnibox).arg("--exchange").arg("25").done();
    assert_eq!(beyond.code, 2);
    assert!(beyond.stderr.contains("counted from 0 to 24"), "{}", beyond.stderr);
}

#[test]
fn decode_peels_a_blob_from_standard_input() {
    // {"user":"zoe@example.org"} in gzip would be binary: base64 in a form it is.
    let blob = "data=eyJ1c2VyIjoiem9lQGV4YW1wbGUub3JnIn0%3D&v=2\n";
    let run = Run::new(["decode", "--find", "ZOE@example.org"]).input(blob).done();
    assert_eq!(run.code, 1, "something was found");
    assert!(run.stdout.contains("data › base64 › json"), "{}", run.stdout);
    assert!(run.stdout.contains("ZOE@example.org: form data › base64 › json $.user, bytes 0 to 15"), "{}", run.stdout);
    let json = Run::new(["decode", "--format", "json"]).input(blob).done();
    assert_eq!(json.code, 0);
    let tree: Json = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(tree["tree"]["children"][0]["children"][0]["children"][0]["text"], "zoe@example.org");
    let empty = Run::new(["decode"]).input("").done();
    assert_eq!(empty.code, 0);
}

#[test]
fn responses_are_looked_at_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let har = r#"{"log":{"entries":[{"startedDateTime":"2026-01-01T00:00:00Z",
        "request":{"method":"GET","url":"https://t.example/me","headers":[]},
        "response":{"status":200,"headers":[{"name":"X-User","value":"ann.lee@mail.example"}],
            "content":{"mimeType":"application/json","text":"{\"mail\":\"ann.lee@mail.example\"}"}}}]}}"#;
    let truth = "[[value]]\nname = \"email\"\nkind = \"email\"\nvalue = \"ann.lee@mail.example\"\n";
    let (har, truth) = (file(&folder, "a.har", har), file(&folder, "truth.toml", truth));
    let without = Run::new(["audit"]).arg(&har).arg("--truth").arg(&truth).done();
    assert_eq!(without.code, 0);
    let run = Run::new(["audit", "--responses", "--format", "json"]).arg(&har).arg("--truth").arg(&truth).done();
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let parts: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|finding| finding["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["response:header:x-user", "response:body"]);
}

#[test]
fn written_reports_hold_no_planted_value_unless_revealed() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let run = |reveal: &[&str]| {
        let run = Run::new(["audit", "--format", "json"]).arg(capture()).arg("--truth").arg(truth());
        reveal.iter().fold(run.arg("--report").arg(&page), |run, arg| run.arg(arg)).done()
    };
    let planted = ["marta.eaea5ae2@example.org", "864040504207201", "a7ca318d06d44999", "early-menopause-eaea5ae2"];
    let masked = run(&[]);
    let html = std::fs::read_to_string(&page).unwrap();
    for value in planted {
        assert!(!masked.stdout.contains(value) && !html.contains(value), "{value}");
    }
    let revealed = run(&["--reveal"]);
    let html = std::fs::read_to_string(&page).unwrap();
    for value in planted {
        assert!(revealed.stdout.contains(value) && html.contains(value), "{value}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_same_input_gives_the_same_output() {
    let run = || Run::new(["audit", "--format", "json"]).arg(capture()).arg("--truth").arg(truth()).done().stdout;
    assert_eq!(run(), run());
}
