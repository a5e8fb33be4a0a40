//! Actions without a text of their own, as their repetition gives them away, in words.

use super::Shown;
use crate::render::words;
use crate::study::{ALPHA, Recognised, Unrecognised};
use tattletale_core::model::{Subject, truth};

/// `opened folder [open-folder-1]`; only the kind where the token tells no more.
pub(super) fn what(shown: &Shown<'_>, found: &Recognised) -> String {
    let words = truth::words(found.kind);
    match (found.value.is_some(), found.actions.first()) {
        (true, Some(&(session, action))) => format!("{words} {}", text(shown, session, action)),
        _ => format!("that it was an {words}, not which"),
    }
}

/// The same of what was not recognised.
pub(super) fn what_not(shown: &Shown<'_>, missed: &Unrecognised) -> String {
    let words = truth::words(missed.kind);
    let place = missed.sessions.iter().find_map(|&session| {
        let actions = &shown.study.sessions.get(session)?.report.truth.actions;
        let action = actions.iter().position(|action| action.kind == missed.kind && action.value == missed.value)?;
        Some((session, action))
    });
    place.map_or(words.to_owned(), |(session, action)| format!("{words} {}", text(shown, session, action)))
}

fn text(shown: &Shown<'_>, session: usize, action: usize) -> String {
    let (masks, subject) = (&shown.masks[session], Subject::Action(action));
    masks.value(subject).map_or_else(|| format!("[{}]", masks.mask(subject)), |value| words::cut(&value, 60))
}

/// `5 of 5 times`
pub(super) fn followed(found: &Recognised) -> String {
    format!("{} of {} times", words::number(found.followed as u64), words::number(found.repeats as u64))
}

/// `0 of 60 other actions, 0 of 12 pauses`
pub(super) fn elsewhere(found: &Recognised) -> String {
    let of = |n: usize, all: usize| format!("{} of {}", words::number(n as u64), words::number(all as u64));
    let pauses = match found.pauses {
        0 => "no pauses to compare with".to_owned(),
        all => format!("{} pauses", of(found.paused, all)),
    };
    format!("{} other actions, {pauses}", of(found.elsewhere, found.others))
}

/// `0.0004, corrected for 310 tests`
pub(super) fn chance(found: &Recognised) -> String {
    let p = match found.corrected {
        p if p < 1e-4 => "under 0.0001".to_owned(),
        p => format!("{p:.4}"),
    };
    format!("{p}, corrected for {}", words::count(found.tests as u64, "test"))
}

/// Where the sign stands: part and field.
pub(super) fn place(shown: &Shown<'_>, found: &Recognised) -> String {
    let part = shown.masks.first().map(|masks| masks.part(&found.part)).unwrap_or_default();
    let value = if found.token.is_some() { "one value of " } else { "" };
    format!("{part}, {value}{}", shown.name(&found.path))
}

/// Why nothing was recognised.
pub(super) fn why_not(missed: &Unrecognised) -> String {
    let repeats = words::count(missed.repeats as u64, "repeat");
    match missed.too_few() {
        true => format!(
            "too few repeats to tell ({repeats}: even a perfect sign would reach {:.2}, and {ALPHA} is needed)",
            missed.best.min(1.0)
        ),
        false => format!("nothing followed it often enough and nothing else ({repeats})"),
    }
}
