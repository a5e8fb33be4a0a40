//! The page of a study of lab days in a real browser: it opens, nothing complains, and it answers what it should.
//!
//! Needs Chromium; `scripts/test` installs it or says that it is missing. `STUDY_PAGES_INTO=FOLDER` keeps the pages
//! for a look at them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../tattletale/tests/browser/mod.rs"]
mod browser;

use browser::{chromium, dom};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tattletale_core::attribute::Operators;
use tattletale_lab::dry;
use tattletale_lab::scenario::Scenario;
use tattletale_report::render::{self, study};
use tattletale_report::study::claims::ready;
use tattletale_report::study::{About, Session, Study};

/// A day of a named scenario, lived without sockets and audited.
fn day(name: &str, day: u32) -> Session {
    let scenario = Scenario::by_name(name).unwrap();
    let (recording, lived) = dry::live(&mut scenario.plan_on_day(7, day)).unwrap();
    let mut report = dry::audit(&recording, &lived).unwrap();
    Operators::default().name(&mut report);
    let about = About {
        name: format!("{name} day {}", day + 1),
        device: Some(scenario.model.name.to_owned()),
        app: Some(scenario.product.name.to_owned()),
        version: Some(scenario.version().to_owned()),
        repeat: Some(day + 1),
        ..About::default()
    };
    Session::new(about, report)
}

fn study(days: &[(&str, u32)]) -> Study {
    let sessions = days.iter().map(|(name, number)| day(name, *number)).collect();
    Study::of("A phone as it was reported on".to_owned(), sessions).with_claims(&ready::all(), BTreeMap::new())
}

fn page(folder: &Path, name: &str, study: &Study, reveal: bool) -> PathBuf {
    let options = study::Options {
        general: render::Options { reveal, ..render::Options::default() },
        truth_files: vec![Some("truth.toml".to_owned()); study.sessions.len()],
    };
    let mut out = Vec::new();
    study::html(study, &options, &mut out).unwrap();
    let file = folder.join(format!("{name}.html"));
    std::fs::write(&file, out).unwrap();
    file
}

#[test]
fn a_reported_phone_is_answered_about_in_a_browser() {
    let study = study(&[("redmi-note-8-reported", 0), ("redmi-note-8-reported", 1)]);
    let kept = std::env::var("STUDY_PAGES_INTO").ok().map(PathBuf::from);
    let folder = tempfile::tempdir().unwrap();
    let folder = kept.as_deref().unwrap_or(folder.path());
    page(folder, "masked", &study, false);
    page(folder, "one", &self::study(&[("redmi-note-8-reported", 0)]), true);
    let revealed = page(folder, "revealed", &study, true);
    let Some(chromium) = chromium() else {
        println!("skipped: no Chromium here");
        return;
    };
    let dom = dom(&chromium, folder, &revealed);
    assert!(dom.contains("</html>"));
}
