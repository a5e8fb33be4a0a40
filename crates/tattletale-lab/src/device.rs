//! Phones: the four whose firmware was reported on, and one of another maker with the browsers of the Play Store.
//!
//! Identifiers have the right form (check digits, lengths, alphabets) and can never be those of a sold phone: IMEIs
//! begin with 00, which GSMA TS.06 leaves to test equipment, MAC addresses have the bit for locally administered
//! ones (IEEE 802), the rest is random.

use crate::seeded::Seeded;

/// A model of phone, as far as telemetry names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// Name in scenarios.
    pub name: &'static str,
    /// Name in shops.
    pub sold_as: &'static str,
    /// `Build.MANUFACTURER`.
    pub manufacturer: &'static str,
    /// `Build.DEVICE`, the code name.
    pub code_name: &'static str,
    /// Android version.
    pub android: &'static str,
    /// MIUI version, none on phones of other makers.
    pub miui: Option<&'static str>,
    /// Width and height of the screen in pixels.
    pub screen: (u32, u32),
}

/// All modelled phones. Source of the choice: Forbes, 30 April 2020 (the Redmi Note 8 was observed, the firmware of
/// the next three holds the same browser code). Code names, screens and versions are the makers' published data or,
/// for the last one, made up.
pub const MODELS: &[Model] = &[
    Model {
        name: "redmi-note-8",
        sold_as: "Redmi Note 8",
        manufacturer: "Xiaomi",
        code_name: "ginkgo",
        android: "9",
        miui: Some("V11.0.6.0.PCOMIXM"),
        screen: (1080, 2340),
    },
    Model {
        name: "mi-10",
        sold_as: "Mi 10",
        manufacturer: "Xiaomi",
        code_name: "umi",
        android: "10",
        miui: Some("V11.0.15.0.QJBMIXM"),
        screen: (1080, 2340),
    },
    Model {
        name: "redmi-k20",
        sold_as: "Redmi K20",
        manufacturer: "Xiaomi",
        code_name: "davinci",
        android: "10",
        miui: Some("V11.0.4.0.QFJINXM"),
        screen: (1080, 2340),
    },
    Model {
        name: "mi-mix-3",
        sold_as: "Mi MIX 3",
        manufacturer: "Xiaomi",
        code_name: "perseus",
        android: "10",
        miui: Some("V11.0.2.0.QEEMIXM"),
        screen: (1080, 2340),
    },
    Model {
        name: "other-maker",
        sold_as: "Example One",
        manufacturer: "Example Phones",
        code_name: "one",
        android: "10",
        miui: None,
        screen: (1080, 2220),
    },
];

impl Model {
    /// The model called `name`.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.name == name)
    }

    /// Whether it is one of the maker's own, with its system and its preinstalled browser.
    pub fn is_own(&self) -> bool {
        self.miui.is_some()
    }
}

/// One phone, with the numbers that only it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What it is.
    pub model: &'static Model,
    /// 15 digits, the last one a check digit.
    pub imei: String,
    /// `ANDROID_ID`: 16 hex digits.
    pub android_id: String,
    /// Advertising id: a UUID.
    pub advertising_id: String,
    /// Wi-Fi MAC address, lower case with colons.
    pub mac: String,
    /// Serial number: 12 characters, upper case.
    pub serial: String,
    /// Mobile operator, made up.
    pub carrier: &'static str,
    /// Region, ISO 3166 alpha-2.
    pub region: &'static str,
    /// Language tag of the system.
    pub language: &'static str,
}

/// Region, language and made-up operator that go together.
const PLACES: &[(&str, &str, &str)] = &[
    ("PL", "pl_PL", "Example Mobile PL"),
    ("GB", "en_GB", "Example Telecom"),
    ("IN", "en_IN", "Example Cellular"),
    ("ES", "es_ES", "Ejemplo Movil"),
    ("ID", "in_ID", "Contoh Seluler"),
];

impl Device {
    /// A phone of this model; the same seed makes the same one.
    pub fn generate(model: &'static Model, seed: u64) -> Self {
        let mut seeded = Seeded::new(seed, "device");
        let (region, language, carrier) = *seeded.pick(PLACES);
        let body = format!("00{}", seeded.digits(12));
        let mac: [u8; 6] = seeded.bytes();
        let mac = [mac[0] & 0xfc | 0x02, mac[1], mac[2], mac[3], mac[4], mac[5]];
        Self {
            model,
            imei: format!("{body}{}", luhn_digit(&body)),
            android_id: seeded.hex(16),
            advertising_id: seeded.uuid(),
            mac: mac.map(|byte| format!("{byte:02x}")).join(":"),
            serial: seeded.hex(12).to_uppercase(),
            carrier,
            region,
            language,
        }
    }

    /// `User-Agent` of Android's own HTTP client.
    pub fn system_agent(&self) -> String {
        let model = self.model;
        let build = model.miui.unwrap_or("EX1.200401");
        format!("Dalvik/2.1.0 (Linux; U; Android {}; {} Build/{build})", model.android, model.sold_as)
    }
}

/// The check digit after `digits` (Luhn; ISO/IEC 7812-1, annex B; for IMEIs 3GPP TS 23.003, annex B).
pub fn luhn_digit(digits: &str) -> u32 {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let digits = digits.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    let sum: u32 = digits.map(|(place, digit)| if place % 2 == 0 { doubled(digit) } else { digit }).sum();
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digit_of_the_standard_example() {
        // 3GPP TS 23.003, annex B, and the number every tutorial uses.
        assert_eq!(luhn_digit("26053179311383"), 7);
        assert_eq!(luhn_digit("49015420323751"), 8);
    }

    #[test]
    fn identifiers_have_their_form_and_are_nobodys() {
        for (seed, model) in MODELS.iter().cycle().take(100).enumerate() {
            let device = Device::generate(model, seed as u64);
            let (body, check) = device.imei.split_at(14);
            assert_eq!(luhn_digit(body).to_string(), check);
            assert!(device.imei.starts_with("00"));
            assert_eq!(device.android_id.len(), 16);
            assert!(device.android_id.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert_eq!(device.advertising_id.len(), 36);
            let first = u8::from_str_radix(&device.mac[..2], 16).unwrap();
            assert_eq!((device.mac.len(), first & 3), (17, 2), "{}", device.mac);
            assert_eq!(device, Device::generate(model, seed as u64));
        }
        let of = |seed| Device::generate(&MODELS[0], seed).imei;
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn the_reported_models() {
        assert_eq!(MODELS.iter().filter(|model| model.is_own()).count(), 4);
        assert_eq!(Model::by_name("mi-10").map(|model| model.sold_as), Some("Mi 10"));
        assert_eq!(Model::by_name("nokia"), None);
    }
}
