//! Which SDKs are in the code, by their names, and where names are gone by their strings.

use std::collections::{BTreeMap, BTreeSet};

use tattletale_core::model::app::{Place, Sdk, Sureness};

use super::Shown;
use super::native::Library;
use super::references::{ASKED, Marks, Use};
use super::unit::{Unit, bare, java_name};
use crate::dex::{Constant, Index, text};
use crate::package::{Kind, Package};
use crate::signature::{Signature, Signatures};

/// Places of one SDK that are listed.
const PLACES: usize = 5;

/// The signature of every class of every file, by position; none for the app's own.
pub(crate) type Owners = Vec<Vec<Option<usize>>>;

/// Strings that are a signature's own, by their bytes.
pub(crate) fn mark(strings: &[Option<&[u8]>], signatures: &Signatures, marks: &mut Marks) -> BTreeMap<u32, Vec<usize>> {
    let mut wanted: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (position, signature) in signatures.list.iter().enumerate() {
        signature.strings.iter().for_each(|string| wanted.entry(string.as_bytes()).or_default().push(position));
    }
    let mut marked = BTreeMap::new();
    if wanted.is_empty() {
        return marked;
    }
    let longest = wanted.keys().map(|string| string.len()).max().unwrap_or_default();
    for (number, string) in (0..).zip(strings) {
        let string = string.filter(|string| string.len() <= longest);
        if let Some(of) = string.and_then(|string| wanted.get(string)) {
            marks.strings[number as usize] |= ASKED;
            marked.insert(number, of.clone());
        }
    }
    marked
}

/// Whose every class is, by its name.
pub(crate) fn owners(units: &[Unit<'_>], signatures: &Signatures) -> Owners {
    let of = |unit: &Unit<'_>| {
        unit.classes.iter().map(|defined| signatures.of_class(&text(bare(defined.descriptor)))).collect()
    };
    units.iter().map(of).collect()
}

/// What is known of one SDK so far.
#[derive(Default)]
struct Found {
    classes: u64,
    places: Vec<Place>,
    traces: BTreeSet<String>,
    version: Option<String>,
}

/// The SDKs by name. Classes that only look like one become its own in `owners`, so that what they do counts as its.
pub(crate) fn find(
    shown: &Shown<'_, '_>,
    marked: &[BTreeMap<u32, Vec<usize>>],
    uses: &[Vec<Use>],
    owners: &mut Owners,
) -> Vec<Sdk> {
    let mut named: BTreeMap<usize, Found> = BTreeMap::new();
    for (unit, owners) in shown.units.iter().zip(owners.iter()) {
        for (defined, owner) in unit.classes.iter().zip(owners) {
            let Some(owner) = *owner else { continue };
            let found = named.entry(owner).or_default();
            found.classes += 1;
            if found.places.len() < PLACES {
                found.places.push(Place { file: unit.place.clone(), class: java_name(defined.descriptor) });
            }
            if found.version.is_none() {
                found.version = version_constant(unit, &defined.class, &defined.data.statics);
            }
        }
    }
    let similar = similar(shown, marked, uses, owners);
    let mut sdks = Vec::new();
    for (owner, found) in named {
        sdks.push(sdk(&shown.signatures.list[owner], found, Sureness::Named, shown.package));
    }
    for (owner, found) in similar {
        sdks.push(sdk(&shown.signatures.list[owner], found, Sureness::LooksLike, shown.package));
    }
    sdks
}

/// What native libraries have of SDKs: places of those that are there, and those that are nowhere else.
pub(crate) fn find_native(shown: &Shown<'_, '_>, libraries: &[Library], sdks: &mut Vec<Sdk>) {
    for library in libraries {
        let place = |class: &str| Place { file: library.place.clone(), class: class.to_owned() };
        let signatures = &shown.signatures.list;
        let named = library.classes.iter().map(|(of, class)| (*of, place(class), None));
        let strings = library.strings.iter().filter(|(of, strings)| strings.len() >= signatures[**of].least.max(2));
        let similar = strings.map(|(of, strings)| (*of, place(""), Some(strings)));
        for (of, place, traces) in named.chain(similar) {
            let signature = &signatures[of];
            if let Some(known) = sdks.iter_mut().find(|sdk| sdk.id == signature.id) {
                if known.places.iter().all(|other| other.file != place.file) {
                    known.places.push(place);
                }
                continue;
            }
            let sureness = if traces.is_some() { Sureness::LooksLike } else { Sureness::Named };
            let traces = traces.cloned().unwrap_or_default();
            let found = Found { classes: 0, places: vec![place], traces, version: None };
            sdks.push(sdk(signature, found, sureness, shown.package));
        }
    }
}

