//! Real apps, against what androguard 4.1.4 (PyPI) says of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{SERVER, SETTINGS, fetched, package};
use tattletale_app::look::{Knowledge, look};

/// What androguard says: `get_package()`, `get_androidversion_name()`, `get_androidversion_code()`, how many different
/// `get_permissions()`, and `len(dex.get_classes())` over all DEX files.
struct Known {
    app: (&'static str, &'static str),
    package: &'static str,
    version: &'static str,
    code: u64,
    permissions: usize,
    classes: u64,
}

static KNOWN: &[Known] = &[
    Known {
        app: SETTINGS,
        package: "io.appium.settings",
        version: "8.0.10",
        code: 192,
        permissions: 27,
        classes: 5_846,
    },
    Known {
        app: SERVER,
        package: "io.appium.uiautomator2.server",
        version: "10.6.6",
        code: 278,
        permissions: 9,
        classes: 9_575,
    },
];

#[test]
fn agrees_with_androguard() {
    for known in KNOWN {
        let Some(path) = fetched(known.app) else { continue };
        let contents = look(&package(&path), &Knowledge::default());
        assert_eq!(contents.faults, []);
        assert_eq!(contents.package.as_deref(), Some(known.package));
        assert_eq!(contents.version.as_deref(), Some(known.version));
        assert_eq!(contents.version_code, Some(known.code));
        assert_eq!(contents.permissions.len(), known.permissions, "{:?}", contents.permissions);
        assert_eq!(contents.classes(), known.classes);
    }
}

/// What the apps do by their own descriptions: one sets the clipboard and the location, the other drives the phone and
/// brings a server with the test certificate of its network library.
#[test]
fn what_is_known_to_be_in_them() {
    let Some(path) = fetched(SETTINGS) else { return };
    let contents = look(&package(&path), &Knowledge::default());
    assert_eq!(contents.label.as_deref(), Some("Appium Settings"));
    assert_eq!((contents.sdks.len(), contents.keys.len()), (0, 0));
    let own = contents
        .identifiers
        .iter()
        .filter(|asked| asked.places.iter().any(|place| place.class.starts_with("io.appium.settings")));
    let kinds: std::collections::BTreeSet<&str> = own.map(|asked| asked.kind).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["clipboard", "location"]);
}
