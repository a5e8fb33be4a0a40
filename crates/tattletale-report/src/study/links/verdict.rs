//! Judges one field: an identifier, one that is drawn anew now and then, or none, and why.

use super::behaviour::{Across, Behaviour, Between, Stay, behaviour};
use super::fields::{Group, Values};
use super::forms::Planted;
use super::shape::{Plain, Shape};
use super::similar::are_unlike;
use super::{Bits, LinkField};
use std::collections::HashMap;
use tattletale_core::model::registrable_domain;

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It stays with a device or person across sessions or modes.
    Identifier,
    /// It identifies for a while.
    Rotating(Turnover),
    /// One value in the only session that has it: whether it stays is unknown.
    Watched,
    /// It identifies nobody.
    No(NoIdentifier),
}

/// When a field takes a new value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turnover {
    /// With each session.
    Session,
    /// With the mode; there are not enough sessions to say more.
    Mode,
    /// Within a session, after a time.
    Time,
}

/// Why a field identifies nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoIdentifier {
    /// By what its values look like.
    Looks(Plain),
    /// Its values are numbers that only grow.
    Counts,
    /// It changes from use to use, or comes and goes: content, random numbers.
    Changes,
    /// Most values are pieces of addresses that the user visited or of what they typed.
    Content,
    /// All devices have the same value.
    Shared,
    /// Groups of devices have the same value.
    Groups,
    /// The values of devices resemble each other too much.
    Alike,
    /// With one device, a value of so few bits says nothing.
    TooFewBits,
}

/// Share of values that must have a shape.
const MOST: usize = 80;

pub(super) fn judge(group: &Group<'_>, values: &Values<'_>, planted: &Planted) -> LinkField {
    let number = |value: u32| std::str::from_utf8(values.values[value as usize].bytes).ok()?.parse().ok();
    let behaviour = behaviour(&values.uses, number);
    let shape = shape(values);
    let verdict = verdict(values, &behaviour, shape, planted);
    let bits = match verdict {
        Verdict::No(_) => Bits::default(),
        _ => Bits {
            at_least: match behaviour.devices {
                Between::Differs { devices } => Some((devices as f64).log2()),
                _ => None,
            },
            at_most: shape.ok().map(Shape::most_bits).filter(|bits| bits.is_finite()),
        },
    };
    LinkField {
        host: group.host.to_owned(),
        domain: registrable_domain(group.host).map(str::to_owned),
        part: group.part.clone(),
        path: group.path.to_owned(),
        verdict,
        behaviour,
        shape: shape.ok(),
        bits,
        uses: values.uses.len() + values.nothing,
    }
}

/// The most common shape, if most values have one; else why most have none.
fn shape(values: &Values<'_>) -> Result<Shape, Plain> {
    let mut shapes: HashMap<Result<Shape, Plain>, usize> = HashMap::new();
    values.values.iter().for_each(|value| *shapes.entry(value.shape).or_default() += 1);
    let shaped: usize = shapes.iter().filter(|(shape, _)| shape.is_ok()).map(|(_, count)| count).sum();
    let wanted = !values.values.is_empty() && shaped * 100 >= MOST * values.values.len();
    // Of equally common ones the first in the order of the type, so that a verdict never depends on a hash.
    let common = shapes
        .into_iter()
        .filter(|(shape, _)| shape.is_ok() == wanted)
        .max_by_key(|&(shape, count)| (count, std::cmp::Reverse(shape)));
    common.map_or(Err(Plain::Nothing), |(shape, _)| shape)
}