fn sdk(signature: &Signature, found: Found, sureness: Sureness, package: &Package) -> Sdk {
    Sdk {
        id: signature.id.clone(),
        name: signature.name.clone(),
        organisation: signature.organisation.clone(),
        category: signature.category.clone(),
        version: found.version.or_else(|| version_file(signature, package)),
        sureness,
        classes: found.classes,
        places: found.places,
        traces: found.traces.into_iter().collect(),
        hosts: signature.hosts.clone(),
        evidence: signature.evidence.clone(),
    }
}

/// SDKs whose strings stand together in classes that have other names.
fn similar(
    shown: &Shown<'_, '_>,
    marked: &[BTreeMap<u32, Vec<usize>>],
    uses: &[Vec<Use>],
    owners: &mut Owners,
) -> BTreeMap<usize, Found> {
    // signature → class (file, position) → strings
    type Classes = BTreeMap<(usize, u32), BTreeSet<String>>;
    let mut seen: BTreeMap<usize, Classes> = BTreeMap::new();
    for (file, (marked, uses)) in marked.iter().zip(uses).enumerate() {
        for used in uses.iter().filter(|used| used.index == Index::String) {
            let of = marked.get(&used.row).map(Vec::as_slice).unwrap_or_default();
            let Some(string) = shown.units[file].dex.string(used.row) else { continue };
            for &signature in of.iter().filter(|_| owners[file][used.class as usize].is_none()) {
                let classes = seen.entry(signature).or_default();
                classes.entry((file, used.class)).or_default().insert(text(string).into_owned());
            }
        }
    }
    let mut found = BTreeMap::new();
    for (signature, mut classes) in seen {
        // One string alone may be anybody's.
        classes.retain(|_, strings| strings.len() > 1);
        let traces: BTreeSet<String> = classes.values().flatten().cloned().collect();
        if traces.len() < shown.signatures.list[signature].least {
            continue;
        }
        let place = |&(file, class): &(usize, u32)| Place {
            file: shown.units[file].place.clone(),
            class: java_name(shown.units[file].classes[class as usize].descriptor),
        };
        let places = classes.keys().take(PLACES).map(place).collect();
        classes.keys().for_each(|&(file, class)| owners[file][class as usize] = Some(signature));
        found.insert(signature, Found { classes: classes.len() as u64, places, traces, version: None });
    }
    found
}

/// The value of a static field called `VERSION`, `SDK_VERSION` or `VERSION_NAME`, if it looks like a version.
fn version_constant(unit: &Unit<'_>, class: &crate::dex::Class, statics: &[crate::dex::FieldEntry]) -> Option<String> {
    const NAMES: [&[u8]; 5] = [b"VERSION", b"SDK_VERSION", b"VERSION_NAME", b"LIB_VERSION", b"SDK_VERSION_NAME"];
    let named =
        |entry: &crate::dex::FieldEntry| unit.dex.field(entry.field).is_some_and(|field| NAMES.contains(&field.name));
    let position = statics.iter().position(named)?;
    match unit.dex.statics(class).get(position)? {
        Constant::String(number) => {
            let version = text(unit.dex.string(*number)?).into_owned();
            is_version(&version).then_some(version)
        }
        _ => None,
    }
}

/// Digits and dots, then maybe a word: `3.2.10`, `6.8.1-pre`.
fn is_version(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_digit());
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+".contains(c));
    begins && plain && text.contains('.') && text.len() <= 40
}

/// The version in a file that the build left in the package: `version=17.1.0` or only the version.
fn version_file(signature: &Signature, package: &Package) -> Option<String> {
    let files = package.parts.iter().filter(|part| part.kind == Kind::Version);
    let named = |place: &str| {
        let name = place.rsplit('/').next().unwrap_or(place);
        signature.version_files.iter().any(|file| name == file)
    };
    files.filter(|part| named(&part.place)).find_map(|part| {
        let text = String::from_utf8_lossy(&part.bytes);
        let line = text.lines().find_map(|line| line.trim().strip_prefix("version=")).unwrap_or(text.trim());
        is_version(line).then(|| line.to_owned())
    })
}
