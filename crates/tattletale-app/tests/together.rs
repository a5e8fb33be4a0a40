//! Apps in several files: splits in a folder or given together, XAPK, APKS and APKM, and folders of everything.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "common/assemble/mod.rs"]
mod assemble;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use assemble::{Op, STATIC, archive, class, dex, manifest};
use tattletale_app::Fault;
use tattletale_app::look::{Knowledge, look};
use tattletale_app::open::{Options, open};
use tattletale_core::model::app::Contents;

const BROWSER: &str = "org.example.browser";

fn code(name: &str) -> Vec<u8> {
    dex(&[class(name).method(STATIC, ("a", &[], "V"), 1, &[Op::Text(0, "x"), Op::Return])])
}

/// A package with one class and one permission.
fn package(of: &str, split: Option<&str>, version: u32, class: &str) -> Vec<u8> {
    let permission = format!("android.permission.{}", split.unwrap_or("BASE"));
    archive(&[("AndroidManifest.xml", &manifest(of, split, version, &permission)), ("classes.dex", &code(class))])
}

fn base() -> Vec<u8> {
    package(BROWSER, None, 7, "La/Base;")
}

fn split() -> Vec<u8> {
    package(BROWSER, Some("feature"), 7, "La/Feature;")
}

fn written(folder: &Path, files: &[(&str, &[u8])]) -> Vec<PathBuf> {
    let write = |(name, bytes): &(&str, &[u8])| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    };
    files.iter().map(write).collect()
}

fn opened(paths: &[PathBuf]) -> (Vec<Contents>, Vec<Fault>) {
    let mut apps = Vec::new();
    let knowledge = Knowledge::default();
    let faults = open(paths, &Options::default(), &mut |opened| {
        apps.push(Contents { sha256: opened.sha256, ..look(&opened.package, &knowledge) });
        ControlFlow::Continue(())
    });
    (apps, faults.unwrap())
}

/// The one app of these files: base and feature.
fn is_one_app(paths: &[PathBuf], places: [&str; 2]) {
    let (apps, faults) = opened(paths);
    assert_eq!(faults, []);
    let [app] = &apps[..] else { panic!("{} apps", apps.len()) };
    assert_eq!(app.faults, []);
    assert_eq!((app.package.as_deref(), app.version_code), (Some(BROWSER), Some(7)));
    assert_eq!(app.permissions, ["android.permission.BASE", "android.permission.feature"]);
    let code: Vec<&str> = app.code.iter().map(|file| file.place.as_str()).collect();
    assert_eq!(code, places);
    assert_eq!(app.classes(), 2);
}

#[test]
fn splits_in_a_folder_or_given_together_are_one_app() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("split_feature.apk", &split()[..]), ("base.apk", &base())];
    let paths = written(folder.path(), &files);
    is_one_app(&paths, ["base.apk/classes.dex", "split_feature.apk/classes.dex"]);
    is_one_app(&[folder.path().to_owned()], ["base.apk/classes.dex", "split_feature.apk/classes.dex"]);
    // Another version beside them is another app.
    let other = tempfile::tempdir().unwrap();
    let mut paths = paths;
    paths.extend(written(other.path(), &[("base.apk", &package(BROWSER, None, 6, "La/Older;"))]));
    let (apps, faults) = opened(&paths);
    assert_eq!(faults, []);
    let told: Vec<_> = apps.iter().map(|app| (app.version_code, app.classes(), app.sha256.is_some())).collect();
    assert_eq!(told, [(Some(7), 2, false), (Some(6), 1, true)]);
}

#[test]
fn archives_of_packages_are_one_app() {
    let folder = tempfile::tempdir().unwrap();
    let (base, split) = (base(), split());
    let flat: [(&str, &[u8]); 3] = [("info.json", b"{}"), ("base.apk", &base), ("split_feature.apk", &split)];
    for name in ["a.xapk", "a.apkm", "a.apks", "a.zip"] {
        let paths = written(folder.path(), &[(name, &archive(&flat))]);
        is_one_app(&paths, ["base.apk/classes.dex", "split_feature.apk/classes.dex"]);
    }
    // As bundletool makes them: for old phones the same code in one package more.
    let alone = archive(&[
        ("AndroidManifest.xml", &manifest(BROWSER, None, 7, "android.permission.BASE")),
        ("classes.dex", &code("La/Base;")),
        ("classes2.dex", &code("La/Feature;")),
    ]);
    let bundle: [(&str, &[u8]); 4] = [
        ("toc.pb", b"x"),
        ("splits/base-master.apk", &base),
        ("splits/feature-master.apk", &split),
        ("standalones/standalone.apk", &alone),
    ];
    for name in ["bundle.apks", "bundle"] {
        let paths = written(folder.path(), &[(name, &archive(&bundle))]);
        is_one_app(&paths, ["splits/base-master.apk/classes.dex", "splits/feature-master.apk/classes.dex"]);
    }
}

