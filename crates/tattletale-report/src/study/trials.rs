//! Actions as trials: which fields and values were sent after which action, and which in the pauses.
//!
//! Every action opens a window that ends with the next action or after a while; what is left of the gap until then are
//! pauses, cut into windows of the same length. A *token* is a field, or one value of it, at a receiver. Its *pattern*
//! is the set of windows in which it was sent. Tokens with one pattern are one observation and are tested once.
//!
//! Time is told by two clocks, and a token may be right by either: the time that a record states of itself (immune to
//! batches that wait for minutes, but said by the party under test) and the time at which it was sent. Where the day
//! was modelled, the first is compared with the modelled times of the actions.

use super::{Clock, Session};
use std::collections::HashMap;
use tattletale_core::model::{Field, Part, Subject, Timestamp, Use};

/// Shortest window, in microseconds: twice the 15 s for which the reported SDK lets events wait (sa-sdk-android).
const SHORTEST_WINDOW: i64 = 30_000_000;
/// Longest window.
const LONGEST_WINDOW: i64 = 600_000_000;
/// Pauses of one gap that are looked at.
const PAUSES: i64 = 1_000;
/// Tokens that are looked at.
const TOKENS: usize = 200_000;

/// Trials of actions, and pauses by session and number.
type Windows = (Vec<u32>, Vec<(u32, u32)>);

/// A token and the windows in which it was sent.
pub(super) struct Token<'s> {
    pub(super) host: &'s str,
    pub(super) part: &'s Part,
    pub(super) path: &'s str,
    /// Its value; none for the field itself, whatever it held.
    pub(super) value: Option<&'s [u8]>,
    pub(super) clock: Clock,
}

/// Windows in which one or more tokens were sent.
pub(super) struct Pattern {
    /// Sorted, without repeats, as [`Trials::trial`] numbers them.
    pub(super) actions: Vec<u32>,
    /// Positions of the sessions of its pauses, once for every pause.
    pub(super) paused: Vec<u32>,
    /// Indices into [`Trials::tokens`].
    pub(super) tokens: Vec<usize>,
}

/// The trials of several sessions.
pub(super) struct Trials<'s> {
    sessions: Vec<(usize, &'s Session)>,
    first: Vec<u32>,
    timelines: Vec<[Timeline; 2]>,
    pub(super) tokens: Vec<Token<'s>>,
    pub(super) patterns: Vec<Pattern>,
    /// Tokens over the bound.
    pub(super) untried: u64,
}

impl<'s> Trials<'s> {
    /// Of the sessions at `indices`.
    pub(super) fn of(all: &'s [Session], indices: &[usize]) -> Self {
        let sessions: Vec<(usize, &Session)> = indices.iter().map(|index| (*index, &all[*index])).collect();
        let first = sessions
            .iter()
            .scan(0, |next, (_, session)| {
                let own = *next;
                *next += session.report.truth.actions.len() as u32;
                Some(own)
            })
            .collect();
        let timelines = sessions.iter().map(|(_, s)| Clock::ALL.map(|clock| Timeline::of(s, clock))).collect();
        let mut trials = Self { sessions, first, timelines, tokens: Vec::new(), patterns: Vec::new(), untried: 0 };
        trials.collect();
        trials
    }

    /// Number of the trial that an action of the `position`th session is.
    pub(super) fn trial(&self, position: usize, action: usize) -> u32 {
        self.first[position] + action as u32
    }

    /// Session (by position among those asked for) and action of a trial.
    pub(super) fn whose(&self, trial: u32) -> (usize, usize) {
        let position = self.first.partition_point(|first| *first <= trial) - 1;
        (position, (trial - self.first[position]) as usize)
    }

    /// Index in the study and the session itself.
    pub(super) fn session(&self, position: usize) -> (usize, &'s Session) {
        self.sessions[position]
    }

    pub(super) fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Pauses of a session by a clock.
    pub(super) fn pauses(&self, position: usize, clock: Clock) -> usize {
        self.timelines[position][clock as usize].pauses as usize
    }

    /// True when the action has a time, so that something can follow it.
    pub(super) fn is_timed(&self, position: usize, action: usize) -> bool {
        let starts = &self.timelines[position][Clock::Sent as usize].starts;
        starts.iter().any(|(_, timed)| *timed as usize == action)
    }

