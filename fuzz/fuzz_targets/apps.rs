//! Apps: the bytes as a package, as a DEX file, as a manifest and resources, and compared with themselves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tattletale_app::compare::{Hasher, Print, Side, compare};
use tattletale_app::look::unit::units;
use tattletale_app::look::{Knowledge, keyfile, look};
use tattletale_app::manifest::Manifest;
use tattletale_app::package::{Limits, Package};

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(Knowledge::default);

fuzz_target!(|data: &[u8]| {
    let limits = Limits { entry: 16 << 20, total: 32 << 20 };
    let _ = Manifest::read(data, Some(data));
    for place in ["x.apk", "classes.dex", "lib/x.so"] {
        let mut package = Package::new("fuzz");
        package.add(&data.to_vec(), place, &limits);
        let mut faults = Vec::new();
        let units = units(&package, &mut faults);
        let hasher = Hasher::default();
        let print = Print::of(&units, &hasher);
        let side = Side { units: &units, print: &print };
        let similarity = compare(side, side).with_libraries;
        assert!((0.0..=1.0).contains(&similarity));
        let contents = look(&package, &KNOWLEDGE);
        if let Some(keys) = keyfile::write(&contents) {
            tattletale_core::decode::keys::parse(&keys).expect("a key file that we wrote is one that we read");
        }
    }
});
