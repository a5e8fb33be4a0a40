//! Ghostery TrackerDB, as `dist/trackerdb.json` of the npm package `@ghostery/trackerdb`.
//!
//! Its data is CC-BY-NC-SA-4.0, so it is never bundled: a user brings it. The binary `trackerdb.engine` of the same
//! package serves an ad blocker and is not read; it says nothing that the JSON does not.

use super::names::Names;
use super::{Facts, Kind, Opened, Origin, Table, TableError, of_file};
use crate::model::{About, Aspect, Fact, Source};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kind of file.
pub(super) struct TrackerDb;

#[derive(Deserialize)]
struct File {
    categories: BTreeMap<String, Category>,
    organizations: BTreeMap<String, Organization>,
    patterns: BTreeMap<String, Pattern>,
}

#[derive(Deserialize)]
struct Category {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Organization {
    name: String,
    country: Option<String>,
}

#[derive(Deserialize)]
struct Pattern {
    name: String,
    category: String,
    organization: Option<String>,
    #[serde(default)]
    domains: Vec<String>,
}

/// One file.
#[derive(Debug)]
struct Trackers {
    source: Arc<Source>,
    names: Names<Arc<Tracker>>,
}

#[derive(Debug)]
struct Tracker {
    name: String,
    category: String,
    organisation: String,
    seat: String,
}

impl Kind for TrackerDb {
    fn name(&self) -> &'static str {
        "trackerdb"
    }

    fn about(&self) -> &'static str {
        "Ghostery TrackerDB, dist/trackerdb.json of npm @ghostery/trackerdb"
    }

    fn sniff(&self, bytes: &[u8]) -> bool {
        let has = |name: &[u8]| memchr::memmem::find(bytes, name).is_some();
        bytes.trim_ascii_start().starts_with(b"{") && has(b"\"organizations\"") && has(b"\"patterns\"")
    }

    fn open(&self, bytes: Vec<u8>, origin: &Origin) -> Result<Opened, TableError> {
        let file: File = serde_json::from_slice(&bytes).map_err(|error| TableError::json(&error, &bytes))?;
        let mut names = Names::default();
        for pattern in file.patterns.into_values() {
            let organisation = pattern.organization.as_ref().and_then(|id| file.organizations.get(id));
            let category = file.categories.get(&pattern.category).map_or(&pattern.category, |category| &category.name);
            let tracker = Arc::new(Tracker {
                name: pattern.name,
                category: category.to_lowercase(),
                organisation: organisation.map(|known| known.name.clone()).unwrap_or_default(),
                seat: organisation.and_then(|known| known.country.clone()).unwrap_or_default(),
            });
            for domain in &pattern.domains {
                names.insert(domain, Arc::clone(&tracker));
            }
        }
        let source = Arc::new(Source {
            name: "Ghostery TrackerDB".to_owned(),
            date: None,
            evidence: of_file(origin),
            licence: Some("CC-BY-NC-SA-4.0".to_owned()),
        });
        let holds = format!("{} names", names.len());
        let table = Box::new(Trackers { source: Arc::clone(&source), names });
        Ok(Opened { kind: self.name(), source, holds, table })
    }
}

impl Table for Trackers {
    fn of_name(&self, host: &str, facts: &mut Vec<Fact>) {
        let Some((name, tracker)) = self.names.of(host).next() else { return };
        let mut facts = Facts { facts, source: &self.source, about: About::Name(name.to_owned()) };
        facts.say(Aspect::Organisation, &tracker.organisation);
        facts.country(Aspect::Seat, &tracker.seat, "");
        facts.say(Aspect::Tracker, &tracker.name);
        facts.say(Aspect::Category, &tracker.category);
    }
}
