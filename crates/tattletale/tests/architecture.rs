//! The rules of ARCHITECTURE.md that a compiler does not hold: imports point one way, the core is pure, every file
//! says what it is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::root;
use std::path::{Path, PathBuf};

/// Modules of the pure crates from left to right; each may import from those before it only.
const ORDERS: [(&str, &[&str]); 2] = [
    ("tattletale-core", &["model", "codec", "export", "import", "decode", "detect", "attribute", "audit"]),
    ("tattletale-report", &["study", "render"]),
];

/// What has no place in a pure crate.
const IMPURE: [&str; 10] = [
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::env::",
    "std::fs",
    "std::thread",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "async fn",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// The code of a file without its tests and comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    if path.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("tests")) {
        return String::new();
    }
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for (name, order) in ORDERS {
        let source = root().join("crates").join(name).join("src");
        for (position, module) in order.iter().enumerate() {
            for path in sources(&source.join(module)) {
                let code = code(&path);
                for later in &order[position + 1..] {
                    if code.contains(&format!("crate::{later}::")) || code.contains(&format!("crate::{later};")) {
                        wrong.push(format!("{} imports {later}", path.strip_prefix(&source).unwrap().display()));
                    }
                }
                // `use crate::{...}` would hide from the check above.
                assert!(!code.contains("use crate::{"), "{}: name each module on its own line", path.display());
            }
        }
        let modules = std::fs::read_to_string(source.join("lib.rs")).unwrap();
        let modules: Vec<&str> = modules.lines().filter_map(|line| line.strip_prefix("pub mod ")).collect();
        assert_eq!(modules.len(), order.len(), "{name}: a module is missing from the order: {modules:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn core_and_report_are_pure() {
    let mut wrong = Vec::new();
    for path in ORDERS.iter().flat_map(|(name, _)| sources(&root().join("crates").join(name).join("src"))) {
        let code = code(&path);
        wrong.extend(
            IMPURE.iter().filter(|word| code.contains(*word)).map(|word| format!("{}: {word}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What opens connections.
const NETWORK: [&str; 5] = ["ureq", "UdpSocket", "TcpStream", "TcpListener", "ToSocketAddrs"];

#[test]
fn the_command_has_one_place_for_the_network_and_one_way_into_it() {
    let source = root().join("crates/tattletale/src");
    let mut callers = Vec::new();
    for path in sources(&source) {
        let name = path.strip_prefix(&source).unwrap().display().to_string();
        let code = code(&path);
        let connects = NETWORK.iter().any(|word| code.contains(word));
        assert_eq!(connects, ["online/dns.rs", "online/rdap.rs"].contains(&&*name), "{name}");
        if code.contains("online::ask(") {
            assert!(code.contains("if args.online {"), "{name}");
            callers.push(name);
        }
    }
    assert_eq!(callers, ["operators.rs"]);
}

#[test]
fn every_file_says_what_it_is() {
    let files = sources(&root().join("crates"));
    assert!(files.len() > 50);
    let silent = files.iter().filter(|path| !std::fs::read_to_string(path).unwrap().starts_with("//! "));
    let silent: Vec<_> = silent.collect();
    assert!(silent.is_empty(), "{silent:?}");
}
