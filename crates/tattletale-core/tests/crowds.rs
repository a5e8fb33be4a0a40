//! A capture in which the same thing is told, or the same thing is damaged, again and again: all of it is counted, and
//! the report stays within its bounds. What comes only once stands in it however late it comes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use tattletale_core::audit::{self, Capture};
use tattletale_core::decode::{Hint, Limits, Walked, tree};
use tattletale_core::export::warc::{RecordId, WarcWriter};
use tattletale_core::model::{
    Blind, BlindKind, Coverage, Fault, FaultKind, Finding, GroundTruth, ReceiverCoverage, Report, Timestamp, Value,
};

fn entry(host: &str, number: usize, value: &str) -> String {
    format!(r#"{{"request":{{"method":"GET","url":"https://{host}/i?n={number}&u={value}","headers":[]}}}}"#)
}

fn har(entries: &str) -> String {
    format!(r#"{{"log":{{"version":"1.2","creator":{{"name":"a test","version":"1"}},"entries":[{entries}]}}}}"#)
}

fn audited(name: &str, file: &[u8], values: Vec<Value>) -> Report {
    let truth = GroundTruth { first_party: vec!["shop.example".into()], values, ..GroundTruth::default() };
    let capture = Capture { name: name.into(), open: Box::new(|| Ok(Box::new(file))), origin: None };
    audit::audit(&[capture], Some(truth), &audit::Options::default()).unwrap()
}

fn value(name: &str, kind: &'static str, value: &str) -> Value {
    Value { name: name.into(), kind, value: value.into() }
}

/// In base64: what is left of a text in gzip after its end was cut off.
fn cut_off(number: usize) -> String {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    (0..40).for_each(|line| std::io::Write::write_fmt(&mut encoder, format_args!("{number} line {line}\n")).unwrap());
    let whole = encoder.finish().unwrap();
    base64_simd::STANDARD.encode_to_string(&whole[..whole.len() - 30])
}

#[test]
fn what_is_told_without_end_is_listed_within_bounds() {
    const OFTEN: usize = Finding::KEPT + 2_000;
    let (often, once) = ("zoe.lindqvist@mail.example", "+48600123456");
    let mut entries = String::new();
    for number in 0..OFTEN {
        let _ = write!(entries, "{},", entry("collector.example", number, often));
    }
    entries += &entry("collector.example", OFTEN, once);
    for number in 0..300 {
        let _ = write!(entries, ",{}", entry("late.example", number, often));
    }
    let values = vec![value("mail", "email", often), value("phone", "phone", once)];
    let report = audited("crowd.har", har(&entries).as_bytes(), values);
    assert!(report.complete());
    let at = |host: &str| report.findings.iter().filter(|finding| finding.receiver.host == host).count();
    assert_eq!(at("late.example"), Finding::KEPT_OF_ONE);
    assert_eq!(at("collector.example"), Finding::KEPT + 1, "the other value, too");
    assert_eq!(report.findings_dropped as usize, OFTEN + 1 + 300 - report.findings.len());
    let rows: u64 = report.coverage.receivers.iter().map(|receiver| receiver.exchanges).sum();
    assert_eq!(rows as usize, OFTEN + 301);
}

#[test]
fn what_is_damaged_without_end_is_listed_within_bounds() {
    const OFTEN: usize = Fault::KEPT + 2_000;
    let body = |media_type: &str, encoding: &str, text: &str| {
        let body = format!(r#"{{"mimeType":"{media_type}","text":"{text}"{encoding}}}"#);
        format!(r#"{{"request":{{"method":"POST","url":"https://in.example/","headers":[],"postData":{body}}}}}"#)
    };
    let cut_off = cut_off(0);
    let mut entries = String::new();
    for _ in 0..OFTEN {
        let _ = write!(entries, "{},", body("application/gzip", r#","encoding":"base64""#, &cut_off));
    }
    entries += &body("application/json", "", r#"{\"a\":1,\"b"#);
    for _ in 0..300 {
        let _ = write!(entries, ",{}", entry("in.example", 0, &cut_off));
    }
    let report = audited("damaged.har", har(&entries).as_bytes(), vec![value("mail", "email", "zoe@mail.example")]);
    assert_eq!(report.unprocessed() as usize, OFTEN + 1 + 300);
    assert_eq!(report.faults.len(), Fault::KEPT + 1 + Fault::KEPT_OF_ONE);
    let of_json = report.faults.iter().find(|(_, fault)| fault.exchange == Some(OFTEN)).unwrap();
    assert_eq!(of_json.1.path.last().map(|step| step.layer), Some("json"));
    assert!(!report.complete());
}

#[test]
fn of_one_part_the_first_faults_are_listed_and_none_of_guesses() {
    let pieces: Vec<String> = (0..Walked::FAULTS + 500).map(|number| format!("\"{}\"", cut_off(number))).collect();
    // Starts like zlib, and forty bytes come out before it breaks off: random all the same.
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let random: Vec<u8> = (0..60u8).map(|number| number.wrapping_mul(167) ^ 0x91).collect();
    std::io::Write::write_all(&mut encoder, &random).unwrap();
    let random = encoder.finish().unwrap();
    let random = base64_simd::STANDARD.encode_to_string(&random[..random.len() - 8]);
    let body = format!("[{},\"{random}\"]", pieces.join(","));
    let (_, walked) = tree(body.as_bytes(), Hint::default(), &Limits::default());
    assert_eq!((walked.faults.len(), walked.faults_dropped), (Walked::FAULTS, 500));
    assert!(!walked.complete() && walked.faults.iter().all(|fault| fault.kind == FaultKind::Truncated));
}

#[test]
fn names_without_end_are_listed_within_bounds() {
    const OFTEN: usize = Finding::KEPT + 2_000;
    let at: Timestamp = "2026-05-04T08:00:00Z".parse().unwrap();
    let mut writer = WarcWriter::new(Vec::new());
    let mut looked_up = |number: usize, host: String| {
        let blind = Blind { at: Some(at), host: Some(host), ..Blind::new(BlindKind::NameOnly) };
        writer.blind(RecordId::from_random((number as u128).to_be_bytes()), at, &blind).unwrap();
    };
    (0..OFTEN).for_each(|number| looked_up(number, format!("n{number}.u4711zoelindqvist.tracker.example")));
    looked_up(OFTEN, "m-4815162342-x.late.example".into());
    let file = writer.into_inner();
    let values = vec![value("user", "account", "u4711zoelindqvist"), value("id", "account", "m-4815162342-x")];
    let report = audited("names.warc.gz", &file, values);
    let found: Vec<&Finding> = report.findings.iter().chain(&report.weak).collect();
    assert_eq!((found.len(), report.findings_dropped), (Finding::KEPT + 1, 2_000));
    assert_eq!(found.iter().filter(|finding| finding.value == Some(1)).count(), 1, "the other value, too");
    let rows = &report.coverage.receivers;
    let last: Vec<&str> = rows[Coverage::HOSTS..].iter().map(|row| &*row.host).collect();
    assert_eq!(last, ["late.example", "tracker.example"]);
    assert_eq!(report.coverage.hosts_dropped as usize, OFTEN + 1 - Coverage::HOSTS);
    let looked_up = |row: &ReceiverCoverage| row.blind.iter().map(|(_, count)| count.connections).sum();
    assert_eq!(report.coverage.total(looked_up) as usize, OFTEN + 1);
}
