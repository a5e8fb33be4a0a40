//! Damaged and malicious apps: cut at every hundredth, bytes turned at random, tables that lie. Nothing may panic or
//! take more than it should, and damage is a fault.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "common/assemble/mod.rs"]
mod assemble;
mod common;

use assemble::{Op, STATIC, archive, cdex, class, dex};
use proptest::prelude::*;
use tattletale_app::compare::{Hasher, Print, Side, compare};
use tattletale_app::look::unit::units;
use tattletale_app::look::{Knowledge, look};
use tattletale_app::package::{Limits, Package};
use tattletale_core::model::app::Contents;

/// Little enough that a bomb would be noticed.
const LIMITS: Limits = Limits { entry: 32 << 20, total: 64 << 20 };

fn looked(bytes: &[u8], place: &str, knowledge: &Knowledge) -> Contents {
    let mut package = Package::new("hostile");
    package.add(&bytes.to_vec(), place, &LIMITS);
    let mut faults = Vec::new();
    let units = units(&package, &mut faults);
    let hasher = Hasher::default();
    let print = Print::of(&units, &hasher);
    let side = Side { units: &units, print: &print };
    let similarity = compare(side, side).with_libraries;
    assert!((0.0..=1.0).contains(&similarity), "{similarity}");
    look(&package, knowledge)
}

fn small() -> Vec<u8> {
    let calls = [
        Op::Text(0, "https://a.example.com/x"),
        Op::Text(1, "AES"),
        Op::Bytes(2, b"0123456789abcdef"),
        Op::New(3, "Ljavax/crypto/spec/SecretKeySpec;"),
        Op::Invoke(
            0x70,
            ("Ljavax/crypto/spec/SecretKeySpec;", "<init>", &["[B", "Ljava/lang/String;"], "V"),
            &[3, 2, 1],
        ),
        Op::Return,
    ];
    let one = |name| class(name).text("VERSION", "1.2").method(STATIC, ("isIncognito", &[], "V"), 4, &calls);
    dex(&[one("La/A;"), one("La/B;"), one("Lcom/sensorsdata/analytics/android/sdk/X;")])
}

#[test]
fn a_real_app_cut_at_every_hundredth() {
    let Some(path) = common::fetched(common::SETTINGS) else { return };
    let whole = std::fs::read(path).unwrap();
    let knowledge = Knowledge::default();
    for hundredth in 0..100 {
        let cut = &whole[..whole.len() * hundredth / 100];
        let contents = looked(cut, "settings.apk", &knowledge);
        assert!(!contents.complete(), "{hundredth} %");
    }
    // Its largest DEX, cut: what is left of the tables is all that is read.
    let package = common::package(&common::fetched(common::SETTINGS).unwrap());
    let dex = &package.parts.iter().find(|part| part.place == "classes5.dex").unwrap().bytes;
    for hundredth in 0..100 {
        let cut = &dex[..dex.len() * hundredth / 100];
        let contents = looked(cut, "classes.dex", &knowledge);
        assert!(!contents.complete(), "{hundredth} %");
    }
}

#[test]
fn tables_that_lie() {
    let knowledge = Knowledge::default();
    // Every class claims the same body of members, over and over.
    let mut file = small();
    let number = |file: &[u8], at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let classes = number(&file, 100) as usize;
    let first: Vec<u8> = file[classes..classes + 32].to_vec();
    let at = file.len() as u32;
    (0..50_000).for_each(|_| file.extend(&first));
    file[96..100].copy_from_slice(&50_000u32.to_le_bytes());
    file[100..104].copy_from_slice(&at.to_le_bytes());
    let contents = looked(&file, "classes.dex", &knowledge);
    assert!(contents.faults.iter().any(|fault| fault.message.contains("more methods")), "{:?}", contents.faults);

    // More rows than the file has bytes.
    let mut file = small();
    file[56..60].copy_from_slice(&u32::MAX.to_le_bytes());
    let contents = looked(&file, "classes.dex", &knowledge);
    assert_eq!(contents.faults[0].message, "ends inside its tables");

    // An archive in an archive in an archive.
    let mut nested = archive(&[("classes.dex", &small())]);
    for _ in 0..10 {
        nested = archive(&[("inner.apk", &nested)]);
    }
    let contents = looked(&nested, "", &knowledge);
    assert!(contents.faults[0].message.contains("nest deeper"), "{:?}", contents.faults);

    // Not an app at all, and nothing at all.
    for (bytes, place) in [(&b"hello"[..], "x.apk"), (b"", "x.apk"), (b"PK\x05\x06", ""), (b"dex\n035\0", "x.dex")] {
        assert!(!looked(bytes, place, &knowledge).complete(), "{place} {bytes:?}");
    }
}

/// A manifest of elements that never end: the depth of a file is no depth of ours.
#[test]
fn a_manifest_as_deep_as_it_is_long() {
    let mut pool = Vec::new();
    pool.extend([1u8, 0, 28, 0]);
    pool.extend(36u32.to_le_bytes());
    for number in [1u32, 0, 0x100, 32, 0] {
        pool.extend(number.to_le_bytes());
    }
    pool.extend(0u32.to_le_bytes());
    pool.extend([1, 1, b'a', 0]);
    let mut element = vec![2u8, 1, 16, 0];
    element.extend(36u32.to_le_bytes());
    element.extend([0; 8]);
    element.extend([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut manifest = vec![3u8, 0, 8, 0];
    let body = [pool, element.repeat(150_000)].concat();
    manifest.extend((body.len() as u32 + 8).to_le_bytes());
    manifest.extend(body);
    let contents = looked(&archive(&[("AndroidManifest.xml", &manifest)]), "", &Knowledge::default());
    assert_eq!(contents.faults[0].message, "the manifest is damaged");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn turned_bytes(seed in proptest::collection::vec((0usize..1_000_000, any::<u8>()), 1..12), compact in any::<bool>()) {
        let knowledge = Knowledge::default();
        let mut file = small();
        if compact {
            file = cdex(&[class("La/A;").method(STATIC, ("a", &[], "V"), 20, &[Op::Text(0, "x"), Op::Return])]);
        }
        let length = file.len();
        for (at, byte) in &seed {
            file[at % length] ^= byte;
        }
        looked(&file, "classes.dex", &knowledge);
        let mut apk = archive(&[("classes.dex", &file), ("resources.arsc", &file), ("AndroidManifest.xml", &file)]);
        let length = apk.len();
        for (at, byte) in seed {
            apk[at % length] ^= byte;
        }
        looked(&apk, "x.apk", &knowledge);
    }

    #[test]
    fn any_bytes_at_all(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let knowledge = Knowledge::default();
        looked(&[b"dex\n039\0".as_slice(), &bytes].concat(), "classes.dex", &knowledge);
        looked(&archive(&[("AndroidManifest.xml", &bytes), ("resources.arsc", &[b"\x02\0\x0c\0".as_slice(), &bytes].concat())]), "", &knowledge);
    }
}
