//! Every real capture in `tests/real`, held against its expected findings by the rule of the README there.
//!
//! The binary is run as a user would run it, with the ground truth and `--format json`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use common::{Run, root};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Values whose layers are not built yet, by case. A pending value that is found fails the test as well, so that
/// this list can only shrink.
const PENDING: &[(&str, &[&str])] = &[];

/// Layers whose presence has to agree exactly.
const EXACT: &[&str] = &[
    "base64", "gzip", "zlib", "deflate", "brotli", "zstd", "protobuf", "msgpack", "hex", "jwt", "md5", "sha1", "sha256",
];

#[test]
fn every_real_case_comes_out_as_expected() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for folder in cases(&root().join("tests/real")) {
        let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: Json = serde_json::from_str(&expected).unwrap();
        let case = expected["case"].as_str().unwrap().to_owned();
        let report = audit(&folder, &case);
        checked += check(&case, &expected, &report, &mut wrong);
    }
    assert!(checked > 300, "only {checked} sightings were expected: are the cases there?");
    assert!(wrong.is_empty(), "{} of {checked} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        folders.extend(entries.filter(|path| path.is_dir()));
        if folder.join("expected.json").is_file() {
            found.push(folder);
        }
    }
    found.sort();
    found
}

fn audit(folder: &Path, case: &str) -> Json {
    let (capture, truth) = (folder.join("requests.har"), folder.join("truth.toml"));
    let run = Run::new(["audit", "--format", "json"]).arg(&capture).arg("--truth").arg(&truth).done();
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{case}: {error}\n{}", run.stderr));
    assert_eq!(report["complete"], true, "{case}: {:#}", report["faults"]);
    let found = !report["findings"].as_array().unwrap().is_empty();
    assert_eq!(run.code, i32::from(found), "{case}: exit code");
    report
}

/// Compares both ways; the number of expected sightings.
fn check(case: &str, expected: &Json, report: &Json, wrong: &mut Vec<String>) -> usize {
    let pending = PENDING.iter().find(|(name, _)| *name == case).map_or(&[][..], |(_, values)| values);
    let findings = report["findings"].as_array().unwrap();
    let mut wanted: BTreeSet<(String, u64, String)> = BTreeSet::new();
    for (value, places) in expected["expected"].as_object().unwrap() {
        for place in places.as_array().unwrap() {
            let (part, chain) = (place["where"].as_str().unwrap(), place["field_chain"].as_str().unwrap());
            for exchange in place["seqs"].as_array().unwrap() {
                let exchange = exchange.as_u64().unwrap();
                wanted.insert((value.clone(), exchange, part.to_owned()));
                let found = findings.iter().any(|finding| {
                    finding["value"] == **value
                        && finding["exchange"] == exchange
                        && finding["part"] == part
                        && same_layers(chain, &finding["path"])
                });
                let is_pending = pending.contains(&value.as_str());
                if found == is_pending {
                    let said = if found { "is found, but listed as pending" } else { "is not found" };
                    wrong.push(format!("{case}: {value} in exchange {exchange}, {part}, {chain}: {said}"));
                }
            }
        }
    }
    for finding in findings {
        let Some(value) = finding["value"].as_str() else { continue };
        let (exchange, part) = (finding["exchange"].as_u64().unwrap(), finding["part"].as_str().unwrap());
        if !wanted.contains(&(value.to_owned(), exchange, part.to_owned())) {
            wrong.push(format!("{case}: {value} in exchange {exchange}, {part} at {}: not expected", finding["path"]));
        }
    }
    for value in expected["must_not_be_reported"].as_array().unwrap() {
        if findings.iter().any(|finding| finding["value"] == *value) {
            wrong.push(format!("{case}: {value} must not be reported"));
        }
    }
    for (value, exchanges) in expected["carriers"].as_object().into_iter().flatten() {
        for exchange in exchanges.as_array().unwrap() {
            let carriers = report["carriers"].as_array().unwrap();
            if !carriers.iter().any(|carrier| carrier["exchange"] == *exchange) {
                wrong.push(format!("{case}: {value}: exchange {exchange} is no carrier"));
            }
        }
    }
    wanted.len()
}

/// The rule of the README: some layers must agree, JSON must be there if it is expected, the rest may differ.
fn same_layers(chain: &str, path: &Json) -> bool {
    let expected: BTreeSet<&str> = chain.split(" > ").collect();
    let found: BTreeSet<&str> = path.as_array().unwrap().iter().map(|step| step["layer"].as_str().unwrap()).collect();
    let json = |layers: &BTreeSet<&str>| layers.contains("json") || layers.contains("ndjson");
    let exact = |of: &BTreeSet<&str>| EXACT.iter().copied().filter(|layer| of.contains(layer)).collect::<Vec<_>>();
    exact(&expected) == exact(&found) && (!json(&expected) || json(&found))
}
