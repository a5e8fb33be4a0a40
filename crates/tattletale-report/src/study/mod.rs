//! A study: several sessions beside each other, and the answers that follow from them.
//!
//! An audit says what was seen in one session. A study asks what that means: what each receiver knows, what joins its
//! sightings into one person, what differs between conditions, and whether what the maker says is true. One session is
//! a study too. Each question is one module here that reads sessions and returns its answers; none changes a report.

pub mod apps;
mod cells;
pub mod claims;
pub mod differences;
pub mod file;
pub mod knowledge;
pub mod links;
pub mod matrix;
pub mod repetition;
mod session;
mod stats;
mod trials;

pub use cells::{Cell, Dimension, Side};
pub use claims::{Claim, Judged, Verdict};
pub use differences::Difference;
pub use links::Links;
pub use matrix::Matrix;
pub use repetition::{Recognised, Unrecognised};
pub use session::{About, Session};
pub use stats::ALPHA;

use claims::Evidence;
use std::collections::BTreeMap;

/// By which clock a use is put beside an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    /// The time that the record states of itself.
    Stated,
    /// The time at which it was sent.
    Sent,
}

impl Clock {
    const ALL: [Self; 2] = [Self::Stated, Self::Sent];
}

/// Sessions and everything that follows from them.
#[derive(Debug, Clone, Default)]
pub struct Study {
    /// Name for people.
    pub name: String,
    /// The sessions, in the order of the study.
    pub sessions: Vec<Session>,
    /// What each receiver knows.
    pub known: Vec<knowledge::View>,
    /// Fields that identify, and what they join.
    pub links: Links,
    /// Actions without a text of their own that a receiver was told of, recognised by repetition.
    pub recognised: Vec<Recognised>,
    /// Those that were not recognised, and why.
    pub unrecognised: Vec<Unrecognised>,
    /// How conditions compare that differ in one thing.
    pub differences: Vec<Difference>,
    /// Which kinds of data left under which condition, to whom.
    pub matrix: Matrix,
    /// What the maker says, each with what the sessions show of it.
    pub verdicts: Vec<Judged>,
    /// The apps that were recorded, as far as the study names their files.
    pub apps: Vec<apps::AppSeen>,
}

impl Study {
    /// Asks every question of the sessions but those of a maker's claims, which are the caller's to bring.
    pub fn of(name: String, sessions: Vec<Session>) -> Self {
        let repetition::Repetition { recognised, unrecognised, .. } = repetition::Repetition::of(&sessions);
        Self {
            name,
            known: knowledge::knowledge(&sessions),
            links: links::links(&sessions),
            differences: differences::differences(&sessions),
            matrix: matrix::matrix(&sessions, &recognised),
            recognised,
            unrecognised,
            verdicts: Vec::new(),
            apps: Vec::new(),
            sessions,
        }
    }

    /// Judges what the maker says by these sessions. `organisations`: who is behind a host, where that is known.
    #[must_use]
    pub fn with_claims(mut self, claims: &[Claim], organisations: BTreeMap<String, String>) -> Self {
        let evidence = Evidence {
            sessions: &self.sessions,
            links: Some(&self.links),
            recognised: &self.recognised,
            differences: &self.differences,
            organisations,
        };
        self.verdicts = claims::judge(claims, &evidence);
        self
    }

    /// Puts apps beside their recordings: what each holds, and the positions of its sessions.
    #[must_use]
    pub fn with_apps(mut self, apps: Vec<(tattletale_core::model::app::Contents, Vec<usize>)>) -> Self {
        self.apps = apps.into_iter().map(|(contents, of)| apps::seen(contents, of, &self.sessions)).collect();
        self
    }

    /// True when a claim is refuted: the study has found something.
    pub fn refutes(&self) -> bool {
        self.verdicts.iter().any(|judged| judged.verdict == Verdict::Refuted)
    }

    /// True when somebody was told something, or a claim is refuted.
    pub fn tells(&self) -> bool {
        self.refutes() || self.sessions.iter().any(|session| session.report.tells())
    }

    /// True when everything that was there could be processed.
    pub fn complete(&self) -> bool {
        self.sessions.iter().all(|session| session.report.complete())
            && self.apps.iter().all(|app| app.contents.complete())
    }
}
