//! One session of a study: an audited recording of one device, app, version, mode and setting.

use std::collections::BTreeMap;
use tattletale_core::model::Report;

/// What a session is a recording of. What is not stated is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Unique in the study.
    pub name: String,
    /// The very device (not its model): two sessions with the same name were recorded on one phone or profile.
    pub device: Option<String>,
    /// App or browser.
    pub app: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// `normal` or `incognito`, if the whole session was in one mode; else the actions state theirs.
    pub mode: Option<&'static str>,
    /// Switches and other settings that sessions differ in, by name.
    pub settings: BTreeMap<String, String>,
    /// Which repeat of the same condition it is, from 1.
    pub repeat: Option<u32>,
}

/// A session with its audit; [`Report::fields`] must have been collected for links, repetition and differences.
#[derive(Debug, Clone)]
pub struct Session {
    /// What was recorded.
    pub about: About,
    /// What was found in it.
    pub report: Report,
}

impl Session {
    /// A session in which the mode of the whole recording holds wherever nothing states another one.
    pub fn new(about: About, mut report: Report) -> Self {
        if let Some(mode) = about.mode {
            let actions = report.truth.actions.iter_mut().map(|action| &mut action.mode);
            let findings = report.findings.iter_mut().chain(&mut report.weak).map(|finding| &mut finding.mode);
            let fields = report.fields.fields.iter_mut().chain(&mut report.fields.written);
            let uses = fields.flat_map(|field| &mut field.uses).map(|used| &mut used.mode);
            for stated in actions.chain(findings).chain(uses) {
                stated.get_or_insert(mode);
            }
        }
        Self { about, report }
    }
}

impl About {
    /// Everything but device and repeat: sessions of the same condition are repeats of each other.
    pub fn condition(&self) -> About {
        About { name: String::new(), device: None, repeat: None, ..self.clone() }
    }
}
