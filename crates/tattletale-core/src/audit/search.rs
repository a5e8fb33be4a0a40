//! The second pass: every part of every exchange is unfolded and searched, on all cores, in the capture's order.

use super::batches;
use super::carriers::{Carriers, Role};
use super::fields::{self, Collected, Leaf};
use super::personal;
use super::salting::{Budget, Outcome, Plan, Round, Run, Salts};
use super::survey::Survey;
use super::tally::{Tally, Unjudged, sum};
use super::unfolded::{Asked, Memo, Unfolded};
use super::{Capture, Options};
use crate::attribute::{same_site, site};
use crate::decode::{Walked, parts};
use crate::detect::personal::Recognised;
use crate::detect::{Closed, Places, Planted};
use crate::import::Wanted;
use crate::model::{
    Captured, Carrier, Exchange, Fault, FaultKind, Fidelity, Finding, Hashes, OpaquePlace, Part, Party,
    ReceiverCoverage, Report, Sighting, Strength, Subject, Timestamp, registrable_domain, url,
};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::mpsc::{self, Receiver};

/// Searches one capture.
pub(super) struct Search<'a> {
    pub(super) capture: usize,
    pub(super) planted: &'a Planted,
    pub(super) carriers: &'a Carriers,
    /// What is seen in a control capture as well.
    pub(super) in_control: &'a BTreeSet<Subject>,
    pub(super) options: &'a Options,
    pub(super) party: PartyBy<'a>,
    /// Parts that came lately.
    pub(super) memo: Memo,
}

/// What tells first from third party.
pub(super) enum PartyBy<'a> {
    /// A ground truth was given: its first party holds for everything.
    GroundTruth,
    /// The page that was visited, or that a value was typed at; the sites of the latter by value.
    Page { typed_at: &'a [String] },
}

/// Where in a capture something was seen.
pub(super) struct Place<'h> {
    /// Position in the capture.
    pub(super) exchange: usize,
    pub(super) host: &'h str,
    pub(super) part: Part,
    /// When it was sent.
    pub(super) at: Option<Timestamp>,
    pub(super) plaintext: bool,
}

/// What was seen in one exchange.
struct Examined {
    exchange: Exchange,
    host: String,
    role: Role,
    /// With the part and the time that it was sent.
    sightings: Vec<(Part, Option<Timestamp>, Sighting)>,
    opaque: Vec<(Part, Closed)>,
    row: ReceiverCoverage,
    faults: Vec<Fault>,
    /// Faults that were over a bound.
    faults_dropped: u64,
    places: Places,
    hashes: Hashes,
    /// Runs that may be digests made with a salt.
    runs: Vec<Run>,
    /// Once they are asked for.
    salts: Option<Salts>,
    /// With the part and the time that it was sent.
    recognised: Vec<(Part, Option<Timestamp>, Recognised)>,
    leaves: Vec<Leaf>,
    /// Fields that were over a bound.
    dropped: u64,
}

impl<'a> Search<'a> {
    /// Reads the capture again and adds what is found to the report: this thread reads while those of the pool search,
    /// to which it must not belong, since it waits for them.
    pub(super) fn run(&self, capture: &Capture<'_>, survey: &Survey, report: &mut Report, collected: &mut Collected) {
        let mut tally = Tally::of(report);
        let (filled, full) = mpsc::sync_channel(1);
        let result = rayon::in_place_scope(|scope| {
            scope.spawn(|_| self.search(full, &mut tally, report, collected));
            let wanted = Wanted { request_bodies: true, response_bodies: self.options.responses };
            batches::read(capture, wanted, filled)
        });
        std::mem::take(&mut tally.unseen).finish(&mut tally, report);
        std::mem::take(&mut tally.faults).settle(self.capture, report);
        let info = &mut report.captures[self.capture];
        info.bytes = survey.imported.bytes;
        info.exchanges = survey.imported.exchanges;
        info.sha256 = survey.imported.sha256.clone().unwrap_or_default();
        info.span = survey.span;
        if let Some(origin) = &capture.origin {
            (info.bytes, info.sha256) = (origin.bytes, origin.sha256.clone());
            report.faults.extend(origin.faults.iter().map(|fault| (self.capture, fault.clone())));
        }
        report.faults.extend(survey.imported.faults.iter().map(|fault| (self.capture, fault.clone())));
        let changed = match &result {
            Ok(again) => (again.sha256 != survey.imported.sha256).then(|| "changed while it was read".to_owned()),
            Err(error) => Some(format!("could not be read a second time: {error}")),
        };
        if let Some(message) = changed {
            report.faults.push((self.capture, Fault::new(FaultKind::Corrupt, message)));
        }
        tally.judge(self.in_control, report);
    }