#[test]
fn several_apps_stay_several() {
    let folder = tempfile::tempdir().unwrap();
    let mail = package("org.example.mail", None, 1, "La/Mail;");
    let both = archive(&[("browser.apk", &base()), ("mail.apk", &mail)]);
    let paths = written(folder.path(), &[("both.zip", &both)]);
    let (apps, faults) = opened(&paths);
    assert_eq!(faults, []);
    let names: Vec<_> = apps.iter().map(|app| app.package.as_deref().unwrap_or_default()).collect();
    assert_eq!(names, [BROWSER, "org.example.mail"]);
    assert!(apps[1].file.ends_with("both.zip/mail.apk"), "{}", apps[1].file);
}

/// A folder as `adb pull` or unpacking a firmware image leaves it.
#[test]
fn a_folder_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    let image = archive(&[
        ("META-INF/com/google/android/updater-script", b"#"),
        ("system/priv-app/Shell/Shell.apk", &package("org.example.shell", None, 1, "La/Shell;")),
        ("data-app/x/base.apk", &base()),
        ("data-app/x/split_feature.apk", &split()),
    ]);
    let odex = [b"\x7fELF".as_slice(), &[7; 60], &code("La/Compiled;")].concat();
    let resources = archive(&[("AndroidManifest.xml", &manifest("org.example.thin", None, 3, "p"))]);
    written(
        folder.path(),
        &[
            ("app/Mail/Mail.apk", &package("org.example.mail", None, 1, "La/Mail;")),
            ("app/Mail/oat/arm64/Mail.odex", &odex),
            ("app/Thin/Thin.apk", &resources),
            ("app/Thin/oat/arm64/Thin.odex", &odex),
            ("framework/services.dex", &code("La/Services;")),
            ("framework/more.dex", &code("La/More;")),
            ("ota.zip", &image),
            ("letter.txt", b"Dear reader"),
            ("song.mp3", b"ID3"),
        ],
    );
    let (apps, faults) = opened(&[folder.path().to_owned()]);
    assert_eq!(faults, []);
    let name = |app: &Contents| app.file.strip_prefix(folder.path().to_str().unwrap()).unwrap().to_owned();
    let told: Vec<_> = apps.iter().map(|app| (name(app), app.classes(), app.faults.len())).collect();
    let app = |name: &str, classes| (name.to_owned(), classes, 0);
    assert_eq!(
        told,
        [
            // What was compiled of an app counts only where the package has no code.
            app("/app/Mail/Mail.apk", 1),
            app("/app/Thin/Thin.apk", 1),
            app("/ota.zip/system/priv-app/Shell/Shell.apk", 1),
            app("/ota.zip/data-app/x/base.apk", 2),
            app("", 2),
        ]
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(opened(&[empty.path().to_owned()]).1[0].message.contains("is no app"));
}

/// CVE-2017-13156: a phone checked the archive and ran the DEX file before it.
#[test]
fn a_dex_file_that_is_an_archive_too_is_both() {
    let folder = tempfile::tempdir().unwrap();
    let apk = base();
    let before = code("La/Injected;");
    // The archive's offsets count from the start of the file.
    let shift = before.len() as u32;
    let mut janus = [before, apk].concat();
    let moved = |bytes: &mut [u8], at: usize| {
        let number = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) + shift;
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    };
    let end = janus.len() - 22;
    moved(&mut janus, end + 16);
    let entries: Vec<usize> = (0..end).filter(|&at| janus[at..].starts_with(b"PK\x01\x02")).collect();
    entries.into_iter().for_each(|at| moved(&mut janus, at + 42));
    let paths = written(folder.path(), &[("base.apk", &janus)]);
    let (apps, _) = opened(&paths);
    assert_eq!((apps[0].classes(), apps[0].package.as_deref()), (2, Some(BROWSER)));
    assert!(apps[0].faults.iter().any(|fault| fault.message.contains("at once")), "{:?}", apps[0].faults);
}
