//! One condition asked: every pattern of tokens against every action that has no text of its own.

use super::super::stats::{ALPHA, Factorials, Margins, tarone};
use super::super::trials::{Pattern, Trials};
use super::super::{Clock, Session};
use super::{Recognised, Repetition, Unrecognised};
use std::collections::{BTreeMap, HashMap};
use tattletale_core::model::Subject;

/// Kinds of actions that seldom have a text of their own.
const KINDS: [&str; 4] = ["open-folder", "open-screen", "open-app", "setting"];
/// A token follows at least this share of the repeats,
const FOLLOWS: f64 = 0.5;
/// and at most this share of the other actions and of the pauses.
const ELSEWHERE: f64 = 0.1;
/// Exchanges that are kept as evidence.
const EVIDENCE: usize = 20;
/// Actions that are asked for, the most repeated first.
const TARGETS: usize = 500;

/// An action, or a kind of actions, with its repeats as trials.
struct Target {
    kind: &'static str,
    value: Option<String>,
    trials: Vec<u32>,
    /// By session.
    labelled: Vec<usize>,
}

/// The question of one condition.
pub(super) struct Question<'t> {
    trials: &'t Trials<'t>,
    targets: Vec<Target>,
    /// Timed actions of each session.
    done: Vec<usize>,
    exact: Factorials,
    /// Number of conditions that are asked the same.
    asked: usize,
}

/// A pattern that tells of a target.
struct Told {
    target: usize,
    pattern: usize,
    p: f64,
}

impl<'t> Question<'t> {
    /// Over these trials, as one of `asked` conditions.
    pub(super) fn of(trials: &'t Trials<'t>, asked: usize) -> Self {
        let timed = |position: usize| {
            let actions = 0..trials.session(position).1.report.truth.actions.len();
            actions.filter(move |action| trials.is_timed(position, *action))
        };
        let done: Vec<usize> = (0..trials.sessions()).map(|position| timed(position).count()).collect();
        let mut values: BTreeMap<(&'static str, &str), (Vec<u32>, bool)> = BTreeMap::new();
        for position in 0..trials.sessions() {
            let (_, session) = trials.session(position);
            for index in timed(position) {
                let action = &session.report.truth.actions[index];
                let (repeats, asked) = values.entry((action.kind, &action.value)).or_default();
                repeats.push(trials.trial(position, index));
                *asked |= is_without_own_text(session, index);
            }
        }
        let mut targets: Vec<Target> = Vec::new();
        for (&(kind, value), (repeats, unanswered)) in &values {
            if *unanswered || (KINDS.contains(&kind) && repeats.len() > 1) {
                targets.push(Target::new(kind, Some(value.to_owned()), repeats.clone(), trials));
            }
        }
        targets.sort_by_key(|target| std::cmp::Reverse(target.trials.len()));
        targets.truncate(TARGETS);
        let mut kinds: Vec<&'static str> = targets.iter().map(|target| target.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let same = values.iter().filter(|((other, _), _)| *other == kind);
            let mut repeats: Vec<u32> = same.flat_map(|(_, (repeats, _))| repeats.iter().copied()).collect();
            repeats.sort_unstable();
            // With one thing of its kind, the kind is that thing.
            if targets.iter().all(|target| target.kind != kind || target.trials.len() != repeats.len()) {
                targets.push(Target::new(kind, None, repeats, trials));
            }
        }
        let most = (0..trials.sessions())
            .map(|position| {
                done[position] + Clock::ALL.map(|clock| trials.pauses(position, clock)).iter().sum::<usize>()
            })
            .max();
        Self { trials, targets, done, exact: Factorials::up_to(most.unwrap_or(0)), asked }
    }

