//! Walks through a day in modelled time: deeds happen, telemetry notices them, outboxes send when they are due.

use super::Scenario;
use super::carriers;
use super::lived::{self, Lived, Message, Passage, Sent};
use crate::browser::LastingId;
use crate::clock::{DAY, ModelTime, SECOND};
use crate::device::Device;
use crate::emitter::counting::{CONSENT, Counting};
use crate::emitter::detailed::Detailed;
use crate::emitter::outbox::Form;
use crate::emitter::setup::{Act, Setup, Telemetry};
use crate::emitter::spock;
use crate::endpoints::{Endpoints, Guarded, NotLoopback};
use crate::people::{Day, Deed, DeedKind, Person};
use crate::seeded::Seeded;
use crate::wire::Wire;
use std::collections::{BTreeMap, BTreeSet};
use tattletale_core::model::{Action, GroundTruth, Timestamp, Value, url};

/// After the last deed the phone stays on for so long, so that what waits can go.
const AFTERWARDS: i64 = 60 * SECOND;

/// A person, a phone and a day, ready to be lived.
#[derive(Debug, Clone)]
pub struct Plan {
    scenario: Scenario,
    seed: u64,
    /// Decides what is random on this day.
    today: u64,
    /// Who.
    pub person: Person,
    /// With which phone.
    pub device: Device,
    /// What is done, in order.
    pub day: Day,
    start: ModelTime,
    /// The browser's id, as it is when the day starts.
    id: LastingId,
}

impl Plan {
    pub(super) fn new(scenario: &Scenario, seed: u64, number: u32) -> Self {
        let details = &scenario.details;
        let first: Timestamp = details.day_start.value.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let first = ModelTime(first.as_millisecond());
        let (period, refreshed) = (details.uuid_period_ms.value, details.uuid_refreshed_on_use.value);
        let mut id = LastingId::new(seed, first, period, refreshed);
        // The browser was used on every day before.
        (0..=i64::from(number)).for_each(|before| _ = id.used_at(first + before * DAY));
        let start = first + i64::from(number) * DAY;
        let today = match number {
            0 => seed,
            _ => Seeded::new(seed, &format!("day {number}")).below(u64::MAX),
        };
        let mut day = Day::generate(today, start, &scenario.modes, scenario.switches.account);
        if scenario.variant == crate::variant::Variant::Respectful && scenario.switches.consents {
            let at = start + scenario.details.consent_after_ms.value;
            day.deeds.push(Deed { at, mode: None, kind: DeedKind::Setting(CONSENT) });
            day.deeds.sort_by_key(|deed| deed.at);
        }
        let (person, device) = (Person::generate(seed), Device::generate(scenario.model, seed));
        Self { scenario: scenario.clone(), seed, today, person, device, day, start, id }
    }

    /// Has the person agree to the collection in the middle of the day, whatever the variant asks for.
    pub fn agree_at_noon(&mut self) {
        let middle = self.day.deeds.len() / 2;
        if let Some(before) = self.day.deeds.get(middle) {
            let at = before.at + 1;
            self.day.deeds.insert(middle + 1, Deed { at, mode: None, kind: DeedKind::Setting(CONSENT) });
        }
    }

    /// Lives the day.
    ///
    /// `clock` is told every modelled moment at which something happens, in order, and says the wall time of the
    /// recording; it may wait. Errors of the wire are part of the day: pages do not load, telemetry keeps its events
    /// and tries again. Fails, before anything is sent, only for an endpoint that is not the lab's.
    pub fn live(
        &mut self,
        wire: &mut dyn Wire,
        clock: &mut dyn FnMut(ModelTime) -> Timestamp,
        endpoints: &Endpoints,
    ) -> Result<Lived, NotLoopback> {
        endpoints.check()?;
        let setup = self.setup(endpoints);
        let telemetry: Box<dyn Telemetry> = match setup.variant.counts_only() {
            true => Box::new(Counting::new(setup)),
            false => Box::new(Detailed::new(setup)),
        };
        let truth = GroundTruth { values: self.values(), ..GroundTruth::default() };
        let lived = Lived { truth, ..Lived::default() };
        let mut walk = Walk {
            plan: self,
            wire: Guarded::new(wire),
            clock,
            telemetry,
            lived,
            actions: Vec::new(),
            sent: BTreeSet::new(),
        };
        for (index, deed) in self.day.deeds.iter().enumerate() {
            walk.send_due(deed.at);
            walk.act(index, deed, endpoints);
            walk.send_due(deed.at);
        }
        let last = self.day.deeds.last().map_or(self.start, |deed| deed.at);
        let end = last + AFTERWARDS;
        walk.telemetry.close(last);
        walk.send_due(end);
        Ok(walk.finish())
    }

    /// Hosts of the made-up sites that the person will visit.
    pub fn sites(&self, endpoints: &Endpoints) -> BTreeSet<String> {
        let pages = self.day.deeds.iter().filter_map(|deed| carriers::address(&deed.kind, endpoints));
        pages.map(|page| carriers::host(&page)).collect()
    }

