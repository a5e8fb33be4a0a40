//! Five visits of the same kind, each with a profile of its own: whatever differs between them is noise.

use std::collections::{BTreeMap, BTreeSet};

use tattletale_core::study::Session;

use crate::sdk;
use crate::visit::{Person, Visits};

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
        let name = format!("repeat-{repeat}");
        let profile = folder.path().join(format!("profile-{repeat}"));
        let visit = visits.visit(&name, "normal", &profile);
        visit.session(&person, &format!("profile {repeat}"), repeat)
    };
    Some((1..=REPEATS).map(session).collect())
}
