//! Fields that identify and what they join, in words.

use super::Shown;
use crate::render::words;
use crate::study::links::{Id, Joined, SignIn, SignInBy};
use std::collections::BTreeSet;
use tattletale_core::model::truth;

/// Receivers that a sentence names.
const NAMED: usize = 4;

/// `IMEI`; of what nobody planted what it looks like: `a value that nobody planted (32 hex digits)`.
pub(super) fn what(id: &Id) -> String {
    match (&id.known, id.forms.first().and_then(|form| form.shape)) {
        (Some(known), _) => truth::words(known.kind).to_owned(),
        (None, Some(shape)) => format!("{shape}, planted by nobody"),
        (None, None) => "a value that nobody planted".to_owned(),
    }
}

/// How it was written: `as it is`, `base64 of it`, `base64 of its SHA-256`.
pub(super) fn written(shown: &Shown<'_>, id: &Id) -> Vec<String> {
    let mut ways: Vec<String> = Vec::new();
    for place in &id.places {
        let (Some(form), Some(field)) = (id.forms.get(place.form), shown.study.links.fields.get(place.field)) else {
            continue;
        };
        let mut way = String::new();
        for layer in field.wrapped_in() {
            way.push_str(&format!("{} of ", shown.name(layer)));
        }
        for (depth, made) in form.made_by.iter().rev().enumerate() {
            let its = if depth == 0 { "its " } else { "" };
            let of = if depth + 1 < form.made_by.len() { " of " } else { "" };
            way.push_str(&format!("{its}{}{of}", made_by(made)));
        }
        let way = match (way.is_empty(), form.made_by.is_empty()) {
            (true, _) => "as it is".to_owned(),
            (false, true) => format!("{way}it"),
            (false, false) => way,
        };
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    ways
}

fn made_by(name: &str) -> &str {
    match name {
        "md5" => "MD5",
        "sha1" => "SHA-1",
        "sha256" => "SHA-256",
        other => other,
    }
}

/// Hosts that received it, in the order of first sight.
pub(super) fn hosts<'s>(shown: &Shown<'s>, id: &Id) -> Vec<&'s str> {
    let mut hosts: Vec<&str> = Vec::new();
    for place in &id.places {
        if let Some(field) = shown.study.links.fields.get(place.field)
            && !hosts.contains(&field.host.as_str())
        {
            hosts.push(&field.host);
        }
    }
    hosts
}

/// How many fields hold it, and the first of them.
pub(super) fn fields(shown: &Shown<'_>, id: &Id) -> (usize, String) {
    let fields: BTreeSet<usize> = id.places.iter().map(|place| place.field).collect();
    let first = id.places.first().and_then(|place| shown.study.links.fields.get(place.field));
    (fields.len(), first.map(|field| shown.name(&field.path)).unwrap_or_default())
}

/// `at least 4.3 and at most 47 bits`; what is not known is left out.
pub(super) fn bits(shown: &Shown<'_>, id: &Id) -> Option<String> {
    let fields = || id.places.iter().filter_map(|place| shown.study.links.fields.get(place.field));
    let least = fields()
        .filter_map(|field| field.bits.at_least)
        .fold(None, |a: Option<f64>, b| Some(a.map_or(b, |a| a.max(b))));
    let most =
        fields().filter_map(|field| field.bits.at_most).fold(None, |a: Option<f64>, b| Some(a.map_or(b, |a| a.min(b))));
    match (least, most) {
        (Some(least), Some(most)) => Some(format!("at least {least:.1} and at most {most:.0} bits")),
        (Some(least), None) => Some(format!("at least {least:.1} bits")),
        (None, Some(most)) => Some(format!("at most {most:.0} bits")),
        (None, None) => None,
    }
}

/// How it behaves and how far that is certain.
pub(super) fn behaviour(shown: &Shown<'_>, id: &Id) -> String {
    let field = id.places.first().and_then(|place| shown.study.links.fields.get(place.field));
    match (&id.known, field) {
        (Some(_), _) => "planted: it is yours alone".to_owned(),
        (None, Some(field)) => field.words(),
        (None, None) => String::new(),
    }
}

/// What an identifier joins, each with whether it is sure.
pub(super) fn joins(shown: &Shown<'_>, index: usize) -> Vec<(String, bool)> {
    let joins = shown.study.links.joins.iter().filter(|join| join.id == index);
    let joins = joins.map(|join| {
        let said = match &join.what {
            Joined::Modes => "normal and incognito mode".to_owned(),
            Joined::Sessions(sessions) => words::count(sessions.len() as u64, "session"),
            Joined::Receivers(hosts) => {
                let mut named: Vec<String> = hosts.iter().take(NAMED).map(|host| shown.host(host)).collect();
                if hosts.len() > NAMED {
                    named.push(format!("{} more", words::number((hosts.len() - NAMED) as u64)));
                }
                words::list(&named)
            }
        };
        (said, join.sure)
    });
    joins.collect()
}

/// Indexes of the identifiers that join something: those that join modes first, then those that join more.
pub(super) fn ranked(shown: &Shown<'_>) -> Vec<usize> {
    let links = &shown.study.links;
    let of = |index: usize| links.joins.iter().filter(move |join| join.id == index);
    let mut joining: Vec<usize> = (0..links.ids.len()).filter(|index| of(*index).next().is_some()).collect();
    joining.sort_by_key(|&index| {
        let modes = of(index).any(|join| join.what == Joined::Modes);
        let sure = of(index).any(|join| join.sure);
        (!modes, !sure, links.ids[index].known.is_none(), std::cmp::Reverse(of(index).count()), index)
    });
    joining
}

/// The answer in one line: `3 ids join what you did in incognito mode to the rest of your days`.
pub(super) fn headline(shown: &Shown<'_>) -> String {
    let modes: BTreeSet<usize> = shown.study.links.across_modes().map(|(join, _)| join.id).collect();
    match (modes.len(), ranked(shown).len()) {
        (0, 0) => "No id was seen that joins anything".to_owned(),
        (0, 1) => "One id joins your days".to_owned(),
        (0, n) => format!("{} ids join your days", words::number(n as u64)),
        (1, _) => "One id joins incognito mode to everything else".to_owned(),
        (n, _) => format!("{} ids join incognito mode to everything else", words::number(n as u64)),
    }
}

/// What a record of sign-in does, as a sentence; none when it names identifiers that are not there.
pub(super) fn sign_in(shown: &Shown<'_>, of: &SignIn) -> Option<String> {
    let links = &shown.study.links;
    let (before, account) = (links.ids.get(of.before)?, links.ids.get(of.account)?);
    let (before, account) =
        (format!("{} ({})", before.label(), what(before)), format!("{} ({})", account.label(), what(account)));
    let exchange = of.exchange;
    let said = match of.by {
        SignInBy::SignUpRecord => format!(
            "A record of sign-in joins what was anonymous before, under {before}, to your account {account}: exchange {exchange}"
        ),
        SignInBy::Together => format!("{before} stands beside {account} in one record: exchange {exchange}"),
        SignInBy::Replaced => {
            format!("{account} takes the place of {before}, and one record holds both: exchange {exchange}")
        }
    };
    let session = shown.study.sessions.get(of.session).filter(|_| shown.study.sessions.len() > 1);
    let session = session.map_or(String::new(), |session| format!(" of {}", shown.name(&session.about.name)));
    Some(format!("{said}{session}."))
}
