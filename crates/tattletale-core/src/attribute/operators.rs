//! Who runs a receiver: every table is asked, every answer is kept.

use super::evidence::Evidence;
use super::tables::{Reported, Table, ThirdPartyWeb};
use crate::model::{Aspect, Fact, Operator, Report};
use std::net::IpAddr;

/// The tables, in the order in which they are asked and shown.
#[derive(Debug, Default)]
pub struct Operators {
    tables: Vec<Box<dyn Table>>,
}

impl Operators {
    /// Addresses of one receiver that are looked up: those of the capture, and those that DNS gave.
    pub const ADDRESSES: usize = 32;

    /// The bundled tables.
    pub fn bundled() -> Self {
        Self { tables: vec![Box::new(Reported::bundled()), Box::new(ThirdPartyWeb::default())] }
    }

    /// Adds a table that a user brought; it is asked after those before it.
    pub fn add(&mut self, table: Box<dyn Table>) {
        self.tables.push(table);
    }

    /// Adds what registries and DNS answered.
    pub fn add_evidence(&mut self, evidence: Evidence) {
        self.tables.push(Box::new(evidence));
    }

    /// Everything that is known of a host (lower case) and of the addresses it was reached at.
    ///
    /// An address that is the host itself, and addresses that DNS gave, are looked up like the others.
    pub fn of(&self, host: &str, addresses: &[IpAddr]) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.tables.iter().for_each(|table| table.of_name(host, &mut facts));
        let resolved = facts.iter().filter(|fact| fact.aspect == Aspect::Address);
        let resolved: Vec<IpAddr> = resolved.filter_map(|fact| fact.value.parse().ok()).collect();
        let own = host.parse::<IpAddr>().ok();
        let mut asked: Vec<IpAddr> = Vec::new();
        for address in addresses.iter().copied().chain(own).chain(resolved) {
            if asked.len() < Self::ADDRESSES && !asked.contains(&address) {
                asked.push(address);
            }
        }
        for address in asked {
            self.tables.iter().for_each(|table| table.of_address(address, &mut facts));
        }
        facts
    }

    /// Fills in who runs each receiver of a report.
    pub fn name(&self, report: &mut Report) {
        let rows = report.coverage.receivers.iter();
        let named = rows.map(|row| Operator { host: row.host.clone(), facts: self.of(&row.host, &row.addresses) });
        report.operators = named.filter(|operator| !operator.facts.is_empty()).collect();
    }
}
