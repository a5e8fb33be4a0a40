//! A static look at an app: what is in it, one module a question, over one pass through its code.
//!
//! Everything here is read off bytes; nothing is run. What is found is *present*: whether it ever talks is for a
//! recording to show.

mod calls;
mod endpoints;
mod identifiers;
pub mod keyfile;
mod keys;
mod native;
mod private;
mod references;
mod sdks;
pub mod unit;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tattletale_core::attribute::Operators;
use tattletale_core::model::app::{Absent, CodeFile, Contents, Place, Sdk, Sureness};

use crate::package::Package;
use crate::signature::Signatures;
use references::{Marks, Uses, uses};
use unit::{Unit, units};

/// What is asked with.
#[derive(Debug)]
pub struct Knowledge {
    /// SDKs that are known.
    pub signatures: Signatures,
    /// Who runs hosts.
    pub operators: Operators,
}

impl Default for Knowledge {
    fn default() -> Self {
        Self { signatures: Signatures::bundled(), operators: Operators::bundled() }
    }
}

/// An app that is being looked at.
struct Shown<'u, 'b> {
    package: &'b Package,
    units: &'u [Unit<'b>],
    signatures: &'u Signatures,
    operators: &'u Operators,
}

/// Looks at an app.
pub fn look(package: &Package, knowledge: &Knowledge) -> Contents {
    let mut contents = Contents { file: package.name.clone(), faults: package.faults.clone(), ..Contents::default() };
    if let Some(manifest) = package.manifest() {
        contents.package.clone_from(&manifest.package);
        contents.label.clone_from(&manifest.label);
        contents.version.clone_from(&manifest.version);
        contents.version_code = manifest.version_code;
    }
    let permissions = package.manifests.iter().flat_map(|(_, manifest)| &manifest.permissions);
    contents.permissions = permissions.cloned().collect::<BTreeSet<String>>().into_iter().collect();

    let units = units(package, &mut contents.faults);
    let (signatures, operators) = (&knowledge.signatures, &knowledge.operators);
    let shown = Shown { package, units: &units, signatures, operators };
    let looked: Vec<_> = units
        .par_iter()
        .map(|unit| {
            let mut marks = Marks::of(unit);
            let texts: Vec<Option<&[u8]>> = (0..unit.dex.strings()).map(|row| unit.dex.string(row)).collect();
            let strings = sdks::mark(&texts, signatures, &mut marks);
            let hosts = endpoints::mark(&texts, (operators, signatures), &mut marks);
            let ways = identifiers::mark(unit, &texts, &mut marks);
            let keys = keys::mark(unit, &texts, &mut marks);
            private::mark(unit, &texts, &mut marks);
            (strings, hosts, ways, keys, uses(unit, &marks))
        })
        .collect();
    let (mut strings, mut hosts, mut ways, mut keys, mut used, mut said) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (unit, (own_strings, own_hosts, own_ways, own_keys, found)) in units.iter().zip(looked) {
        let Uses { uses, spoken, methods, quickened, trouble } = found;
        contents.faults.extend(trouble.faults(&unit.place));
        contents.code.push(CodeFile {
            place: unit.place.clone(),
            version: unit.version(),
            classes: unit.classes.len() as u64,
            methods,
            quickened,
        });
        strings.push(own_strings);
        hosts.push(own_hosts);
        ways.push(own_ways);
        keys.push(own_keys);
        used.push(uses);
        said.push(spoken);
    }
    let mut owners = sdks::owners(&units, signatures);
    let libraries = native::libraries(package, signatures, operators);
    contents.sdks = sdks::find(&shown, &strings, &used, &mut owners);
    sdks::find_native(&shown, &libraries, &mut contents.sdks);
    let mut sdk_hosts = BTreeMap::new();
    contents.endpoints = endpoints::find(&shown, &libraries, &hosts, &used, &owners, &mut sdk_hosts);
    by_address(&mut contents, signatures);
    for (owner, hosts) in sdk_hosts {
        let id = &signatures.list[owner].id;
        for sdk in contents.sdks.iter_mut().filter(|sdk| sdk.id == *id) {
            let named = hosts.iter().filter(|host| contents.endpoints.iter().any(|e| e.host == **host && !e.name_only));
            sdk.hosts.extend(named.cloned());
            sdk.hosts.sort();
            sdk.hosts.dedup();
        }
    }
    let absent = |signature: &&crate::signature::Signature| {
        !signature.hosts.is_empty() && !contents.sdks.iter().any(|sdk| sdk.id == signature.id)
    };
    let absent = signatures.list.iter().filter(absent);
    contents.absent =
        absent.map(|signature| Absent { name: signature.name.clone(), hosts: signature.hosts.clone() }).collect();
    contents.sdks.sort_by(|a, b| (a.sureness, &a.name).cmp(&(b.sureness, &b.name)));
    contents.identifiers = identifiers::find(&shown, &ways, &used, &owners);
    contents.keys = keys::find(&shown, keys, &used);
    contents.private = private::find(&shown, &said, &owners);
    contents
}

/// SDKs of which nothing but an address stands in the app.
fn by_address(contents: &mut Contents, signatures: &Signatures) {
    let mut found: BTreeMap<usize, Vec<&tattletale_core::model::app::Endpoint>> = BTreeMap::new();
    for endpoint in &contents.endpoints {
        if let Some(position) = signatures.of_host(&endpoint.host) {
            found.entry(position).or_default().push(endpoint);
        }
    }
    let mut added = Vec::new();
    for (position, endpoints) in found {
        let signature = &signatures.list[position];
        if contents.sdks.iter().any(|sdk| sdk.id == signature.id) {
            continue;
        }
        let hosts: Vec<String> = endpoints.iter().map(|endpoint| endpoint.host.clone()).collect();
        added.push(Sdk {
            id: signature.id.clone(),
            name: signature.name.clone(),
            organisation: signature.organisation.clone(),
            category: signature.category.clone(),
            version: None,
            sureness: Sureness::Address,
            classes: 0,
            places: endpoints.iter().flat_map(|endpoint| &endpoint.places).take(5).cloned().collect::<Vec<Place>>(),
            traces: hosts.clone(),
            hosts,
            evidence: signature.evidence.clone(),
        });
    }
    contents.sdks.extend(added);
}
