//! Links: fields that identify, and what they join: modes, sessions, receivers, and the anonymous past to an account.
//!
//! A field is judged by how its values behave ([`behaviour`]) and by what they look like ([`shape`]), never by its
//! name. Values of fields that identify are *identifiers*; copies of one identifier (other writing, digest, first
//! part) are its *forms* and one [`Id`]. Where an identifier stands on both sides of a boundary, it joins them.
//!
//! What is no identifier: what all devices or groups of them share (builds, models, versions, cohorts, the background
//! traffic of the operating system), moments, counters, measures, words and addresses, values that stand for none, and
//! what changes from use to use. With one device nothing can tell an identifier from a constant of the build unless it
//! was planted or is seen to be drawn anew: then [`Between::Unknown`] is said, and [`Join::sure`] is false.
//!
//! Sessions without a device name are taken for one device if none of the sessions has one; in a study that names
//! devices, an unnamed session is compared with no other.

mod behaviour;
mod fields;
mod forms;
mod joins;
mod places;
mod shape;
mod sign_in;
mod similar;
#[cfg(test)]
mod tests;
mod verdict;

use super::Session;
use tattletale_core::model::{Field, Part};

pub use behaviour::{Across, Behaviour, Between, Stay};
pub use forms::{Form, Known};
pub use joins::{Join, Joined};
pub use places::Place;
pub use shape::{Plain, Shape};
pub use sign_in::{SignIn, SignInBy};
pub use verdict::{NoIdentifier, Turnover, Verdict};

/// Everything about identifiers in a study.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// Devices that could be told apart; 1 where no session names one.
    pub devices: usize,
    /// Every field of every receiver with its verdict, in the order of the sessions and of first use.
    pub fields: Vec<LinkField>,
    /// The identifiers, in the order of the fields that hold them.
    pub ids: Vec<Id>,
    /// What they join.
    pub joins: Vec<Join>,
    /// Records that join what was sent before to an account or to another identifier.
    pub sign_ins: Vec<SignIn>,
    /// Values that were over a bound and were not taken for identifiers.
    pub left_out: usize,
}

/// One field of one receiver and what it is.
#[derive(Debug, Clone)]
pub struct LinkField {
    /// Host that received it.
    pub host: String,
    /// Registrable domain of the host, if it has one.
    pub domain: Option<String>,
    /// Part of the exchange.
    pub part: Part,
    /// Layers down to it, positions and random names as `*`.
    pub path: String,
    /// What it is.
    pub verdict: Verdict,
    /// How its values behave.
    pub behaviour: Behaviour,
    /// The most common shape of its values, if most have one.
    pub shape: Option<Shape>,
    /// What it says about its device.
    pub bits: Bits,
    /// Uses that were looked at.
    pub uses: usize,
}

/// Bits of information that a field holds about which device it is.
///
/// A value that differs between n devices holds at least log2(n) bits; its format bounds it from above. Bits of
/// several fields do not add up: they depend on each other, as Eckersley, "How Unique Is Your Web Browser?" (PETS
/// 2010), found, so no joint figure is given without a table of how common each combination is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bits {
    /// Binary logarithm of the number of devices that it tells apart; none with one device.
    pub at_least: Option<f64>,
    /// What the format can hold; none where it has no fixed form.
    pub at_most: Option<f64>,
}

/// One identifier: a value with all its forms and where they were sent. Its value is the user's secret: show its
/// label, or pass a form through the masks of a report.
#[derive(Debug, Clone)]
pub struct Id {
    /// Number for reports, from 1.
    pub number: usize,
    /// The value as it stands (or what it was made from) first, then copies of it.
    pub forms: Vec<Form>,
    /// The planted value that it is, if it is one.
    pub known: Option<Known>,
    /// Whether it was seen to tell devices apart: planted, or in a field that differs between devices.
    pub tells_apart: bool,
    /// Where it was seen: the first place of each form, field, session and mode.
    pub places: Vec<Place>,
    /// Places that were over the bound.
    pub more_places: usize,
}

impl Id {
    /// `id-1`: the label in every report.
    pub fn label(&self) -> String {
        format!("id-{}", self.number)
    }
}

impl Links {
    /// Fields that identify a device or person for longer than a session.
    pub fn identifiers(&self) -> impl Iterator<Item = &LinkField> {
        self.fields.iter().filter(|field| field.verdict == Verdict::Identifier)
    }

    /// The identifiers that join normal and incognito mode.
    pub fn across_modes(&self) -> impl Iterator<Item = (&Join, &Id)> {
        self.joins.iter().filter(|join| join.what == Joined::Modes).map(|join| (join, &self.ids[join.id]))
    }
}

impl LinkField {
    /// Encodings around the value itself, outermost first: the layers at the end of its path that have no places.
    /// A field that reads `base64` here holds the base64 of its identifier.
    pub fn wrapped_in(&self) -> Vec<&str> {
        let layers: Vec<&str> = self.path.split(" › ").collect();
        let from = layers.iter().rposition(|layer| layer.contains(' ')).map_or(0, |last| last + 1);
        layers[from..].iter().copied().filter(|layer| !layer.is_empty()).collect()
    }

    /// Whether it was seen to differ between devices.
    fn tells_devices_apart(&self) -> bool {
        matches!(self.behaviour.devices, Between::Differs { .. })
    }

    /// One sentence on how its values behave.
    pub fn words(&self) -> String {
        verdict::words(self)
    }
}

/// Finds what identifies in sessions whose fields were collected, and what it joins.
///
/// Takes time linear in the uses of fields, but for copies: each identifier is looked up among the digests of all
/// others, which are bounded.
pub fn links(sessions: &[Session]) -> Links {
    let study = fields::Study::of(sessions);
    let planted = forms::Planted::of(sessions);
    let mut found: Vec<LinkField> = Vec::new();
    let mut candidates = forms::Candidates::default();
    candidates.add_planted(&study, &planted);
    let groups = study.groups();
    for group in &groups {
        let values = study.values(group);
        let field = verdict::judge(group, &values, &planted);
        if matches!(field.verdict, Verdict::Identifier | Verdict::Rotating(_) | Verdict::Watched) {
            candidates.add(&field, &values);
        }
        found.push(field);
    }
    let (ids, members) = candidates.ids(&planted);
    let (ids, sightings) = places::find(&study, &groups, &members, ids);
    places::follow(&mut found, &ids, &sightings);
    Links {
        devices: study.devices(),
        joins: joins::joins(&found, &ids, &sightings),
        sign_ins: sign_in::sign_ins(&groups, &ids, &sightings),
        fields: found,
        ids,
        left_out: candidates.left_out,
    }
}

/// Whether a value may have been cut when it was collected.
fn is_cut(value: &[u8]) -> bool {
    value.len() >= Field::LONGEST
}
