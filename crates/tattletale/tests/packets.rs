//! Packet captures: what curl, tcpdump and a server of HTTP/1.1 and HTTP/2 left on loopback is read by way of tshark.
//!
//! `packets/curl.pcap` holds, in this order: two requests over HTTP/2 (one with a body of several frames, both answered
//! with gzip in two frames), two over HTTP/1.1 on TLS, one whose secrets are not in `curl.keys`, one of a client that
//! refuses the certificate, two without TLS.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod browser;
mod common;
#[cfg(unix)]
#[path = "packets/live.rs"]
mod live;

use common::{Run, root};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn packets(name: &str) -> PathBuf {
    root().join("crates/tattletale/tests/packets").join(name)
}

fn has_tshark() -> bool {
    let has = Command::new("tshark").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let has = has.is_ok_and(|status| status.success());
    if !has {
        eprintln!("skipped: tshark is missing (Debian: sudo apt-get install tshark)");
    }
    has
}

fn audit_json(file: &std::path::Path, arguments: &[&str]) -> Value {
    let run =
        arguments.iter().fold(Run::new(["audit", "--format", "json"]).arg(file), |run, argument| run.arg(argument));
    let done = run.done();
    serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}", done.stderr))
}

fn truth(folder: &std::path::Path) -> PathBuf {
    let path = folder.join("truth.toml");
    let text = "first_party = [\"clinic.example\"]\n[[value]]\nname = \"email\"\nkind = \"email\"\n\
        value = \"marta@example.org\"\n";
    std::fs::write(&path, text).unwrap();
    path
}

fn blind(report: &Value) -> Vec<(String, u64)> {
    let rows = report["coverage"]["blind"].as_array().unwrap().iter();
    rows.map(|row| (row["kind"].as_str().unwrap().to_owned(), row["connections"].as_u64().unwrap())).collect()
}

#[test]
fn every_request_is_found_with_a_key_log() {
    if !has_tshark() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (file, keys, truth) = (packets("curl.pcap"), packets("curl.keys"), truth(folder.path()));
    let arguments = ["--keylog", keys.to_str().unwrap(), "--truth", truth.to_str().unwrap(), "--responses"];
    let report = audit_json(&file, &arguments);
    assert_eq!(report["complete"], true, "{}", report["faults"]);
    assert_eq!(report["captures"][0]["exchanges"], 6);
    let digest = <sha2::Sha256 as sha2::Digest>::digest(std::fs::read(&file).unwrap());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(report["captures"][0]["sha256"], digest.as_str());
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!((&report["findings"][0]["exchange"], &report["findings"][0]["part"]), (&0.into(), &"query".into()));
    assert_eq!(blind(&report), [("tls-refused".to_owned(), 1), ("keys-missing".to_owned(), 1)]);
    let shown = |exchange: &str| {
        let run = Run::new(["show", "--responses", "--exchange", exchange, "--keylog"]).arg(&keys).arg(&file);
        run.done().stdout
    };
    let first = shown("0");
    assert!(first.contains("POST https://t.localhost:18443/h2") && first.contains("answer 200"), "{first}");
    assert!(first.contains("answer answer"), "{first}");
    let body = shown("1");
    assert!(body.contains("20480 bytes"), "{body}");
    for (exchange, wanted) in [("2", "https://localhost:18443/h1"), ("4", "http://localhost:18080/plain")] {
        let shown = shown(exchange);
        assert!(shown.contains(wanted), "{shown}");
    }
}

#[test]
fn secrets_may_be_in_the_file() {
    if !has_tshark() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("with-secrets.pcapng");
    let inject = format!("tls,{}", packets("curl.keys").display());
    let made =
        Command::new("editcap").arg("--inject-secrets").arg(inject).arg(packets("curl.pcap")).arg(&file).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: editcap is missing (Debian: sudo apt-get install wireshark-common)");
        return;
    }
    let truth = truth(folder.path());
    let report = audit_json(&file, &["--truth", truth.to_str().unwrap()]);
    assert_eq!(
        (report["captures"][0]["exchanges"].as_u64(), report["findings"].as_array().unwrap().len()),
        (Some(6), 1)
    );
}

#[test]
fn without_keys_nothing_is_said_to_be_silent() {
    if !has_tshark() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let report = audit_json(&packets("curl.pcap"), &["--truth", truth(folder.path()).to_str().unwrap()]);
    // What went without TLS is seen.
    assert_eq!(report["captures"][0]["exchanges"], 2);
    assert_eq!(blind(&report), [("tls-refused".to_owned(), 1), ("keys-missing".to_owned(), 3)]);
    let hosts = report["coverage"]["receivers"].as_array().unwrap();
    assert!(hosts.iter().any(|row| row["host"] == "t.localhost" && row["exchanges"] == 0), "{hosts:?}");
}

#[test]
fn a_cut_file_is_incomplete() {
    if !has_tshark() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(packets("curl.pcap")).unwrap();
    let file = folder.path().join("cut.pcap");
    std::fs::write(&file, &whole[..whole.len() - 10]).unwrap();
    let report = audit_json(&file, &["--truth", truth(folder.path()).to_str().unwrap()]);
    assert_eq!((&report["complete"], report["faults"].as_array().unwrap().len()), (&false.into(), 1));
}

#[test]
fn without_tshark_there_is_a_line_to_install_it() {
    let done = Run::new(["audit"]).arg(packets("curl.pcap")).env("PATH", "/nonexistent").done();
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("sudo apt-get install tshark"), "{}", done.stderr);
}