    /// Every use of a token with the trial that it followed.
    pub(super) fn uses<'t>(&'t self, token: &'t Token<'s>) -> impl Iterator<Item = (usize, u32, Use)> + 't {
        self.sessions.iter().enumerate().flat_map(move |(position, (_, session))| {
            let fields = session.report.fields.fields.iter();
            let own = fields.filter(|f| f.host == token.host && f.part == *token.part && f.path == token.path);
            own.flat_map(move |field| {
                let held = field.uses.iter().filter(|used| token.value.is_none_or(|v| field.value(used) == Some(v)));
                held.filter_map(move |used| match self.slot(position, token.clock, used)? {
                    Slot::Action(action) => Some((position, self.first[position] + action, *used)),
                    Slot::Pause(_) => None,
                })
            })
        })
    }

    fn slot(&self, position: usize, clock: Clock, used: &Use) -> Option<Slot> {
        let at = match clock {
            Clock::Stated => used.stated,
            Clock::Sent => used.at,
        };
        self.timelines[position][clock as usize].slot(at?)
    }

    fn collect(&mut self) {
        // The same field of every session, in order of first appearance.
        let mut known: HashMap<(&str, &Part, &str), usize> = HashMap::new();
        let mut fields: Vec<Vec<(usize, &'s Field)>> = Vec::new();
        for (position, (_, session)) in self.sessions.iter().enumerate() {
            for field in session.report.fields.fields.iter().filter(|field| !is_framing(&field.part)) {
                let at = *known.entry((&field.host, &field.part, &field.path)).or_insert(fields.len());
                fields.resize(fields.len().max(at + 1), Vec::new());
                fields[at].push((position, field));
            }
        }
        let mut patterns: HashMap<Windows, usize> = HashMap::new();
        for same in &fields {
            for clock in Clock::ALL {
                for (value, mut actions, mut pauses) in self.windows(same, clock) {
                    actions.sort_unstable();
                    actions.dedup();
                    pauses.sort_unstable();
                    pauses.dedup();
                    // What followed one action once can recognise nothing.
                    if actions.len() < 2 {
                        continue;
                    }
                    if self.tokens.len() >= TOKENS {
                        self.untried += 1;
                        continue;
                    }
                    let field = same[0].1;
                    let (host, part, path) = (field.host.as_str(), &field.part, field.path.as_str());
                    self.tokens.push(Token { host, part, path, value, clock });
                    let paused: Vec<u32> = pauses.iter().map(|(session, _)| *session).collect();
                    let next = self.patterns.len();
                    let at = *patterns.entry((actions.clone(), pauses)).or_insert(next);
                    if at == next {
                        self.patterns.push(Pattern { actions, paused, tokens: Vec::new() });
                    }
                    self.patterns[at].tokens.push(self.tokens.len() - 1);
                }
            }
        }
    }

    /// For the field and each of its values: the trials and the pauses in which it was sent.
    #[allow(clippy::type_complexity, reason = "three columns of one table, used once")]
    fn windows(&self, same: &[(usize, &'s Field)], clock: Clock) -> Vec<(Option<&'s [u8]>, Vec<u32>, Vec<(u32, u32)>)> {
        let mut known: HashMap<Option<&[u8]>, usize> = HashMap::new();
        let mut found: Vec<(Option<&'s [u8]>, Vec<u32>, Vec<(u32, u32)>)> = Vec::new();
        for &(position, field) in same {
            for used in &field.uses {
                let Some(slot) = self.slot(position, clock, used) else { continue };
                let value = field.value(used);
                for key in [Some(None), value.map(Some)].into_iter().flatten() {
                    let at = *known.entry(key).or_insert_with(|| {
                        found.push((key, Vec::new(), Vec::new()));
                        found.len() - 1
                    });
                    match slot {
                        Slot::Action(action) => found[at].1.push(self.first[position] + action),
                        Slot::Pause(pause) => found[at].2.push((position as u32, pause)),
                    }
                }
            }
        }
        found
    }
}

/// How long a message is tells something, but it is not what the message says.
fn is_framing(part: &Part) -> bool {
    matches!(part, Part::Header(name) if name == "content-length")
}

enum Slot {
    Action(u32),
    Pause(u32),
}

/// The windows of one session by one clock.
struct Timeline {
    /// Microseconds and action, in order of time.
    starts: Vec<(i64, u32)>,
    /// For every start the number of its first pause.
    first_pause: Vec<u32>,
    pauses: u32,
    window: i64,
}

impl Timeline {
    fn of(session: &Session, clock: Clock) -> Self {
        let actions = session.report.truth.actions.iter().enumerate();
        let time = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
        let mut starts: Vec<(i64, u32)> = actions
            .filter_map(|(index, action)| {
                let at = match clock {
                    Clock::Stated => action.modelled_at.or(action.at),
                    Clock::Sent => action.at,
                };
                Some((time(at)?, index as u32))
            })
            .collect();
        starts.sort_unstable();
        let window = window(session, clock);
        let (mut first_pause, mut pauses) = (Vec::with_capacity(starts.len()), 0);
        for (at, (start, _)) in starts.iter().enumerate() {
            first_pause.push(pauses);
            let gap = starts.get(at + 1).map_or(0, |(next, _)| next - start);
            pauses += (gap / window - 1).clamp(0, PAUSES) as u32;
        }
        Self { starts, first_pause, pauses, window }
    }

    fn slot(&self, at: Timestamp) -> Option<Slot> {
        let at = at.as_microsecond();
        let last = self.starts.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
        let (start, action) = self.starts[last];
        let windows = (at - start) / self.window;
        if windows == 0 {
            return Some(Slot::Action(action));
        }
        let pause = self.first_pause[last] + (windows - 1).min(PAUSES) as u32;
        let end = self.first_pause.get(last + 1).copied().unwrap_or(self.pauses);
        (pause < end).then_some(Slot::Pause(pause))
    }
}

/// How long after an action something still counts as following it: learned from what has a text of its own and was
/// told, twice the time within which nearly all of it (95 %) had left.
fn window(session: &Session, clock: Clock) -> i64 {
    if clock == Clock::Stated {
        return SHORTEST_WINDOW;
    }
    let told =
        session.report.findings.iter().filter(|f| f.action.is_some() || matches!(f.subject(), Subject::Action(_)));
    let mut delays: Vec<i64> = told.filter_map(|finding| finding.delay_ms.filter(|delay| *delay >= 0)).collect();
    delays.sort_unstable();
    let nearly_all = delays.get((delays.len() * 95 / 100).min(delays.len().saturating_sub(1))).copied();
    nearly_all.map_or(SHORTEST_WINDOW, |ms| ms.saturating_mul(2_000).clamp(SHORTEST_WINDOW, LONGEST_WINDOW))
}
