//! MaxMind DB files (`.mmdb`) of any maker: network operator, registry country and location of addresses.
//!
//! Makers name the same things differently, so what a record says is read by the names of its fields, not by the
//! kind of database: MaxMind and DB-IP nest (`country.iso_code`), IPinfo and ip-location-db do not (`country_code`,
//! `asn` as `AS45102`). MaxMind's `registered_country` is that of the registry, not of the machine. Name and date
//! are those of the file's own metadata. Format: maxmind.github.io/MaxMind-DB, version 2.0.

use super::{Facts, Kind, Opened, Origin, Table, TableError, of_file};
use crate::model::{About, Aspect, Fact, Source, Timestamp};
use maxminddb::{MaxMindDbError, Reader};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;

/// The kind of file.
pub(super) struct Mmdb;

/// What stands before the metadata, at most so many bytes before the end of the file.
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
const METADATA: usize = 128 << 10;

/// One file.
#[derive(Debug)]
struct Database {
    reader: Reader<Vec<u8>>,
    source: Arc<Source>,
}

impl Kind for Mmdb {
    fn name(&self) -> &'static str {
        "mmdb"
    }

    fn about(&self) -> &'static str {
        "MaxMind DB of network operators, countries or cities, from any maker"
    }

    fn sniff(&self, bytes: &[u8]) -> bool {
        memchr::memmem::find(&bytes[bytes.len().saturating_sub(METADATA)..], MARKER).is_some()
    }

    fn open(&self, bytes: Vec<u8>, origin: &Origin) -> Result<Opened, TableError> {
        let reader = Reader::from_source(bytes).map_err(|error| wrong(&error))?;
        let metadata = reader.metadata();
        let built = i64::try_from(metadata.build_epoch).ok().and_then(|second| Timestamp::from_second(second).ok());
        let source = Arc::new(Source {
            name: if metadata.database_type.is_empty() { origin.file.clone() } else { metadata.database_type.clone() },
            date: built.filter(|at| at.as_second() > 0).map(|at| at.strftime("%Y-%m-%d").to_string()),
            evidence: of_file(origin),
            licence: None,
        });
        let holds = match metadata.ip_version {
            4 => "IPv4 addresses".to_owned(),
            _ => "IPv4 and IPv6 addresses".to_owned(),
        };
        let table = Box::new(Database { reader, source: Arc::clone(&source) });
        Ok(Opened { kind: self.name(), source, holds, table })
    }
}

impl Table for Database {
    fn of_address(&self, address: IpAddr, facts: &mut Vec<Fact>) {
        // An error is an address that this file cannot hold: `verify` has seen all the others.
        let Ok(Ok(Some(record))) = self.reader.lookup(address).map(|found| found.decode::<Value>()) else { return };
        let mut facts = Facts { facts, source: &self.source, about: About::Address(address) };
        let text = |names: &[&str]| names.iter().find_map(|name| record.pointer(name)?.as_str()).unwrap_or_default();
        if let Some(number) =
            ["/autonomous_system_number", "/asn"].iter().find_map(|name| system(record.pointer(name)?))
        {
            let operator = text(&["/autonomous_system_organization", "/as_name", "/as_organization", "/name"]);
            facts.say(Aspect::Network, &format!("AS{number} {operator}"));
        }
        facts.country(Aspect::RegistryCountry, text(&["/registered_country/iso_code"]), "");
        let city = text(&["/city/names/en", "/city"]);
        facts.country(Aspect::Location, text(&["/country/iso_code", "/country_code", "/country"]), city);
    }

    fn verify(&self) -> Result<(), TableError> {
        self.reader.verify().map_err(|error| wrong(&error))
    }
}

/// `45102`, `"AS45102"` or `"45102"`.
fn system(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
        Value::String(text) => text.trim_start_matches("AS").parse().ok(),
        _ => None,
    }
    .filter(|number| *number > 0)
}

fn wrong(error: &MaxMindDbError) -> TableError {
    let offset = match error {
        MaxMindDbError::InvalidDatabase { offset, .. }
        | MaxMindDbError::Decoding { offset, .. }
        | MaxMindDbError::ResourceLimit { offset, .. } => offset.unwrap_or(0),
        _ => 0,
    };
    TableError::new(format!("is no MaxMind DB that can be read: {error}"), offset as u64)
}
