//! The audit: what was seen beside what the user did, for every exchange of every capture.
//!
//! A capture is read twice. The first pass ([`survey`]) collects the user's own navigations: they are the carriers,
//! they date the actions, and without a ground truth they ARE the ground truth. The second pass ([`search`]) unfolds
//! and searches. Memory holds one batch of exchanges, the navigations and the findings, never a capture.

mod batches;
mod carriers;
mod control;
mod faults;
mod fields;
mod inferred;
mod names;
mod navigation;
mod personal;
mod rows;
mod salting;
mod search;
mod survey;
mod tally;
mod unfolded;
mod watchers;

use crate::detect::Planted;
use crate::import::ImportError;
use crate::model::{CaptureInfo, Coverage, Fault, FaultKind, Fields, GroundTruth, Report};
use std::io::{self, Read};
use std::sync::Arc;

pub use carriers::{Carriers, Role};
pub use names::name_of;

/// A capture that can be opened as often as needed.
pub struct Capture<'a> {
    /// Name for reports, as the user gave it.
    pub name: String,
    /// Opens it at its start.
    pub open: Box<dyn Fn() -> io::Result<Box<dyn Read + 'a>> + 'a>,
    /// What it was made of, where it is a recording that was made of a file in another form just now.
    pub origin: Option<Origin>,
}

/// The file that a capture was made of: evidence names that, not what was made of it.
#[derive(Debug, Clone)]
pub struct Origin {
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// What of it could not be processed.
    pub faults: Vec<Fault>,
}

impl Capture<'_> {
    fn input(&self) -> Result<Box<dyn Read + '_>, ImportError> {
        (self.open)().map_err(|source| ImportError::Io { offset: 0, entry: 0, source })
    }
}

/// What to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Look at what came back as well.
    pub responses: bool,
    /// Collect what every field held, for links, repetition and differences.
    pub fields: bool,
    /// Limits of every walk.
    pub limits: crate::decode::Limits,
}

/// No capture could be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {error}")]
pub struct AuditError {
    /// Name of the capture.
    pub name: String,
    /// What was wrong with it.
    #[source]
    pub error: ImportError,
}

/// Audits `captures` against a ground truth, or against what the captures themselves show.
///
/// A capture that cannot be read is a fault of the report when there are others, and an error when it is the only
/// one.
pub fn audit(captures: &[Capture<'_>], truth: Option<GroundTruth>, options: &Options) -> Result<Report, AuditError> {
    audit_against(captures, &[], truth, options)
}

/// The same with control captures, in which nothing of the ground truth can be but by chance: what is seen in one of
/// them is never strong.
pub fn audit_against(
    captures: &[Capture<'_>],
    controls: &[Capture<'_>],
    truth: Option<GroundTruth>,
    options: &Options,
) -> Result<Report, AuditError> {
    let given = truth.is_some();
    let surveyed: Vec<_> = captures.iter().map(survey::survey).collect();
    let mut faults: Vec<(usize, Fault)> = Vec::new();
    let mut readable = Vec::new();
    for (index, result) in surveyed.into_iter().enumerate() {
        match result {
            Ok(survey) => readable.push((index, survey)),
            Err(error) if captures.len() == 1 => return Err(AuditError { name: captures[index].name.clone(), error }),
            Err(error) => faults.push((index, nothing_read(&error))),
        }
    }
    let (mut truth, typed_at) = match truth {
        Some(truth) => (truth, Vec::new()),
        None => inferred::ground_truth(readable.iter().map(|(_, survey)| survey.shown())),
    };
    let planted = Planted::new(&truth);
    let in_control = control::seen(controls, &planted, options)?;
    let carriers = Carriers::new(&mut truth, &readable, &planted, options);
    let mut report = Report {
        captures: captures.iter().map(unread).collect(),
        not_sought: planted.not_sought(&truth),
        truth,
        in_control: in_control.iter().copied().collect(),
        findings: Vec::new(),
        weak: Vec::new(),
        personal: Vec::new(),
        findings_dropped: 0,
        carriers_dropped: 0,
        personal_dropped: 0,
        carriers: Vec::new(),
        fields: Fields::default(),
        coverage: Coverage { responses: options.responses, ..Coverage::default() },
        operators: Vec::new(),
        faults,
        faults_dropped: 0,
    };
    let options = &with_seen_keys(captures, options)?;
    let mut collected = fields::Collected::new();
    for (index, survey) in &readable {
        let party = if given { search::PartyBy::GroundTruth } else { search::PartyBy::Page { typed_at: &typed_at } };
        let search = search::Search {
            capture: *index,
            planted: &planted,
            carriers: &carriers,
            in_control: &in_control,
            options,
            party,
            memo: unfolded::Memo::default(),
        };
        search.run(&captures[*index], survey, &mut report, &mut collected);
    }
    report.fields = collected.finish();
    report.coverage.opaque.sort_by_key(|place| std::cmp::Reverse(place.bytes));
    report.coverage.opaque.truncate(Coverage::PLACES);
    Ok(report)
}

/// What a capture itself shows of the user's actions: what [`audit`] takes when no ground truth is given.
pub fn infer(capture: &Capture<'_>) -> Result<GroundTruth, AuditError> {
    let survey = survey::survey(capture).map_err(|error| AuditError { name: capture.name.clone(), error })?;
    Ok(inferred::ground_truth(std::iter::once(survey.shown())).0)
}

/// What is seen of keys in a capture itself, to be tried after those that the user gave: part of a deep search.
pub fn with_seen_keys(captures: &[Capture<'_>], options: &Options) -> Result<Options, AuditError> {
    let mut options = options.clone();
    if !options.limits.deep {
        return Ok(options);
    }
    let mut keys = options.limits.keys.to_vec();
    for capture in captures {
        match survey::keys(capture, &options.limits, options.responses) {
            Ok(seen) => keys.extend(seen),
            Err(error) if captures.len() == 1 => return Err(AuditError { name: capture.name.clone(), error }),
            // A capture that cannot be read is a fault already.
            Err(_) => {}
        }
    }
    options.limits.keys = Arc::new(keys);
    Ok(options)
}

/// The report of captures of which [`audit`] could read none: a study goes on with its other sessions.
pub fn unreadable(captures: &[Capture<'_>], truth: Option<GroundTruth>, error: &AuditError) -> Report {
    let index = captures.iter().position(|capture| capture.name == error.name).unwrap_or_default();
    Report {
        captures: captures.iter().map(unread).collect(),
        truth: truth.unwrap_or_default(),
        faults: vec![(index, nothing_read(&error.error))],
        ..Report::default()
    }
}

fn nothing_read(error: &ImportError) -> Fault {
    Fault::new(FaultKind::Corrupt, format!("{error}; nothing of this capture was read")).at(error.offset())
}

fn unread(capture: &Capture<'_>) -> CaptureInfo {
    CaptureInfo { name: capture.name.clone(), sha256: String::new(), bytes: 0, exchanges: 0, span: None }
}
