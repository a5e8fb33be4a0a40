//! Differences between lab days: none where there are none, the true ones where there are some.

use super::{day, scenario};
use std::collections::BTreeSet;
use tattletale_lab::people::Mode;
use tattletale_lab::scenario::{Lived, Scenario};
use tattletale_lab::seeded::Seeded;
use tattletale_report::study::Session;
use tattletale_report::study::differences::{Difference, Verdict, What, differences};

const TRIES: usize = 100;

fn days(scenario: &Scenario, seed: u64, count: u32) -> (Vec<Session>, Vec<Lived>) {
    (0..count).map(|number| day(scenario, seed, number)).unzip()
}

fn normal_only(name: &str) -> Scenario {
    Scenario { modes: vec![Mode::Normal], ..scenario(name) }
}

fn set(session: &mut Session, name: &str, value: &str) {
    session.about.settings.insert(name.to_owned(), value.to_owned());
}

/// Chooses `left` of the sessions at random and sets the others apart from them by a setting that changed nothing.
fn split(sessions: &mut [Session], left: usize, seeded: &mut Seeded) {
    let mut order: Vec<usize> = (0..sessions.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, seeded.below(last as u64 + 1) as usize);
    }
    for (position, index) in order.into_iter().enumerate() {
        set(&mut sessions[index], "half", if position < left { "a" } else { "b" });
    }
}

fn fields(found: &[Difference]) -> impl Iterator<Item = &Difference> {
    found.iter().filter(|found| !matches!(found.what, What::Told { .. }))
}

#[test]
fn days_of_one_condition_do_not_differ() {
    let mut seeded = Seeded::new(1, "halves");
    let (mut sessions, _) = days(&normal_only("redmi-note-8-reported"), 4, 10);
    let (mut compared, mut differ) = (0, 0);
    for _ in 0..TRIES {
        split(&mut sessions, 5, &mut seeded);
        let found = differences(&sessions);
        assert!(found.iter().all(|one| !matches!(one.verdict, Verdict::OnlyLeft | Verdict::OnlyRight)), "{found:#?}");
        assert!(fields(&found).all(|one| one.verdict != Verdict::NotEnough), "{found:#?}");
        compared += fields(&found).filter(|one| one.what == What::Fields).count();
        let cells: BTreeSet<_> =
            fields(&found).filter(|one| one.verdict == Verdict::Differs).map(|one| one.left.cell.mode).collect();
        compared += cells.len();
        differ += cells.len();
    }
    // In the browser and outside of it, each with an error rate of 1 %. More than seven of 200 would happen by chance
    // once in a thousand times.
    assert_eq!(compared, 2 * TRIES);
    assert!(differ <= 7, "{differ} of {compared} comparisons of like with like show a difference");
    // Five repeats cannot be halved and still tell noise from difference: no answer, not a wrong one.
    sessions.truncate(5);
    for _ in 0..TRIES {
        split(&mut sessions, 2, &mut seeded);
        let found = differences(&sessions);
        assert!(found.iter().all(|one| !one.is_one()), "{found:#?}");
        assert!(fields(&found).all(|one| one.verdict == Verdict::NotEnough), "{found:#?}");
    }
}

#[test]
fn modes_drawn_by_lot_do_not_differ() {
    let mut seeded = Seeded::new(2, "modes");
    let (session, _) = day(&normal_only("redmi-note-8-reported"), 5, 0);
    let (mut tried, mut differ) = (0, 0);
    for _ in 0..TRIES {
        let mut drawn = session.clone();
        for action in drawn.report.truth.actions.iter_mut().filter(|action| action.mode.is_some()) {
            action.mode = Some(["normal", "incognito"][seeded.below(2) as usize]);
        }
        let found = differences(&[drawn]);
        tried += usize::from(fields(&found).all(|one| one.verdict != Verdict::NotEnough));
        differ += usize::from(fields(&found).any(|one| one.verdict == Verdict::Differs));
    }
    assert_eq!(tried, TRIES);
    assert!(differ <= 5, "{differ} of {TRIES} drawings show a difference");
}

#[test]
fn what_the_telemetry_tells_differs_from_what_counts_only() {
    let (mut sessions, days_reported) = days(&scenario("redmi-note-8-reported"), 6, 5);
    let (counting, _) = days(&Scenario { model: scenario("redmi-note-8-reported").model, ..scenario("claimed") }, 6, 5);
    sessions.extend(counting);
    for (position, session) in sessions.iter_mut().enumerate() {
        set(session, "telemetry", if position < 5 { "reported" } else { "claimed" });
        session.about.version = None;
        session.about.app = None;
    }
    let found = differences(&sessions);
    let between = |one: &&Difference| one.dimension == tattletale_report::study::Dimension::Setting("telemetry".into());
    let told: BTreeSet<(String, String)> = found
        .iter()
        .filter(between)
        .filter_map(|one| match &one.what {
            What::Told { data, host } => {
                assert_eq!(one.verdict, Verdict::OnlyLeft, "counting tells nothing: {one:?}");
                Some((data.kind.to_owned(), host.clone()))
            }
            _ => None,
        })
        .collect();
    let sent: BTreeSet<(String, String)> = days_reported
        .iter()
        .flat_map(|lived| lived.sent.iter().filter(|sent| sent.unique).map(move |sent| (lived, sent)))
        .map(|(lived, sent)| {
            let value = lived.truth.values.iter().find(|value| value.name == sent.name).map(|value| value.kind);
            let action = lived.truth.actions.iter().find(|action| action.name == sent.name).map(|action| action.kind);
            (value.or(action).unwrap().to_owned(), sent.host.clone())
        })
        .collect();
    assert!(sent.is_subset(&told), "{:?}", sent.difference(&told));
    let differ: Vec<&Difference> = found.iter().filter(between).filter(|one| one.verdict == Verdict::Differs).collect();
    // Every field of the one is missing in the other, and the other way round.
    assert!(differ.len() > 20, "{differ:#?}");
    for one in differ {
        let whole = |count: tattletale_report::study::differences::Count| count.of == count.all || count.of == 0;
        assert!(whole(one.in_left) || whole(one.in_right), "{one:#?}");
    }
}

#[test]
fn the_switch_shows_between_the_modes() {
    for (name, obeys) in [("mint-updated-default", true), ("mint-updated-on", false)] {
        let (session, _) = day(&scenario(name), 7, 0);
        let found = differences(&[session]);
        for one in found.iter().filter(|one| matches!(&one.what, What::Told { data, .. } if data.action)) {
            assert_eq!(one.verdict, if obeys { Verdict::OnlyLeft } else { Verdict::Both }, "{name}: {one:?}");
        }
        let verdicts: Vec<Verdict> = fields(&found).map(|one| one.verdict).collect();
        match obeys {
            true => assert!(verdicts.len() > 5 && verdicts.iter().all(|one| *one == Verdict::Differs), "{found:#?}"),
            false => assert_eq!(verdicts, [Verdict::NotProven], "{name}: {found:#?}"),
        }
    }
}
