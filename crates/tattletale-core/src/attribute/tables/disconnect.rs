//! Disconnect's tracker protection list (`services.json`): companies with their domains, by category.
//!
//! Its data is CC-BY-NC-SA-4.0, so it is never bundled: a user brings it.

use super::names::Names;
use super::{Facts, Kind, Opened, Origin, Table, TableError, of_file};
use crate::model::{About, Aspect, Fact, Source};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kind of file.
pub(super) struct Disconnect;

/// Companies by category.
#[derive(Deserialize)]
struct File {
    categories: BTreeMap<String, Vec<Company>>,
}

/// A company's name, and its sites with their domains; flags stand among the sites as text.
type Company = BTreeMap<String, BTreeMap<String, Value>>;

/// Company and category.
type Row = (Arc<str>, Arc<str>);

/// One file.
#[derive(Debug)]
struct Services {
    source: Arc<Source>,
    names: Names<Vec<Row>>,
}

impl Kind for Disconnect {
    fn name(&self) -> &'static str {
        "disconnect"
    }

    fn about(&self) -> &'static str {
        "Disconnect's tracker protection list, services.json"
    }

    fn sniff(&self, bytes: &[u8]) -> bool {
        let has = |name: &[u8]| memchr::memmem::find(bytes, name).is_some();
        bytes.trim_ascii_start().starts_with(b"{") && has(b"\"categories\"") && !has(b"\"patterns\"")
    }

    fn open(&self, bytes: Vec<u8>, origin: &Origin) -> Result<Opened, TableError> {
        let file: File = serde_json::from_slice(&bytes).map_err(|error| TableError::json(&error, &bytes))?;
        let mut listed: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for (category, companies) in file.categories {
            let category: Arc<str> = category.into();
            for (company, sites) in companies.into_iter().flatten() {
                let company: Arc<str> = company.into();
                let domains = sites.values().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
                for domain in domains {
                    listed.entry(domain.to_owned()).or_default().push((Arc::clone(&company), Arc::clone(&category)));
                }
            }
        }
        let mut names = Names::default();
        for (domain, rows) in listed {
            names.insert(&domain, rows);
        }
        let source = Arc::new(Source {
            name: "Disconnect".to_owned(),
            date: None,
            evidence: of_file(origin),
            licence: Some("CC-BY-NC-SA-4.0".to_owned()),
        });
        let holds = format!("{} names", names.len());
        let table = Box::new(Services { source: Arc::clone(&source), names });
        Ok(Opened { kind: self.name(), source, holds, table })
    }
}

impl Table for Services {
    fn of_name(&self, host: &str, facts: &mut Vec<Fact>) {
        let Some((name, rows)) = self.names.of(host).next() else { return };
        let mut facts = Facts { facts, source: &self.source, about: About::Name(name.to_owned()) };
        for (company, category) in rows {
            facts.say(Aspect::Organisation, company);
            facts.say(Aspect::Category, category);
        }
    }
}
