//! Scenarios: device × browser × release × variant × modes × switches, each choice with its source.
//!
//! The named ones are files in `scenarios/`; the matrix is every cell that the reports speak of. A scenario makes a
//! [`Plan`] for a seed, and a plan is lived through over a [`crate::wire::Wire`].

mod carriers;
mod file;
mod live;
mod lived;
mod matrix;
#[cfg(test)]
mod tests;

pub use live::Plan;
pub use lived::{Lived, Message, Sent};

use crate::browser::{Product, Switches};
use crate::details::Details;
use crate::device::Model;
use crate::people::Mode;
use crate::variant::Variant;

/// Which release of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Release {
    /// The one that was reported on.
    Reported,
    /// The one of May 2020 with the switch.
    Updated,
}

/// What is to be lived.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Unique name.
    pub name: String,
    /// For people.
    pub title: String,
    /// The phone.
    pub model: &'static Model,
    /// The browser.
    pub product: &'static Product,
    /// Its release.
    pub release: Release,
    /// How its telemetry behaves.
    pub variant: Variant,
    /// In which modes the person browses.
    pub modes: Vec<Mode>,
    /// What the person set.
    pub switches: Switches,
    /// Details of the model.
    pub details: Details,
    /// Every choice with its source, `key: source`, for lists and reports.
    pub sources: Vec<(String, String)>,
}

impl Scenario {
    /// All named scenarios, in the order of their names.
    pub fn list() -> Vec<Self> {
        file::named()
    }

    /// The scenario called `name`; cells of the matrix are found by their names too.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::list().into_iter().chain(Self::matrix()).find(|scenario| scenario.name == name)
    }

    /// Every device × browser × release × mode × switch, each cell in one mode.
    pub fn matrix() -> Vec<Self> {
        matrix::cells()
    }

    /// Version of the browser.
    pub fn version(&self) -> &'static str {
        match self.release {
            Release::Reported => self.product.reported,
            Release::Updated => self.product.updated,
        }
    }

    /// Person, phone and day for a seed.
    pub fn plan(&self, seed: u64) -> Plan {
        self.plan_on_day(seed, 0)
    }

    /// The same person and phone on a later day, counted from 0: other deeds, the same lasting ids.
    pub fn plan_on_day(&self, seed: u64, day: u32) -> Plan {
        Plan::new(self, seed, day)
    }
}
