//! What telemetry knows when it starts: whose phone, which browser, how it is set, where it sends.

use super::outbox::{Form, Outbox, Sender};
use crate::browser::{LastingId, Product, Switches};
use crate::clock::ModelTime;
use crate::details::{Details, Server};
use crate::device::Device;
use crate::endpoints::Endpoints;
use crate::people::{DeedKind, Mode, Person};
use crate::seeded::Seeded;
use crate::variant::Variant;

/// Everything that decides what is sent.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Who.
    pub person: Person,
    /// With which phone.
    pub device: Device,
    /// With which browser.
    pub product: &'static Product,
    /// In which version.
    pub version: String,
    /// How the telemetry behaves.
    pub variant: Variant,
    /// What the person set.
    pub switches: Switches,
    /// The model's details.
    pub details: Details,
    /// Where the lab's servers are.
    pub endpoints: Endpoints,
    /// Start of the day.
    pub start: ModelTime,
    /// The browser's id, as it is when the day starts.
    pub id: LastingId,
    /// Decides all that is random and lasts longer than a day.
    pub seed: u64,
    /// Decides all that is random on this day.
    pub today: u64,
}

impl Setup {
    /// An outbox of a Sensors Analytics client.
    pub(super) fn sensors(&self, label: &str, form: Form, server: Server, project: &str, sender: Sender) -> Outbox {
        let path = if matches!(form, Form::AndroidBatch) || form.is_sealed() { "/sa" } else { "/sa.gif" };
        let region = self.device.region;
        let query = if self.variant.counts_only() { String::new() } else { format!("&r={region}") };
        let url = self.endpoints.collector(server, path, &format!("project={project}{query}"));
        self.outbox(label, form, url, sender)
    }

    /// An outbox to any address.
    pub(super) fn outbox(&self, label: &str, form: Form, url: String, sender: Sender) -> Outbox {
        let seeded = Seeded::new(self.today, label);
        Outbox::new(form, url, self.details.policy(), sender, self.device.clone(), seeded)
    }

    /// What an app of this phone adds to its requests.
    pub(super) fn app(&self, version: &str) -> Sender {
        Sender {
            app_version: version.into(),
            agent: self.device.system_agent(),
            page_origin: String::new(),
            cookie_id: String::new(),
            hardware_ids: self.details.hardware_ids.value,
        }
    }
}

/// A deed as telemetry meets it: with its address.
#[derive(Debug, Clone)]
pub struct Act<'d> {
    /// Position among the deeds.
    pub index: usize,
    /// When.
    pub at: ModelTime,
    /// In which mode, if in the browser.
    pub mode: Option<Mode>,
    /// What.
    pub kind: &'d DeedKind,
    /// The page it opened; empty if none.
    pub address: String,
}

/// Something on the phone that notices deeds and reports them.
pub trait Telemetry {
    /// A deed happened.
    fn observe(&mut self, act: &Act<'_>);

    /// The day ends: what is still to be summed up is put into the outboxes.
    fn close(&mut self, now: ModelTime);

    /// All outboxes.
    fn outboxes(&mut self) -> Vec<&mut Outbox>;
}
