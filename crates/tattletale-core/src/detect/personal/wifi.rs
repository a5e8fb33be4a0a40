//! The networks around a person, which say where they are (WiGLE and the like list their places).

use super::device::macs;
use super::{Detector, Field, Match, Sure, Traits};

pub(super) struct Ssid;
pub(super) struct Bssid;

/// What systems give instead of a name, and what is no name.
const NO_NAMES: &[&str] =
    &["<unknown ssid>", "unknown ssid", "0x", "null", "none", "unknown", "true", "false", "wifi", "undefined"];

impl Detector for Ssid {
    fn kind(&self) -> &'static str {
        "ssid"
    }

    fn about(&self) -> &'static str {
        "up to 32 bytes (IEEE 802.11) in a field named SSID or Wi-Fi name; what Android gives without permission is none"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("wifi_ssid", "FRITZ!Box 7590 QX")
    }

    fn names(&self) -> &'static [&'static str] {
        &["ssid", "wifi name", "network ssid"]
    }

    fn wants(&self, traits: &Traits) -> bool {
        (1..=34).contains(&traits.length)
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let name = field.text.trim_matches('"');
        let named = field.ends_in(&["ssid"]) || field.is_named(&["wifi name", "network ssid"]);
        if named && !name.is_empty() && !NO_NAMES.contains(&name.to_lowercase().as_str()) {
            out.push(Match { range: 0..field.text.len(), value: name.to_owned(), sure: Sure::Yes });
        }
    }
}

impl Detector for Bssid {
    fn kind(&self) -> &'static str {
        "bssid"
    }

    fn about(&self) -> &'static str {
        "a hardware address in a field named like that of an access point (IEEE 802.11)"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("bssid", "3c:a6:2f:11:22:90")
    }

    fn names(&self) -> &'static [&'static str] {
        &["bssid"]
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.hex >= 12 && traits.length <= 1_024
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        macs(field, true, out);
    }
}
