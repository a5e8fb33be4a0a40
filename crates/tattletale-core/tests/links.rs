//! Links, held against fleets whose truth is known and against a real pair of captures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fleet;

use tattletale_core::study::links::links;

#[test]
fn a_small_fleet_is_seen_through() {
    let fleet = fleet::fleet(11, 5);
    for row in fleet::score(&fleet, &links(&fleet.sessions)) {
        assert!(row.wanted > 0, "{}: nothing was to be found", row.what);
        assert!(row.precision() >= 0.99 && row.recall() >= 0.99, "{}: {:#?}", row.what, row.wrong);
    }
}
