//! The demo and the lab's commands, on real sockets: what is told of a day is what was truly sent.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod common;

use common::Run;
use serde_json::Value as Json;

#[test]
fn the_demo_finds_all_and_invents_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = Run::new(["demo", "--seed", "7", "--reveal", "--out"]).arg(folder.path()).done();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("recall 100 %") && run.stdout.contains("precision 100 %"), "{}", run.stdout);
    let answers = [
        "pages that you opened",
        "searches, word by word",
        "your ANDROID_ID (device id) joins normal and incognito mode",
        "refuted  “No browsing data is collected in incognito mode.”",
        "untested  “The data is not shared with another company.”",
        "What the receiver makes of it",
    ];
    for part in answers {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    let page = folder.path().join("report.html");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(!html.contains("<script"));
    let Some(chromium) = browser::chromium() else {
        println!("skipped: no Chromium here");
        return;
    };
    let dom = browser::dom(&chromium, folder.path(), &page);
    let shown = [
        "singapore-collector.localhost",
        "russia-collector.localhost",
        "base64",
        // What the receiver knows, that one id joins the modes, and each claim's verdict with its evidence.
        "What they know about you",
        "join incognito mode to everything else",
        "What the maker says, and what was found",
        "No browsing data is collected in incognito mode.",
        "See the evidence",
        "Recognised by repetition",
        // Who runs the collectors, as the lab's registry says.
        "registered in",
    ];
    for part in shown {
        assert!(dom.contains(part), "{part}");
    }
    let verdicts = dom.matches("class=\"claim ").count();
    assert_eq!(verdicts, 8, "a verdict on each claim");
    #[cfg(unix)]
    for name in ["recording.warc.gz", "truth.toml", "evidence.jsonl", "report.html"] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_sample_of_the_matrix_is_perfect() {
    let run = Run::new(["lab", "matrix", "--every", "16", "--seed", "3", "--format", "json"]).done();
    let table: Json = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    let rows = table["scenarios"].as_array().unwrap();
    assert!(rows.len() > 20);
    for row in rows {
        let perfect = row["missed"] == serde_json::json!([]) && row["invented"] == serde_json::json!([]);
        assert!(perfect && row["complete"] == true, "{row:#}");
    }
    assert_eq!(run.code, 0);
    assert!(rows.iter().any(|row| row["expected"].as_u64() > Some(50)), "the reported ones tell much");
}

#[test]
fn what_there_is() {
    let list = Run::new(["lab", "list"]).done();
    assert!(list.stdout.contains("redmi-note-8-reported") && list.stdout.contains("respectful"), "{}", list.stdout);
    let unknown = Run::new(["lab", "run", "no-such"]).done();
    assert_eq!((unknown.code, unknown.stderr.contains("there are: ")), (2, true), "{}", unknown.stderr);
}
