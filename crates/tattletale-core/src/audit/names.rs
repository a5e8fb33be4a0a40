//! Connections that could not be seen, and what their names tell: whoever resolves or routes a name is told it.
//!
//! `u-4711.tracker.example` says who the user is without a byte of content. Such a connection is no exchange and takes
//! no position among them, so findings in its name count positions of their own (`Part::Sni`, `Part::Dns`).

use super::search::{Place, Search, Tally, sum};
use crate::decode::Hint;
use crate::detect::{Places, look};
use crate::model::{Blind, Fault, Finding, Odds, Part, ReceiverCoverage, Report, registrable_domain};
use std::collections::{BTreeMap, HashMap};

/// What could not be seen in one capture.
#[derive(Default)]
pub(super) struct Unseen {
    rows: BTreeMap<String, ReceiverCoverage>,
    connections: usize,
    places: Places,
    found: Vec<(Finding, Odds)>,
    faults: Vec<Fault>,
}

impl Unseen {
    /// Counts one connection and looks for planted values in its name.
    pub(super) fn add(&mut self, search: &Search<'_>, blind: &Blind, report: &Report) {
        let host = blind.receiver();
        self.rows.entry(host.clone()).or_default().add_blind(blind);
        let exchange = self.connections;
        self.connections += 1;
        let Some((part, name)) = name_of(blind) else { return };
        let limits = &search.options.limits;
        let (seen, walked) = look(search.planted, name.as_bytes(), Hint::default(), limits, &mut self.places);
        self.faults.extend(walked.faults.into_iter().map(|fault| Fault { part: Some(part.clone()), ..fault }));
        for sighting in seen.sightings {
            let odds = sighting.odds;
            let place = Place { exchange, host: &host, part: part.clone(), at: blind.at, plaintext: true };
            self.found.push((search.finding(place, sighting, report), odds));
        }
    }

    /// Joins the rows of its hosts, those of which nothing else is known last, and the findings in exchanges.
    pub(super) fn finish(self, capture: usize, tally: &mut Tally, report: &mut Report) {
        tally.add(&self.places, self.found);
        report.faults.extend(self.faults.into_iter().map(|fault| (capture, fault)));
        let rows = &mut report.coverage.receivers;
        let known: HashMap<String, usize> = rows.iter().enumerate().map(|(at, row)| (row.host.clone(), at)).collect();
        for (host, unseen) in self.rows {
            match known.get(&host) {
                Some(&at) => sum(&mut rows[at], &unseen),
                None => rows.push(ReceiverCoverage { host, ..unseen }),
            }
        }
    }
}

/// The name of a connection that could not be seen, and where it stood: in the ClientHello, else where it was resolved.
/// None where there is only an address, which is nobody's choice.
pub fn name_of(blind: &Blind) -> Option<(Part, &str)> {
    let sni = blind.connection.sni.as_deref().map(|name| (Part::Sni, name));
    let host = || blind.host.as_deref().map(|name| (Part::Dns, name));
    sni.or_else(host).filter(|(_, name)| registrable_domain(name).is_some())
}
