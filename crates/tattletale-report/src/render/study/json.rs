//! A study for other programs: one JSON object, masked like every written report.
//!
//! `sessions[].report` is what `audit --format json` writes of that session. Answers refer to it by position: a
//! finding is `{"session": 0, "finding": 12}`, the thirteenth of `sessions[0].report.findings`.

use super::rows::{self, VerdictRow};
use super::{Options, Shown, known};
use crate::render::json::{self, Document};
use crate::render::words;
use crate::study::knowledge::{Entry, FindingRef, View};
use crate::study::{Session, Study};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use tattletale_core::model::Subject;

/// Name and version of the contract: a field may be added without changing it.
const SCHEMA: &str = "tattletale-study/1";

#[derive(Serialize)]
struct StudyRow {
    schema: &'static str,
    name: String,
    complete: bool,
    sessions: Vec<SessionRow>,
    known: Vec<ViewRow>,
    verdicts: Vec<VerdictRow>,
    links: Json,
    repetition: Json,
    differences: Vec<Json>,
    matrix: Vec<Json>,
    apps: Vec<Json>,
}

#[derive(Serialize)]
struct SessionRow {
    name: String,
    device: Option<String>,
    app: Option<String>,
    version: Option<String>,
    mode: Option<&'static str>,
    settings: BTreeMap<String, String>,
    repeat: Option<u32>,
    report: Document,
}

#[derive(Serialize)]
struct ViewRow {
    receiver: String,
    hosts: Vec<String>,
    party: &'static str,
    facts: Vec<FactRow>,
    entries: Vec<EntryRow>,
}

#[derive(Serialize)]
struct FactRow {
    rule: &'static str,
    /// False for what may be concluded and is not told.
    sure: bool,
    reason: &'static str,
    text: String,
    /// Positions in `entries`.
    entries: Vec<usize>,
    findings: Vec<FindingRow>,
}

#[derive(Serialize)]
struct EntryRow {
    session: usize,
    at: Option<String>,
    value: Option<String>,
    action: Option<String>,
    kind: &'static str,
    text: String,
    modes: Vec<&'static str>,
    delay_ms: Option<i64>,
    readable: bool,
    unencrypted: usize,
    findings: Vec<FindingRow>,
    with: Vec<WithRow>,
}

#[derive(Serialize)]
struct FindingRow {
    session: usize,
    finding: usize,
}

#[derive(Serialize)]
struct WithRow {
    value: String,
    finding: FindingRow,
}

pub(super) fn write(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let shown = Shown::new(study, options.general.reveal).with_whole_names();
    let row = StudyRow {
        schema: SCHEMA,
        name: shown.name(&study.name),
        complete: study.complete(),
        sessions: study.sessions.iter().enumerate().map(|(index, of)| session(&shown, options, index, of)).collect(),
        known: study.known.iter().map(|of| view(&shown, of)).collect(),
        verdicts: study.verdicts.iter().map(|of| rows::verdict(&shown, of)).collect(),
        links: rows::links(&shown),
        repetition: rows::repetition(&shown),
        differences: rows::differences(&shown),
        matrix: rows::matrix(&shown),
        apps: rows::apps(&shown),
    };
    serde_json::to_writer_pretty(&mut *out, &row)?;
    writeln!(out)
}

fn session(shown: &Shown<'_>, options: &Options, index: usize, session: &Session) -> SessionRow {
    let about = &session.about;
    let name = |name: &Option<String>| name.as_deref().map(|name| shown.name(name));
    SessionRow {
        name: shown.name(&about.name),
        device: name(&about.device),
        app: name(&about.app),
        version: name(&about.version),
        mode: about.mode,
        settings: about.settings.iter().map(|(name, setting)| (shown.name(name), shown.name(setting))).collect(),
        repeat: about.repeat,
        report: json::document(&session.report, &options.of(index), &shown.masks[index]),
    }
}

fn view(shown: &Shown<'_>, view: &View) -> ViewRow {
    ViewRow {
        receiver: shown.host(&view.name),
        hosts: view.hosts.iter().map(|host| shown.host(host)).collect(),
        party: words::party_name(view.party),
        facts: view
            .facts
            .iter()
            .map(|fact| FactRow {
                rule: fact.rule.name,
                sure: fact.rule.sure,
                reason: fact.rule.reason,
                text: known::fact(shown, view, fact),
                entries: fact.entries.clone(),
                findings: fact.findings.iter().map(finding).collect(),
            })
            .collect(),
        entries: view.entries.iter().map(|of| entry(shown, of)).collect(),
    }
}

fn entry(shown: &Shown<'_>, entry: &Entry) -> EntryRow {
    let masks = &shown.masks[entry.session];
    let name = masks.subject_name(entry.subject);
    let (value, action) = match entry.subject {
        Subject::Value(_) => (Some(name), None),
        Subject::Action(_) => (None, Some(name)),
    };
    let with = |(value, found): &(usize, FindingRef)| WithRow {
        value: masks.subject_name(Subject::Value(*value)),
        finding: finding(found),
    };
    EntryRow {
        session: entry.session,
        at: entry.at.map(|at| at.to_string()),
        value,
        action,
        kind: entry.kind,
        text: known::what(shown, entry),
        modes: entry.modes.clone(),
        delay_ms: entry.delay_ms,
        readable: entry.readable,
        unencrypted: entry.unencrypted,
        findings: entry.findings.iter().map(finding).collect(),
        with: entry.with.iter().map(with).collect(),
    }
}

fn finding(found: &FindingRef) -> FindingRow {
    FindingRow { session: found.session, finding: found.finding }
}
