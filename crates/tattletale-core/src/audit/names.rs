//! Connections that could not be seen, and what their names tell: whoever resolves or routes a name is told it.
//!
//! `u-4711.tracker.example` says who the user is without a byte of content. Such a connection is no exchange and takes
//! no position among them, so findings in its name count positions of their own (`Part::Sni`, `Part::Dns`). Names can
//! be made up without end: what is kept of them is bounded as that of exchanges is.

use super::faults::Faults;
use super::rows::name_of_row;
use super::search::{Place, Search};
use super::tally::{Tally, Unjudged, kept, most_of_one, sum};
use crate::decode::Hint;
use crate::detect::{Places, look};
use crate::model::{Blind, Fault, Part, ReceiverCoverage, Report, Subject, registrable_domain};
use std::collections::{BTreeMap, HashMap};

/// What could not be seen in one capture.
#[derive(Default)]
pub(super) struct Unseen {
    rows: BTreeMap<String, Row>,
    connections: usize,
    places: Places,
    pub(super) found: Vec<Unjudged>,
    /// How often each subject stood in the names of a row.
    told: HashMap<(Subject, String), usize>,
}

#[derive(Default)]
struct Row {
    coverage: ReceiverCoverage,
    /// Connections to the very host that the row is named after.
    own: u64,
}

impl Unseen {
    /// Counts one connection and looks for planted values in its name. `found` is how much was found in the exchanges
    /// of this capture.
    pub(super) fn add(
        &mut self,
        search: &Search<'_>,
        blind: &Blind,
        found: usize,
        faults: &mut Faults,
        report: &mut Report,
    ) {
        let host = blind.receiver();
        let of_row = name_of_row(&host, self.rows.len(), |name| self.rows.contains_key(name));
        let row = self.rows.entry(of_row.to_owned()).or_default();
        row.coverage.add_blind(blind);
        *(if of_row == host { &mut row.own } else { &mut report.coverage.hosts_dropped }) += 1;
        let exchange = self.connections;
        self.connections += 1;
        let Some((part, name)) = name_of(blind) else { return };
        let limits = &search.options.limits;
        let (seen, walked) = look(search.planted, name.as_bytes(), Hint::default(), limits, &mut self.places);
        let placed = |fault| Fault { part: Some(part.clone()), ..fault };
        walked.faults.into_iter().for_each(|fault| faults.add(placed(fault), report));
        faults.drop(walked.faults_dropped);
        for sighting in seen.sightings {
            let of_one = self.told.entry((sighting.subject, of_row.to_owned())).or_default();
            *of_one += 1;
            if *of_one > most_of_one(kept(report) + found + self.found.len()) {
                report.findings_dropped += 1;
                continue;
            }
            let odds = sighting.odds;
            let place = Place { exchange, host: &host, part: part.clone(), at: blind.at, plaintext: true };
            self.found.push(Unjudged { finding: search.finding(place, sighting, report), odds });
        }
    }

    /// Joins the rows of its hosts, those of which nothing else is known last, and the findings in exchanges.
    pub(super) fn finish(self, tally: &mut Tally, report: &mut Report) {
        tally.places.add(&self.places);
        tally.found.extend(self.found);
        // Rows that several hosts share take the place of nobody's own.
        let (own, shared): (Vec<_>, Vec<_>) = self.rows.into_iter().partition(|(_, row)| row.own > 0);
        for (host, unseen) in own.into_iter().chain(shared) {
            let row = tally.rows.row(&host, unseen.own, &mut report.coverage);
            sum(&mut report.coverage.receivers[row], &unseen.coverage);
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
