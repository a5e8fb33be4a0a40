//! The page of a study: a real pair of captures, and one of reports in which everything is hostile.

#![expect(clippy::unwrap_used, reason = "a test helper may fail the test")]

#[path = "../../tattletale/tests/browser/mod.rs"]
mod browser;
#[allow(dead_code, reason = "shared with the other tests of the renderers")]
mod reports;

use reports::{EMAIL, MARKUP, PASSWORD, TERM, TOKEN, VISIT};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use tattletale_core::audit::{self, Capture};
use tattletale_core::model::{Report, truth};
use tattletale_report::render::{self, escape, study};
use tattletale_report::study::claims::{Claim, ready};
use tattletale_report::study::{About, Session, Study, Verdict};

/// One session of the real pair.
fn real(folder: &str, mode: &'static str) -> Session {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/real/browser-pair-sa2020-image").join(folder);
    let given = truth::parse(&std::fs::read_to_string(folder.join("truth.toml")).unwrap()).unwrap();
    let har = folder.join("requests.har");
    let capture = Capture { name: mode.into(), open: Box::new(move || Ok(Box::new(File::open(&har)?))), origin: None };
    let options = audit::Options { fields: true, ..audit::Options::default() };
    let report = audit::audit(&[capture], Some(given), &options).unwrap();
    Session::new(About { name: mode.into(), mode: Some(mode), ..About::default() }, report)
}

fn pair() -> Study {
    let sessions = vec![real("normal", "normal"), real("private", "incognito")];
    Study::of("A browser".into(), sessions).with_claims(&ready::all(), BTreeMap::new())
}

/// Hostile reports in sessions whose every name is hostile, judged by a claim that is.
fn nasty() -> Study {
    let hostile = |n: usize| format!("{}{EMAIL}\u{202e}", MARKUP[n % MARKUP.len()]);
    let session = |n: usize, mode| {
        let about = About {
            name: hostile(n),
            device: Some(hostile(0)),
            app: Some(hostile(1)),
            version: Some(hostile(n)),
            mode: Some(mode),
            settings: BTreeMap::from([(hostile(2), hostile(n))]),
            repeat: None,
        };
        Session::new(about, reports::nasty())
    };
    let mut claims = ready::all();
    claims.extend(ready::all().into_iter().map(|claim| Claim {
        says: hostile(0),
        source: hostile(1),
        caveat: Some(hostile(2)),
        ..claim
    }));
    Study::of(hostile(3), vec![session(0, "normal"), session(1, "incognito")]).with_claims(&claims, BTreeMap::new())
}

fn page(study: &Study, reveal: bool) -> String {
    let general = render::Options { reveal, ..render::Options::default() };
    let options = study::Options { general, truth_files: vec![Some("my truth.toml".into()); study.sessions.len()] };
    let mut out = Vec::new();
    study::html(study, &options, &mut out).unwrap();
    String::from_utf8(out).expect("every output is UTF-8")
}

/// Values of an attribute, wherever it stands.
fn values<'h>(html: &'h str, attribute: &str) -> Vec<&'h str> {
    let opening = format!(" {attribute}=\"");
    html.split(&opening).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn the_page_takes_nothing_from_the_study_but_text() {
    for reveal in [false, true] {
        let page = page(&nasty(), reveal);
        let without_style = page.split_once("</style>").unwrap().1;
        for tag in ["<script", "<img", "<iframe", "<style", "<link", " style=", "</style"] {
            assert!(!without_style.contains(tag), "{tag}");
        }
        assert!(MARKUP.iter().all(|markup| !page.contains(markup)));
        assert!((!reveal || page.contains("&lt;script&gt;")) && page.contains("default-src 'none'"));
        assert_eq!(page.chars().find(|&c| c != '\n' && escape::must_escape(c)), None);
        // The only links lead into the page.
        assert!(values(without_style, "href").iter().all(|link| link.starts_with('#')));
    }
}

