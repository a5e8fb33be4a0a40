//! The real pairs of `tests/real`: what differs between normal and incognito visits is what their README says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use tattletale_core::audit::{self, Capture};
use tattletale_core::model::{Subject, truth};
use tattletale_report::study::differences::{Difference, Verdict, What, differences};
use tattletale_report::study::{About, Session};

fn session(case: &str, folder: &str, mode: &'static str) -> Session {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real").join(case).join(folder);
    let capture = std::fs::read(folder.join("requests.har")).unwrap();
    let truth = truth::parse(&std::fs::read_to_string(folder.join("truth.toml")).unwrap()).unwrap();
    let capture = Capture {
        name: mode.to_owned(),
        open: Box::new(move || Ok(Box::new(Cursor::new(capture.clone())))),
        origin: None,
    };
    let options = audit::Options { fields: true, ..audit::Options::default() };
    let report = audit::audit(&[capture], Some(truth), &options).unwrap();
    Session { about: About { name: mode.to_owned(), mode: Some(mode), ..About::default() }, report }
}

/// Kind and host of what was told, with the verdict.
fn told(found: &[Difference]) -> BTreeSet<(&str, &str, bool, Verdict)> {
    let told = found.iter().filter_map(|one| match &one.what {
        What::Told { data, host } => Some((data.kind, host.as_str(), data.action, one.verdict)),
        _ => None,
    });
    told.collect()
}

#[test]
fn the_browser_tells_its_search_engine_in_the_normal_window_only() {
    let sessions =
        [session("chromium-omnibox", "normal", "normal"), session("chromium-omnibox", "incognito", "incognito")];
    let found = differences(&sessions);
    let engine = |kind, action| (kind, "www.google.com", action, Verdict::OnlyLeft);
    let expected = [engine("search", false), engine("search", true), engine("url-path", false), engine("visit", true)];
    assert_eq!(told(&found), BTreeSet::from(expected));
    let fields: Vec<Verdict> = found.iter().filter(|one| one.what == What::Fields).map(|one| one.verdict).collect();
    assert_eq!(fields, [Verdict::NotEnough], "one session a side says nothing of what was not planted");
    // Typed text (7), the previous page (11 to 17), the typed address (18), all to /complete/search.
    let exchanges: BTreeSet<usize> = sessions[0].report.findings.iter().map(|finding| finding.exchange).collect();
    assert_eq!(exchanges, BTreeSet::from([7, 11, 13, 14, 15, 16, 17, 18]));
    // In incognito mode the user's own search and its favicon.
    let report = &sessions[1].report;
    assert!(report.findings.is_empty());
    let own = report.carriers.iter().filter(|carrier| carrier.subjects.contains(&Subject::Value(0)));
    assert_eq!(own.map(|carrier| carrier.exchange).collect::<Vec<_>>(), [10, 11]);
}

#[test]
fn the_tracker_gets_the_same_in_both_windows() {
    let sessions = [
        session("browser-pair-sa2020-image", "normal", "normal"),
        session("browser-pair-sa2020-image", "private", "incognito"),
    ];
    let found = differences(&sessions);
    let planted = ["search", "url-path", "email", "account-id", "person-name", "android-id", "imei"];
    let mut expected: BTreeSet<_> =
        planted.map(|kind| (kind, "collector.localhost", false, Verdict::Both)).into_iter().collect();
    expected.insert(("visit", "collector.localhost", true, Verdict::Both));
    assert_eq!(told(&found), expected);
    assert!(found.iter().all(|one| !one.is_one()));
}
