//! Readable cases: `tests/cases/*.md`, each a few requests, perhaps a ground truth, and the findings they must give.
//!
//! A case is Markdown with three kinds of fenced blocks: `http` (requests, separated by lines that start with
//! `###` and may give the time), `toml` (the ground truth, if any), `text` (one line per finding, carrier and
//! fault). `⟦base64 ⟦gzip {...}⟧⟧` in a request stands for those bytes encoded so, from the inside out.
//! `UPDATE=1 cargo test --test cases` writes the findings as they are now; read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use base64_simd::{STANDARD, URL_SAFE_NO_PAD};
use common::{Run, root};
use flate2::{Compression, write};
use serde_json::{Value as Json, json};
use sha2::Digest;
use std::io::Write;
use std::path::Path;

#[test]
fn every_case_gives_its_findings() {
    let mut cases: Vec<_> =
        std::fs::read_dir(root().join("tests/cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    cases.sort();
    assert!(cases.len() >= 10, "where are the cases?");
    let wrong: Vec<String> = cases.iter().filter_map(|path| check(path)).collect();
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 accepts what was found)", wrong.join("\n"));
}

/// None when the case holds; else what differs.
fn check(path: &Path) -> Option<String> {
    let case = std::fs::read_to_string(path).unwrap();
    let requests = block(&case, "http").unwrap_or_else(|| panic!("{}: no http block", path.display()));
    let folder = tempfile::tempdir().unwrap();
    let (har, truth) = (folder.path().join("case.har"), folder.path().join("truth.toml"));
    std::fs::write(&har, as_har(requests).to_string()).unwrap();
    let mut run = Run::new(["audit", "--format", "json"]).arg(&har);
    if let Some(text) = block(&case, "toml") {
        std::fs::write(&truth, text).unwrap();
        run = run.arg("--truth").arg(&truth);
    }
    let done = run.done();
    let report: Json = serde_json::from_str(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", done.stderr));
    let found = lines(&report);
    let expected = block(&case, "text").unwrap_or_default();
    if found == expected {
        return None;
    }
    if std::env::var_os("UPDATE").is_some() {
        let updated = case.replace(&format!("```text\n{expected}```"), &format!("```text\n{found}```"));
        std::fs::write(path, updated).unwrap();
        return None;
    }
    Some(format!("{}:\n--- expected\n{expected}--- found\n{found}", path.file_name()?.to_string_lossy()))
}

fn block<'a>(case: &'a str, kind: &str) -> Option<&'a str> {
    let (_, after) = case.split_once(&format!("```{kind}\n"))?;
    after.split_once("```").map(|(block, _)| block)
}

/// One line per finding, carrier and fault.
fn lines(report: &Json) -> String {
    let mut out = String::new();
    for (list, mark) in [("findings", ""), ("weak", "weak: ")] {
        for finding in report[list].as_array().unwrap() {
            let named = |key: &str| finding[key].as_str().map(str::to_owned);
            let what = [named("value"), named("action")].into_iter().flatten().collect::<Vec<_>>().join(" + ");
            let path: Vec<String> = finding["path"].as_array().unwrap().iter().map(step).collect();
            let path = if path.is_empty() { "as is".to_owned() } else { path.join(" > ") };
            let receiver = &finding["receiver"];
            out += &format!(
                "{mark}{} {}: {what} -> {} ({} party) by {path}\n",
                finding["exchange"],
                finding["part"].as_str().unwrap(),
                receiver["host"].as_str().unwrap(),
                receiver["party"].as_str().unwrap(),
            );
        }
    }
    for carrier in report["carriers"].as_array().unwrap() {
        out += &format!("{} carrier\n", carrier["exchange"]);
    }
    for fault in report["faults"].as_array().unwrap() {
        out += &format!("fault: {}\n", fault["message"].as_str().unwrap());
    }
    out
}

fn step(step: &Json) -> String {
    match step["at"].as_str() {
        Some(at) => format!("{} {at}", step["layer"].as_str().unwrap()),
        None => step["layer"].as_str().unwrap().to_owned(),
    }
}

