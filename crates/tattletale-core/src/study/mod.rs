//! A study: several sessions beside each other, and the answers that follow from them.
//!
//! An audit says what was seen in one session. A study asks what that means: what each receiver knows, what joins its
//! sightings into one person, what differs between conditions, and whether what the maker says is true. One session is
//! a study too. Each question is one module here that reads sessions and returns its answers; none changes a report.

mod cells;
pub mod differences;
pub mod matrix;
pub mod repetition;
mod session;
mod stats;
mod trials;

pub use cells::{Cell, Dimension, Side};
pub use differences::Difference;
pub use matrix::Matrix;
pub use repetition::{Recognised, Unrecognised};
pub use session::{About, Session};
pub use stats::ALPHA;

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
    /// Actions without a text of their own that a receiver was told of, recognised by repetition.
    pub recognised: Vec<Recognised>,
    /// Those that were not recognised, and why.
    pub unrecognised: Vec<Unrecognised>,
    /// How conditions compare that differ in one thing.
    pub differences: Vec<Difference>,
    /// Which kinds of data left under which condition, to whom.
    pub matrix: Matrix,
}

impl Study {
    /// Asks every question of the sessions.
    pub fn of(name: String, sessions: Vec<Session>) -> Self {
        let repetition = repetition::Repetition::of(&sessions);
        let (recognised, unrecognised) = (repetition.recognised, repetition.unrecognised);
        let differences = differences::differences(&sessions);
        let matrix = matrix::matrix(&sessions, &recognised);
        Self { name, sessions, recognised, unrecognised, differences, matrix }
    }

    /// True when everything that was there could be processed.
    pub fn complete(&self) -> bool {
        self.sessions.iter().all(|session| session.report.complete())
    }
}
