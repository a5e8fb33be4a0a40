//! What the receiver can make of what it stored: people, their days, and the boxes that advertising puts them into.
//!
//! Events in, people out, in four steps that each know nothing of the others: `identity` joins ids into people,
//! `moments` reads what each event tells, `pattern` finds sessions and habits in it, `segments` sorts the person.
//! `pages` shows it, written for the person concerned. All of it is arithmetic any receiver can do; nothing is
//! guessed that the events do not say.

mod identity;
mod moments;
mod pages;
mod pattern;
mod segments;

pub use identity::{Identifier, Link};
pub use moments::{Kind, Moment};
pub use pattern::{Pattern, Session, Site, SlowPage};
pub use segments::Segment;

pub(crate) use pages::Control;

use crate::store::Event;
use std::collections::BTreeSet;

/// The latest events that are looked at; a lab's day has some thousands.
pub const MAX_EVENTS: u32 = 200_000;

/// One person, as the receiver sees them.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonView {
    /// Position among all, from 1, in the order of their first event.
    pub number: usize,
    /// Everything that names this person, most used first.
    pub identifiers: Vec<Identifier>,
    /// What joined these into one person.
    pub links: Vec<Link>,
    /// Short names of the servers that know this person.
    pub servers: BTreeSet<String>,
    /// Events about this person.
    pub events: usize,
    /// Minutes that the person's local time is ahead of UTC, as the device reported; 0 if it did not.
    pub offset_minutes: i64,
    /// What happened, in the order of time.
    pub moments: Vec<Moment>,
    /// Stretches of use.
    pub sessions: Vec<Session>,
    /// Habits.
    pub pattern: Pattern,
    /// Advertising segments.
    pub segments: Vec<Segment>,
}

impl PersonView {
    /// The account, if one is known.
    pub fn account(&self) -> Option<&str> {
        self.identifiers.iter().find(|identifier| identifier.kind == identity::ACCOUNT).map(|found| &found.value[..])
    }

    /// Moments that the sender itself marks as private browsing.
    pub fn incognito(&self) -> usize {
        self.moments.iter().filter(|moment| moment.incognito).count()
    }
}

/// The people in these events, in the order of their first one. Events without any id (counts, sealed ones) belong to
/// nobody.
pub fn people(events: &[Event]) -> Vec<PersonView> {
    identity::merge(events)
        .into_iter()
        .enumerate()
        .map(|(position, merged)| {
            let own = || merged.events.iter().map(|&index| &events[index]);
            let offset_minutes = own().filter_map(moments::offset_minutes).next_back().unwrap_or(0);
            let moments = moments::of(own());
            let sessions = pattern::sessions(&moments);
            let pattern = pattern::of(&moments, offset_minutes);
            let segments = segments::of(&moments, &pattern);
            PersonView {
                number: position + 1,
                servers: own().map(|event| event.server.clone()).collect(),
                events: merged.events.len(),
                identifiers: merged.identifiers,
                links: merged.links,
                offset_minutes,
                moments,
                sessions,
                pattern,
                segments,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