    /// Examines batches on all cores, and adds what is found in their order.
    fn search(
        &self,
        batches: Receiver<Vec<Captured>>,
        tally: &mut Tally,
        report: &mut Report,
        collected: &mut Collected,
    ) {
        for batch in batches {
            let mut exchanges = Vec::with_capacity(batch.len());
            for captured in batch {
                match captured {
                    Captured::Exchange(exchange) => exchanges.push(exchange),
                    Captured::Blind(blind) => tally.blind(self, &blind, report),
                }
            }
            let mut examined: Vec<Examined> =
                exchanges.into_par_iter().map(|exchange| self.examine(exchange)).collect();
            self.salt(&mut examined, &mut tally.budget);
            examined.into_iter().for_each(|examined| self.add(examined, tally, report, collected));
        }
    }

    fn examine(&self, exchange: Exchange) -> Examined {
        let host = host_of(&exchange);
        let role = self.carriers.role(self.capture, &exchange, &host);
        let (mut places, mut hashes) = (Places::default(), Hashes::default());
        let mut row = ReceiverCoverage { host: host.clone(), exchanges: 1, ..ReceiverCoverage::default() };
        exchange.peer().into_iter().for_each(|address| row.seen_at(address));
        row.plaintext = u64::from(role == Role::Other && is_plaintext(&exchange.request.url));
        let (mut faults, mut faults_dropped) = (exchange.faults.clone(), 0);
        let (mut sightings, mut opaque) = (Vec::new(), Vec::new());
        let (mut leaves, mut records, mut dropped) = (Vec::new(), 0, 0);
        // What the user's own action carries tells nothing about who tells tales.
        let tells = role == Role::Other;
        let (mut runs, salted) = (Vec::new(), tells && self.planted.salted().work() > 0);
        let (site, mut recognised) = (registrable_domain(&host).unwrap_or(&host), Vec::new());
        let body = &exchange.request.body;
        if !body.bytes.is_empty() || body.fidelity == Fidelity::Missing {
            row.bodies[body.fidelity as usize] += 1;
        }
        let asked = Asked { personal_to: tells.then_some(site), fields: tells && self.options.fields };
        for (number, view) in parts(&exchange, self.options.responses).into_iter().enumerate() {
            let unfolded = self.memo.unfolded(self.planted, &self.options.limits, &view, asked);
            let Unfolded { seen, walked, .. } = &*unfolded;
            places.add(&unfolded.places);
            row.captured += view.bytes.len() as u64;
            row.read += walked.read;
            row.opaque += walked.opaque;
            hashes.add(&seen.hashes);
            let crowded = seen.crowded.iter().map(|_| {
                Fault::new(FaultKind::Limit, "one thing stands in so many places here that not all are listed")
            });
            // A message of a socket is a part, and there can be any number of them.
            let room = Walked::FAULTS.saturating_sub(faults.len());
            let stated = faults.len() + walked.faults.len() + seen.crowded.len();
            for fault in walked.faults.iter().cloned().chain(crowded).take(room) {
                faults.push(Fault { part: Some(view.part.clone()), ..fault });
            }
            faults_dropped += walked.faults_dropped + (stated - faults.len()) as u64;
            let at = view.at.or(exchange.at);
            if salted {
                runs.extend(seen.unexplained.iter().filter_map(|run| Run::new(&host, (number, &view.part), at, run)));
            }
            sightings.extend(seen.sightings.iter().cloned().map(|sighting| (view.part.clone(), at, sighting)));
            opaque.extend(seen.opaque.iter().cloned().map(|closed| (view.part.clone(), closed)));
            if let Some(found) = &unfolded.leaves {
                leaves.extend(found.of(&view.part, &mut records, &mut dropped));
            }
            let found = unfolded.recognised.iter().cloned();
            recognised.extend(found.map(|found| (view.part.clone(), at, found)));
        }
        faults.iter_mut().for_each(|fault| fault.exchange = Some(exchange.index));
        Examined {
            exchange,
            host,
            role,
            sightings,
            opaque,
            row,
            faults,
            faults_dropped,
            places,
            hashes,
            runs,
            salts: None,
            recognised,
            leaves,
            dropped,
        }
    }

