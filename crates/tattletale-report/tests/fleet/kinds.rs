//! What the fields of a fleet hold: identifiers of all sorts, and all that only looks like one.

use super::Random;
use base64_simd::STANDARD;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;

/// How long a value lives: the truth of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Life {
    /// It identifies over sessions.
    Lasting,
    /// It is drawn anew with each session.
    Session,
    /// It is drawn anew every hour.
    Hour,
    /// It identifies nobody.
    None,
}

macro_rules! kinds {
    ($($name:ident $life:ident),* $(,)?) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
        pub(crate) enum Kind { $($name),* }
        impl Kind {
            pub(crate) const ALL: &[Kind] = &[$(Kind::$name),*];
            pub(crate) fn life(self) -> Life {
                match self { $(Kind::$name => Life::$life),* }
            }
        }
    };
}

kinds! {
    AndroidId Lasting, AndroidIdBase64 Lasting, AndroidIdMd5 Lasting, AndroidIdPart Lasting, AndroidIdUpper Lasting,
    InstallUuid Lasting, InstallUuidSha256 Lasting, InstallUuidBare Lasting, InstallUuidSha1Base64 Lasting,
    Imei Lasting, ImeiShaPart Lasting, Mac Lasting, MacBare Lasting, AdvertisingId Lasting, Token Lasting, Long Lasting,
    Short Lasting, Visitor Lasting, Person Lasting, ModeId Lasting, NormalCookie Lasting,
    SessionId Session, SessionToken Session, HourId Hour,
    Build None, Commit None, Version None, Model None, Cohort None, CohortToken None, Time None, Installed None,
    InstalledSeconds None, Counter None, SessionCount None, Event None, Nonce None, Signature None, Zero None,
    Language None, Screen None, Address None, Article None, Duration None, Flag None, Choice None, Storage None,
    Config None, Key None, Package None, Agent None, Place None, Random None, Title None, Date None, OwnContent None,
}

/// When and where a value is made.
pub(crate) struct Moment {
    pub(crate) seed: u64,
    pub(crate) device: u64,
    pub(crate) session: u64,
    pub(crate) incognito: bool,
    pub(crate) signed_in: bool,
    /// Unix milliseconds.
    pub(crate) at: i64,
    /// Messages before this one in the session.
    pub(crate) message: u64,
    /// What the person looks at.
    pub(crate) page: u64,
}

/// A value, and which identifier it is a copy of.
pub(crate) struct Made {
    pub(crate) text: String,
    pub(crate) root: Option<String>,
}

