//! `layers`, its page of documentation, `--deep` and `--keys`, by the real binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Run, root};
use tattletale_core::decode::LAYERS;
use tattletale_core::render::layers;

#[test]
fn lists_the_registry() {
    let text = Run::new(["layers"]).done();
    let json = Run::new(["layers", "--format", "json"]).done();
    assert_eq!((text.code, json.code), (0, 0), "{}{}", text.stderr, json.stderr);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let names: Vec<&str> = json["layers"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, LAYERS.iter().map(|layer| layer.name()).collect::<Vec<_>>());
    for name in names {
        assert!(text.stdout.lines().any(|line| line.split(' ').next() == Some(name)), "{name}");
    }
}

#[test]
fn the_page_of_documentation_is_up_to_date() {
    let path = root().join("docs/layers.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, layers::markdown()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == layers::markdown(), "docs/layers.md is behind the registry: run with UPDATE=1");
}

#[test]
fn deep_finds_what_the_default_does_not() {
    for hidden in ["note=gfrg.yvnz@1n3s7-rbm", "note=mbr-7s3n1@znvy.grfg"] {
        let decode = || Run::new(["decode", "--find", "zoe-7f3a1@mail.test"]).input(hidden);
        assert_eq!(decode().done().code, 0);
        let code = decode().arg("--deep").done().code;
        assert_eq!(code, if hidden.contains("mbr-7s") { 1 } else { 0 }, "{hidden}");
    }
    let turned: String = "zoe-7f3a1@mail.test".chars().rev().collect();
    assert_eq!(Run::new(["decode", "--deep", "--find", "zoe-7f3a1@mail.test"]).input(turned).done().code, 1);
}

/// AES-128-CBC of a text with the vector first, in base64, by OpenSSL.
const SEALED: &str = "oKGio6SlpqeoqaqrrK2urzSYoRXOWaPmI4sH8h54Wg4x9MSzBKzwbIBDEQGkQyEuCZjYN4LfJDcir6L/grKoog==";

#[test]
fn a_key_opens_and_a_wrong_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    for (byte, code) in [("11", 1), ("12", 0)] {
        let text = format!("[[key]]\nname = \"collector\"\nkind = \"aes\"\nkey = \"{}\"\n", byte.repeat(16));
        std::fs::write(&file, text).unwrap();
        let done = Run::new(["decode", "--find", "zoe@mail.test", "--keys"]).arg(&file).input(SEALED).done();
        assert_eq!(done.code, code, "{}{}", done.stdout, done.stderr);
        assert_eq!(done.stdout.contains("aes-cbc collector"), code == 1, "{}", done.stdout);
    }
    std::fs::write(&file, "[[key]]\nname = \"a\"\nkind = \"ase\"\n").unwrap();
    let done = Run::new(["decode", "--keys"]).arg(&file).input(SEALED).done();
    assert!(done.code == 2 && done.stderr.contains("`aes`"), "{}", done.stderr);
}
