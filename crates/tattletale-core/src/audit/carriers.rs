//! Which exchanges are the user's own action, and so no leak.
//!
//! A carrier is a navigation to a first party or one that is itself a known action (the search on the engine's own
//! page), and every sub-resource that such a page fetches from its own host. What a browser sends to the same host
//! by itself, such as the letters typed into its address bar, is none.

use super::Options;
use super::navigation::is_sub_resource;
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
    /// First navigation to a host, by capture and host.
    pages: HashMap<(usize, String), usize>,
    first_party: FirstParty,
    /// For every action all actions of the same text, by time.
    alike: Vec<Vec<(Option<Timestamp>, usize)>>,
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
        let first_party = FirstParty::new(truth.first_party.iter().cloned().chain(visited));
        let mut navigations = HashSet::new();
        let mut pages = HashMap::new();
        let mut carried: HashMap<Subject, Vec<Timestamp>> = HashMap::new();
        for (capture, survey) in surveys {
            let mut acts: HashMap<usize, Vec<Subject>> = HashMap::new();
            for exchange in &survey.submits {
                acts.insert(exchange.index, actions_in(exchange, planted, options));
            }
            for page in &survey.navigations {
                let mut actions = acts.remove(&page.exchange).unwrap_or_default();
                actions.extend(visits_to(truth, &page.url));
                if actions.is_empty() && !first_party.includes(&page.host) {
                    continue;
                }
                navigations.insert((*capture, page.exchange));
                pages.entry((*capture, page.host.clone())).or_insert(page.exchange);
                if let Some(at) = page.at {
                    actions.sort_unstable();
                    actions.dedup();
                    actions.into_iter().for_each(|action| carried.entry(action).or_default().push(at));
                }
            }
        }
        let groups = alike(truth);
        date_by_carrier(truth, &groups, &carried);
        let timed = |group: &Vec<usize>| {
            let mut group: Vec<_> = group.iter().map(|&action| (truth.actions[action].at, action)).collect();
            group.sort();
            group
        };
        Self { navigations, pages, first_party, alike: groups.iter().map(timed).collect() }
    }

    /// What this exchange is to the user.
    pub fn role(&self, capture: usize, exchange: &Exchange, host: &str) -> Role {
        let page = self.pages.get(&(capture, host.to_owned()));
        let own = page.is_some_and(|&page| page <= exchange.index) && is_sub_resource(exchange, host);
        match (self.navigations.contains(&(capture, exchange.index)), own) {
            (true, _) => Role::Action,
            (false, true) => Role::SubResource,
            (false, false) => Role::Other,
        }
    }

    /// Whom the user meant to talk to.
    pub fn first_party(&self) -> &FirstParty {
        &self.first_party
    }

    /// The action that was meant, of all with the same text: the last one before `at`, else the first after it.
    pub fn action_at(&self, action: usize, at: Option<Timestamp>) -> usize {
        let group = &self.alike[action];
        let before = group.iter().rev().find(|(time, _)| time.is_some() && *time <= at);
        before.or(group.iter().find(|(time, _)| time.is_some())).map_or(action, |&(_, action)| action)
    }
}

/// Actions whose text stands in the query or the body of a navigation.
fn actions_in(exchange: &Exchange, planted: &Planted, options: &Options) -> Vec<Subject> {
    let mut found = Vec::new();
    for view in parts(exchange, false).into_iter().filter(|view| matches!(view.part, Part::Query | Part::Body)) {
        let (seen, _) = look(planted, view.bytes, view.hint, &options.limits, &mut Places::default());
        let actions = seen.sightings.iter().filter(|sighting| sighting.whole);
        let actions = actions.flat_map(|sighting| [Some(sighting.subject), sighting.within]).flatten();
        found.extend(actions.filter(|subject| matches!(subject, Subject::Action(_))));
    }
    found
}

/// The first visit of the ground truth to this very address, as the detector names repeated ones.
fn visits_to(truth: &GroundTruth, address: &str) -> Option<Subject> {
    let wanted = normal(address);
    let visit = |action: &crate::model::Action| action.kind == "visit" && normal(&action.value) == wanted;
    truth.actions.iter().position(visit).map(Subject::Action)
}

fn normal(address: &str) -> String {
    let bare = url::bare(address).unwrap_or_else(|| url::Parts::of(address).authority.to_lowercase());
    String::from_utf8_lossy(&url::percent_decode(bare.as_bytes(), true)).to_lowercase()
}

/// For every action the indices of all actions with the same text.
fn alike(truth: &GroundTruth) -> Vec<Vec<usize>> {
    let text = |index: usize| match truth.actions[index].kind {
        "visit" => normal(&truth.actions[index].value),
        _ => truth.actions[index].value.to_lowercase(),
    };
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    for index in 0..truth.actions.len() {
        groups.entry(text(index)).or_default().push(index);
    }
    (0..truth.actions.len()).map(|index| groups[&text(index)].clone()).collect()
}

/// Undated actions take the times of their carriers, in order.
fn date_by_carrier(truth: &mut GroundTruth, groups: &[Vec<usize>], carried: &HashMap<Subject, Vec<Timestamp>>) {
    for group in groups {
        let times = group.iter().filter_map(|&action| carried.get(&Subject::Action(action))).flatten();
        let mut times: Vec<Timestamp> = times.copied().collect();
        times.sort();
        let mut left = times.into_iter();
        for &action in group {
            let time = left.next();
            let at = &mut truth.actions[action].at;
            *at = at.or(time);
        }
    }
}
