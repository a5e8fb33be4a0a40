//! Studies of lab days against what truly left the phone: what is recognised by repetition, what differs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod differences;
mod repetition;

use tattletale_lab::dry;
use tattletale_lab::scenario::{Lived, Scenario};
use tattletale_report::study::{About, Session};

/// A day of a named scenario, lived without sockets and audited.
fn day(scenario: &Scenario, seed: u64, day: u32) -> (Session, Lived) {
    let (recording, lived) = dry::live(&mut scenario.plan_on_day(seed, day)).unwrap();
    let report = dry::audit(&recording, &lived).unwrap();
    assert!(report.complete(), "{:?}", report.faults);
    let about = About {
        name: format!("{} {seed} {day}", scenario.name),
        device: Some(format!("{} {seed}", scenario.model.name)),
        app: Some(scenario.product.name.to_owned()),
        version: Some(scenario.version().to_owned()),
        repeat: Some(day + 1),
        ..About::default()
    };
    (Session { about, report }, lived)
}

fn scenario(name: &str) -> Scenario {
    Scenario::by_name(name).unwrap()
}
