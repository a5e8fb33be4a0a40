//! Actions without a text of their own (a folder called DCIM, the settings screen, an app), recognised by repetition.
//!
//! Searching for "settings" finds the word anywhere. What tells that the settings screen was opened is a *token*, a
//! field or one value of it at a receiver, that follows this action nearly every time and hardly anything else. Each
//! token is tested against each such action with Fisher's exact test over the actions of a session as trials (pooled
//! over repeats of a condition, each session keeping its own margins): if the token had nothing to do with the action,
//! any other actions could as well have been the ones that it followed. That holds where the order of the actions has
//! no other reason to agree with the token, so do them in mixed order. Where nothing else was done, the pauses are the
//! other trials.
//!
//! The p-value is corrected for every distinct pattern of tokens times every action that could have reached
//! significance (Tarone's form of Bonferroni; the same as in significant pattern mining, A. Terada et al., "Statistical
//! significance of combinatorial regulations", PNAS 110, 2013). Significance alone is not recognition: the token must
//! follow at least half of the repeats and at most a tenth of the other actions and of the pauses. A token that fits
//! the kind of action better (any folder) than the one thing (this folder) tells of the kind.
//!
//! That the token's value resembles the action's text is shown, but neither required nor enough: a salted hash or a
//! number tells the receiver just as much.

mod question;

use super::stats::ALPHA;
use super::trials::Trials;
use super::{Clock, Session};
use question::Question;
use tattletale_core::model::Part;

/// An action that a receiver was told of, as its repetition shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// Kind of the action.
    pub kind: &'static str,
    /// What of that kind, as in the ground truth; none when the token tells only that it was of this kind.
    pub value: Option<String>,
    /// The repeats: index of the session in the study and of the action in its ground truth.
    pub actions: Vec<(usize, usize)>,
    /// Those of them that the token followed.
    pub told: Vec<(usize, usize)>,
    /// Host that was told.
    pub host: String,
    /// Part of the exchange that holds the token.
    pub part: Part,
    /// Field that holds it, as [`tattletale_core::model::Field::path`].
    pub path: String,
    /// The value that recurs, as bytes of the party under test; none when it is the field itself, whatever it holds.
    pub token: Option<Vec<u8>>,
    /// By which clock it follows.
    pub clock: Clock,
    /// Repeats that it followed,
    pub followed: usize,
    /// of so many.
    pub repeats: usize,
    /// Other actions that it followed,
    pub elsewhere: usize,
    /// of so many.
    pub others: usize,
    /// Pauses in which it was sent,
    pub paused: usize,
    /// of so many.
    pub pauses: usize,
    /// One-sided p-value.
    pub p: f64,
    /// The same after correction, at most [`ALPHA`].
    pub corrected: f64,
    /// By how much it was corrected: tests that could have reached significance.
    pub tests: usize,
    /// Whether token or field resembles the action's text. Says nothing by itself.
    pub resembles: bool,
    /// How many other tokens at this host tell the same.
    pub also: usize,
    /// Where it was sent after the action: session, capture and exchange, the first few.
    pub evidence: Vec<(usize, u32, u32)>,
}

/// An action without a text of its own that no receiver was seen to be told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Unrecognised {
    /// Kind of the action.
    pub kind: &'static str,
    /// What of that kind.
    pub value: String,
    /// Index of the sessions in which it was done.
    pub sessions: Vec<usize>,
    /// How often it was done at a known time.
    pub repeats: usize,
    /// Corrected p-value that a token following every repeat and nothing else would have. Above [`ALPHA`] so many
    /// repeats cannot reach it, and that nothing was recognised says nothing.
    pub best: f64,
}

impl Unrecognised {
    /// True when there were too few repeats for any answer.
    pub fn too_few(&self) -> bool {
        self.best > ALPHA
    }
}

/// All answers of one question.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repetition {
    /// What receivers were told of, one for each action and receiver.
    pub recognised: Vec<Recognised>,
    /// What they were not seen to be told of.
    pub unrecognised: Vec<Unrecognised>,
    /// Tokens over a bound that were not tried.
    pub untried: u64,
}

/// What receivers were told of that has no text of its own; sessions of one condition are pooled.
pub fn recognise(sessions: &[Session]) -> Vec<Recognised> {
    Repetition::of(sessions).recognised
}

impl Repetition {
    /// Asks the question of every condition.
    pub fn of(sessions: &[Session]) -> Self {
        let mut conditions: Vec<(super::About, Vec<usize>)> = Vec::new();
        for (index, session) in sessions.iter().enumerate() {
            let condition = session.about.condition();
            match conditions.iter_mut().find(|(known, _)| *known == condition) {
                Some((_, members)) => members.push(index),
                None => conditions.push((condition, vec![index])),
            }
        }
        let mut answers = Self::default();
        for (_, members) in &conditions {
            let trials = Trials::of(sessions, members);
            Question::of(&trials, conditions.len()).answer(&mut answers);
            answers.untried += trials.untried;
        }
        answers
    }
}