    /// Adds the answers for every target.
    pub(super) fn answer(&self, answers: &mut Repetition) {
        let marked: Vec<Vec<usize>> =
            self.trials.patterns.iter().map(|pattern| self.by_session(&pattern.actions)).collect();
        let mut known: HashMap<(usize, &[usize]), f64> = HashMap::new();
        let mut smallest: Vec<f64> = Vec::new();
        for (pattern, marks) in marked.iter().enumerate() {
            for target in 0..self.targets.len() {
                let p = match self.is_alone(target) {
                    true => self.exact.smallest(self.margins(target, pattern, marks)),
                    false => *known
                        .entry((target, marks.as_slice()))
                        .or_insert_with(|| self.exact.smallest(self.margins(target, pattern, marks))),
                };
                smallest.push(p);
            }
        }
        smallest.sort_by(f64::total_cmp);
        let factor = tarone(&smallest, ALPHA / self.asked as f64).saturating_mul(self.asked);
        // Each pattern tells of what it fits best.
        let told = marked.iter().enumerate().filter_map(|(pattern, marks)| {
            let fits = (0..self.targets.len()).filter_map(|target| self.told(target, pattern, marks));
            fits.min_by(|a, b| a.p.total_cmp(&b.p).then_with(|| self.rank(a).cmp(&self.rank(b))))
        });
        let mut best: BTreeMap<(usize, &str), (Told, usize, usize)> = BTreeMap::new();
        for told in told.filter(|told| told.p * factor as f64 <= ALPHA) {
            for &token in &self.trials.patterns[told.pattern].tokens {
                let key = (told.target, self.trials.tokens[token].host);
                let worth = |p: f64, token: usize| (p, !self.resembles(told.target, token), token);
                let new = Told { ..told };
                match best.get_mut(&key) {
                    None => {
                        best.insert(key, (new, token, 0));
                    }
                    Some((old, chosen, also)) => {
                        *also += 1;
                        if worth(new.p, token) < worth(old.p, *chosen) {
                            (*old, *chosen) = (new, token);
                        }
                    }
                }
            }
        }
        for (told, token, also) in best.values() {
            answers.recognised.push(self.recognised(told, *token, *also, factor));
        }
        for (index, target) in self.targets.iter().enumerate() {
            let Some(value) = &target.value else { continue };
            if best.keys().any(|(told, _)| *told == index) {
                continue;
            }
            let perfect: f64 = self.exact.smallest(self.perfect(index)) * factor as f64;
            let mut sessions: Vec<usize> = self.repeats(target).map(|(session, _)| session).collect();
            sessions.dedup();
            answers.unrecognised.push(Unrecognised {
                kind: target.kind,
                value: value.clone(),
                sessions,
                repeats: target.trials.len(),
                best: perfect.min(1.0),
            });
        }
    }

    /// Whether nothing else was done, so that only the pauses can be compared.
    fn is_alone(&self, target: usize) -> bool {
        self.targets[target].trials.len() == self.done.iter().sum::<usize>()
    }

    fn margins<'m>(&'m self, target: usize, pattern: usize, marks: &'m [usize]) -> impl Iterator<Item = Margins> + 'm {
        let alone = self.is_alone(target);
        let Pattern { paused, tokens, .. } = &self.trials.patterns[pattern];
        let clock = self.trials.tokens[tokens[0]].clock;
        self.targets[target].labelled.iter().enumerate().map(move |(position, labelled)| {
            let own = paused.iter().filter(|of| **of as usize == position).count();
            let (pauses, own) = if alone { (self.trials.pauses(position, clock), own) } else { (0, 0) };
            Margins { trials: self.done[position] + pauses, labelled: *labelled, marked: marks[position] + own }
        })
    }

