//! The hosts of the case: our own small table, each row with the public source that names it.

use super::names::Names;
use super::{Facts, Table};
use crate::model::{About, Aspect, Fact, Source};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

const TABLE: &str = include_str!("../../../data/reported.toml");

/// The table.
#[derive(Debug, Default)]
pub struct Reported {
    hosts: Names<(Arc<Source>, HostRow)>,
    addresses: BTreeMap<IpAddr, (Arc<Source>, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    date: String,
    licence: String,
    host: Vec<HostRow>,
    address: Vec<AddressRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostRow {
    name: String,
    #[serde(default)]
    organisation: String,
    #[serde(default)]
    seat: String,
    #[serde(default)]
    tracker: String,
    #[serde(default)]
    category: String,
    evidence: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressRow {
    address: IpAddr,
    location: String,
    evidence: String,
}

impl Reported {
    /// Reads the bundled table; a test holds that it can be read.
    pub fn bundled() -> Self {
        Self::read(TABLE).unwrap_or_default()
    }

    fn read(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let source = |evidence: &str| {
            Arc::new(Source {
                name: file.source.clone(),
                date: Some(file.date.clone()),
                evidence: evidence.to_owned(),
                licence: Some(file.licence.clone()),
            })
        };
        let mut table = Self::default();
        for row in file.host {
            let name = row.name.clone();
            table.hosts.insert(&name, (source(&row.evidence), row));
        }
        for row in file.address {
            table.addresses.insert(row.address, (source(&row.evidence), row.location));
        }
        Ok(table)
    }
}

impl Table for Reported {
    fn of_name(&self, host: &str, facts: &mut Vec<Fact>) {
        for (name, (source, row)) in self.hosts.of(host) {
            let mut facts = Facts { facts, source, about: About::Name(name.to_owned()) };
            facts.say(Aspect::Organisation, &row.organisation);
            facts.country(Aspect::Seat, &row.seat, "");
            facts.say(Aspect::Tracker, &row.tracker);
            facts.say(Aspect::Category, &row.category);
        }
    }

    fn of_address(&self, address: IpAddr, facts: &mut Vec<Fact>) {
        if let Some((source, location)) = self.addresses.get(&address) {
            let mut facts = Facts { facts, source, about: About::Address(address) };
            facts.country(Aspect::Location, location, "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_table_can_be_read_and_every_row_has_evidence() {
        let table = Reported::read(TABLE).unwrap();
        assert!(table.hosts.len() > 10);
        let file: File = toml::from_str(TABLE).unwrap();
        assert_eq!(table.hosts.len(), file.host.len(), "a host stands in it twice");
        assert!(file.host.iter().all(|row| row.evidence.len() > 20 && !row.name.ends_with(".localhost")));
        let without = TABLE.replacen("\nevidence", "\nremark", 1);
        assert!(Reported::read(&without).is_err());
    }

    #[test]
    fn the_reported_collector_is_its_makers() {
        let mut facts = Vec::new();
        Reported::bundled().of_name("sa.api.intl.miui.com", &mut facts);
        let said: Vec<_> = facts.iter().map(|fact| (fact.aspect, &*fact.value)).collect();
        assert!(said.contains(&(Aspect::Organisation, "Xiaomi")) && said.contains(&(Aspect::Category, "analytics")));
        let about = |aspect| facts.iter().find(|fact| fact.aspect == aspect).map(|fact| fact.about.clone());
        assert_eq!(about(Aspect::Organisation), Some(About::Name("miui.com".into())));
    }
}
