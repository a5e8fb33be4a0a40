//! A capture in which the same thing is told again and again: all of it is counted, and the report stays within its
//! bounds. What is told only once stands in it however late it comes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use tattletale_core::audit::{self, Capture};
use tattletale_core::model::{Finding, GroundTruth, Value};

fn entry(host: &str, number: usize, value: &str) -> String {
    format!(r#"{{"request":{{"method":"GET","url":"https://{host}/i?n={number}&u={value}","headers":[]}}}}"#)
}

#[test]
fn what_is_told_without_end_is_listed_within_bounds() {
    const OFTEN: usize = Finding::KEPT + 2_000;
    let (often, once) = ("zoe.lindqvist@mail.example", "+48600123456");
    let mut har = String::from(r#"{"log":{"version":"1.2","creator":{"name":"a test","version":"1"},"entries":["#);
    for number in 0..OFTEN {
        let _ = write!(har, "{},", entry("collector.example", number, often));
    }
    har += &entry("collector.example", OFTEN, once);
    for number in 0..300 {
        let _ = write!(har, ",{}", entry("late.example", number, often));
    }
    har += "]}}";
    let value = |name: &str, kind, value: &str| Value { name: name.into(), kind, value: value.into() };
    let truth = GroundTruth {
        first_party: vec!["shop.example".into()],
        values: vec![value("mail", "email", often), value("phone", "phone", once)],
        ..GroundTruth::default()
    };
    let capture = Capture { name: "crowd.har".into(), open: Box::new(|| Ok(Box::new(har.as_bytes()))), origin: None };
    let report = audit::audit(&[capture], Some(truth), &audit::Options::default()).unwrap();
    assert!(report.complete());
    let at = |host: &str| report.findings.iter().filter(|finding| finding.receiver.host == host).count();
    assert_eq!(at("late.example"), Finding::KEPT_OF_ONE);
    assert_eq!(at("collector.example"), Finding::KEPT + 1, "the other value, too");
    assert_eq!(report.findings_dropped as usize, OFTEN + 1 + 300 - report.findings.len());
    let rows: u64 = report.coverage.receivers.iter().map(|receiver| receiver.exchanges).sum();
    assert_eq!(rows as usize, OFTEN + 301);
}
