//! Claims: what a maker says, as a rule that says what would refute it, and what was found.
//!
//! A claim is written in TOML with few words (see [`read`]); those of the case that this project grew out of come ready
//! made ([`ready`]), and what a maker declared to an app store is read as claims too ([`declared`]). [`judge()`] holds
//! each against the sessions of a study. It knows four answers and never a fifth: *refuted* needs a strong finding that
//! meets a rule; *not contradicted* needs enough done and nothing unread, and states the bound that this gives;
//! *inconclusive* says what stood in the way; *untested* says what was not tried, or that traffic cannot tell.

mod bound;
pub mod declared;
mod facts;
mod judge;
mod kinds;
mod language;
pub mod ready;
mod sentence;
#[cfg(test)]
mod tests;

pub use bound::Bound;
pub use facts::Evidence;
pub use judge::judge;
pub use kinds::{GROUPS, Group, Kinds};
pub use language::{listed, read, written};

use super::knowledge::FindingRef;

/// What a maker says, with what would refute it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// Unique in a study; reports refer to it.
    pub name: String,
    /// The maker's sentence.
    pub says: String,
    /// Where and when the maker said so.
    pub source: String,
    /// What a reader must know to read a verdict on it rightly.
    pub caveat: Option<String>,
    /// Why traffic can refute it but never speak for it; then it is untested unless refuted.
    pub otherwise_untested: Option<String>,
    /// Apps whose sessions count; empty: all.
    pub app: Vec<String>,
    /// Versions whose sessions count; empty: all.
    pub version: Vec<String>,
    /// Hosts or registrable domains that the claim is about; empty: everyone but whom the user meant to talk to.
    pub receivers: Vec<String>,
    /// The maker's organisation, as attribution names it; rules on another organisation need it.
    pub maker: Option<String>,
    /// The setting, as `name=value`, by which the user agreed.
    pub consent: Option<String>,
    /// The switch that the claim speaks of.
    pub switch: Option<Switch>,
    /// Any of these refutes it.
    pub refuted_by: Vec<Rule>,
    /// All of this must have been done before it can be called not contradicted.
    pub needs: Vec<Need>,
}

/// A switch of the app, as sessions name it in their settings, and which of its positions is said to do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// Name of the setting.
    pub name: String,
    /// Position in which nothing should leave.
    pub protects: String,
    /// Position in which it may.
    pub exposes: String,
}

/// Where a [`Switch`] stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// Nothing should leave.
    Protects,
    /// It may leave.
    Exposes,
}

/// Who got it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum To {
    /// Anyone; the user's own actions are never findings.
    #[default]
    Anyone,
    /// Somebody whom the user did not mean to talk to.
    ThirdParty,
    /// Somebody whom the user meant to talk to.
    FirstParty,
    /// An organisation that is known and is not the maker.
    AnotherOrganisation,
}

/// What refutes a claim: one finding that meets all conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// What was told: the finding's value or action is of one of these kinds.
    pub told: Kinds,
    /// What stood in the same message besides it, of another kind; empty: whatever.
    pub with: Kinds,
    /// Mode in which it was done.
    pub mode: Option<&'static str>,
    /// Who got it.
    pub to: To,
    /// It crossed the network unencrypted.
    pub plaintext: bool,
    /// It was sent before the user agreed, or in a session in which they did not.
    pub before_consent: bool,
    /// How the claim's switch stood.
    pub switch: Option<Stand>,
    /// An identifier joins these; then nothing else is asked of a finding.
    pub joins: Option<Joining>,
    /// The conditions of a study differ in this way in what was told of `told`.
    pub differs: Option<Differing>,
}

/// What an identifier joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// Normal and incognito mode.
    Modes,
    /// Sessions of one device.
    Sessions,
    /// Receivers on different sites.
    Receivers,
    /// What was sent without a name, to an account.
    Account,
}

/// In what the conditions of a study differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differing {
    /// Normal and incognito.
    Mode,
    /// Before and after an update.
    Version,
    /// A setting.
    Setting,
    /// Devices.
    Device,
    /// Apps.
    App,
}

/// What must have been done before silence says anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What is counted.
    pub what: Needed,
    /// In this mode only.
    pub mode: Option<&'static str>,
    /// In sessions in which the claim's switch stood so.
    pub switch: Option<Stand>,
    /// How often, for each word of `what`.
    pub at_least: u32,
}

/// What a [`Need`] counts. Each word counts by itself; all kinds of a group count together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needed {
    /// Actions that were done and could have been recognised.
    Done(Kinds),
    /// Values that were planted and could have been recognised.
    Planted(Kinds),
}

/// What can be said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// What was found contradicts it.
    Refuted,
    /// Enough was done, everything could be read, and nothing contradicts it.
    NotContradicted,
    /// Nothing contradicts it, but something stood in the way.
    Inconclusive,
    /// What it speaks of was not tried, or is nothing that traffic shows.
    Untested,
}

impl Verdict {
    /// The words used in reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::Refuted => "refuted",
            Self::NotContradicted => "not contradicted",
            Self::Inconclusive => "inconclusive",
            Self::Untested => "untested",
        }
    }
}

/// What refutes a claim beside single findings: an answer of the study, by its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// Index into [`super::links::Links::joins`].
    Join(usize),
    /// Index into [`super::links::Links::sign_ins`].
    SignIn(usize),
    /// Index into the actions recognised by repetition.
    Recognised(usize),
    /// Index into the differences.
    Difference(usize),
}

/// What stood between the recordings and a verdict. Host names are as captured: escape before showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Less was done than the claim needs.
    TooFew {
        /// Position in [`Claim::needs`].
        need: usize,
        /// The kind or group.
        word: &'static str,
        /// How often it was done.
        done: u32,
    },
    /// Bytes that no layer opened.
    Opaque {
        /// Who got them.
        host: String,
        /// How many.
        bytes: u64,
    },
    /// Request bodies that the capture does not have, or not whole.
    Bodies {
        /// Who got them.
        host: String,
        /// How many.
        bodies: u64,
    },
    /// Connections of which the content is not known: nothing follows from silence there.
    Blind {
        /// Who was at the other end: a name, else an address, which may be anybody's.
        host: String,
        /// How many.
        connections: u64,
    },
    /// What could not be processed.
    Faults(u64),
    /// Sightings that would refute it, if they were no coincidence.
    Weak(u64),
    /// Messages that crossed the network unencrypted and in which nothing known was recognised.
    Plaintext {
        /// Who got them.
        host: String,
        /// How many.
        messages: u64,
    },
}

/// A claim with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The claim.
    pub claim: Claim,
    /// The verdict.
    pub verdict: Verdict,
    /// One sentence that may be printed. It names receivers as captured: escape before showing.
    pub sentence: String,
    /// The first [`Judged::EVIDENCE`] findings that refute it, in the order of rules, sessions and findings.
    pub evidence: Vec<FindingRef>,
    /// Other answers of the study that refute it, by the same rule.
    pub grounds: Vec<Ground>,
    /// How many findings and other answers refute it.
    pub refuting: u64,
    /// What was done of what the claim needs: position of the need, kind or group, how often.
    pub done: Vec<(usize, &'static str, u32)>,
    /// How rare the contrary may still be, where nothing contradicts it.
    pub bound: Option<Bound>,
    /// What stood in the way.
    pub obstacles: Vec<Obstacle>,
}

impl Judged {
    /// Findings kept as evidence of one claim; all are counted.
    pub const EVIDENCE: usize = 100;
}