    /// Tries what is left unexplained with salts, within one budget that is dealt out in the capture's order.
    fn salt(&self, examined: &mut [Examined], budget: &mut Budget) {
        let salted = self.planted.salted();
        let mut waiting: Vec<&mut Examined> = examined.iter_mut().filter(|one| !one.runs.is_empty()).collect();
        for round in [Round::Due, Round::Explained] {
            let choose = |one: &mut &mut Examined| budget.choose(round, &mut one.runs);
            let chosen: Vec<Vec<Run>> = waiting.iter_mut().map(choose).collect();
            waiting.par_iter_mut().zip(&chosen).filter(|(_, runs)| !runs.is_empty()).for_each(|(one, _)| {
                one.salts.get_or_insert_with(|| Salts::of(&one.exchange, self.options));
            });
            let plan = |(one, runs): (&&mut Examined, &Vec<Run>)| budget.plan(round, salted, runs, one.salts.as_ref());
            let plans: Vec<Plan> = waiting.iter().zip(&chosen).map(plan).collect();
            let explain = |((one, runs), plan): ((&mut &mut Examined, &Vec<Run>), &Plan)| {
                let (Some(salts), false) = (&one.salts, runs.is_empty()) else { return Outcome::default() };
                let message = (&one.exchange, self.options);
                let mut outcome = salts.explain(salted, runs, plan, message, &mut one.hashes);
                one.sightings.append(&mut outcome.found);
                outcome
            };
            let outcomes: Vec<Outcome> = waiting.par_iter_mut().zip(&chosen).zip(&plans).map(explain).collect();
            outcomes.into_iter().for_each(|outcome| budget.learn(outcome));
        }
        waiting.into_iter().for_each(|one| budget.count_others(&one.runs, &mut one.hashes));
    }