#[test]
fn ids_are_unique_and_every_link_leads_somewhere() {
    for study in [nasty(), pair(), Study::of("one".into(), vec![real("private", "incognito")]), Study::default()] {
        let page = page(&study, false);
        let body = page.split_once("</style>").unwrap().1;
        let ids = values(body, "id");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "an id stands twice");
        for link in values(body, "href") {
            assert!(unique.contains(link.trim_start_matches('#')), "{link} leads nowhere");
        }
        for named in values(body, "aria-labelledby").iter().flat_map(|names| names.split(' ')) {
            assert!(unique.contains(named), "{named}");
        }
    }
}

#[test]
fn nothing_planted_leaves_unless_revealed_and_secrets_never_do() {
    let (masked, revealed) = (page(&nasty(), false), page(&nasty(), true));
    for value in [EMAIL, VISIT, TERM, PASSWORD, TOKEN] {
        assert!(!masked.contains(value), "{value}");
    }
    assert!(revealed.contains(EMAIL) && !revealed.contains(PASSWORD) && !revealed.contains(TOKEN));
    let pair = pair();
    let masked = page(&pair, false);
    for value in pair.sessions.iter().flat_map(|session| &session.report.truth.values) {
        assert!(!masked.contains(&value.value), "{}", value.name);
    }
}

#[test]
fn the_real_pair_is_answered_in_the_order_of_a_reader_s_questions() {
    let study = pair();
    let page = page(&study, true);
    let mut last = 0;
    for part in
        ["<h1>1 receiver knows", "id=\"claims\"", "id=\"days\"", "id=\"links\"", "id=\"matrix\"", "id=\"sessions\""]
    {
        let at = page.find(part).unwrap_or_else(|| panic!("no {part}"));
        assert!(at > last, "{part} comes too early");
        last = at;
    }
    assert!(page.contains("join incognito mode to everything else"), "the IMEI is in both");
    for judged in &study.verdicts {
        assert!(page.contains(&escaped(&judged.claim.says)), "{}", judged.claim.name);
        assert!(page.contains(judged.verdict.words()));
    }
    let refuted = study.verdicts.iter().filter(|judged| judged.verdict == Verdict::Refuted).count();
    assert!(refuted > 0 && page.matches("See the evidence").count() == refuted, "{refuted}");
    assert!(page.matches("tattletale show ").count() > refuted);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[test]
fn what_is_missing_is_said_in_the_answer() {
    let mut study = pair();
    assert!(!page(&study, false).contains("Not complete."));
    study.sessions[1].report = Report { ..reports::nasty() };
    assert!(!study.complete());
    assert!(page(&study, false).split_once("id=\"claims\"").unwrap().0.contains("Not complete."));
}

#[test]
fn a_browser_opens_it_without_a_complaint() {
    let Some(chromium) = browser::chromium() else {
        println!("skipped: no Chromium here");
        return;
    };
    let folder = std::env::temp_dir().join(format!("tattletale-study-page-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("study.html");
    for study in [nasty(), pair()] {
        std::fs::write(&file, page(&study, true)).unwrap();
        let opened = browser::opened(&chromium, &folder, &file);
        assert!(opened.dom.contains("· Tattletale</title>") && opened.dom.contains("</html>"), "a script ran");
        assert!(!opened.dom.contains("<script") && !opened.dom.contains("<img"));
        assert!(opened.complaints.is_empty(), "{:?}", opened.complaints);
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// Writes the pages for a look at them: `PAGES_INTO=FOLDER cargo test -p tattletale-report --test study_page -- look`.
#[test]
fn pages_for_a_look() {
    let Ok(folder) = std::env::var("PAGES_INTO") else { return };
    for (name, study) in [("pair", pair()), ("nasty", nasty())] {
        std::fs::write(Path::new(&folder).join(format!("{name}.html")), page(&study, true)).unwrap();
    }
}
