//! Is something known in this app? An SDK by its signature, classes by their names, a text, or the code of another app.

use std::collections::HashSet;

use crate::compare::{Comparison, Hasher, Print, Side, compare};
use crate::dex::text;
use crate::look::unit::{Unit, bare, java_name, units};
use crate::package::Package;
use crate::signature::Signatures;

/// Places that are told.
const PLACES: usize = 5;
/// Share of the sought app's methods that must be there before both are compared in full.
const WORTH_COMPARING: f64 = 0.05;

/// What is sought.
#[derive(Debug)]
pub enum Sought<'s, 'b> {
    /// An SDK, by its position among the signatures.
    Sdk(usize),
    /// Classes whose names begin so, as Java writes them.
    Classes(String),
    /// A text that a string holds.
    Text(String),
    /// The code of another app.
    Code {
        /// Its files.
        side: Side<'s, 'b>,
        /// With which its print was made.
        hasher: &'s Hasher,
    },
}

/// What was found in one app.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// How many classes or strings; of code, methods that are the same.
    pub count: u64,
    /// Some of them.
    pub places: Vec<String>,
    /// How the code compares, where code was sought.
    pub comparison: Option<Comparison>,
}

/// Looks for it; none when it is not there. Trouble with the app goes to its faults.
pub fn find(sought: &Sought<'_, '_>, package: &mut Package, signatures: &Signatures) -> Option<Found> {
    let mut faults = std::mem::take(&mut package.faults);
    let units = units(package, &mut faults);
    let found = match sought {
        Sought::Sdk(position) => classes(&units, |name| signatures.of_class(name) == Some(*position)).or_else(|| {
            let strings = &signatures.list[*position].strings;
            let wanted = |string: &[u8]| strings.iter().any(|wanted| wanted.as_bytes() == string);
            strings_of(&units, wanted)
                .filter(|found| found.count as usize >= signatures.list[*position].least && !strings.is_empty())
        }),
        Sought::Classes(prefix) => {
            let prefix = prefix.replace('.', "/");
            classes(&units, |name| name.starts_with(&prefix))
        }
        Sought::Text(wanted) => {
            let finder = memchr::memmem::Finder::new(wanted.as_bytes());
            strings_of(&units, |string| finder.find(string).is_some())
        }
        Sought::Code { side, hasher } => code(*side, hasher, &units),
    };
    package.faults = faults;
    found
}

fn classes(units: &[Unit<'_>], wanted: impl Fn(&str) -> bool) -> Option<Found> {
    let all = units.iter().flat_map(|unit| &unit.classes);
    let found: Vec<&[u8]> = all.map(|class| class.descriptor).filter(|name| wanted(&text(bare(name)))).collect();
    (!found.is_empty()).then(|| Found {
        count: found.len() as u64,
        places: found.iter().take(PLACES).map(|name| java_name(name)).collect(),
        comparison: None,
    })
}

fn strings_of(units: &[Unit<'_>], wanted: impl Fn(&[u8]) -> bool) -> Option<Found> {
    let mut found: HashSet<&[u8]> = HashSet::new();
    for unit in units {
        found.extend((0..unit.dex.strings()).filter_map(|row| unit.dex.string(row)).filter(|string| wanted(string)));
    }
    let mut places: Vec<String> = found.iter().map(|string| text(string).into_owned()).collect();
    places.sort();
    places.truncate(PLACES);
    (!found.is_empty()).then_some(Found { count: found.len() as u64, places, comparison: None })
}

fn code(side: Side<'_, '_>, hasher: &Hasher, units: &[Unit<'_>]) -> Option<Found> {
    let print = Print::of(units, hasher);
    if side.print.share_in(&print) < WORTH_COMPARING {
        return None;
    }
    let comparison = compare(side, Side { units, print: &print });
    comparison.contained.filter(|share| *share >= WORTH_COMPARING)?;
    Some(Found { count: comparison.methods.same, places: Vec::new(), comparison: Some(comparison) })
}
