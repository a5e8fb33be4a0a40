//! Numbers of a phone, its SIM and its software.

use super::field::{is_filler, luhn};
use super::{Detector, Field, Match, Sure, Traits};

fn whole(field: &Field<'_>, value: String, sure: bool) -> Match {
    Match { range: 0..field.text.len(), value, sure: if sure { Sure::Yes } else { Sure::No } }
}

pub(super) struct Imei;

/// Reporting bodies that allocate type codes: the first two digits (GSMA TS.06, annex A, and the codes in use today).
const REPORTING_BODIES: &[&str] =
    &["01", "33", "35", "44", "45", "49", "50", "51", "52", "53", "54", "86", "91", "98", "99"];

impl Detector for Imei {
    fn kind(&self) -> &'static str {
        "imei"
    }

    fn about(&self) -> &'static str {
        "15 digits with Luhn's check digit under a reporting body in use (GSMA TS.06), in a field named like a device \
         number; 16 digits (IMEISV) by name only"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("imei", "864040504207201")
    }

    fn wants(&self, traits: &Traits) -> bool {
        matches!(traits.digits, 15 | 16) && traits.length <= 20
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let digits: String = field.text.chars().filter(char::is_ascii_digit).collect();
        let plain = field.text.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ' ');
        let body = REPORTING_BODIES.iter().any(|body| digits.starts_with(body));
        if !plain || !body || is_filler(&digits) || (digits.len() == 15 && !luhn(&digits)) {
            return;
        }
        let named = field.is_named(&["imei", "imei1", "imei2", "imeisv", "meid", "imeis"]);
        let device = field.is_named(&["device id", "deviceid", "did", "hardware id"]);
        if named || digits.len() == 15 {
            out.push(whole(field, digits.clone(), named || (device && digits.len() == 15)));
        }
    }
}

pub(super) struct Imsi;

impl Detector for Imsi {
    fn kind(&self) -> &'static str {
        "imsi"
    }

    fn about(&self) -> &'static str {
        "14 or 15 digits that start with a mobile country code (ITU-T E.212, 2xx to 7xx), in a field named like it"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("imsi", "260021234509876")
    }

    fn names(&self) -> &'static [&'static str] {
        &["imsi", "subscriber id", "sim imsi"]
    }

    fn wants(&self, traits: &Traits) -> bool {
        matches!(traits.digits, 14 | 15) && traits.digits == traits.length
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let region = matches!(field.text.as_bytes()[0], b'2'..=b'7');
        if region && !is_filler(field.text) {
            out.push(whole(field, field.text.to_owned(), true));
        }
    }
}

pub(super) struct Iccid;

impl Detector for Iccid {
    fn kind(&self) -> &'static str {
        "iccid"
    }

    fn about(&self) -> &'static str {
        "18 to 20 digits that start with 89 (ITU-T E.118, telecommunication), Luhn's check at 19 and 20, in a field \
         named like a SIM card"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("iccid", "8948021234509876126")
    }

    fn wants(&self, traits: &Traits) -> bool {
        (18..=20).contains(&traits.digits) && traits.digits == traits.length
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let checked = field.text.len() == 18 || luhn(field.text);
        if field.text.starts_with("89") && checked && !is_filler(field.text) {
            let named = field.is_named(&["iccid", "sim serial", "sim", "sim serial number", "icc"]);
            out.push(whole(field, field.text.to_owned(), named));
        }
    }
}

pub(super) struct Mac;

impl Detector for Mac {
    fn kind(&self) -> &'static str {
        "mac"
    }

    fn about(&self) -> &'static str {
        "six pairs of hex digits (IEEE 802, EUI-48) with the same separator, no group address and none of the constants \
         that systems give instead; without separators only in a field named so"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("wifi", "02:a3:33:66:ea:fe")
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.hex >= 12 && traits.length <= 1_024
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        if field.is_named(&["bssid"]) {
            return;
        }
        macs(field, field.is_named(&["mac", "mac address", "macaddr", "wifi mac", "bluetooth address"]), out);
    }
}

