//! Personal data that nobody planted, over a capture: ids are kept if they last, and nothing is told twice.

use super::carriers::Carriers;
use crate::detect::personal::{Recognised, UUID_LASTS};
use crate::model::{Part, Party, Personal, Report, Sighting, Strength, Timestamp};
use std::collections::{HashMap, HashSet};

/// Ids whose exchanges are counted; a capture with more of them draws a new one for each message.
const IDS: usize = 50_000;

/// What grows over a capture.
#[derive(Default)]
pub(super) struct Recollection {
    found: Vec<(Personal, bool)>,
    dropped: u64,
    /// Exchanges by receiver and id, counted up to what it takes to last.
    lasting: HashMap<(String, String), HashSet<usize>>,
}

/// Where data was recognised.
pub(super) struct Seen<'s> {
    pub(super) capture: usize,
    pub(super) exchange: usize,
    pub(super) host: &'s str,
    pub(super) plaintext: bool,
}

impl Recollection {
    /// Adds what was recognised in an exchange, but for what was planted.
    pub(super) fn add(
        &mut self,
        recognised: Vec<(Part, Option<Timestamp>, Recognised)>,
        planted: &[(Part, Option<Timestamp>, Sighting)],
        seen: &Seen<'_>,
        carriers: &Carriers,
    ) {
        for (part, at, found) in recognised {
            let same = |(place, _, sighting): &&(Part, Option<Timestamp>, Sighting)| {
                let deeper = sighting.path.len() >= found.path.len() && sighting.path[..found.path.len()] == found.path;
                let overlap = sighting.range.start < found.range.end && found.range.start < sighting.range.end;
                *place == part && deeper && (overlap || sighting.path.len() > found.path.len())
            };
            if planted.iter().any(|sighting| same(&sighting)) {
                continue;
            }
            if found.if_it_lasts {
                let key = (seen.host.to_owned(), found.value.clone());
                if self.lasting.len() < IDS || self.lasting.contains_key(&key) {
                    let exchanges = self.lasting.entry(key).or_default();
                    if exchanges.len() < UUID_LASTS {
                        exchanges.insert(seen.exchange);
                    }
                }
            }
            if self.found.len() >= Personal::KEPT {
                self.dropped += 1;
                continue;
            }
            let personal = Personal {
                kind: found.kind,
                value: found.value,
                capture: seen.capture,
                exchange: seen.exchange,
                at,
                receiver: carriers.first_party().receiver(seen.host),
                mode: carriers.mode_at(at),
                plaintext: seen.plaintext,
                part,
                path: found.path,
                range: found.range,
                strength: if found.sure { Strength::Strong } else { Strength::Weak },
            };
            self.found.push((personal, found.if_it_lasts));
        }
    }

    /// Adds what counts to the report.
    pub(super) fn settle(self, report: &mut Report) {
        let lasts = |personal: &Personal| {
            let key = (personal.receiver.host.clone(), personal.value.clone());
            self.lasting.get(&key).is_some_and(|exchanges| exchanges.len() >= UUID_LASTS)
        };
        for (personal, if_it_lasts) in self.found {
            // An address of the first party's own page, told to itself, is what the web is made of.
            let own_page = personal.kind == "url" && personal.receiver.party == Party::First;
            if own_page || (if_it_lasts && !lasts(&personal)) {
                continue;
            }
            match report.personal.len() < Personal::KEPT {
                true => report.personal.push(personal),
                false => report.personal_dropped += 1,
            }
        }
        report.personal_dropped += self.dropped;
    }
}
