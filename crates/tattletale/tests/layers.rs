//! `layers`, its page of documentation, `--deep` and `--keys`, by the real binary.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Run, root};
use tattletale_core::decode::LAYERS;
use tattletale_report::render::layers;

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
    let masked: Vec<u8> = b"id=zoe-7f3a1@mail.test".iter().zip(b"key7!".iter().cycle()).map(|(a, b)| a ^ b).collect();
    let decode = || Run::new(["decode", "--find", "zoe-7f3a1@mail.test"]).input(masked.clone());
    let deep = decode().arg("--deep").done();
    assert_eq!((decode().done().code, deep.code), (0, 1), "{}", deep.stdout);
    assert!(deep.stdout.contains("xor 0x6b65793721"), "{}", deep.stdout);
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

#[test]
fn a_key_that_the_capture_shows_is_tried_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let (capture, truth) = (folder.path().join("a.har"), folder.path().join("truth.toml"));
    let entry = |path: &str, body: serde_json::Value| {
        serde_json::json!({
            "startedDateTime": "2026-01-01T00:00:00Z", "time": 1,
            "request": {
                "method": "POST", "url": format!("https://collector.example/{path}"), "httpVersion": "HTTP/1.1",
                "headers": [], "queryString": [], "cookies": [], "headersSize": -1, "bodySize": -1,
                "postData": { "mimeType": "application/json", "text": body.to_string() },
            },
            "response": {
                "status": 200, "statusText": "", "httpVersion": "HTTP/1.1", "headers": [], "cookies": [],
                "content": { "size": 0, "mimeType": "" }, "redirectURL": "", "headersSize": -1, "bodySize": -1,
            },
            "cache": {}, "timings": { "send": 0, "wait": 0, "receive": 0 },
        })
    };
    let entries = [
        entry("log", serde_json::json!({ "data": SEALED })),
        entry("config", serde_json::json!({ "aesKey": "11".repeat(16) })),
    ];
    let har = serde_json::json!({ "log": { "version": "1.2", "creator": { "name": "a", "version": "1" }, "entries": entries } });
    std::fs::write(&capture, har.to_string()).unwrap();
    std::fs::write(&truth, "[[value]]\nname = \"mail\"\nkind = \"email\"\nvalue = \"zoe@mail.test\"\n").unwrap();
    let audit = || Run::new(["audit"]).arg(&capture).arg("--truth").arg(&truth);
    let plain = audit().done();
    assert!(plain.code == 0 && !plain.stdout.contains("aes-cbc"), "{}{}", plain.stdout, plain.stderr);
    let deep = audit().arg("--deep").done();
    // A sign only: so short an address may stand there by chance.
    assert!(deep.code == 0 && deep.stdout.contains("zoe@mail.test"), "{}{}", deep.stdout, deep.stderr);
    assert!(deep.stdout.contains("aes-cbc"), "{}", deep.stdout);
    let show = Run::new(["show", "--exchange", "0", "--deep", "--truth"]).arg(&truth).arg(&capture).done();
    assert!(show.stdout.contains("aes-cbc") && show.stdout.contains("seen in exchange 1"), "{}", show.stdout);
}