/// Appends the hardware addresses in a field; `named` allows them without separators.
pub(super) fn macs(field: &Field<'_>, named: bool, out: &mut Vec<Match>) {
    for (start, run) in field.runs(12, |c| c.is_ascii_hexdigit() || c == ':' || c == '-') {
        let digits: String = run.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase();
        let pairs = |separator: char| {
            run.len() == 17 && run.split(separator).count() == 6 && run.split(separator).all(|pair| pair.len() == 2)
        };
        let bare = named && run.len() == 12 && run.len() == field.text.len();
        if (pairs(':') || pairs('-') || bare) && is_hardware_address(&digits) {
            out.push(Match { range: start..start + run.len(), value: digits, sure: Sure::Yes });
        }
    }
}

/// No group address (lowest bit of the first byte), not all alike, and not Android's constant since version 6.
fn is_hardware_address(digits: &str) -> bool {
    let first = u8::from_str_radix(&digits[..2], 16).unwrap_or(1);
    first & 1 == 0 && digits != "020000000000" && !digits[2..].bytes().all(|byte| byte == digits.as_bytes()[2])
}

pub(super) struct AdvertisingId;

impl Detector for AdvertisingId {
    fn kind(&self) -> &'static str {
        "advertising-id"
    }

    fn about(&self) -> &'static str {
        "a UUID (RFC 9562) in a field named like an advertising id; the all-zero one says that it was withheld"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("gaid", "3b1f9f5e-0f55-4c0c-9d0b-6a4c2f1f7e11")
    }

    fn names(&self) -> &'static [&'static str] {
        &["gaid", "adid", "idfa", "aaid", "oaid", "advertising id", "ad id", "advertiser id", "google ad id", "ifa"]
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.length == 36 && traits.hex == 32
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        if let Some(value) = uuid(field.text) {
            out.push(whole(field, value, true));
        }
    }
}

pub(super) struct AndroidId;

impl Detector for AndroidId {
    fn kind(&self) -> &'static str {
        "android-id"
    }

    fn about(&self) -> &'static str {
        "16 hex digits (Android's Settings.Secure.ANDROID_ID) in a field named like a device id; the constant of a \
         defect of Android 2.2 is none"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("android_id", "cd2597a3d6a0e17c")
    }

    fn names(&self) -> &'static [&'static str] {
        &["android id", "ssaid", "device id", "identity android id", "anonymization id"]
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.length == 16 && traits.hex == 16 && traits.digits < 16
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        let value = field.text.to_lowercase();
        if value != "9774d56d682e549c" {
            out.push(whole(field, value, true));
        }
    }
}

/// An id that was drawn once and comes again: whether it lasts is for the capture to say.
pub(super) struct LastingUuid;

impl Detector for LastingUuid {
    fn kind(&self) -> &'static str {
        "uuid"
    }

    fn about(&self) -> &'static str {
        "a random UUID (RFC 9562, versions 1, 4 and 7) that comes again in other exchanges with the same receiver, in a \
         field named like an id of a user, a device or an installation"
    }

    fn example(&self) -> (&'static str, &'static str) {
        ("installation_id", "7d444840-9dc0-41d1-b245-5ffdce74fad2")
    }

    fn names(&self) -> &'static [&'static str] {
        &[
            "user id",
            "device id",
            "distinct id",
            "anonymous id",
            "anon id",
            "installation id",
            "install id",
            "client id",
            "visitor id",
            "instance id",
            "uuid",
            "guid",
            "uid",
            "duid",
            "cid",
        ]
    }

    fn wants(&self, traits: &Traits) -> bool {
        traits.length == 36 && traits.hex == 32
    }

    fn look(&self, field: &Field<'_>, out: &mut Vec<Match>) {
        if let Some(value) = uuid(field.text) {
            out.push(Match { range: 0..field.text.len(), value, sure: Sure::IfItLasts });
        }
    }
}

/// The lower-case text of a UUID of a version that is drawn; none for the all-zero one.
fn uuid(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let shaped = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    let drawn = shaped && matches!(groups[2].as_bytes()[0], b'1' | b'4' | b'7');
    let variant = shaped && matches!(groups[3].as_bytes()[0].to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b');
    (drawn && variant).then(|| text.to_lowercase())
}