    fn setup(&self, endpoints: &Endpoints) -> Setup {
        Setup {
            person: self.person.clone(),
            device: self.device.clone(),
            product: self.scenario.product,
            version: self.scenario.version().into(),
            variant: self.scenario.variant,
            switches: self.scenario.switches,
            details: self.scenario.details.clone(),
            endpoints: endpoints.clone(),
            start: self.start,
            id: self.id.clone(),
            seed: self.seed,
            today: self.today,
        }
    }

    /// What is planted: of these some are sent by some variants, and name, mail and serial number by none.
    fn values(&self) -> Vec<Value> {
        let (person, device) = (&self.person, &self.device);
        let uuid = self.id.clone().used_at(self.start).to_owned();
        let all = [
            ("full name", "person-name", &person.full_name),
            ("email", "email", &person.email),
            ("account", "account-id", &person.account_id),
            ("imei", "imei", &device.imei),
            ("android id", "android-id", &device.android_id),
            ("advertising id", "advertising-id", &device.advertising_id),
            ("mac", "mac", &device.mac),
            ("serial", "serial", &device.serial),
            ("browser uuid", "uuid", &uuid),
        ];
        all.map(|(name, kind, value)| Value { name: name.into(), kind, value: value.clone() }).into()
    }
}

struct Walk<'w> {
    plan: &'w Plan,
    wire: Guarded<'w>,
    clock: &'w mut dyn FnMut(ModelTime) -> Timestamp,
    telemetry: Box<dyn Telemetry>,
    lived: Lived,
    /// For every deed so far its action in the ground truth.
    actions: Vec<Option<usize>>,
    sent: BTreeSet<Sent>,
}

impl Walk<'_> {
    fn act(&mut self, index: usize, deed: &Deed, endpoints: &Endpoints) {
        let at = (self.clock)(deed.at);
        let address = carriers::address(&deed.kind, endpoints);
        let truth = &mut self.lived.truth;
        let action = lived::action(&deed.kind, address.as_deref()).map(|(kind, value)| {
            let name = format!("{kind} {}", truth.actions.iter().filter(|action| action.kind == kind).count() + 1);
            let (modelled_at, mode) = (Some(deed.at.timestamp()), deed.mode.map(|mode| mode.name()));
            truth.actions.push(Action { name, kind, value, at: Some(at), modelled_at, mode });
            truth.actions.len() - 1
        });
        self.actions.push(action);
        if let Some(address) = &address {
            let host = carriers::host(address);
            if !truth.first_party.contains(&host) {
                truth.first_party.push(host);
            }
            for request in carriers::requests(&deed.kind, address, &self.plan.person, &self.plan.device) {
                // A page that does not load is part of the day.
                let _ = self.wire.send(&request);
            }
        }
        let address = address.unwrap_or_default();
        self.telemetry.observe(&Act { index, at: deed.at, mode: deed.mode, kind: &deed.kind, address });
    }

    /// Everything that is due until `until`, in the order of time.
    fn send_due(&mut self, until: ModelTime) {
        loop {
            let mut outboxes = self.telemetry.outboxes();
            let due = outboxes.iter_mut().filter_map(|outbox| outbox.due().filter(|due| *due <= until));
            let Some(now) = due.min() else { return };
            let at = (self.clock)(now);
            let Some(outbox) = outboxes.into_iter().find(|outbox| outbox.due() == Some(now)) else { return };
            let (form, host) = (outbox.form, carriers::host(&outbox.url));
            let plain = url::Parts::of(&outbox.url).scheme == "http";
            let mut header = BTreeMap::new().into_iter().collect();
            if form == Form::Spock {
                let forced = self.plan.scenario.details.hardware_ids.value;
                header = spock::device_header(&self.plan.device, forced, now);
            }
            let passage = Passage {
                host: &host,
                form: form.name(),
                sealed: form.is_sealed(),
                header: &header,
                carries_ids: form != Form::Spock,
            };
            let Self { wire, lived, actions, sent, .. } = self;
            outbox.flush(now, |request, events| {
                let Ok(reply) = wire.send(request) else { return false };
                // Whatever the server answers, the bytes have left.
                lived.requests += 1;
                let mut told = BTreeSet::new();
                for event in events {
                    lived::note(&lived.truth, actions, event, &passage, &mut told);
                }
                let (host, sealed) = (host.clone(), passage.sealed);
                lived.messages.push(Message { at, host, plain, sealed, told: told.iter().cloned().collect() });
                sent.extend(told);
                (200..300).contains(&reply.status)
            });
        }
    }

    fn finish(mut self) -> Lived {
        for outbox in self.telemetry.outboxes() {
            let (waiting, dropped) = outbox.unsent();
            self.lived.unsent += waiting;
            self.lived.dropped += dropped;
        }
        self.lived.sent = self.sent.into_iter().collect();
        self.lived
    }
}
