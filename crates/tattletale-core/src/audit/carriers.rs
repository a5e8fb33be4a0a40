//! Which exchanges are the user's own action, and so no leak.
//!
//! A carrier is a navigation to a first party or one that is itself a known action (the search on the engine's own
//! page), and every sub-resource that such a page fetches from its own host. What a browser sends to the same host
//! by itself, such as the letters typed into its address bar, is none.

use super::Options;
use super::navigation::{From, Navigation, made_by};
use super::survey::Survey;
use crate::attribute::FirstParty;
use crate::decode::parts;
use crate::detect::{Places, Planted, look};
use crate::model::{Exchange, GroundTruth, Part, Subject, Timestamp, url};
use std::collections::{HashMap, HashSet};

/// What an exchange is to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The user's own action.
    Action,
    /// What the page of an action fetched from its own host.
    SubResource,
    /// Anything else.
    Other,
}

/// Carriers of all captures, and the actions in the order of time.
pub struct Carriers {
    navigations: HashSet<(usize, usize)>,
    /// The pages that were visited, by capture and in its order.
    pages: HashMap<usize, Vec<Visited>>,
    first_party: FirstParty,
    alike: Alike,
    /// When the user did something in a stated mode, by time.
    modes: Vec<(Timestamp, &'static str)>,
    /// The same by the clock of the device, where a lab lived the day faster than it is told.
    modelled_modes: Vec<(Timestamp, &'static str)>,
}

/// A page that the user visited.
struct Visited {
    exchange: usize,
    host: String,
    /// Address without scheme and fragment.
    address: String,
}

impl Carriers {
    /// Finds the carriers; actions without a time get that of their carrier.
    pub(super) fn new(
        truth: &mut GroundTruth,
        surveys: &[(usize, Survey)],
        planted: &Planted,
        options: &Options,
    ) -> Self {
        let visited = truth.actions.iter().filter(|action| action.kind == "visit");
        let visited = visited.map(|action| url::Parts::of(&action.value).host());
        let visits = visits(truth);
        let first_party = FirstParty::new(truth.first_party.iter().cloned().chain(visited));
        let mut navigations = HashSet::new();
        let mut pages: HashMap<usize, Vec<Visited>> = HashMap::new();
        let mut carried: HashMap<Subject, Vec<Timestamp>> = HashMap::new();
        for (capture, survey) in surveys {
            let mut acts: HashMap<usize, Vec<Subject>> = HashMap::new();
            for exchange in &survey.submits {
                acts.insert(exchange.index, actions_in(exchange, planted, options, truth));
            }
            let mut submitted_at: HashMap<Subject, &str> = HashMap::new();
            let mut before: Option<&Navigation> = None;
            for page in &survey.navigations {
                let mut actions = acts.remove(&page.exchange).unwrap_or_default();
                // The site that a term was submitted to is the first that it reached, and not from another site's page:
                // an advertisement that carries the term on is no action of the user.
                actions.retain(|action| {
                    let own = first_party.includes(&page.host);
                    own || *submitted_at.entry(*action).or_insert(&page.host) == page.host && !page.from_elsewhere
                });
                actions.extend(visits.get(&normal(&page.url)).copied().map(Subject::Action));
                let again = before.is_some_and(|before| before.sent_on && normal(&before.url) == normal(&page.url));
                before = Some(page);
                if actions.is_empty() && !first_party.includes(&page.host) {
                    continue;
                }
                navigations.insert((*capture, page.exchange));
                let (exchange, host, address) = (page.exchange, page.host.clone(), normal(&page.url));
                pages.entry(*capture).or_default().push(Visited { exchange, host, address });
                if let (Some(at), false) = (page.at, again) {
                    actions.sort_unstable();
                    actions.dedup();
                    actions.into_iter().for_each(|action| carried.entry(action).or_default().push(at));
                }
            }
        }
        let mut alike = Alike::of(truth);
        alike.date_by_carrier(truth, &carried);
        let mut modes: Vec<_> = truth.actions.iter().filter_map(|action| action.at.zip(action.mode)).collect();
        modes.sort();
        let modelled = truth.actions.iter().filter_map(|action| action.modelled_at.zip(action.mode));
        let mut modelled_modes: Vec<_> = modelled.collect();
        modelled_modes.sort();
        Self { navigations, pages, first_party, alike, modes, modelled_modes }
    }

    /// What this exchange is to the user.
    pub fn role(&self, capture: usize, exchange: &Exchange, host: &str) -> Role {
        let own = match made_by(exchange, host) {
            From::OwnHost(from) => self.is_open_page(capture, exchange.index, host, from),
            From::OwnSite | From::Elsewhere => false,
        };
        match (self.navigations.contains(&(capture, exchange.index)), own) {
            (true, _) => Role::Action,
            (false, true) => Role::SubResource,
            (false, false) => Role::Other,
        }
    }

    /// Whether a page at `host` that asks from the address `from` is one that the user opened: the last page visited,
    /// or any of them by its address. A frame of that host on another site's page is neither.
    fn is_open_page(&self, capture: usize, exchange: usize, host: &str, from: &str) -> bool {
        let Some(pages) = self.pages.get(&capture) else { return false };
        let before = &pages[..pages.partition_point(|page| page.exchange <= exchange)];
        let from = normal(from);
        let last = before.last().is_some_and(|page| page.host == host);
        last || before.iter().rev().take(PAGES_OPEN).any(|page| page.host == host && page.address == from)
    }

    /// Whom the user meant to talk to.
    pub fn first_party(&self) -> &FirstParty {
        &self.first_party
    }

    /// Mode of what the user did last before `at`, or first after it.
    pub fn mode_at(&self, at: Option<Timestamp>) -> Option<&'static str> {
        last_before(&self.modes, at?)
    }

    /// The same by the time that a record states of itself, if that lies within what the user did; else by `at`.
    pub fn mode_by(&self, stated: Option<Timestamp>, at: Option<Timestamp>) -> Option<&'static str> {
        let modes = if self.modelled_modes.is_empty() { &self.modes } else { &self.modelled_modes };
        let (Some((first, _)), Some((last, _))) = (modes.first(), modes.last()) else { return None };
        let within = |time: &Timestamp| {
            (first.as_millisecond() - CLOCKS_DIFFER..=last.as_millisecond() + CLOCKS_DIFFER)
                .contains(&time.as_millisecond())
        };
        stated.filter(within).and_then(|time| last_before(modes, time)).or_else(|| self.mode_at(at))
    }

