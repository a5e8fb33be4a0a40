//! Studies as text, as JSON and as a page: the answers first, then where the details are.
//!
//! What holds for reports holds here: every string that is shown comes out of the masks, and all sessions of a study
//! share them, so that what is planted in one is hidden in all. Each answer of a study (what a receiver knows, and
//! whatever else is asked of its sessions) has one file here that puts it into words for all outputs; an output
//! only arranges them.

mod answers;
mod different;
mod html;
mod json;
mod judged;
mod known;
mod linked;
mod matrix;
mod present;
mod recognised;
mod rows;
mod text;

use super::escape;
use super::redact::Masks;
use crate::study::Study;
use crate::study::knowledge::{Entry, FindingRef};
use std::io::{self, Write};
use tattletale_core::model::Report;

/// How to show a study.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// As for a report; its ground truth file is not used.
    pub general: super::Options,
    /// Ground truth file of each session, for the commands that show a finding again.
    pub truth_files: Vec<Option<String>>,
}

impl Options {
    /// The options of one session's own report.
    fn of(&self, session: usize) -> super::Options {
        let truth_file = self.truth_files.get(session).cloned().flatten();
        super::Options { truth_file, ..self.general.clone() }
    }
}

/// For a person at a terminal; shows planted values, never secrets.
pub fn text(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    text::whole(study, options, out)
}

/// The answers on one screen, with masks unless revealed.
pub fn brief(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    text::brief(study, options, out)
}

/// One JSON object for other programs.
pub fn json(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    json::write(study, options, out)
}

/// One page for everybody, self-contained and without script, with masks unless revealed.
pub fn html(study: &Study, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    html::write(study, options, out)
}

/// A study with the masks of its sessions.
struct Shown<'s> {
    study: &'s Study,
    masks: Vec<Masks<'s>>,
}

impl<'s> Shown<'s> {
    fn new(study: &'s Study, reveal: bool) -> Self {
        let reports: Vec<&Report> = study.sessions.iter().map(|session| &session.report).collect();
        Self { study, masks: Masks::of_all(&reports, reveal) }
    }

    fn with_whole_names(self) -> Self {
        Self { masks: self.masks.into_iter().map(Masks::with_whole_names).collect(), ..self }
    }

    fn reveal(&self) -> bool {
        self.masks.first().is_some_and(Masks::reveal)
    }

    /// A host; the masks of all sessions hide the same.
    fn host(&self, host: &str) -> String {
        self.masks.first().map(|masks| masks.host(host)).unwrap_or_default()
    }

    /// A name that a person or the capture gave.
    fn name(&self, name: &str) -> String {
        self.masks.first().map(|masks| masks.name(name)).unwrap_or_default()
    }

    /// A text of any length that may quote the capture.
    fn text(&self, text: &str) -> String {
        self.masks.first().map(|masks| escape::text(&masks.raw(text))).unwrap_or_default()
    }

    /// What an entry is about, or its mask in brackets.
    fn subject(&self, entry: &Entry) -> String {
        let masks = &self.masks[entry.session];
        let findings: Vec<_> =
            entry.findings.iter().filter_map(|found: &FindingRef| found.of(&self.study.sessions)).collect();
        let value = masks.value_found_at(entry.subject, &findings);
        value.unwrap_or_else(|| format!("[{}]", masks.mask(entry.subject)))
    }
}
