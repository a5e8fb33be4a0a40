//! `tattletale convert`: from files of other tools to WARC and HAR and back, and what is said of it.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod common;

use common::{Done, Run, root};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn convert(from: &[&Path], to: &Path) -> Done {
    from.iter().fold(Run::new(["convert"]), |run, file| run.arg(file)).arg(to).done()
}

/// What an audit finds, without the names of files.
fn findings(file: &Path, truth: &Path) -> Vec<String> {
    let done = Run::new(["audit", "--format", "json", "--truth"]).arg(truth).arg(file).done();
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}", done.stderr));
    let shown = |finding: &serde_json::Value| {
        let place = ["value", "action", "exchange", "part", "path", "at"].map(|key| finding[key].to_string());
        place.join(" ")
    };
    report["findings"].as_array().unwrap().iter().map(shown).collect()
}

fn real_cases() -> Vec<PathBuf> {
    let cases = std::fs::read_dir(root().join("tests/real")).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = cases.filter(|case| case.join("requests.har").is_file()).collect();
    cases.sort();
    cases
}

#[test]
fn an_audit_finds_the_same_whatever_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let cases = real_cases();
    assert!(!cases.is_empty());
    for (number, case) in cases.iter().enumerate().take(4) {
        let (har, truth) = (case.join("requests.har"), case.join("truth.toml"));
        let (warc, back) =
            (folder.path().join(format!("{number}.warc.gz")), folder.path().join(format!("{number}.har")));
        let first = convert(&[&har], &warc);
        assert!(first.code == 0 && first.stdout.contains("exchanges"), "{}{}", first.stdout, first.stderr);
        assert_eq!(warc.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(convert(&[&warc], &back).code, 0);
        let wanted = findings(&har, &truth);
        assert!(!wanted.is_empty(), "{}", case.display());
        assert_eq!(findings(&warc, &truth), wanted, "{}", case.display());
        assert_eq!(findings(&back, &truth), wanted, "{}", case.display());
    }
}

#[test]
fn several_files_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let har = real_cases()[0].join("requests.har");
    let (one, two) = (folder.path().join("one.har"), folder.path().join("two.har"));
    let count = |done: Done| done.stdout.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap();
    let single = count(convert(&[&har], &one));
    assert_eq!(count(convert(&[&har, &one], &two)), 2 * single);
}

#[test]
fn files_of_several_formats_in_one_command() {
    let folder = tempfile::tempdir().unwrap();
    let (har, truth) = (real_cases()[0].join("requests.har"), real_cases()[0].join("truth.toml"));
    let (warc, flows) = (folder.path().join("one.warc.gz"), folder.path().join("flows"));
    assert_eq!(convert(&[&har], &warc).code, 0);
    // A flow of mitmproxy that tells of a failed connection and nothing else.
    let netstring = |text: &str, tag: char| format!("{}:{text}{tag}", text.len());
    let flow = [netstring("version", ';'), netstring("21", '#'), netstring("type", ';'), netstring("tcp", ';')];
    std::fs::write(&flows, netstring(&flow.concat(), '}')).unwrap();
    let mut run = Run::new(["audit", "--format", "json", "--truth"]).arg(&truth).arg(&har).arg(&warc).arg(&flows);
    let packets = root().join("crates/tattletale/tests/packets/curl.pcap");
    let tshark = std::process::Command::new("tshark").arg("--version").output().is_ok();
    match tshark {
        true => run = run.arg(&packets),
        false => eprintln!("skipped: packets among files of other formats (Debian: sudo apt-get install tshark)"),
    }
    let done = run.done();
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}", done.stderr));
    assert_eq!(report["complete"], true, "{}", report["faults"]);
    let captures = report["captures"].as_array().unwrap();
    let exchanges: Vec<u64> = captures.iter().map(|capture| capture["exchanges"].as_u64().unwrap()).collect();
    assert_eq!((exchanges.len(), exchanges[0] > 0, exchanges[0]), (3 + usize::from(tshark), true, exchanges[1]));
    assert_eq!(exchanges[3..], [2][..usize::from(tshark)]);
    let of = |name: &Path| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["capture"] == name.display().to_string()).count()
    };
    assert!(of(&har) > 0 && of(&har) == of(&warc), "{} {}", of(&har), of(&warc));
}

#[test]
fn nothing_is_overwritten_and_a_name_says_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let har = real_cases()[0].join("requests.har");
    let out = folder.path().join("out.warc.gz");
    std::fs::write(&out, "mine").unwrap();
    let done = convert(&[&har], &out);
    assert_eq!((done.code, std::fs::read_to_string(&out).unwrap()), (2, "mine".to_owned()));
    assert!(done.stderr.contains("exists already"), "{}", done.stderr);
    let done = convert(&[&har], &folder.path().join("out.txt"));
    assert!(done.code == 2 && done.stderr.contains(".warc.gz or .har"), "{}", done.stderr);
}

#[test]
fn standard_input_is_a_capture() {
    let har = real_cases()[0].join("requests.har");
    let bytes = std::fs::read(&har).unwrap();
    let truth = real_cases()[0].join("truth.toml");
    let done = Run::new(["audit", "-", "--format", "json", "--truth"]).arg(&truth).input(bytes).done();
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}", done.stderr));
    assert_eq!(report["findings"].as_array().unwrap().len(), findings(&har, &truth).len());
    assert_eq!(report["captures"][0]["name"], "-");
}

#[test]
fn what_har_has_no_place_for_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let flows = folder.path().join("flows");
    let refused = "Client TLS handshake failed. The client does not trust the proxy's certificate";
    let netstring = |text: &str, tag: char| format!("{}:{text}{tag}", text.len());
    let pair = |key: &str, value: String| [netstring(key, ';'), value].concat();
    let request = [
        pair("host", netstring("pinned.example", ';')),
        pair("port", netstring("443", '#')),
        pair("method", netstring("CONNECT", ',')),
        pair("path", netstring("", ',')),
    ];
    let flow = [
        pair("version", netstring("21", '#')),
        pair("type", netstring("http", ';')),
        pair("request", netstring(&request.concat(), '}')),
        pair("error", netstring(&pair("msg", netstring(refused, ';')), '}')),
    ];
    std::fs::write(&flows, netstring(&flow.concat(), '}')).unwrap();
    let (har, warc) = (folder.path().join("o.har"), folder.path().join("o.warc.gz"));
    let done = convert(&[&flows], &har);
    assert!(done.stdout.contains("not kept: 1 connections that could not be seen"), "{}", done.stdout);
    let done = convert(&[&flows], &warc);
    assert!(done.stdout.contains("0 exchanges, 1 that could not be seen"), "{}", done.stdout);
    let audit = Run::new(["audit"]).arg(&warc).done();
    assert!(audit.stdout.contains("refused the recorder's certificate"), "{}", audit.stdout);
}
