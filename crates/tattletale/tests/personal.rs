//! Personal data without ground truth, on every real capture: what is recognised for sure must be what it is called.
//!
//! The people of these captures are made up and everything they have is in their ground truth, so an e-mail address that
//! is not there, or a "phone number" that is a Unix time, is a false positive. There must be none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::root;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use tattletale_core::audit::{Capture, Options, audit};
use tattletale_core::model::{GroundTruth, Personal, Strength, truth, url};

fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => captures(&path, found),
            false if path.ends_with("requests.har") => found.push(path),
            false => {}
        }
    }
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

/// Whether what was recognised is what the person has.
fn is_right(found: &Personal, truth: &GroundTruth) -> bool {
    let value = plain(&found.value);
    let has =
        |kinds: &[&str]| truth.values.iter().any(|known| kinds.contains(&known.kind) && plain(&known.value) == value);
    match found.kind {
        "url" => truth.actions.iter().any(|action| {
            let visited = url::Parts::of(&action.value);
            visited.host() == url::Parts::of(&found.value).host()
        }),
        "search" => truth.actions.iter().any(|action| action.kind == "search" && plain(&action.value) == value),
        // An SDK draws lasting ids of its own: they are what they are called by coming again.
        "uuid" => true,
        "mac" | "bssid" => has(&["mac", "bssid"]),
        "android-id" => has(&["android-id", "account-id"]),
        kind => has(&[kind]),
    }
}

#[test]
fn nothing_is_recognised_that_is_not_there() {
    let mut files = Vec::new();
    captures(&root().join("tests/real"), &mut files);
    assert!(files.len() >= 14);
    let mut counted: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in &files {
        let known = truth::parse(&std::fs::read_to_string(file.with_file_name("truth.toml")).unwrap()).unwrap();
        let blind = GroundTruth { first_party: known.first_party.clone(), ..GroundTruth::default() };
        let open = || -> io::Result<Box<dyn io::Read>> { Ok(Box::new(File::open(file)?)) };
        let capture = Capture { name: file.display().to_string(), open: Box::new(open), origin: None };
        let report = audit(&[capture], Some(blind), &Options::default()).unwrap();
        for found in report.personal.iter().filter(|found| found.strength == Strength::Strong) {
            let right = is_right(found, &known);
            counted.entry(found.kind).or_default()[usize::from(!right)] += 1;
            if !right {
                let case = file.parent().unwrap().file_name().unwrap().to_string_lossy();
                wrong.push(format!("{case} {}: {} {:?} at {}", found.exchange, found.kind, found.value, found.part));
            }
        }
    }
    println!("kind: right, wrong");
    for (kind, [right, wrong]) in &counted {
        println!("{kind}: {right}, {wrong}");
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    // Nothing found would also be no false positive.
    for kind in ["email", "imei", "android-id", "uuid", "url"] {
        assert!(counted.contains_key(kind), "no {kind} was recognised in any capture: {counted:?}");
    }
}
