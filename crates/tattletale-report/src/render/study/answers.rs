//! The answers of a study as one sentence each, for a terminal and for programs: composed of the words that every
//! answer has in its own file.

use super::{Shown, different, linked, recognised};
use crate::render::words;
use crate::study::differences::{self, Difference};
use crate::study::links::{Id, Join, Joined, SignIn};
use crate::study::{Recognised, Unrecognised};

/// `id-3, your ANDROID_ID (device id)`; what nobody planted is told by what it looks like.
pub(super) fn id(id: &Id) -> String {
    let your = if id.known.is_some() { "your " } else { "" };
    format!("{}, {your}{}", id.label(), linked::what(id))
}

/// `id-3, your IMEI (device number) joins normal and incognito mode`
pub(super) fn joined(shown: &Shown<'_>, join: &Join) -> String {
    let id = id(&shown.study.links.ids[join.id]);
    let what = match &join.what {
        Joined::Modes => "joins normal and incognito mode".to_owned(),
        Joined::Sessions(of) => {
            let sessions = of.iter().map(|&index| shown.name(&shown.study.sessions[index].about.name));
            format!("joins the sessions {}", words::list(&sessions.collect::<Vec<_>>()))
        }
        Joined::Receivers(hosts) => {
            let hosts: Vec<String> = hosts.iter().map(|host| shown.host(host)).collect();
            format!("is known to {}", words::list(&hosts))
        }
    };
    match join.sure {
        true => format!("{id} {what}"),
        false => format!("{id} {what}, if it is this device's: whether it differs between devices is unknown"),
    }
}

/// As [`linked::sign_in`].
pub(super) fn sign_in(shown: &Shown<'_>, sign_in: &SignIn) -> String {
    linked::sign_in(shown, sign_in).unwrap_or_default()
}

/// `opened app [open-app-1], told to h: it followed 5 of 5 times, and 0 of 141 other actions, 0 of 1,185 pauses; ...`
pub(super) fn recognised(shown: &Shown<'_>, found: &Recognised) -> String {
    format!(
        "{}, told to {}: it followed {}, and {}; chance {}",
        recognised::what(shown, found),
        shown.host(&found.host),
        recognised::followed(found),
        recognised::elsewhere(found),
        recognised::chance(found),
    )
}

/// `opened folder [open-folder-2]: too few repeats to tell (...)`
pub(super) fn unrecognised(shown: &Shown<'_>, not: &Unrecognised) -> String {
    format!("{}: {}", recognised::what_not(shown, not), recognised::why_not(not))
}

/// `visited page to h: 12 of 12 in normal mode, none of 9 in incognito mode; seen on the first side only`
pub(super) fn difference(shown: &Shown<'_>, difference: &Difference) -> String {
    let [left, right] = different::sides(shown, difference);
    format!(
        "{}: {} in {left}, {} in {right}; {}",
        different::what(shown, difference),
        different::of(difference.in_left),
        different::of(difference.in_right),
        verdict(difference.verdict),
    )
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
