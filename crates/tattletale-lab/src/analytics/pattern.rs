//! Sessions and habits: when, where, how long, what was slow.

use super::{Kind, Moment};
use std::collections::{BTreeMap, HashMap};
use tattletale_core::model::url;

/// A pause longer than this ends a session: 30 minutes, the field's usual cut.
const GAP: i64 = 30 * 60 * 1000;

/// A page whose start and end lie further apart was left open, not slow.
const SLOWEST: i64 = 5 * 60 * 1000;

/// A page that is opened again within this many milliseconds is the same visit, told by two senders.
const SAME: i64 = 5000;

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// A stretch of use without a long pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// First moment, Unix milliseconds.
    pub start: i64,
    /// Last moment.
    pub end: i64,
    /// Moments in it.
    pub moments: usize,
}

/// A site and how often its pages were opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Host name, as sent.
    pub host: String,
    /// Pages opened.
    pub visits: usize,
    /// Of these, in private browsing.
    pub incognito: usize,
}

/// A page and how long it took to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowPage {
    /// Its address, as sent.
    pub url: String,
    /// Milliseconds, the slowest time.
    pub took: i64,
}

/// Habits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    /// Moments by hour of the day, local time.
    pub hours: [usize; 24],
    /// Sites, most visited first.
    pub sites: Vec<Site>,
    /// Pages, slowest first.
    pub slow: Vec<SlowPage>,
    /// What was used how often.
    pub kinds: BTreeMap<Kind, usize>,
}

/// Sessions in moments that are in the order of time.
pub(super) fn sessions(moments: &[Moment]) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    for moment in moments {
        match sessions.last_mut() {
            Some(session) if moment.at.saturating_sub(session.end) <= GAP => {
                session.end = moment.at;
                session.moments += 1;
            }
            _ => sessions.push(Session { start: moment.at, end: moment.at, moments: 1 }),
        }
    }
    sessions
}

/// Habits in moments that are in the order of time.
pub(super) fn of(moments: &[Moment], offset_minutes: i64) -> Pattern {
    let mut pattern = Pattern::default();
    let mut sites: BTreeMap<String, Site> = BTreeMap::new();
    let mut started: HashMap<&str, i64> = HashMap::new();
    let mut slow: HashMap<&str, i64> = HashMap::new();
    for moment in moments {
        let hour = (moment.at + offset_minutes * 60_000).div_euclid(HOUR).rem_euclid(24);
        pattern.hours[hour as usize] += 1;
        *pattern.kinds.entry(moment.kind).or_default() += 1;
        match moment.kind {
            Kind::Visit => {
                let before = started.insert(&moment.what, moment.at);
                let again = before.is_some_and(|before| moment.at - before < SAME);
                let host = url::Parts::of(&moment.what).host();
                if !host.is_empty() && !again {
                    let new = Site { host: host.clone(), visits: 0, incognito: 0 };
                    let site = sites.entry(host).or_insert(new);
                    site.visits += 1;
                    site.incognito += usize::from(moment.incognito);
                }
            }
            Kind::PageReady => {
                let took = started.remove(&moment.what[..]).map(|start| moment.at - start);
                if let Some(took) = moment.took.or(took).filter(|took| (1..=SLOWEST).contains(took)) {
                    let slowest = slow.entry(&moment.what).or_default();
                    *slowest = took.max(*slowest);
                }
            }
            _ => {}
        }
    }
    pattern.sites = sites.into_values().collect();
    pattern.sites.sort_by_key(|site| std::cmp::Reverse(site.visits));
    pattern.slow = slow.into_iter().map(|(url, took)| SlowPage { url: url.to_owned(), took }).collect();
    pattern.slow.sort_by(|a, b| b.took.cmp(&a.took).then_with(|| a.url.cmp(&b.url)));
    pattern
}
