//! Personal data that nobody planted: recognised by its own check, at the leaves of the walk.
//!
//! A [`Detector`] knows one kind of data. It is shown every field that could hold it ([`Traits`] lets it decline at
//! once) and answers with what it recognised and how sure its check makes it. A check digit alone is never enough where
//! one number in ten passes it: then the name of the field has to say the same. What is sure must be right: one wrong
//! "IMEI" makes a report worthless, so the tests of all detectors hold each against what only looks like it.
//!
//! What takes more than one field (a latitude with its longitude, a list of packages, an id that lasts) is settled
//! when the part or the capture ends: see [`recogniser`](Recogniser).

mod account;
mod apps;
mod card;
mod coordinates;
mod device;
mod email;
mod field;
mod names;
mod phone;
mod places;
mod recogniser;
mod wifi;

pub(super) use field::luhn;
pub use field::{Field, Traits};
pub use recogniser::{Recognised, Recogniser, UUID_LASTS};

use std::ops::Range;

/// One kind of personal data.
pub trait Detector: Sync {
    /// One of [`crate::model::truth::VALUE_KINDS`].
    fn kind(&self) -> &'static str;

    /// What it recognises and by which check, with the source of the check, in one sentence.
    fn about(&self) -> &'static str;

    /// A field and a text in which it is recognised for sure.
    fn example(&self) -> (&'static str, &'static str);

    /// Whether it is shown addresses whole, though a layer takes them apart.
    fn reads_addresses(&self) -> bool {
        false
    }

    /// Names without one of which a field does not hold it, small letters with a blank between words; none for what is
    /// recognised in any field.
    fn names(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a text with these traits could hold it; decides before anything is looked at closely.
    fn wants(&self, traits: &Traits) -> bool;

    /// Appends what it recognises in a field that has one of its [names](Self::names). May be called with any text; must
    /// take time linear in it.
    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>);
}

/// A place in a field where personal data stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Bytes in the field.
    pub range: Range<usize>,
    /// In its normal form, for comparison: digits only, lower case.
    pub value: String,
    /// What more it takes to be sure.
    pub sure: Sure,
}

/// Whether a match stands by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// The check alone, or the check and the name of the field, leave no doubt.
    Yes,
    /// The check passes, but too much else passes it.
    No,
    /// Only with its other half in a sibling field (latitude and longitude).
    WithSibling,
    /// Only in a list of at least so many (packages).
    InListOf(usize),
    /// Only if the same value comes again in other exchanges.
    IfItLasts,
}

/// All detectors.
pub static DETECTORS: &[&dyn Detector] = &[
    &email::Email,
    &phone::Phone,
    &device::Imei,
    &device::Imsi,
    &device::Iccid,
    &device::Mac,
    &device::AdvertisingId,
    &device::AndroidId,
    &device::LastingUuid,
    &coordinates::Latitude,
    &coordinates::Longitude,
    &wifi::Ssid,
    &wifi::Bssid,
    &card::Card,
    &account::Iban,
    &places::Visited,
    &places::Searched,
    &apps::Apps,
];
