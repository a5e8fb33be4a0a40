//! Folders, screens, apps and settings are recognised where they were told, and nowhere else.

use super::{day, scenario};
use tattletale_core::study::{ALPHA, repetition::Repetition};
use tattletale_lab::score::Score;

#[test]
fn one_day_is_enough_to_recognise_what_was_told() {
    for (name, seed) in [("redmi-note-8-reported", 1), ("redmi-note-8-account", 2), ("mint-updated-default", 3)] {
        let (session, lived) = day(&scenario(name), seed, 0);
        let found = Repetition::of(std::slice::from_ref(&session));
        let score = Score::of_repetition(&found.recognised, &[&lived]);
        for r in &found.recognised {
            println!("{name} {} {:?} {} {} {:?} {}/{} {}/{} {}/{} {:e} {:e} {} {} {}", r.kind, r.value, r.host, r.path, r.token.as_ref().map(|t| String::from_utf8_lossy(t).into_owned()), r.followed, r.repeats, r.elsewhere, r.others, r.paused, r.pauses, r.p, r.corrected, r.tests, r.also, r.resembles);
        }
        println!("{:?}", found.unrecognised);
        println!("{score:?}");
        assert!(score.expected.len() >= 11 || score.expected.is_empty(), "{score:?}");
        assert!(score.missed.is_empty() && score.invented.is_empty(), "{score:?}");
        assert!(found.recognised.iter().all(|one| one.corrected <= ALPHA && !one.evidence.is_empty()));
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
            let few: Vec<_> = found.unrecognised.iter().filter(|one| one.too_few()).collect();
            assert!(found.unrecognised.len() - few.len() >= 11, "{name} {seed}: {few:?}");
        }
    }
}
