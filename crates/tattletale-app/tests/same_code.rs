//! Whether code is recognised under other names, and told apart from other code.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;
#[path = "common/rename.rs"]
mod rename;

use std::collections::HashSet;

use common::{SERVER, SETTINGS, fetched, package};
use tattletale_app::compare::{Comparison, Hasher, Print, Side, compare};
use tattletale_app::look::unit::{Unit, units};
use tattletale_app::package::{Kind, Package, Part};

fn compared(a: &[Unit<'_>], b: &[Unit<'_>]) -> Comparison {
    let hasher = Hasher::default();
    let (print_a, print_b) = (Print::of(a, &hasher), Print::of(b, &hasher));
    compare(Side { units: a, print: &print_a }, Side { units: b, print: &print_b })
}

fn code(package: &Package) -> Vec<Vec<u8>> {
    package.parts.iter().filter(|part| part.kind == Kind::Code).map(|part| part.bytes.clone()).collect()
}

fn of(files: Vec<Vec<u8>>) -> Package {
    let part = |(number, bytes)| Part { place: format!("classes{number}.dex"), kind: Kind::Code, bytes };
    let mut package = Package::new("renamed");
    package.parts = files.into_iter().enumerate().map(part).collect();
    package
}

#[test]
fn an_app_with_other_names_is_the_same_and_another_app_is_not() {
    let (Some(settings), Some(server)) = (fetched(SETTINGS), fetched(SERVER)) else { return };
    let (settings, server) = (package(&settings), package(&server));
    let (mut faults, mut other_faults) = (Vec::new(), Vec::new());
    let (units_a, units_b) = (units(&settings, &mut faults), units(&server, &mut other_faults));
    assert_eq!((faults.len(), other_faults.len()), (0, 0));

    let same = compared(&units_a, &units_a);
    assert_eq!((same.similarity, same.with_libraries, same.changed.len()), (Some(1.0), 1.0, 0));

    for (package, units_of) in [(&settings, &units_a), (&server, &units_b)] {
        let other = of(rename::renamed(units_of, &code(package)));
        let mut faults = Vec::new();
        let other = units(&other, &mut faults);
        assert_eq!(faults, []);
        let before: HashSet<&[u8]> =
            units_of.iter().flat_map(|unit| &unit.classes).map(|class| class.descriptor).collect();
        let stayed = other.iter().flat_map(|unit| &unit.classes).filter(|class| before.contains(class.descriptor));
        assert_eq!(stayed.count(), 0, "names that stayed");
        let renamed = compared(units_of, &other);
        assert!(renamed.similarity.unwrap() > 0.9 && renamed.with_libraries > 0.9);
    }

    let unrelated = compared(&units_a, &units_b);
    assert!(unrelated.similarity.unwrap() < 0.1);
}