    fn add(&self, examined: Examined, tally: &mut Tally, report: &mut Report, collected: &mut Collected) {
        let Examined {
            exchange,
            host,
            role,
            sightings,
            opaque,
            row: counted,
            faults,
            faults_dropped,
            places,
            hashes,
            recognised,
            leaves,
            dropped,
            ..
        } = examined;
        report.coverage.hashes.add(&hashes);
        let seen = fields::Seen { host: &host, capture: self.capture, exchange: exchange.index, at: exchange.at };
        collected.add(leaves, dropped, &seen, |stated, at| self.carriers.mode_by(stated, at));
        tally.places.add(&places);
        let row = tally.rows.row(&host, 1, &mut report.coverage);
        sum(&mut report.coverage.receivers[row], &counted);
        faults.into_iter().for_each(|fault| tally.faults.add(fault, report));
        tally.faults.drop(faults_dropped);
        report.coverage.opaque.extend(opaque.into_iter().map(|(part, closed)| OpaquePlace {
            capture: self.capture,
            exchange: exchange.index,
            host: host.clone(),
            part,
            path: closed.path,
            bytes: closed.bytes,
            entropy: closed.entropy,
            kind: closed.kind,
        }));
        if report.coverage.opaque.len() > 4 * crate::model::Coverage::PLACES {
            report.coverage.opaque.sort_by_key(|place| std::cmp::Reverse(place.bytes));
            report.coverage.opaque.truncate(crate::model::Coverage::PLACES);
        }
        if role != Role::Other {
            let mut subjects: Vec<Subject> = sightings
                .iter()
                .flat_map(|(_, _, sighting)| [Some(sighting.subject), sighting.within])
                .flatten()
                .collect();
            subjects.sort_unstable();
            subjects.dedup();
            if report.carriers.len() >= Carrier::KEPT {
                report.carriers_dropped += u64::from(!subjects.is_empty());
            } else if role == Role::Action || !subjects.is_empty() {
                report.carriers.push(Carrier { capture: self.capture, exchange: exchange.index, subjects });
            }
            return;
        }
        let plaintext = is_plaintext(&exchange.request.url);
        let seen = personal::Seen { capture: self.capture, exchange: exchange.index, host: &host, plaintext };
        tally.personal.add(recognised, &sightings, &seen, self.carriers);
        for (part, at, sighting) in sightings {
            if !tally.keeps(sighting.subject, row, report) {
                report.findings_dropped += 1;
                continue;
            }
            let odds = sighting.odds;
            let place = Place { exchange: exchange.index, host: &host, part, at, plaintext };
            let finding = self.finding(place, sighting, report);
            tally.found.push(Unjudged { finding, odds });
        }
    }

    pub(super) fn finding(&self, place: Place<'_>, sighting: Sighting, report: &Report) -> Finding {
        let Place { exchange, host, part, at, plaintext } = place;
        let index_of_action = |subject| match subject {
            Subject::Action(action) => Some(self.carriers.action_at(action, at)),
            Subject::Value(_) => None,
        };
        let value = match sighting.subject {
            Subject::Value(value) => Some(value),
            Subject::Action(_) => None,
        };
        let action = index_of_action(sighting.subject).or_else(|| sighting.within.and_then(index_of_action));
        let done = action.and_then(|action| report.truth.actions[action].at);
        let mut receiver = self.carriers.first_party().receiver(host);
        if let PartyBy::Page { typed_at } = self.party {
            let visited = action.map(|action| site(&report.truth.actions[action].value));
            let own = visited.or(value.map(|value| typed_at[value].clone())).map(|own| same_site(host, &own));
            receiver.party = own.map_or(receiver.party, |own| if own { Party::First } else { Party::Third });
        }
        Finding {
            value,
            action,
            capture: self.capture,
            exchange,
            at,
            delay_ms: at.zip(done).map(|(at, done)| at.as_millisecond() - done.as_millisecond()),
            receiver,
            // What is done outside of the browser has no mode, whatever the browser's last one was.
            mode: action.map_or_else(|| self.carriers.mode_at(at), |action| report.truth.actions[action].mode),
            plaintext,
            part,
            path: sighting.path,
            range: sighting.range,
            excerpt: sighting.excerpt,
            chance: 0.0,
            strength: Strength::Weak,
        }
    }
}

/// The host that was asked: of the URL, else of the `Host` header, else nothing better than the URL itself.
fn host_of(exchange: &Exchange) -> String {
    let host = url::Parts::of(&exchange.request.url).host();
    if !host.is_empty() {
        return host;
    }
    let named = exchange.request.header("host").map(|host| url::Parts::of(&format!("//{host}")).host());
    named.filter(|host| !host.is_empty()).unwrap_or_else(|| exchange.request.url.chars().take(64).collect())
}

fn is_plaintext(address: &str) -> bool {
    let scheme = url::Parts::of(address).scheme;
    ["http", "ws"].iter().any(|plain| scheme.eq_ignore_ascii_case(plain))
}
