//! Where the person is: a latitude and a longitude in sibling fields, or both in one.

use super::{Detector, Field, Match, Sure, Traits};

/// Decimals from which a place is a place: three are about 110 metres.
const DECIMALS: usize = 3;

/// Names of fields that hold degrees.
const NAMES: &[&str] = &[
    "lat",
    "latitude",
    "lon",
    "lng",
    "longitude",
    "long",
    "location",
    "loc",
    "geo",
    "gps",
    "coordinates",
    "coords",
    "latlng",
    "latlon",
    "position",
    "ll",
];
const LATITUDE: &[&str] = NAMES.split_at(2).0;
const LONGITUDE: &[&str] = NAMES.split_at(2).1.split_at(4).0;
/// Of both at once.
const PLACES: &[&str] = NAMES.split_at(6).1;

pub(super) struct Latitude;
pub(super) struct Longitude;

impl Detector for Latitude {
    fn kind(&self) -> &'static str {
        "latitude"
    }

    fn about(&self) -> &'static str {
        "degrees (WGS 84) with three decimals or more in a field named like a latitude, beside a longitude; or the first \
         of two in a field named like a place"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("location", "52.005386,21.028079")
    }

    fn names(&self) -> &'static [&'static str] {
        NAMES
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.dots >= 1 && traits.digits > DECIMALS && traits.length <= 64
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        look(field, LATITUDE, 0, 90.0, out);
    }
}

impl Detector for Longitude {
    fn kind(&self) -> &'static str {
        "longitude"
    }

    fn about(&self) -> &'static str {
        "degrees (WGS 84) with three decimals or more in a field named like a longitude, beside a latitude; or the second \
         of two in a field named like a place"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("location", "52.005386,21.028079")
    }

    fn names(&self) -> &'static [&'static str] {
        NAMES
    }

    fn wants(&self, traits: &Traits) -> bool {
        Latitude.wants(traits)
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        look(field, LONGITUDE, 1, 180.0, out);
    }
}

fn look(field: &Field<'_>, names: &[&str], position: usize, limit: f64, out: &mut Vec<Match>) {
    if field.ends_in(names) {
        if let Some(value) = degrees(field.text, limit) {
            out.push(Match { range: 0..field.text.len(), value, sure: Sure::WithSibling });
        }
        return;
    }
    if !field.ends_in(PLACES) {
        return;
    }
    let text = field.text.strip_prefix("geo:").unwrap_or(field.text);
    let mut both = text.split([',', ';', ' ']).filter(|number| !number.is_empty());
    if let (Some(first), Some(second), None) = (both.next(), both.next(), both.next())
        && degrees(first, 90.0).is_some()
        && degrees(second, 180.0).is_some()
    {
        let one = [first, second][position];
        let start = one.as_ptr() as usize - field.text.as_ptr() as usize;
        out.push(Match { range: start..start + one.len(), value: one.to_owned(), sure: Sure::Yes });
    }
}

/// A number of degrees that says where something is: not zero, inside the limits, fine enough.
fn degrees(text: &str, limit: f64) -> Option<String> {
    let (_, decimals) = text.split_once('.')?;
    let number: f64 = text.parse().ok()?;
    let fine = decimals.len() >= DECIMALS && decimals.bytes().all(|byte| byte.is_ascii_digit());
    (fine && number != 0.0 && number.abs() <= limit).then(|| text.to_owned())
}
