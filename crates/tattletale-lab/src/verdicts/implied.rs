//! What the verdict on each ready-made claim must be, from what truly left the phone.
//!
//! Nothing here looks at an audit, at bytes, or at the name of a variant: only at what was done, how switches stood, and
//! what each message carried and whether it could be read on its way.

use super::asked_and_refused;
use crate::browser::Position;
use crate::emitter::counting::CONSENT;
use crate::people::Mode;
use crate::scenario::{Lived, Message, Release, Scenario};
use tattletale_report::study::Verdict;

/// A lived day with how it was set up.
#[derive(Debug, Clone, Copy)]
pub struct Day<'d> {
    /// How.
    pub scenario: &'d Scenario,
    /// What was done and sent.
    pub lived: &'d Lived,
}

/// How often each kind of browsing must have been done before silence says anything.
const ENOUGH: usize = 5;

const BROWSING: [&str; 4] = ["visit", "search", "download", "read-news"];
const PERSON: [&str; 3] = ["person-name", "email", "account-id"];
const DEVICE: [&str; 4] = ["imei", "android-id", "mac", "serial"];
const PSEUDONYM: [&str; 2] = ["advertising-id", "uuid"];

/// The verdict on the ready-made claim called `claim`, by these days together.
pub fn implied(claim: &str, days: &[Day<'_>]) -> Verdict {
    let every = |_: &Day<'_>| true;
    match claim {
        "anonymous" => {
            let refutes = |day: &Day<'_>, message: &Message| {
                let names = day.tells_value(message, &PERSON) || day.tells_value(message, &DEVICE);
                names || (day.tells_action(message) && day.tells_value(message, &PSEUDONYM))
            };
            unless(any(days, every, refutes), browsed(days, every, None), unread(days, every))
        }
        "aggregated-only" => {
            let refutes = |day: &Day<'_>, message: &Message| {
                let ids = [&PERSON[..], &DEVICE, &PSEUDONYM];
                day.tells_action(message) || ids.iter().any(|kinds| day.tells_value(message, kinds))
            };
            unless(any(days, every, refutes), browsed(days, every, None), unread(days, every))
        }
        "no-incognito-browsing" => {
            let refutes = |day: &Day<'_>, message: &Message| day.tells_browsing(message, Some(Mode::Incognito));
            unless(any(days, every, refutes), browsed(days, every, Some(Mode::Incognito)), unread(days, every))
        }
        "history-sync-opt-in" => {
            let off = |day: &Day<'_>| !day.scenario.switches.history_sync;
            let refutes = |day: &Day<'_>, message: &Message| {
                day.tells_browsing(message, None) && day.tells_value(message, &["account-id", "email"])
            };
            let signed_in = days.iter().any(|day| off(day) && day.done("sign-in", None) > 0);
            let tried = if signed_in { browsed(days, off, None) } else { 0 };
            unless(any(days, off, refutes), tried, unread(days, off))
        }
        "encrypted" => {
            let refutes = |_: &Day<'_>, message: &Message| message.plain && message.tells_itself();
            let plain = days.iter().any(|day| day.lived.messages.iter().any(|message| message.plain));
            unless(any(days, every, refutes), browsed(days, every, None), unread(days, every) || plain)
        }
        "consent-first" => {
            let refutes = |day: &Day<'_>, message: &Message| {
                let actions = day.lived.truth.actions.iter();
                let agreed = actions.filter(|action| action.value == CONSENT).filter_map(|action| action.at).min();
                let before = agreed.map_or(asked_and_refused(day.scenario), |agreed| message.at < agreed);
                before && message.tells_itself()
            };
            if any(days, every, refutes) { Verdict::Refuted } else { Verdict::Untested }
        }
        "incognito-switch-obeyed" => {
            let stands = |day: &Day<'_>, sends: bool| {
                let switch = day.scenario.switches.incognito;
                let on = if sends == switch.on_sends { Position::On } else { Position::Off };
                day.scenario.release == Release::Updated && switch.position == on
            };
            let (protects, exposes) = (|day: &Day<'_>| stands(day, false), |day: &Day<'_>| stands(day, true));
            let refutes = |day: &Day<'_>, message: &Message| day.tells_browsing(message, Some(Mode::Incognito));
            let private = Some(Mode::Incognito);
            let tried = browsed(days, protects, private).min(browsed(days, exposes, private));
            let either = |day: &Day<'_>| protects(day) || exposes(day);
            unless(any(days, protects, refutes), tried, unread(days, either))
        }
        // Every server of the lab is the maker's own, and what servers do among themselves no phone shows.
        _ => Verdict::Untested,
    }
}

fn unless(refuted: bool, tried: usize, unread: bool) -> Verdict {
    match (refuted, tried) {
        (true, _) => Verdict::Refuted,
        (false, 0) => Verdict::Untested,
        (false, tried) if tried < ENOUGH || unread => Verdict::Inconclusive,
        (false, _) => Verdict::NotContradicted,
    }
}

/// Whether any message that could be read refutes, of the days that count.
fn any(days: &[Day<'_>], counts: impl Fn(&Day<'_>) -> bool, refutes: impl Fn(&Day<'_>, &Message) -> bool) -> bool {
    let days = days.iter().filter(|day| counts(day));
    let mut messages = days.flat_map(|day| day.lived.messages.iter().map(move |message| (day, message)));
    messages.any(|(day, message)| !message.sealed && refutes(day, message))
}

/// How often the kind of browsing that was done least was done.
fn browsed(days: &[Day<'_>], counts: impl Fn(&Day<'_>) -> bool, mode: Option<Mode>) -> usize {
    let done = |kind| days.iter().filter(|day| counts(day)).map(|day| day.done(kind, mode)).sum::<usize>();
    done("visit").min(done("search"))
}

/// Whether something left that only the receiver could read.
fn unread(days: &[Day<'_>], counts: impl Fn(&Day<'_>) -> bool) -> bool {
    days.iter().filter(|day| counts(day)).any(|day| day.lived.messages.iter().any(|message| message.sealed))
}

impl Message {
    /// Whether something stood in it that can be recognised by itself.
    fn tells_itself(&self) -> bool {
        self.told.iter().any(|sent| sent.unique)
    }
}

impl Day<'_> {
    fn done(&self, kind: &str, mode: Option<Mode>) -> usize {
        let mode = mode.map(Mode::name);
        let actions = self.lived.truth.actions.iter();
        actions.filter(|action| action.kind == kind && (mode.is_none() || action.mode == mode)).count()
    }

    fn tells_value(&self, message: &Message, kinds: &[&str]) -> bool {
        let values = &self.lived.truth.values;
        let mut told = message.told.iter().filter(|sent| !sent.action);
        told.any(|sent| values.iter().any(|value| value.name == sent.name && kinds.contains(&value.kind)))
    }

    fn tells_action(&self, message: &Message) -> bool {
        message.told.iter().any(|sent| sent.action && sent.unique)
    }

    fn tells_browsing(&self, message: &Message, mode: Option<Mode>) -> bool {
        let actions = &self.lived.truth.actions;
        let of_mode = |sent: &&crate::scenario::Sent| mode.is_none() || sent.mode == mode;
        let mut told = message.told.iter().filter(|sent| sent.action && sent.unique).filter(of_mode);
        told.any(|sent| actions.iter().any(|action| action.name == sent.name && BROWSING.contains(&action.kind)))
    }
}
