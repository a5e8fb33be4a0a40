//! A study: several sessions beside each other, and the answers that follow from them.
//!
//! An audit says what was seen in one session. A study asks what that means: what each receiver knows, what joins its
//! sightings into one person, what differs between conditions, and whether what the maker says is true. One session is
//! a study too. Each question is one module here that reads sessions and returns its answers; none changes a report.

pub mod file;
pub mod knowledge;
mod session;

pub use session::{About, Session};

/// Sessions and everything that follows from them.
#[derive(Debug, Clone, Default)]
pub struct Study {
    /// Name for people.
    pub name: String,
    /// The sessions, in the order of the study.
    pub sessions: Vec<Session>,
    /// What each receiver knows.
    pub known: Vec<knowledge::View>,
}

impl Study {
    /// Asks every question of the sessions.
    pub fn of(name: String, sessions: Vec<Session>) -> Self {
        let known = knowledge::knowledge(&sessions);
        Self { name, sessions, known }
    }

    /// True when everything that was there could be processed.
    pub fn complete(&self) -> bool {
        self.sessions.iter().all(|session| session.report.complete())
    }
}