fn as_har(requests: &str) -> Json {
    let mut entries = Vec::new();
    let mut at = None;
    let mut request = String::new();
    for line in requests.lines().chain(["###"]) {
        if let Some(time) = line.strip_prefix("###") {
            if !request.trim().is_empty() {
                entries.push(entry(&request, at));
            }
            at = Some(time.trim()).filter(|time| !time.is_empty());
            request.clear();
        } else {
            request += line;
            request.push('\n');
        }
    }
    json!({ "log": { "version": "1.2", "creator": { "name": "case", "version": "1" }, "entries": entries } })
}

fn entry(request: &str, at: Option<&str>) -> Json {
    let (head, body) = request.trim_start().split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let (method, url) = lines.next().unwrap().split_once(' ').unwrap();
    let text = |text: &str| String::from_utf8(encoded(text)).unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers: Vec<Json> = headers.map(|(name, value)| json!({ "name": name, "value": text(value) })).collect();
    let mut request =
        json!({ "method": method, "url": text(url.trim()), "httpVersion": "HTTP/1.1", "headers": headers });
    let body = encoded(body.trim_end_matches('\n'));
    if !body.is_empty() {
        let media_type = headers.iter().find(|header| header["name"] == "Content-Type").map(|header| &header["value"]);
        request["postData"] =
            json!({ "mimeType": media_type, "encoding": "base64", "text": STANDARD.encode_to_string(&body) });
    }
    json!({ "startedDateTime": at, "time": 1, "request": request, "response": { "status": 200, "headers": [] } })
}

/// Resolves `⟦how text⟧` from the inside out.
fn encoded(text: &str) -> Vec<u8> {
    let Some(open) = text.find('⟦') else { return text.as_bytes().to_vec() };
    let mut depth = 0;
    let close = text.char_indices().find(|&(at, c)| {
        depth += i32::from(c == '⟦') - i32::from(c == '⟧');
        at > open && depth == 0
    });
    let (close, _) = close.unwrap_or_else(|| panic!("unclosed ⟦ in {text}"));
    let (how, inner) = text[open + '⟦'.len_utf8()..close].split_once(' ').unwrap();
    let inner = encode(how, &encoded(inner));
    [&text.as_bytes()[..open], &inner, &encoded(&text[close + '⟧'.len_utf8()..])].concat()
}

fn encode(how: &str, bytes: &[u8]) -> Vec<u8> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match how {
        "base64" => STANDARD.encode_to_string(bytes).into_bytes(),
        "base64url" => URL_SAFE_NO_PAD.encode_to_string(bytes).into_bytes(),
        "hex" => hex(bytes).into_bytes(),
        "upper" => bytes.to_ascii_uppercase(),
        "percent" => bytes.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect(),
        "string" => Json::from(String::from_utf8(bytes.to_vec()).unwrap()).to_string().into_bytes(),
        "md5" => hex(&md5::Md5::digest(bytes)).into_bytes(),
        "sha1" => hex(&sha1::Sha1::digest(bytes)).into_bytes(),
        "sha256" => hex(&sha2::Sha256::digest(bytes)).into_bytes(),
        "half" => bytes[..bytes.len() / 2].to_vec(),
        "gzip" => {
            let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "zlib" => {
            let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = write::DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "utf16" => String::from_utf8(bytes.to_vec()).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "escaped" => {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.encode_utf16().flat_map(|unit| format!("\\u{unit:04x}").into_bytes()).collect()
        }
        // A message with the bytes in field 3, between an app's name and a number.
        "protobuf" => {
            [&b"\x0a\x0fcom.example.app\x1a"[..], &[u8::try_from(bytes.len()).unwrap()], bytes, b"\x20\x96\x01"]
                .concat()
        }
        "grpc" => [&[0][..], &u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat(),
        other => panic!("unknown encoding {other}"),
    }
}
