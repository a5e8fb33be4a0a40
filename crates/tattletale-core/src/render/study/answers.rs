//! The answers beside "what they know", in words for a terminal: verdicts, what joins, what repetition shows, what
//! differs. The page and the JSON report have all of them; here the first of each stand.

use super::Shown;
use crate::model::Subject;
use crate::render::words;
use crate::study::differences::{self, Difference, What};
use crate::study::links::{Id, Join, Joined, SignIn, SignInBy};
use crate::study::matrix::DataKind;
use crate::study::{Cell, Recognised, Unrecognised};

/// `id-3, your ANDROID_ID (device id)`; what nobody planted is told by what it looks like.
pub(super) fn id(shown: &Shown<'_>, id: &Id) -> String {
    if let Some(known) = &id.known {
        let what = shown.masks[known.session].words(Subject::Value(known.value));
        return format!("{}, your {what}", id.label());
    }
    let shape = id.forms.iter().find_map(|form| form.shape);
    let shape = shape.map_or_else(|| "a value of no known form".to_owned(), |shape| shape.to_string());
    format!("{}, {shape}", id.label())
}

/// `joins normal and incognito mode`
pub(super) fn joined(shown: &Shown<'_>, join: &Join) -> String {
    let sessions = &shown.study.sessions;
    let what = match &join.what {
        Joined::Modes => "joins normal and incognito mode".to_owned(),
        Joined::Sessions(of) => {
            let names: Vec<String> = of.iter().map(|&index| shown.name(&sessions[index].about.name)).collect();
            format!("joins the sessions {}", words::list(&names))
        }
        Joined::Receivers(hosts) => {
            let hosts: Vec<String> = hosts.iter().map(|host| shown.host(host)).collect();
            format!("is known to {}", words::list(&hosts))
        }
    };
    match join.sure {
        true => what,
        false => format!(
            "{what}, if it is one of this device: constant here, but whether it differs between devices is unknown"
        ),
    }
}

/// `a record of sign-in joins id-4 to id-7, your account id`
pub(super) fn sign_in(shown: &Shown<'_>, sign_in: &SignIn) -> String {
    let ids = &shown.study.links.ids;
    let (before, account) = (ids[sign_in.before].label(), id(shown, &ids[sign_in.account]));
    let by = match sign_in.by {
        SignInBy::SignUpRecord => "a record that says it is a sign-in joins",
        SignInBy::Together => "a record that holds both joins",
        SignInBy::Replaced => "a record with the old and the new identifier joins",
    };
    format!("{by} {before}, which came without a name, to {account}")
}

/// `you used the app com.example.maps: told to h in 5 of 5 times, and after 0 of 141 other things you did (p = 1.0e-6)`
pub(super) fn recognised(shown: &Shown<'_>, found: &Recognised) -> String {
    let what = match &found.value {
        Some(_) => {
            let (session, action) = found.actions[0];
            let masks = &shown.masks[session];
            let subject = Subject::Action(action);
            let value = masks.value(subject).unwrap_or_else(|| format!("[{}]", masks.mask(subject)));
            format!("{} {}", masks.words(subject), words::cut(&value, 80))
        }
        None => format!("that it was one {}", crate::model::truth::words(found.kind)),
    };
    format!(
        "{what}: told to {} after {} of {} times, after {} of {} other actions and in {} of {} pauses (p = {:.1e} after \
         correction for {} tests)",
        shown.host(&found.host),
        found.followed,
        found.repeats,
        found.elsewhere,
        words::number(found.others as u64),
        found.paused,
        words::number(found.pauses as u64),
        found.corrected,
        words::number(found.tests as u64),
    )
}

/// `opened folder [open-folder-2]: done 2 times, too few for any answer`
pub(super) fn unrecognised(shown: &Shown<'_>, not: &Unrecognised) -> String {
    let session = not.sessions.first().copied().unwrap_or_default();
    let masks = &shown.masks[session];
    let actions = &shown.study.sessions[session].report.truth.actions;
    let action = actions.iter().position(|action| action.kind == not.kind && action.value == not.value);
    let value = action.map(Subject::Action).map_or_else(String::new, |subject| {
        masks.value(subject).unwrap_or_else(|| format!("[{}]", masks.mask(subject)))
    });
    let why = if not.too_few() { "too few for any answer" } else { "nothing was seen to follow it" };
    format!(
        "{} {}: done {}, {why}",
        crate::model::truth::words(not.kind),
        words::cut(&value, 80),
        match not.repeats {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        }
    )
}

/// `normal mode against incognito mode: visited page, told to h in 12 of 12 and 0 of 9`
pub(super) fn difference(shown: &Shown<'_>, difference: &Difference) -> String {
    let (left, right) = (difference.in_left, difference.in_right);
    let counts = format!("{} of {} against {} of {}", left.of, left.all, right.of, right.all);
    let what = match &difference.what {
        What::Told { data, host } => format!("{}, told to {}: {counts}", data_words(*data), shown.host(host)),
        What::Field { host, part, path, value, .. } => {
            let one = if value.is_some() { "one value of the field" } else { "the field" };
            let place = shown.name(&format!("{part} {path}"));
            format!("{one} {place} at {}: {counts} (p = {:.1e})", shown.host(host), difference.p)
        }
        What::Fields => format!("all other fields together: {counts}"),
    };
    format!("{} – {what}; {}", sides(shown, difference), verdict(difference.verdict))
}

/// `normal mode against incognito mode`
pub(super) fn sides(shown: &Shown<'_>, difference: &Difference) -> String {
    format!("{} against {}", cell(shown, &difference.left.cell), cell(shown, &difference.right.cell))
}

/// `visited page`, `IMEI (device number)`
pub(super) fn data_words(data: DataKind) -> &'static str {
    crate::model::truth::words(data.kind)
}

pub(super) fn verdict(verdict: differences::Verdict) -> &'static str {
    match verdict {
        differences::Verdict::Both => "seen on both sides",
        differences::Verdict::OnlyLeft => "seen on the first side only",
        differences::Verdict::OnlyRight => "seen on the second side only",
        differences::Verdict::NotTried => "not tried on one side",
        differences::Verdict::Differs => "more than chance and noise explain",
        differences::Verdict::NotProven => "nothing that chance does not explain",
        differences::Verdict::NotEnough => "not enough repeats to tell a difference from noise",
    }
}

/// What a condition is: `Redmi Note 8, Mint Browser 3.4.0, incognito mode, history-sync off`.
pub(super) fn cell(shown: &Shown<'_>, cell: &Cell) -> String {
    let mut facts: Vec<String> = Vec::new();
    facts.extend(cell.device.clone());
    let app = [cell.app.as_deref(), cell.version.as_deref()];
    let app: Vec<&str> = app.into_iter().flatten().collect();
    facts.extend((!app.is_empty()).then(|| app.join(" ")));
    facts.push(cell.mode.map_or("outside of the browser".to_owned(), |mode| format!("{mode} mode")));
    facts.extend(cell.settings.iter().map(|(name, setting)| format!("{name} {setting}")));
    facts.iter().map(|fact| shown.name(fact)).collect::<Vec<_>>().join(", ")
}