fn verdict(values: &Values<'_>, behaviour: &Behaviour, shape: Result<Shape, Plain>, planted: &Planted) -> Verdict {
    let known: usize =
        values.values.iter().filter(|value| planted.of_key(&value.key).is_some()).map(|value| value.uses).sum();
    if known > 0 && known * 2 >= values.uses.len() {
        return Verdict::Identifier;
    }
    let shape = match shape {
        Ok(shape) => shape,
        Err(plain) => return Verdict::No(NoIdentifier::Looks(plain)),
    };
    let content = values.values.iter().filter(|value| planted.is_content(value.bytes)).count();
    if content * 2 >= values.values.len() {
        return Verdict::No(NoIdentifier::Content);
    }
    if behaviour.counts {
        return Verdict::No(NoIdentifier::Counts);
    }
    match behaviour.devices {
        Between::Shared { .. } => return Verdict::No(NoIdentifier::Shared),
        Between::Groups { .. } => return Verdict::No(NoIdentifier::Groups),
        Between::Differs { .. } | Between::Unknown => {}
    }
    let distinct: Vec<&[u8]> = values.values.iter().map(|value| &value.key[..]).collect();
    let drawn = distinct.len() > 1 && are_unlike(&distinct);
    if distinct.len() > 1 && !drawn {
        return Verdict::No(NoIdentifier::Alike);
    }
    let any = |wanted: Stay| behaviour.stays.values().any(|stay| *stay == wanted);
    let turnover = if any(Stay::Uses) && !any(Stay::Lasting) {
        return Verdict::No(NoIdentifier::Changes);
    } else if any(Stay::Lasting) {
        None
    } else if any(Stay::Time) {
        Some(Turnover::Time)
    } else if any(Stay::Session) {
        Some(Turnover::Session)
    } else {
        (behaviour.modes == Across::Different).then_some(Turnover::Mode)
    };
    match turnover {
        Some(turnover) => Verdict::Rotating(turnover),
        None if !drawn && !shape.is_strong() => Verdict::No(NoIdentifier::TooFewBits),
        None if any(Stay::Lasting) || behaviour.modes == Across::Same => Verdict::Identifier,
        None => Verdict::Watched,
    }
}

/// One sentence on how the values of a field behave.
pub(super) fn words(field: &LinkField) -> String {
    let devices = match field.behaviour.devices {
        Between::Differs { devices } => format!("differs between {devices} devices"),
        Between::Shared { devices } => format!("the same on all {devices} devices"),
        Between::Groups { devices } => format!("shared by groups of {devices} devices"),
        Between::Unknown => "whether it differs between devices is unknown".to_owned(),
    };
    let stays = match field.verdict {
        Verdict::Identifier => match field.behaviour.modes {
            Across::Same => "stays the same across modes",
            Across::Different => "stays the same across sessions, not across modes",
            Across::Unknown => "stays the same over time",
        },
        Verdict::Rotating(Turnover::Session) => "new with each session",
        Verdict::Rotating(Turnover::Mode) => "new with the mode",
        Verdict::Rotating(Turnover::Time) => match field.behaviour.period_ms {
            Some(ms) => return format!("new every {} or so; {devices}", span(ms)),
            None => "new from time to time",
        },
        Verdict::Watched => "the same in the only session that has it",
        Verdict::No(NoIdentifier::Looks(plain)) => return format!("no identifier: {plain}"),
        Verdict::No(NoIdentifier::Counts) => return "no identifier: a number that only grows".to_owned(),
        Verdict::No(NoIdentifier::Changes) => return "no identifier: it changes from use to use".to_owned(),
        Verdict::No(NoIdentifier::Content) => return "no identifier: what the user looked at or typed".to_owned(),
        Verdict::No(NoIdentifier::Alike) => return "no identifier: its values are too much alike".to_owned(),
        Verdict::No(NoIdentifier::TooFewBits) => return format!("too few bits to tell; {devices}"),
        Verdict::No(NoIdentifier::Shared | NoIdentifier::Groups) => return format!("no identifier: {devices}"),
    };
    format!("{stays}; {devices}")
}

/// A time in the largest unit that fits.
fn span(ms: i64) -> String {
    let units = [(86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes"), (1_000, "seconds")];
    let fits = units.iter().find(|(unit, _)| ms >= 2 * unit);
    fits.map_or_else(|| format!("{ms} milliseconds"), |(unit, name)| format!("{} {name}", (ms + unit / 2) / unit))
}
