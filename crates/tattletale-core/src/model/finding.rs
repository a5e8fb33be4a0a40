//! Sightings, findings and the report that holds them.

use super::{Coverage, Fault, Fields, GroundTruth, Operator, Part, Personal, Step, Timestamp};
use std::ops::Range;

/// What a sighting is of: an entry of the ground truth, by its position in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// `truth.values[i]`
    Value(usize),
    /// `truth.actions[i]`
    Action(usize),
}

/// A planted value or a known action, seen at a path. Not yet a leak: see [`Finding`].
#[derive(Debug, Clone)]
pub struct Sighting {
    /// What was seen.
    pub subject: Subject,
    /// An action that lies around it: a searched term inside the address of the results page.
    pub within: Option<Subject>,
    /// Layers from the part down to the place, outermost first; a digest is the last step.
    pub path: Vec<Step>,
    /// Bytes in the innermost layer, from the start of what that layer holds at `path`.
    pub range: Range<usize>,
    /// True when it is all that stands at this place (a whole field), which chance explains far less often.
    pub whole: bool,
    /// What chance would have had to do to put it there.
    pub odds: Odds,
    /// The match with a little of what stands around it.
    pub excerpt: Excerpt,
}

/// How chance could have made a sighting; the number of places is known when the capture ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Odds {
    /// Bits of surprise in what was matched: its probability is `2^-bits`.
    pub bits: f64,
    /// How many different things were tried there.
    pub tried: f64,
    /// What kind of place it stands in.
    pub among: Among,
}

/// Places where something could have stood by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Anywhere: every byte that was searched.
    Bytes,
    /// Whole fields of its length.
    Fields,
    /// Runs that have the shape of a digest.
    Runs,
}

/// A match and its surroundings, as bytes of the party under test: escape before showing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Up to [`Excerpt::AROUND`] bytes before the match.
    pub before: Vec<u8>,
    /// The match itself.
    pub found: Vec<u8>,
    /// Up to [`Excerpt::AROUND`] bytes after it.
    pub after: Vec<u8>,
}

impl Excerpt {
    /// Bytes kept on either side.
    pub const AROUND: usize = 32;

    /// What stands at `range` of `bytes`, with what is around it.
    pub fn of(bytes: &[u8], range: &Range<usize>) -> Self {
        Self {
            before: bytes[range.start.saturating_sub(Self::AROUND)..range.start].to_vec(),
            found: bytes[range.clone()].to_vec(),
            after: bytes[range.end..(range.end + Self::AROUND).min(bytes.len())].to_vec(),
        }
    }
}

/// How unlikely chance is as an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Fewer than one chance hit expected in a million captures like this one.
    Strong,
    /// Chance cannot be ruled out.
    Weak,
}

/// Who the receiver is to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The user meant to talk to it.
    First,
    /// Somebody else.
    Third,
    /// Nothing says whom the user meant to talk to.
    Unknown,
}

/// Who got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// Host name or address, lower case, without port.
    pub host: String,
    /// Registrable domain by the public suffix list; none for an address.
    pub domain: Option<String>,
    /// First, third or unknown.
    pub party: Party,
}

/// A sighting with its receiver, its time and what is needed to see it again.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Planted value, as index into the ground truth.
    pub value: Option<usize>,
    /// Action, as index into the ground truth.
    pub action: Option<usize>,
    /// Index of the capture in [`Report::captures`].
    pub capture: usize,
    /// Position in the capture, from 0; among the connections that could not be seen where it [`is_unseen`](Self::is_unseen).
    pub exchange: usize,
    /// When the request was sent, UTC.
    pub at: Option<Timestamp>,
    /// Milliseconds since the action; negative when it was told before the action was carried out.
    pub delay_ms: Option<i64>,
    /// Who got it.
    pub receiver: Receiver,
    /// Mode of the action; of a value, that of what the user did last before it was sent. None where none is stated.
    pub mode: Option<&'static str>,
    /// True when it crossed the network unencrypted (`http`, `ws`, the name of a server).
    pub plaintext: bool,
    /// Part of the exchange.
    pub part: Part,
    /// Layers down to the place.
    pub path: Vec<Step>,
    /// Bytes in the innermost layer.
    pub range: Range<usize>,
    /// The match and its surroundings.
    pub excerpt: Excerpt,
    /// Chance hits expected in this capture.
    pub chance: f64,
    /// The verdict on `chance`.
    pub strength: Strength,
}

