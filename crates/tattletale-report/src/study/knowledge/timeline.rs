//! The day as one receiver saw it: one entry for each thing told, with the ids that stood beside it.
//!
//! Time is that of the action where there is one, because that is when the person lived it; a thing that is not done
//! (a number of the phone) stands at its first telling. A message often carries many events, so ids count as standing
//! beside everything in their message: it is one message of one phone.

use super::{Entry, FindingRef, is_id};
use crate::study::Session;
use std::collections::{BTreeMap, HashMap};
use tattletale_core::model::{Finding, Report, Step, Subject, Timestamp};

/// A session and a message of it.
type Message = (usize, (usize, bool, usize));

/// Everything told in `refs` (findings of one receiver), by session and then by time.
pub(super) fn entries(refs: &[FindingRef], sessions: &[Session]) -> Vec<Entry> {
    let mut told: BTreeMap<(usize, Subject), Vec<FindingRef>> = BTreeMap::new();
    let mut ids: HashMap<Message, BTreeMap<usize, FindingRef>> = HashMap::new();
    for &found in refs {
        let Some(finding) = found.of(sessions) else { continue };
        for subject in subjects(finding) {
            told.entry((found.session, subject)).or_default().push(found);
        }
        if let Some(value) = finding.value
            && is_id(kind(&sessions[found.session].report, Subject::Value(value)))
        {
            let message = (found.session, finding.message());
            ids.entry(message).or_default().entry(value).or_insert(found);
        }
    }
    let clocks: Vec<Clock> = sessions.iter().map(|session| Clock::of(&session.report)).collect();
    let mut entries: Vec<(Option<Timestamp>, Entry)> = told
        .into_iter()
        .filter(|((session, subject), refs)| {
            !is_told_by_its_action(*subject, &sessions[*session].report, refs, sessions)
        })
        .map(|((session, subject), refs)| {
            let report = &sessions[session].report;
            let mut with: BTreeMap<usize, FindingRef> = BTreeMap::new();
            for finding in refs.iter().filter_map(|found| found.of(sessions)) {
                let beside = ids.get(&(session, finding.message())).into_iter().flatten();
                let beside = beside.filter(|(value, _)| Subject::Value(**value) != subject);
                beside.for_each(|(value, found)| _ = with.entry(*value).or_insert(*found));
            }
            let (lived, entry) = entry(session, subject, refs, sessions, &clocks[session]);
            debug_assert_eq!(entry.kind, kind(report, subject));
            (lived, Entry { with: with.into_iter().collect(), ..entry })
        })
        .collect();
    // Without a time, after everything that has one; the map has put actions alike in the order of the file.
    entries.sort_by_key(|(lived, entry)| (entry.session, lived.is_none(), *lived));
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// A value inside the place of an action tells both.
fn subjects(finding: &Finding) -> impl Iterator<Item = Subject> {
    finding.value.map(Subject::Value).into_iter().chain(finding.action.map(Subject::Action))
}

fn kind(report: &Report, subject: Subject) -> &'static str {
    match subject {
        Subject::Value(index) => report.truth.values.get(index).map(|value| value.kind),
        Subject::Action(index) => report.truth.actions.get(index).map(|action| action.kind),
    }
    .unwrap_or("text")
}

/// True for a planted address that was only told as part of a visit: the visit says it already.
fn is_told_by_its_action(subject: Subject, report: &Report, refs: &[FindingRef], sessions: &[Session]) -> bool {
    let Subject::Value(_) = subject else { return false };
    matches!(kind(report, subject), "url" | "url-path")
        && refs.iter().filter_map(|found| found.of(sessions)).all(|finding| finding.action.is_some())
}

/// The entry without its ids, and the wall time by which it stands in line.
fn entry(
    session: usize,
    subject: Subject,
    findings: Vec<FindingRef>,
    sessions: &[Session],
    clock: &Clock,
) -> (Option<Timestamp>, Entry) {
    let report = &sessions[session].report;
    let all = || findings.iter().filter_map(|found| found.of(sessions));
    let first_told = all().filter_map(|finding| finding.at).min();
    let action = match subject {
        Subject::Action(index) => report.truth.actions.get(index),
        Subject::Value(_) => None,
    };
    let done = action.and_then(|action| action.at);
    let lived = done.or(first_told);
    let modelled = action.and_then(|action| action.modelled_at);
    let mut modes: Vec<&'static str> = all().filter_map(|finding| finding.mode).collect();
    // `normal` before `incognito`.
    modes.sort_unstable_by(|a, b| b.cmp(a));
    modes.dedup();
    let delay = first_told.zip(done).map(|(told, done)| told.as_millisecond() - done.as_millisecond());
    let entry = Entry {
        session,
        subject,
        kind: kind(report, subject),
        at: modelled.or_else(|| lived.map(|lived| clock.modelled(lived))),
        modes,
        delay_ms: delay,
        unencrypted: all().filter(|finding| finding.plaintext).count(),
        readable: all().any(|finding| finding.path.last().and_then(Step::digest).is_none()),
        with: Vec::new(),
        findings,
    };
    (lived, entry)
}

/// Wall time to modelled time: as late as what the person did last.
struct Clock {
    /// Wall and modelled time of the actions that have both, in order.
    known: Vec<(Timestamp, Timestamp)>,
}

impl Clock {
    fn of(report: &Report) -> Self {
        let both = |action: &tattletale_core::model::Action| action.at.zip(action.modelled_at);
        let mut known: Vec<_> = report.truth.actions.iter().filter_map(both).collect();
        known.sort_unstable();
        Self { known }
    }

    /// `wall` itself where nothing is modelled.
    fn modelled(&self, wall: Timestamp) -> Timestamp {
        let after = self.known.partition_point(|(known, _)| *known <= wall);
        let last = self.known.get(after.saturating_sub(1));
        last.map_or(wall, |(_, modelled)| *modelled)
    }
}
