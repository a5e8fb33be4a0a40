//! Real apps for tests: the packages of Appium on npm, fetched once into the target folder.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "every test takes what it needs; one that cannot go on has failed"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use tattletale_app::package::{Limits, Package};
use tattletale_app::source::FileSource;

/// `io.appium.settings`, Apache-2.0.
pub const SETTINGS: (&str, &str) = ("io.appium.settings@8.0.10", "apks/settings_apk-debug.apk");
/// `appium-uiautomator2-server`, Apache-2.0.
pub const SERVER: (&str, &str) = ("appium-uiautomator2-server@10.6.6", "apks/appium-uiautomator2-server-v10.6.6.apk");

/// The app of an npm package; none, said on standard error, when npm cannot fetch it.
pub fn fetched((package, apk): (&str, &str)) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm").join(package);
    let path = folder.join("package").join(apk);
    if path.exists() {
        return Some(path);
    }
    std::fs::create_dir_all(&folder).unwrap();
    let packed = Command::new("npm").args(["pack", "--silent", package]).current_dir(&folder).output();
    let Some(packed) = packed.ok().filter(|output| output.status.success()) else {
        eprintln!("skipped: npm cannot fetch {package}");
        return None;
    };
    let archive = String::from_utf8(packed.stdout).unwrap();
    let archive = archive.lines().last().unwrap().trim();
    // Unpacked beside and moved, so that tests at the same time never see half of it.
    let beside = tempfile::tempdir_in(&folder).unwrap();
    let unpacked = Command::new("tar").arg("-xzf").arg(folder.join(archive)).arg("-C").arg(beside.path()).status();
    assert!(unpacked.unwrap().success());
    let _ = std::fs::rename(beside.path().join("package"), folder.join("package"));
    path.exists().then_some(path)
}

/// Reads an app from a file.
pub fn package(path: &Path) -> Package {
    let source = FileSource::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut package = Package::new(path.file_name().unwrap().to_string_lossy());
    assert!(package.add(&source, "", &Limits::default()));
    package
}
