//! From a hostile capture through the real binary to the page in a real browser: nothing of it becomes markup.
//!
//! Needs Chromium; `scripts/test` installs it or says that it is missing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod common;

use browser::{chromium, dom};
use common::Run;
use serde_json::json;

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