const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Kind {
    /// Content with spaces or commas, or that a number on the wire would be written otherwise.
    pub(crate) fn is_loose(self) -> bool {
        matches!(self, Kind::Agent | Kind::Title | Kind::Place)
    }

    /// For a digest or a part: the fields that hold the whole of what it was made from.
    pub(crate) fn originals(self) -> Option<&'static [Kind]> {
        match self {
            Kind::AndroidIdMd5 | Kind::AndroidIdPart => {
                Some(&[Kind::AndroidId, Kind::AndroidIdBase64, Kind::AndroidIdUpper])
            }
            Kind::InstallUuidSha256 | Kind::InstallUuidSha1Base64 => Some(&[Kind::InstallUuid, Kind::InstallUuidBare]),
            Kind::ImeiShaPart => Some(&[Kind::Imei]),
            _ => None,
        }
    }

    pub(crate) fn value(self, now: &Moment) -> Made {
        let (seed, device) = (now.seed, now.device);
        // The group of a device, of a model and of an experiment: smaller than any fleet.
        let model = Random::of(&[seed, 1, device]).below(3);
        let own = |kind: Kind, more: &[u64]| {
            let mut parts = vec![seed, 100 + kind as u64, device];
            parts.extend(more);
            Random::of(&parts)
        };
        let all = |kind: Kind, more: &[u64]| Random::of(&[&[seed, 900 + kind as u64], more].concat());
        let root = |kind: Kind| Some(format!("{device}/{kind:?}"));
        let digest = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let android = || own(Kind::AndroidId, &[]).hex(16);
        let install = || uuid(&mut own(Kind::InstallUuid, &[]));
        let imei = || imei(&mut own(Kind::Imei, &[]), model);
        let mac = || format!("a4:50:46:{}", colons(&own(Kind::Mac, &[]).hex(6)));
        let hour = (now.at / 3_600_000) as u64;
        let (text, root) = match self {
            Kind::AndroidId => (android(), root(Kind::AndroidId)),
            Kind::AndroidIdBase64 => (STANDARD.encode_to_string(android()), root(Kind::AndroidId)),
            Kind::AndroidIdMd5 => (digest(&Md5::digest(android())), root(Kind::AndroidId)),
            Kind::AndroidIdPart => (android()[..10].to_owned(), root(Kind::AndroidId)),
            Kind::AndroidIdUpper => (android().to_uppercase(), root(Kind::AndroidId)),
            Kind::InstallUuid => (install(), root(Kind::InstallUuid)),
            Kind::InstallUuidSha256 => (digest(&Sha256::digest(install())), root(Kind::InstallUuid)),
            Kind::InstallUuidBare => (install().replace('-', ""), root(Kind::InstallUuid)),
            Kind::InstallUuidSha1Base64 => {
                (STANDARD.encode_to_string(Sha1::digest(install())), root(Kind::InstallUuid))
            }
            Kind::Imei => (imei(), root(Kind::Imei)),
            Kind::ImeiShaPart => (digest(&Sha256::digest(imei()))[..16].to_owned(), root(Kind::Imei)),
            Kind::Mac => (mac(), root(Kind::Mac)),
            Kind::MacBare => (mac().replace(':', "").to_uppercase(), root(Kind::Mac)),
            Kind::AdvertisingId if device % 7 == 3 => (zeros(), None),
            Kind::AdvertisingId => (uuid(&mut own(self, &[])), root(self)),
            Kind::Token => (own(self, &[]).text(BASE62, 22), root(self)),
            Kind::Long => (format!("7{}", own(self, &[]).text("0123456789", 11)), root(self)),
            Kind::Short => (format!("{}b4", own(self, &[]).hex(6)), root(self)),
            // As an analytics cookie: a draw and the first visit.
            Kind::Visitor => {
                let mut random = own(self, &[]);
                let draw = 1_000_000_000 + random.below(1_000_000_000);
                (format!("GA1.2.{draw}.{}", 1_786_000_000 + random.below(9_000_000)), root(self))
            }
            Kind::Person if now.signed_in => (account(seed, device), root(Kind::Person)),
            Kind::Person => (uuid(&mut own(Kind::Person, &[1])), Some(format!("{device}/Anonymous"))),
            Kind::ModeId => {
                let mode = u64::from(now.incognito);
                (uuid(&mut own(self, &[mode])), Some(format!("{device}/ModeId/{mode}")))
            }
            Kind::NormalCookie => {
                let visit = if now.incognito { 1 + now.session } else { 0 };
                (own(self, &[visit]).text(BASE62, 20), Some(format!("{device}/NormalCookie/{visit}")))
            }
            Kind::SessionId => {
                (uuid(&mut own(self, &[now.session])), Some(format!("{device}/Session/{}", now.session)))
            }
            Kind::SessionToken => {
                (own(self, &[now.session]).text(BASE62, 24), Some(format!("{device}/SessionToken/{}", now.session)))
            }
            Kind::HourId => (uuid(&mut own(self, &[hour])), Some(format!("{device}/Hour/{hour}"))),
            Kind::Build => (format!("QKQ1.2001{:02}.002", 10 + model), None),
            Kind::Commit => (all(self, &[]).hex(40), None),
            Kind::Version => (format!("12.{}.{}.0", model, all(self, &[model]).below(9)), None),
            Kind::Model => (format!("M19{:02}C3J{}", 4 + model, ["G", "L", "E"][model as usize]), None),
            Kind::Cohort => (uuid(&mut all(self, &[Random::of(&[seed, 2, device]).below(4)])), None),
            Kind::CohortToken => (all(self, &[Random::of(&[seed, 3, device]).below(3)]).text(BASE62, 16), None),
            Kind::Time => (now.at.to_string(), None),
            Kind::Installed => ((1_786_000_000_000 + own(self, &[]).below(9_000_000_000)).to_string(), None),
            Kind::InstalledSeconds => ((1_786_000_000 + own(self, &[]).below(9_000_000)).to_string(), None),
            Kind::Counter => {
                ((own(self, &[]).below(900_000) + 20_000_000 + now.session * 5_000 + now.message * 3).to_string(), None)
            }
            Kind::SessionCount => ((17 + now.session).to_string(), None),
            Kind::Event => (uuid(&mut own(self, &[now.session, now.message])), None),
            Kind::Nonce => (own(self, &[now.session, now.message]).text(BASE62, 16), None),
            Kind::Signature => (own(self, &[now.session, now.message]).hex(64), None),
            Kind::Zero => (zeros(), None),
            Kind::Language => (["pl-PL", "en-GB", "id-ID"][model as usize].to_owned(), None),
            Kind::Screen => (["1080x2340", "1080x2400", "720x1520"][model as usize].to_owned(), None),
            Kind::Address => (format!("https://news.example/item/{}", all(self, &[now.page]).hex(10)), None),
            Kind::Article => (all(self, &[now.page]).text(BASE62, 11), None),
            Kind::Duration => (own(self, &[now.session, now.message]).below(90_000).to_string(), None),
            Kind::Flag => (now.message.is_multiple_of(3).to_string(), None),
            Kind::Choice => (["wifi", "4g", "offline"][now.message as usize % 3].to_owned(), None),
            Kind::Storage => ((63_281_053_696 + model * 60_000_000_000).to_string(), None),
            Kind::Config => (all(self, &[hour / 24]).hex(32), None),
            Kind::Key => (all(self, &[]).text(BASE62, 32), None),
            Kind::Package => ("com.mi.globalbrowser.mini".to_owned(), None),
            Kind::Agent => (format!("Mozilla/5.0 (Linux; U; Android 10; Redmi Note {})", 7 + model), None),
            Kind::Place => (format!("52.{:06}", own(self, &[now.session, now.message]).below(900_000)), None),
            Kind::Random => (format!("{:09}", own(self, &[now.session, now.message]).below(1_000_000_000)), None),
            Kind::Title => (format!("Item {} of the news", now.page), None),
            // What nobody else looks at: it differs between devices as an identifier does, but it does not stay.
            Kind::OwnContent => (own(self, &[now.page]).text(BASE62, 16), None),
            Kind::Date => (format!("202611{:02}", 1 + now.session), None),
        };
        Made { text, root }
    }
}

/// The account of a device's owner: planted.
pub(crate) fn account(seed: u64, device: u64) -> String {
    format!("6{}", Random::of(&[seed, 7, device]).text("0123456789", 9))
}

fn uuid(random: &mut Random) -> String {
    let hex = random.hex(32);
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

fn zeros() -> String {
    "00000000-0000-0000-0000-000000000000".to_owned()
}

fn colons(hex: &str) -> String {
    [&hex[..2], &hex[2..4], &hex[4..]].join(":")
}

/// Type code of the model, serial number, check digit (3GPP TS 23.003).
fn imei(random: &mut Random, model: u64) -> String {
    let body = format!("8615{:04}{}", 63 + model, random.text("0123456789", 6));
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') << (place % 2);
            digit / 10 + digit % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