    /// Margins of a token that follows every repeat and nothing else.
    fn perfect(&self, target: usize) -> impl Iterator<Item = Margins> + '_ {
        let alone = self.is_alone(target);
        self.targets[target].labelled.iter().enumerate().map(move |(position, labelled)| {
            let pauses = if alone { self.trials.pauses(position, Clock::Sent) } else { 0 };
            Margins { trials: self.done[position] + pauses, labelled: *labelled, marked: *labelled }
        })
    }

    fn told(&self, target: usize, pattern: usize, marks: &[usize]) -> Option<Told> {
        let (followed, elsewhere) = self.followed(target, pattern);
        let repeats = self.targets[target].trials.len();
        let others = self.done.iter().sum::<usize>() - repeats;
        let Pattern { paused, tokens, .. } = &self.trials.patterns[pattern];
        let pauses = self.pauses(self.trials.tokens[tokens[0]].clock);
        let enough = followed as f64 >= FOLLOWS * repeats as f64
            && elsewhere as f64 <= ELSEWHERE * others as f64
            && paused.len() as f64 <= ELSEWHERE * pauses as f64;
        enough.then(|| Told { target, pattern, p: self.exact.at_least(self.margins(target, pattern, marks), followed) })
    }

    /// Repeats and other actions that a pattern followed.
    fn followed(&self, target: usize, pattern: usize) -> (usize, usize) {
        let (repeats, actions) = (&self.targets[target].trials, &self.trials.patterns[pattern].actions);
        let followed = repeats.iter().filter(|trial| actions.binary_search(trial).is_ok()).count();
        (followed, actions.len() - followed)
    }

    /// The one thing before the kind, when both fit equally well.
    fn rank(&self, told: &Told) -> (bool, usize) {
        (self.targets[told.target].value.is_none(), told.target)
    }

    fn by_session(&self, trials: &[u32]) -> Vec<usize> {
        count_by_session(self.trials, trials)
    }

    fn pauses(&self, clock: Clock) -> usize {
        (0..self.trials.sessions()).map(|position| self.trials.pauses(position, clock)).sum()
    }

    fn repeats<'r>(&'r self, target: &'r Target) -> impl Iterator<Item = (usize, usize)> + 'r {
        target.trials.iter().map(|trial| {
            let (position, action) = self.trials.whose(*trial);
            (self.trials.session(position).0, action)
        })
    }

    fn repeats_among(&self, target: &Target, pattern: usize) -> Vec<(usize, usize)> {
        let actions = &self.trials.patterns[pattern].actions;
        let followed = target.trials.iter().map(|trial| actions.binary_search(trial).is_ok());
        self.repeats(target).zip(followed).filter(|(_, followed)| *followed).map(|(repeat, _)| repeat).collect()
    }

    /// Whether the token's value or the last name of its path holds the action's text or its last word.
    fn resembles(&self, target: usize, token: usize) -> bool {
        let token = &self.trials.tokens[token];
        let Some(text) = &self.targets[target].value else { return false };
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        let last = |text: &str| plain(text.rsplit(['/', '.', '=', ' ']).next().unwrap_or(text));
        let (whole, word) = (plain(text), last(text));
        let held = token.value.map(|value| plain(&String::from_utf8_lossy(value))).unwrap_or_default();
        [held, last(token.path)]
            .iter()
            .any(|shown| (whole.len() > 2 && shown.contains(&whole)) || (word.len() > 2 && shown.contains(&word)))
    }

    fn recognised(&self, told: &Told, token: usize, also: usize, factor: usize) -> Recognised {
        let target = &self.targets[told.target];
        let (followed, elsewhere) = self.followed(told.target, told.pattern);
        let shown = &self.trials.tokens[token];
        let mut evidence: Vec<(usize, u32, u32)> = self
            .trials
            .uses(shown)
            .filter(|(_, trial, _)| target.trials.binary_search(trial).is_ok())
            .map(|(position, _, used)| (self.trials.session(position).0, used.capture, used.exchange))
            .collect();
        evidence.sort_unstable();
        evidence.dedup();
        evidence.truncate(EVIDENCE);
        Recognised {
            kind: target.kind,
            value: target.value.clone(),
            actions: self.repeats(target).collect(),
            told: self.repeats_among(target, told.pattern),
            host: shown.host.to_owned(),
            part: shown.part.clone(),
            path: shown.path.to_owned(),
            token: shown.value.map(<[u8]>::to_vec),
            clock: shown.clock,
            followed,
            repeats: target.trials.len(),
            elsewhere,
            others: self.done.iter().sum::<usize>() - target.trials.len(),
            paused: self.trials.patterns[told.pattern].paused.len(),
            pauses: self.pauses(shown.clock),
            p: told.p,
            corrected: (told.p * factor as f64).min(1.0),
            tests: factor,
            resembles: self.resembles(told.target, token),
            also,
            evidence,
        }
    }
}

impl Target {
    fn new(kind: &'static str, value: Option<String>, mut repeats: Vec<u32>, trials: &Trials<'_>) -> Self {
        repeats.sort_unstable();
        let labelled = count_by_session(trials, &repeats);
        Self { kind, value, trials: repeats, labelled }
    }
}

fn count_by_session(trials: &Trials<'_>, of: &[u32]) -> Vec<usize> {
    let mut counts = vec![0; trials.sessions()];
    of.iter().for_each(|trial| counts[trials.whose(*trial).0] += 1);
    counts
}

/// True when searching for the action's text could not answer: it was not sought, or what was found may be chance.
fn is_without_own_text(session: &Session, action: usize) -> bool {
    let subject = Subject::Action(action);
    let report = &session.report;
    report.not_sought.contains(&subject) || report.weak.iter().any(|finding| finding.action == Some(action))
}
