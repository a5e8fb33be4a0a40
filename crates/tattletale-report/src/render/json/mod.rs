//! The report for other programs: one JSON object, the contract of the project, as a written report (masked).
//!
//! Field order is that of the structs. A field may be added without changing [`SCHEMA`]; what a field means, or its
//! absence, may not change without it.

mod covered;

use super::redact::Masks;
use super::{Options, Renderer, command, excerpt, operators, words};
use serde::Serialize;
use std::io::{self, Write};
use tattletale_core::attribute::exposure_of;
use tattletale_core::model::{Carrier, Fault, Finding, Personal, Receiver, Report, Step, Strength, Subject};

/// Version of the contract.
const SCHEMA: u32 = 1;

/// For other programs.
pub(super) struct Json;

impl Renderer for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one JSON object for other programs; values appear by name unless revealed"
    }

    fn render(&self, report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
        let masks = Masks::new(report, options.reveal).with_whole_names();
        serde_json::to_writer_pretty(&mut *out, &document(report, options, &masks))?;
        writeln!(out)
    }
}

/// The report as the object that is written, also as a piece of a larger one. `masks` must give whole names.
pub(super) fn document(report: &Report, options: &Options, masks: &Masks<'_>) -> Document {
    View { report, options, masks }.document()
}

/// One report.
#[derive(Serialize)]
pub(super) struct Document {
    schema: u32,
    complete: bool,
    inferred: bool,
    captures: Vec<CaptureRow>,
    truth: TruthRow,
    findings: Vec<FindingRow>,
    weak: Vec<FindingRow>,
    /// What nobody planted, recognised by its own check.
    personal: Vec<PersonalRow>,
    /// Places of such data that are not listed.
    personal_dropped: u64,
    /// Places of what was looked for that are not listed.
    findings_dropped: u64,
    /// Names of values and actions that were not looked for: too short, or an address that is only a host.
    not_sought: Vec<String>,
    /// Names of values and actions that are in a control capture as well, and so never strong.
    in_control: Vec<String>,
    carriers: Vec<CarrierRow>,
    /// Such exchanges that are not listed.
    carriers_dropped: u64,
    coverage: covered::CoverageRow,
    /// Who runs the receivers, and where: single statements, each with its source.
    operators: Vec<operators::Row>,
    faults: Vec<FaultRow>,
    /// What could not be processed either and is not listed.
    faults_dropped: u64,
}

#[derive(Serialize)]
struct CaptureRow {
    name: String,
    sha256: String,
    bytes: u64,
    exchanges: u64,
    first: Option<String>,
    last: Option<String>,
}

#[derive(Serialize)]
struct TruthRow {
    first_party: Vec<String>,
    values: Vec<SubjectRow>,
    actions: Vec<SubjectRow>,
}

#[derive(Serialize)]
struct SubjectRow {
    name: String,
    kind: &'static str,
    mask: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'static str>,
}

#[derive(Serialize)]
struct FindingRow {
    value: Option<String>,
    action: Option<String>,
    kind: &'static str,
    capture: String,
    capture_sha256: String,
    /// None where the finding is the name of a connection that could not be seen.
    exchange: Option<usize>,
    /// Then its position among those connections, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<usize>,
    part: String,
    receiver: ReceiverRow,
    path: Vec<StepRow>,
    strength: &'static str,
    chance: f64,
    time: Option<String>,
    delay_ms: Option<i64>,
    mode: Option<&'static str>,
    plaintext: bool,
    /// Who could read it on its way: `path-plain-http`, `path-host-name`, `path-dns`, `receiver`, `nobody`, `unknown`.
    exposure: &'static str,
    /// First byte and the byte after the last, in the innermost layer.
    range: [usize; 2],
    excerpt: ExcerptRow,
    command: String,
}

#[derive(Serialize)]
struct PersonalRow {
    kind: &'static str,
    mask: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    capture: String,
    exchange: usize,
    part: String,
    receiver: ReceiverRow,
    path: Vec<StepRow>,
    strength: &'static str,
    time: Option<String>,
    mode: Option<&'static str>,
    plaintext: bool,
    range: [usize; 2],
}

#[derive(Serialize)]
struct ReceiverRow {
    host: String,
    domain: Option<String>,
    party: &'static str,
}

#[derive(Serialize)]
struct StepRow {
    layer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

#[derive(Serialize)]
struct ExcerptRow {
    before: String,
    found: String,
    after: String,
}

#[derive(Serialize)]
struct CarrierRow {
    capture: String,
    exchange: usize,
    values: Vec<String>,
    actions: Vec<String>,
}

#[derive(Serialize)]
struct FaultRow {
    capture: String,
    kind: &'static str,
    exchange: Option<usize>,
    part: Option<String>,
    path: Vec<StepRow>,
    offset: Option<u64>,
    message: String,
}

struct View<'v, 'r> {
    report: &'r Report,
    options: &'v Options,
    masks: &'v Masks<'r>,
}

impl View<'_, '_> {
    fn document(&self) -> Document {
        let report = self.report;
        Document {
            schema: SCHEMA,
            complete: report.complete(),
            inferred: report.truth.inferred,
            captures: report
                .captures
                .iter()
                .enumerate()
                .map(|(index, capture)| CaptureRow {
                    name: self.capture(index),
                    sha256: capture.sha256.clone(),
                    bytes: capture.bytes,
                    exchanges: capture.exchanges,
                    first: capture.span.map(|(first, _)| first.to_string()),
                    last: capture.span.map(|(_, last)| last.to_string()),
                })
                .collect(),
            truth: self.truth(),
            findings: report.findings.iter().map(|finding| self.finding(finding)).collect(),
            weak: report.weak.iter().map(|finding| self.finding(finding)).collect(),
            personal: report.personal.iter().map(|personal| self.personal(personal)).collect(),
            personal_dropped: report.personal_dropped,
            findings_dropped: report.findings_dropped,
            not_sought: report.not_sought.iter().map(|subject| self.masks.subject_name(*subject)).collect(),
            in_control: report.in_control.iter().map(|subject| self.masks.subject_name(*subject)).collect(),
            carriers_dropped: report.carriers_dropped,
            carriers: report.carriers.iter().map(|carrier| self.carrier(carrier)).collect(),
            coverage: self.coverage(&report.coverage),
            operators: operators::rows(report, self.masks),
            faults: report.faults.iter().map(|(capture, fault)| self.fault(*capture, fault)).collect(),
            faults_dropped: report.faults_dropped,
        }
    }