impl Finding {
    /// The value if there is one, else the action: what the receiver learnt.
    pub fn subject(&self) -> Subject {
        match (self.value, self.action) {
            (Some(value), _) => Subject::Value(value),
            (None, Some(action)) => Subject::Action(action),
            (None, None) => unreachable!("a finding is made from a sighting of one of them"),
        }
    }

    /// Whether it stands in the name of a connection that could not be seen, which is no exchange.
    pub fn is_unseen(&self) -> bool {
        matches!(self.part, Part::Sni | Part::Dns)
    }

    /// The message that it stands in: those of one message have one.
    pub fn message(&self) -> (usize, bool, usize) {
        (self.capture, self.is_unseen(), self.exchange)
    }
}

/// An exchange that is the user's own action (or a sub-resource of its host), with what it carried: no leak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carrier {
    /// Index of the capture.
    pub capture: usize,
    /// Exchange in the capture.
    pub exchange: usize,
    /// What it carried besides itself.
    pub subjects: Vec<Subject>,
}

/// One capture that was read.
#[derive(Debug, Clone)]
pub struct CaptureInfo {
    /// Name as given.
    pub name: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Exchanges read.
    pub exchanges: u64,
    /// Earliest and latest time of an exchange.
    pub span: Option<(Timestamp, Timestamp)>,
}

/// All that an audit found, and what it could not see.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The captures, in the order given.
    pub captures: Vec<CaptureInfo>,
    /// What was known: given by a person, or inferred from the captures.
    pub truth: GroundTruth,
    /// What of it was not looked for: too short, or an address that is only a host.
    pub not_sought: Vec<Subject>,
    /// What is seen in a control capture as well, and so never strong.
    pub in_control: Vec<Subject>,
    /// Strong findings, by capture, exchange and place.
    pub findings: Vec<Finding>,
    /// Those that chance may explain.
    pub weak: Vec<Finding>,
    /// Places of either that are over the bounds ([`Finding::KEPT`]) and are not kept: more of what is.
    pub findings_dropped: u64,
    /// Personal data that nobody planted, by capture, exchange and place.
    pub personal: Vec<Personal>,
    /// Places of such data that were over the bound and are not kept.
    pub personal_dropped: u64,
    /// Exchanges that carried something as part of the user's own action.
    pub carriers: Vec<Carrier>,
    /// Such exchanges with something in them that are over the bound ([`Carrier::KEPT`]) and are not kept.
    pub carriers_dropped: u64,
    /// What every field held, where that was asked for.
    pub fields: Fields,
    /// What was seen and what was not.
    pub coverage: Coverage,
    /// Who runs the receivers; filled by [`crate::attribute::Operators::name`], without an entry where nothing is known.
    pub operators: Vec<Operator>,
    /// What could not be processed, each with the index of its capture.
    pub faults: Vec<(usize, Fault)>,
    /// Faults that are over the bounds ([`Fault::KEPT`]) and are not kept.
    pub faults_dropped: u64,
}

impl Carrier {
    /// How many are kept.
    pub const KEPT: usize = 50_000;
}

impl Finding {
    /// Findings that are kept whatever they say, strong and weak ones together: reports stay readable, and memory flat.
    pub const KEPT: usize = 50_000;
    /// Beyond that, those of one subject at one receiver; beyond twice as many findings, one.
    pub const KEPT_OF_ONE: usize = 100;
}

impl Report {
    /// True when everything that was there could be processed.
    pub fn complete(&self) -> bool {
        self.unprocessed() == 0
    }

    /// How many places could not be processed, those that are not kept included.
    pub fn unprocessed(&self) -> u64 {
        self.faults.len() as u64 + self.faults_dropped
    }

    /// Exchanges that carried something as part of the user's own action.
    pub fn carried(&self) -> u64 {
        let kept = self.carriers.iter().filter(|carrier| !carrier.subjects.is_empty());
        kept.count() as u64 + self.carriers_dropped
    }

    /// True when somebody was told something: a strong finding, or personal data beyond doubt told to somebody whom the
    /// user did not mean to talk to.
    pub fn tells(&self) -> bool {
        let told =
            |personal: &Personal| personal.strength == Strength::Strong && personal.receiver.party != Party::First;
        !self.findings.is_empty() || self.personal.iter().any(told)
    }
}
