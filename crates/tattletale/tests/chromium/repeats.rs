//! Five visits of the same kind, each with a profile of its own: whatever differs between them is noise.

use std::collections::{BTreeMap, BTreeSet};

use tattletale_report::study::Session;
use tattletale_report::study::differences::{Verdict, What, differences};

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
    nothing_differs_between_equals(&sessions);
}

/// Splits of the visits that are compared.
const SPLITS: u32 = 100;

/// Two versions that are one, by lot: two visits are called one, three the other. What was planted is told in both, and
/// of anything else nothing is claimed: five visits can be parted in ten ways, so that no parting is rarer than one in
/// ten, and the stated error rate is one in a hundred.
fn nothing_differs_between_equals(sessions: &[Session]) {
    // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), from a fixed start: the lots are the same in every run.
    let mut state = 0x5eed_u64;
    let mut lot = |below: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below as u64).unwrap()
    };
    for split in 0..SPLITS {
        let mut sessions = sessions.to_vec();
        for place in (1..sessions.len()).rev() {
            sessions.swap(place, lot(place + 1));
        }
        for (place, session) in sessions.iter_mut().enumerate() {
            session.about.version = Some(if place < 2 { "one" } else { "other" }.to_owned());
            session.about.device = None;
        }
        let found = differences(&sessions);
        assert!(found.iter().any(|one| matches!(one.what, What::Told { .. })), "split {split}: nothing was compared");
        assert!(found.iter().all(|one| !one.is_one()), "split {split}: {found:#?}");
        let fields = found.iter().filter(|one| one.what == What::Fields).map(|one| one.verdict);
        assert_eq!(fields.collect::<Vec<_>>(), [Verdict::NotEnough], "split {split}");
    }
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
