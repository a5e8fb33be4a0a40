//! Folders, screens, apps and settings are recognised where they were told, and nowhere else.

use super::{day, scenario};
use tattletale_lab::score::Score;
use tattletale_report::study::{ALPHA, Session, repetition::Repetition};

#[test]
fn one_day_is_enough_to_recognise_what_was_told() {
    for (name, things) in [("redmi-note-8-reported", 11), ("redmi-note-8-account", 12), ("mint-updated-default", 11)] {
        for seed in 1..=5 {
            let (session, lived) = day(&scenario(name), seed, 0);
            let found = Repetition::of(std::slice::from_ref(&session));
            let score = Score::of_repetition(&found.recognised, &[&lived]);
            // Five apps, three screens, two settings, one folder; the sign-in of those who have an account.
            assert_eq!(score.expected.len(), things, "{name} {seed}: {score:?}");
            assert!(score.missed.is_empty() && score.invented.is_empty(), "{name} {seed}: {score:?}");
            for one in &found.recognised {
                assert!(
                    one.corrected <= ALPHA && !one.evidence.is_empty() && one.told.len() == one.followed,
                    "{one:?}"
                );
            }
        }
    }
}

#[test]
fn controls_tell_nothing_on_twenty_days_each() {
    for name in ["claimed", "respectful", "respectful-refused", "sealed", "other-maker-mint-reported"] {
        let scenario = scenario(name);
        for seed in 1..=20 {
            let (session, _) = day(&scenario, seed, 0);
            let found = Repetition::of(&[session]);
            assert_eq!(found.recognised, [], "{name} {seed}");
            // Eleven things that were done often enough to be recognised, and were not.
            let few: Vec<_> = found.unrecognised.iter().filter(|one| one.too_few()).collect();
            assert!(found.unrecognised.len() - few.len() >= 11, "{name} {seed}: {few:?}");
        }
    }
}

#[test]
fn what_was_done_seldom_needs_more_days() {
    let scenario = scenario("redmi-note-8-reported");
    let is_rare = |value: &str| value == "org.example.chess";
    // Of this app only the first two uses of each day are left in the person's memory.
    let forget = |session: &mut Session| {
        let actions = &mut session.report.truth.actions;
        let uses = actions.iter().filter(|action| is_rare(&action.value)).nth(2).and_then(|action| action.at);
        let forgotten = actions.iter_mut().filter(|action| is_rare(&action.value) && action.at >= uses);
        forgotten.for_each(|action| (action.at, action.modelled_at) = (None, None));
    };
    let mut sessions: Vec<Session> = (0..3).map(|number| day(&scenario, 3, number).0).collect();
    sessions.iter_mut().for_each(forget);
    let one = Repetition::of(&sessions[..1]);
    let rare = one.unrecognised.iter().find(|one| is_rare(&one.value)).expect("twice is too few");
    assert!(rare.too_few() && rare.repeats == 2, "{rare:?}");
    let pooled = Repetition::of(&sessions);
    assert!(pooled.recognised.iter().all(|one| one.actions.iter().any(|(session, _)| *session == 2)));
    let rare = pooled.recognised.iter().find(|one| one.value.as_deref().is_some_and(is_rare)).expect("three days do");
    assert_eq!((rare.followed, rare.repeats), (6, 6));
}
