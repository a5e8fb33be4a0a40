//! From a hostile capture through the real binary to the page in a real browser: nothing of it becomes markup.
//!
//! Needs Chromium (`CHROMIUM`, else the usual names); `scripts/test` installs it or says that it is missing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::Run;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Everything that would act if it were taken for markup.
const MARKUP: &str = "</style><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">";

#[test]
fn nothing_of_a_hostile_capture_becomes_markup() {
    let Some(chromium) = chromium() else {
        println!("skipped: no Chromium here");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (har, truth, page) =
        (folder.path().join("a.har"), folder.path().join("truth.toml"), folder.path().join("report.html"));
    let value = format!("{MARKUP} 7f3a91c4");
    let entry = |url: String, body: String| {
        json!({
            "startedDateTime": "2026-01-01T10:00:00Z",
            "request": {
                "method": MARKUP, "url": url, "headers": [{ "name": MARKUP, "value": value }],
                "postData": { "mimeType": MARKUP, "text": body },
            },
            "response": { "status": 200, "headers": [] },
        })
    };
    let entries = [
        entry(format!("https://t.example/{MARKUP}?{MARKUP}={value}"), json!({ MARKUP: { "a": value } }).to_string()),
        entry(format!("https://{MARKUP}.example/p"), format!("{{\"{MARKUP}")),
    ];
    std::fs::write(&har, json!({ "log": { "entries": entries } }).to_string()).unwrap();
    let toml = format!("[[value]]\nname = {0}\nkind = \"text\"\nvalue = {0}\n", json!(value));
    std::fs::write(&truth, toml).unwrap();
    for reveal in [&[][..], &["--reveal"]] {
        let run = Run::new(["audit"]).arg(&har).arg("--truth").arg(&truth).arg("--report").arg(&page);
        let run = reveal.iter().fold(run, |run, arg| run.arg(arg)).done();
        assert_eq!(run.code, 2, "the second body ends inside a string: {}", run.stderr);
        let html = std::fs::read_to_string(&page).unwrap();
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
        let dom = dom(&chromium, folder.path(), &page);
        assert!(
            dom.contains("learnt") && dom.contains("Tattletale</title>"),
            "the title was changed, or no page: {dom}"
        );
        assert!(!dom.contains("<script") && !dom.contains("<img"));
    }
}

fn chromium() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(String::from);
    let mut candidates = named.into_iter().chain(usual);
    candidates.find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

/// The page as the browser holds it after everything that could run has run.
fn dom(chromium: &str, folder: &Path, file: &Path) -> String {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
