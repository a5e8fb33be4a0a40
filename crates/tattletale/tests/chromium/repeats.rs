//! Five visits of the same kind, each with a profile of its own: whatever differs between them is noise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use tattletale_core::audit::{Capture, Options, audit};
use tattletale_core::model::truth;
use tattletale_core::study::{About, Session};

use crate::sdk;
use crate::visit::{Person, Visit, Visits};

/// How often the same is done.
const REPEATS: u32 = 5;

#[test]
fn the_same_visit_tells_the_same_five_times() {
    let Some(sessions) = sessions() else { return };
    let told: Vec<_> = sessions.iter().map(fields).collect();
    let uses = |told: &BTreeMap<String, BTreeSet<Vec<u8>>>| told.keys().cloned().collect::<Vec<_>>();
    for of in &told[1..] {
        assert_eq!(uses(&told[0]), uses(of), "the tracker got other fields");
    }
    // One that holds the visitor's id all along holds one value a visit, and another in every profile.
    let at = |field: &str, of: &BTreeMap<String, BTreeSet<Vec<u8>>>| {
        let (_, values) = of.iter().find(|(name, _)| name.ends_with(field)).unwrap();
        values.clone()
    };
    let ids: Vec<_> = told.iter().map(|of| at("$.anonymous_id", of)).collect();
    assert!(ids.iter().all(|values| values.len() == 1), "{ids:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), told.len(), "{ids:?}");
    let accounts: BTreeSet<_> = told.iter().map(|of| at("$.login_id", of)).collect();
    assert_eq!(accounts.len(), 1, "it is one person");
}

/// What the tracker got: every field with its values.
fn fields(session: &Session) -> BTreeMap<String, BTreeSet<Vec<u8>>> {
    let fields = session.report.fields.fields.iter().filter(|field| field.host == "tracker.localhost");
    fields.map(|field| (format!("{}: {}", field.part, field.path), field.values.iter().cloned().collect())).collect()
}

/// The visits, audited; none where Chromium or the SDK is missing.
fn sessions() -> Option<Vec<Session>> {
    let (chromium, script) = crate::tools(sdk::OLD)?;
    let folder = tempfile::tempdir().unwrap();
    let person = Person::new();
    let visits = Visits { chromium: &chromium, sdk: sdk::OLD, script: &script, person: &person, folder: folder.path() };
    let session = |repeat: u32| {
        let visit =
            visits.visit(&format!("repeat-{repeat}"), "normal", &folder.path().join(format!("profile-{repeat}")));
        session(&visit, &person, repeat)
    };
    Some((1..=REPEATS).map(session).collect())
}

fn session(visit: &Visit, person: &Person, repeat: u32) -> Session {
    let truth = truth::parse(&std::fs::read_to_string(visit.truth(person, &[])).unwrap()).unwrap();
    let open = || Ok(Box::new(File::open(&visit.recording)?) as Box<dyn std::io::Read>);
    let capture = Capture { name: visit.name.clone(), open: Box::new(open) };
    let report = audit(&[capture], Some(truth), &Options { fields: true, ..Options::default() }).unwrap();
    assert!(report.complete(), "{:?}", report.faults);
    let about = About {
        name: visit.name.clone(),
        device: Some(format!("profile {repeat}")),
        app: Some("Chromium".to_owned()),
        mode: Some(visit.mode),
        repeat: Some(repeat),
        ..About::default()
    };
    Session { about, report }
}