    fn truth(&self) -> TruthRow {
        let truth = &self.report.truth;
        let row = |subject, kind| SubjectRow {
            name: self.masks.subject_name(subject),
            kind,
            mask: self.masks.mask(subject).to_owned(),
            value: self.masks.value(subject),
            at: None,
            mode: None,
        };
        let values = truth.values.iter().enumerate();
        let actions = truth.actions.iter().enumerate();
        TruthRow {
            first_party: truth.first_party.iter().map(|host| self.masks.host(host)).collect(),
            values: values.map(|(index, value)| row(Subject::Value(index), value.kind)).collect(),
            actions: actions
                .map(|(index, action)| SubjectRow {
                    at: action.at.map(|at| at.to_string()),
                    mode: action.mode,
                    ..row(Subject::Action(index), action.kind)
                })
                .collect(),
        }
    }

    fn finding(&self, finding: &Finding) -> FindingRow {
        let excerpt = excerpt::shown(self.masks, finding);
        let captures = &self.report.captures;
        FindingRow {
            value: finding.value.map(|index| self.masks.subject_name(Subject::Value(index))),
            action: finding.action.map(|index| self.masks.subject_name(Subject::Action(index))),
            kind: self.masks.kind(finding.subject()),
            capture: self.capture(finding.capture),
            capture_sha256: captures.get(finding.capture).map(|capture| capture.sha256.clone()).unwrap_or_default(),
            exchange: (!finding.is_unseen()).then_some(finding.exchange),
            unseen: finding.is_unseen().then_some(finding.exchange),
            part: self.masks.part(&finding.part),
            receiver: self.receiver(&finding.receiver),
            path: self.path(&finding.path),
            strength: strength(finding.strength),
            chance: finding.chance,
            time: finding.at.map(|at| at.to_string()),
            delay_ms: finding.delay_ms,
            mode: finding.mode,
            plaintext: finding.plaintext,
            exposure: exposure_of(finding).name(),
            range: [finding.range.start, finding.range.end],
            excerpt: ExcerptRow { before: excerpt.before, found: excerpt.found, after: excerpt.after },
            command: command::show(self.report, finding, self.options, self.masks),
        }
    }

    fn personal(&self, personal: &Personal) -> PersonalRow {
        PersonalRow {
            kind: personal.kind,
            mask: self.masks.personal_mask(personal).to_owned(),
            value: self.masks.personal_value(personal),
            capture: self.capture(personal.capture),
            exchange: personal.exchange,
            part: self.masks.part(&personal.part),
            receiver: self.receiver(&personal.receiver),
            path: self.path(&personal.path),
            strength: strength(personal.strength),
            time: personal.at.map(|at| at.to_string()),
            mode: personal.mode,
            plaintext: personal.plaintext,
            range: [personal.range.start, personal.range.end],
        }
    }

    fn receiver(&self, receiver: &Receiver) -> ReceiverRow {
        ReceiverRow {
            host: self.masks.host(&receiver.host),
            domain: receiver.domain.as_deref().map(|domain| self.masks.host(domain)),
            party: words::party_name(receiver.party),
        }
    }

    fn carrier(&self, carrier: &Carrier) -> CarrierRow {
        let names = |wanted: fn(&Subject) -> bool| {
            let subjects = carrier.subjects.iter().copied().filter(wanted);
            subjects.map(|subject| self.masks.subject_name(subject)).collect()
        };
        CarrierRow {
            capture: self.capture(carrier.capture),
            exchange: carrier.exchange,
            values: names(|subject| matches!(subject, Subject::Value(_))),
            actions: names(|subject| matches!(subject, Subject::Action(_))),
        }
    }

    fn fault(&self, capture: usize, fault: &Fault) -> FaultRow {
        FaultRow {
            capture: self.capture(capture),
            kind: fault.kind.name(),
            exchange: fault.exchange,
            part: fault.part.as_ref().map(|part| self.masks.part(part)),
            path: self.path(&fault.path),
            offset: fault.offset,
            message: self.masks.name(&fault.message),
        }
    }

    fn path(&self, path: &[Step]) -> Vec<StepRow> {
        path.iter().map(|step| StepRow { layer: step.layer, at: self.masks.place(step) }).collect()
    }

    fn capture(&self, index: usize) -> String {
        self.report.captures.get(index).map(|capture| self.masks.name(&capture.name)).unwrap_or_default()
    }
}

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Strong => "strong",
        Strength::Weak => "weak",
    }
}
