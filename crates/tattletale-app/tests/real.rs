//! Real apps, against what androguard 4.1.4 says of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{SERVER, SETTINGS, fetched, package};
use tattletale_app::look::{Knowledge, look};

/// Class counts and manifests are those of androguard 4.1.4 (`len(dex.get_classes())` over all DEX files,
/// `get_package()`, `get_androidversion_name()`, `get_androidversion_code()`, `get_permissions()`).
#[test]
fn agrees_with_androguard() {
    for (app, classes) in [(SETTINGS, 5_846), (SERVER, 9_575)] {
        let Some(path) = fetched(app) else { continue };
        let contents = look(&package(&path), &Knowledge::default());
        println!("{:#?}", Brief(&contents));
        assert_eq!(contents.classes(), classes, "{app:?}");
    }
}

struct Brief<'c>(&'c tattletale_core::model::app::Contents);
impl std::fmt::Debug for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let c = self.0;
        writeln!(f, "{:?} {:?} {:?} {:?}", c.package, c.label, c.version, c.version_code)?;
        writeln!(f, "{:?}", c.permissions)?;
        for x in &c.code {
            writeln!(f, "{x:?}")?;
        }
        for x in &c.sdks {
            writeln!(f, "{x:?}")?;
        }
        for x in &c.endpoints {
            writeln!(f, "{} {:?} {:?} {:?}", x.host, x.name_only, x.urls, x.places)?;
        }
        for x in &c.keys {
            writeln!(f, "{x:?}")?;
        }
        for x in &c.identifiers {
            writeln!(f, "{x:?}")?;
        }
        for x in &c.private {
            writeln!(f, "{x:?}")?;
        }
        for x in &c.faults {
            writeln!(f, "{x}")?;
        }
        Ok(())
    }
}
