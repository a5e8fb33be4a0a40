//! A study: several sessions beside each other, and the answers that follow from them.
//!
//! An audit says what was seen in one session. A study asks what that means: what each receiver knows, what joins its
//! sightings into one person, what differs between conditions, and whether what the maker says is true. One session is
//! a study too. Each question is one module here that reads sessions and returns its answers; none changes a report.

pub mod claims;
pub mod links;
mod session;

pub use claims::{Claim, Judged, Verdict};
pub use links::Links;
pub use session::{About, Session};

use claims::Evidence;
use std::collections::BTreeMap;

/// Sessions and everything that follows from them.
#[derive(Debug, Clone, Default)]
pub struct Study {
    /// Name for people.
    pub name: String,
    /// The sessions, in the order of the study.
    pub sessions: Vec<Session>,
    /// Fields that identify, and what they join.
    pub links: Links,
    /// What the maker says, each with what the sessions show of it.
    pub verdicts: Vec<Judged>,
}

impl Study {
    /// Asks every question of the sessions.
    pub fn of(name: String, sessions: Vec<Session>) -> Self {
        let links = links::links(&sessions);
        Self { name, sessions, links, verdicts: Vec::new() }
    }

    /// Judges what the maker says by these sessions. `organisations`: who is behind a host, where that is known.
    #[must_use]
    pub fn with_claims(mut self, claims: &[Claim], organisations: BTreeMap<String, String>) -> Self {
        self.verdicts = claims::judge(claims, &Evidence { sessions: &self.sessions, organisations });
        self
    }

    /// True when a claim is refuted: the study has found something.
    pub fn refutes(&self) -> bool {
        self.verdicts.iter().any(|judged| judged.verdict == Verdict::Refuted)
    }

    /// True when everything that was there could be processed.
    pub fn complete(&self) -> bool {
        self.sessions.iter().all(|session| session.report.complete())
    }
}