    /// The action that was meant, of all with the same text: the last one before `at`, else the first after it.
    pub fn action_at(&self, action: usize, at: Option<Timestamp>) -> usize {
        let group = &self.alike.groups[self.alike.group_of[action]];
        let after = group.partition_point(|(time, _)| time.is_none() || *time <= at);
        let dated = |entry: &&(Option<Timestamp>, usize)| entry.0.is_some();
        let before = group[..after].last().filter(dated);
        before.or(group.iter().find(dated)).map_or(action, |&(_, action)| action)
    }
}

/// How far the clock of the sender may be from ours, in milliseconds.
const CLOCKS_DIFFER: i64 = 300_000;

fn last_before(modes: &[(Timestamp, &'static str)], at: Timestamp) -> Option<&'static str> {
    let before = modes.partition_point(|(time, _)| *time <= at);
    modes[..before].last().or(modes.first()).map(|(_, mode)| *mode)
}

/// Tabs that a person may have open: so many pages back may still load something.
const PAGES_OPEN: usize = 256;

/// Actions whose text stands in the query or the body of a navigation, whole: what was submitted. An address in the
/// query of another is no visit to it.
fn actions_in(exchange: &Exchange, planted: &Planted, options: &Options, truth: &GroundTruth) -> Vec<Subject> {
    let mut found = Vec::new();
    for view in parts(exchange, false).into_iter().filter(|view| matches!(view.part, Part::Query | Part::Body)) {
        let (seen, _) = look(planted, view.bytes, view.hint, &options.limits, &mut Places::default());
        let whole = seen.sightings.iter().filter(|sighting| sighting.whole);
        let subjects = whole.flat_map(|sighting| [Some(sighting.subject), sighting.within]).flatten();
        found.extend(subjects.filter(|subject| match subject {
            Subject::Action(action) => truth.actions[*action].kind != "visit",
            Subject::Value(_) => false,
        }));
    }
    found
}

/// The first visit to each address, as the detector names repeated ones.
fn visits(truth: &GroundTruth) -> HashMap<String, usize> {
    let visits = truth.actions.iter().enumerate().filter(|(_, action)| action.kind == "visit");
    visits.rev().map(|(index, action)| (normal(&action.value), index)).collect()
}

fn normal(address: &str) -> String {
    let bare = url::bare(address).unwrap_or_else(|| url::Parts::of(address).authority.to_lowercase());
    String::from_utf8_lossy(&url::percent_decode(bare.as_bytes(), true)).to_lowercase()
}

/// Actions with the same text: which of them was meant is a question of time.
struct Alike {
    group_of: Vec<usize>,
    /// By time, undated ones first.
    groups: Vec<Vec<(Option<Timestamp>, usize)>>,
}

impl Alike {
    fn of(truth: &GroundTruth) -> Self {
        let mut alike = Self { group_of: Vec::new(), groups: Vec::new() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, action) in truth.actions.iter().enumerate() {
            let text = match action.kind {
                "visit" => normal(&action.value),
                _ => action.value.to_lowercase(),
            };
            let group = *known.entry(text).or_insert_with(|| {
                alike.groups.push(Vec::new());
                alike.groups.len() - 1
            });
            alike.group_of.push(group);
            alike.groups[group].push((action.at, index));
        }
        alike
    }

    /// Undated actions take the times of their carriers, in order.
    fn date_by_carrier(&mut self, truth: &mut GroundTruth, carried: &HashMap<Subject, Vec<Timestamp>>) {
        for group in &mut self.groups {
            let times = group.iter().filter_map(|(_, action)| carried.get(&Subject::Action(*action))).flatten();
            let mut times: Vec<Timestamp> = times.copied().collect();
            times.sort();
            for ((at, action), time) in group.iter_mut().zip(times) {
                *at = at.or(Some(time));
                truth.actions[*action].at = *at;
            }
            group.sort();
        }
    }
}
