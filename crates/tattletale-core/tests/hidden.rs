//! Values behind what decoding cannot undo: digests in every algorithm and spelling, keys of one byte, other
//! notations, salts, pieces. All that is hidden is found; of values that were never hidden nothing strong is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "the encoders serve several tests")]
mod encoders;

use base64_simd::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use encoders::DISGUISES;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use tattletale_core::audit::{self, Capture};
use tattletale_core::decode::{Hint, Limits};
use tattletale_core::detect::{Places, Planted, chance, look};
use tattletale_core::model::{GroundTruth, Sighting, Strength, Subject, Value};

type Make = fn(&[u8]) -> Vec<u8>;

const DIGESTS: &[(&str, Make)] = &[
    ("md5", |text| Md5::digest(text).to_vec()),
    ("sha1", |text| Sha1::digest(text).to_vec()),
    ("sha224", |text| sha2::Sha224::digest(text).to_vec()),
    ("sha256", |text| Sha256::digest(text).to_vec()),
    ("sha384", |text| sha2::Sha384::digest(text).to_vec()),
    ("sha512", |text| Sha512::digest(text).to_vec()),
    ("sha512-256", |text| sha2::Sha512_256::digest(text).to_vec()),
    ("sha3-224", |text| sha3::Sha3_224::digest(text).to_vec()),
    ("sha3-256", |text| sha3::Sha3_256::digest(text).to_vec()),
    ("sha3-384", |text| sha3::Sha3_384::digest(text).to_vec()),
    ("sha3-512", |text| sha3::Sha3_512::digest(text).to_vec()),
    ("keccak256", |text| sha3::Keccak256::digest(text).to_vec()),
    ("ripemd160", |text| ripemd::Ripemd160::digest(text).to_vec()),
    ("blake2b", |text| blake2::Blake2b512::digest(text).to_vec()),
    ("blake2b-256", |text| blake2::Blake2b256::digest(text).to_vec()),
    ("blake2s", |text| blake2::Blake2s256::digest(text).to_vec()),
    ("blake3", |text| blake3::hash(text).as_bytes().to_vec()),
    ("xxh64", |text| twox_hash::XxHash64::oneshot(0, text).to_be_bytes().to_vec()),
    ("xxh3", |text| twox_hash::XxHash3_64::oneshot(text).to_be_bytes().to_vec()),
    ("xxh3-128", |text| twox_hash::XxHash3_128::oneshot(text).to_be_bytes().to_vec()),
];

type Spell = fn(&[u8]) -> Vec<u8>;

const SPELLINGS: &[(&str, Spell)] = &[
    ("hex", |digest| json(&hex(digest))),
    ("hex in capitals", |digest| json(&hex(digest).to_uppercase())),
    ("base64", |digest| json(&STANDARD.encode_to_string(digest))),
    ("base64 without padding", |digest| json(&STANDARD_NO_PAD.encode_to_string(digest))),
    ("base64 for URLs", |digest| {
        format!("v=2&id={}", URL_SAFE.encode_to_string(digest).replace('=', "%3D")).into_bytes()
    }),
    ("base64 for URLs without padding", |digest| {
        format!("v=2&id={}", URL_SAFE_NO_PAD.encode_to_string(digest)).into_bytes()
    }),
    ("first sixteen digits", |digest| json(&hex(&digest[..8]))),
    ("first half", |digest| json(&hex(&digest[..8.max(digest.len() / 2)]))),
    ("decimal", |digest| json(&u64::from_be_bytes(*digest.first_chunk().unwrap()).to_string())),
    ("decimal with a sign", |digest| {
        format!("{{\"id\":{}}}", i64::from_be_bytes(*digest.first_chunk().unwrap())).into_bytes()
    }),
    ("bytes in MessagePack", |digest| encode("msgpack", digest)),
    ("bytes in protobuf", |digest| encode("protobuf", digest)),
    ("behind a name", |digest| json(&format!("uid-{}", hex(digest)))),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn json(text: &str) -> Vec<u8> {
    format!("{{\"event\":\"page_view\",\"id\":\"{text}\",\"n\":1}}").into_bytes()
}

fn encode(name: &str, bytes: &[u8]) -> Vec<u8> {
    (DISGUISES.iter().find(|disguise| disguise.name == name).unwrap().encode)(bytes)
}

/// Values of four scripts and eight lengths; those of another `series` share nothing with them.
fn values(series: u64) -> Vec<String> {
    const LETTERS: [&str; 4] =
        ["abcdefghijklmnop@.-", "ąćęłńóśźżabc def", "的一是不了人我在有他这中大来上", "😀😃🚀🌍🎉🧪👩‍🔬🐍"];
    let mut state = series;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut values = Vec::new();
    for letters in LETTERS {
        let letters: Vec<char> = letters.chars().collect();
        for length in [8, 12, 16, 25, 40, 77, 120, 200] {
            let mut text = format!("{:06x}", next() & 0xff_ffff);
            while text.len() < length {
                text.push(letters[next() as usize % letters.len()]);
            }
            values.push(text.trim().to_owned() + "q");
        }
    }
    values
}

fn truth(kind: &'static str, values: &[String]) -> GroundTruth {
    let value = |value: &String| Value { name: value.clone(), kind, value: value.clone() };
    GroundTruth { values: values.iter().map(value).collect(), ..GroundTruth::default() }
}

fn seen(planted: &Planted, message: &[u8]) -> Vec<(Sighting, Strength)> {
    let mut places = Places::default();
    let (seen, _) = look(planted, message, Hint::default(), &Limits::default(), &mut places);
    let judged = |sighting: Sighting| {
        let strength = chance::strength(places.expected(&sighting.odds, sighting.range.len()));
        (sighting, strength)
    };
    seen.sightings.into_iter().map(judged).collect()
}

fn layers(sighting: &Sighting) -> Vec<&'static str> {
    sighting.path.iter().map(|step| step.layer).collect()
}

/// What is wrong, for all values under one disguise: `layer` must be a step, and nothing strong may be another value's.
fn wrong(
    present: &Planted,
    absent: &Planted,
    number: usize,
    message: &[u8],
    layer: &str,
    what: &str,
) -> Option<String> {
    let found = seen(present, message);
    let is = |(sighting, strength): &(Sighting, Strength)| {
        sighting.subject == Subject::Value(number) && *strength == Strength::Strong && layers(sighting).contains(&layer)
    };
    let other = seen(absent, message).into_iter().find(|(_, strength)| *strength == Strength::Strong);
    match (found.iter().any(is), other) {
        (true, None) => None,
        (false, _) => Some(format!("{what}: not found in {}", String::from_utf8_lossy(message))),
        (true, Some(other)) => Some(format!("{what}: {other:?} was never there")),
    }
}

#[test]
fn digests_in_every_algorithm_and_spelling() {
    let values = values(1);
    let (present, absent) = (Planted::new(&truth("text", &values)), Planted::new(&truth("text", &self::values(2))));
    let mut wrongs = Vec::new();
    let mut tried = 0;
    for (number, value) in values.iter().enumerate() {
        for (name, make) in DIGESTS {
            for (spelling, spell) in SPELLINGS {
                // Eight bytes in protobuf may be numbers in a row as well, and read so they are told as those.
                if name.starts_with("xxh") && *spelling == "bytes in protobuf" {
                    continue;
                }
                tried += 1;
                let message = spell(&make(value.as_bytes()));
                wrongs.extend(wrong(&present, &absent, number, &message, name, &format!("{name} as {spelling}")));
            }
        }
    }
    assert!(tried >= 8_000, "{tried}");
    assert!(wrongs.is_empty(), "{} of {tried}:\n{}", wrongs.len(), wrongs[..wrongs.len().min(20)].join("\n"));
}

#[test]
fn digests_of_digests() {
    const CHAINED: [usize; 4] = [0, 1, 3, 5];
    let values = values(1);
    let (present, absent) = (Planted::new(&truth("text", &values)), Planted::new(&truth("text", &self::values(2))));
    for (number, value) in values.iter().enumerate() {
        for (outer, inner) in CHAINED.iter().flat_map(|outer| CHAINED.iter().map(move |inner| (*outer, *inner))) {
            let ((outer, make), (inner, first)) = (DIGESTS[outer], DIGESTS[inner]);
            let message = json(&hex(&make(hex(&first(value.as_bytes())).as_bytes())));
            assert_eq!(wrong(&present, &absent, number, &message, inner, outer), None);
            let found = seen(&present, &message);
            assert!(layers(&found[0].0).ends_with(&[outer, inner]), "{:?}", found[0].0.path);
        }
    }
}

#[test]
fn every_key_of_one_byte() {
    let values = values(1);
    let (present, absent) = (Planted::new(&truth("text", &values)), Planted::new(&truth("text", &self::values(2))));
    for (number, value) in values.iter().enumerate().filter(|(_, value)| value.len() > 20) {
        for key in (1..=255u8).filter(|key| *key != 0x20) {
            let text = format!("{{\"id\":\"{value}\"}}");
            let message: Vec<u8> = text.bytes().map(|byte| byte ^ key).collect();
            assert_eq!(wrong(&present, &absent, number, &message, "xor", "key"), None);
        }
    }
}

/// In a deep search: every length, with values that have just eight bytes more, and longer ones. What is not there
/// is not found under any key.
#[test]
fn keys_of_several_bytes() {
    let (values, deep) = (values(1), Limits { deep: true, ..Limits::default() });
    let (present, absent) = (Planted::new(&truth("text", &values)), Planted::new(&truth("text", &self::values(2))));
    for (number, value) in values.iter().enumerate().step_by(3) {
        for length in (2..=32usize).filter(|length| value.len() >= length + 8) {
            let key = (0..length).map(|at| (at * at * 31 + number * 7 + at) as u8);
            let text = format!("{{\"id\":\"{value}\"}}");
            let message: Vec<u8> = text.bytes().zip(key.cycle()).map(|(byte, key)| byte ^ key).collect();
            let mut places = Places::default();
            let found = look(&present, &message, Hint::default(), &deep, &mut places).0.sightings;
            let ours = |sighting: &&Sighting| sighting.subject == Subject::Value(number);
            let found = found.iter().find(ours).unwrap_or_else(|| panic!("{value} under {length}"));
            assert_eq!(found.path.last().map(|step| step.layer), Some("xor"), "{value} under {length}");
            let others = look(&absent, &message, Hint::default(), &deep, &mut places).0.sightings;
            let strong = |other: &Sighting| {
                chance::strength(places.expected(&other.odds, other.range.len())) == Strength::Strong
            };
            assert!(!others.iter().any(strong), "{value} under {length}: {others:?}");
            let shallow = seen(&present, &message);
            assert!(!shallow.iter().any(|(sighting, _)| ours(&sighting)), "only in a deep search");
        }
    }
}

#[test]
fn normal_forms_are_digested() {
    for (kind, value, digested) in [
        ("email", " Ann.Lee+News@GMail.com", "annlee@gmail.com"),
        ("email", "Ann.Lee+News@mail.example", "ann.lee@mail.example"),
        ("email", "Ann.Lee@mail.example", "ANN.LEE@MAIL.EXAMPLE"),
        ("phone", "+48 600 123 456", "+48600123456"),
        ("phone", "+48600123456", "48600123456"),
        ("phone", "+48600123456", "600123456"),
        ("mac", "a4:5e:60:c2:19:0b", "A45E60C2190B"),
        (
            "url",
            "https://clinic.example/conditions/early-menopause?x=1#y",
            "clinic.example/conditions/early-menopause?x=1",
        ),
        (
            "url",
            "https://clinic.example/conditions/early-menopause?x=1",
            "https://clinic.example/conditions/early-menopause",
        ),
    ] {
        let planted = Planted::new(&truth(kind, &[value.to_owned()]));
        let found = seen(&planted, &json(&hex(&Sha256::digest(digested))));
        assert_eq!(found.len(), 1, "{value} as {digested}");
        assert_eq!(found[0].1, Strength::Strong, "{value}: {:?}", found[0].0.odds);
    }
}

#[test]
fn thirty_two_bits_are_weak() {
    let planted = Planted::new(&truth("email", &["ann.lee@mail.example".to_owned()]));
    let digest = twox_hash::XxHash32::oneshot(0, b"ann.lee@mail.example");
    for message in
        [format!("{{\"id\":{digest}}}"), format!("{{\"id\":\"{digest:08x}\"}}"), format!("id={}", digest as i32)]
    {
        let found = seen(&planted, message.as_bytes());
        assert_eq!(found.len(), 1, "{message}");
        assert_eq!((layers(&found[0].0).last(), found[0].1), (Some(&"xxh32"), Strength::Weak));
    }
}

#[test]
fn a_digest_of_a_common_word_says_no_more_than_the_word() {
    let planted = Planted::new(&truth("text", &["settings".to_owned()]));
    let found = seen(&planted, &json(&hex(&Sha256::digest("settings"))));
    assert_eq!((found.len(), found[0].1), (1, Strength::Weak));
}

#[test]
fn other_notations_in_fields() {
    for (kind, value, message) in [
        ("phone", "+48600123456", r#"{"phone":"+48 (600) 123-456"}"#),
        ("phone", "+48 600 123 456", r#"{"phone":"600.123.456","n":1}"#),
        ("imei", "864040504207201", r#"{"imei":"86404050420720"}"#),
        ("imei", "864040504207201", r#"{"imei":"86-404050-420720-1"}"#),
        ("mac", "a4:5e:60:c2:19:0b", r#"{"m":"A45E.60C2.190B"}"#),
        ("mac", "a4:5e:60:c2:19:0b", r#"{"m":180725257214219}"#),
        ("birth-date", "1987-05-23", r#"{"dob":"23.05.1987"}"#),
        ("birth-date", "1987-05-23", r#"{"dob":"05/23/1987"}"#),
        ("birth-date", "1987-05-23", r#"{"dob":548726400000}"#),
        ("latitude", "52.2296756", r#"{"lat":522296756}"#),
        ("latitude", "52.2296756", r#"{"lat":52.229676}"#),
        ("person-name", "Zuzanna Żółkiewska", "n=Zuzanna+Z%CC%87o%CC%81%C5%82kiewska"),
        ("url", "https://clinic.example/conditions/early-menopause", r#"{"p":"/conditions/early-menopause"}"#),
        ("url", "https://clinic.example/find?q=early+menopause", r#"{"p":"/find?q=early+menopause"}"#),
        ("uuid", "38400000-8cf0-11bd-b23e-10b96e40000d", r#"{"i":"384000008CF011BDB23E10B96E40000D"}"#),
        ("iban", "PL61109010140000071219812874", r#"{"i":"PL61 1090 1014 0000 0712 1981 2874"}"#),
    ] {
        let found = seen(&Planted::new(&truth(kind, &[value.to_owned()])), message.as_bytes());
        assert!(!found.is_empty(), "{value} in {message}");
        let other = seen(&Planted::new(&truth(kind, &[altered(value)])), message.as_bytes());
        assert!(other.is_empty(), "{} in {message}: {other:?}", altered(value));
    }
}

/// The same with other digits and letters.
fn altered(value: &str) -> String {
    let other = |c: char| match c {
        '3'..='7' => char::from(c as u8 + 1),
        'a'..='e' => char::from(c as u8 + 1),
        other => other,
    };
    value.chars().map(other).collect()
}

#[test]
fn pieces_in_fields_of_one_object() {
    let found =
        |kind, value: &str, message: &str| seen(&Planted::new(&truth(kind, &[value.to_owned()])), message.as_bytes());
    let name = "Zuzanna Maria Żółkiewska-Kowal";
    let together = found("person-name", name, r#"{"user":{"first":"Zuzanna","last":"Żółkiewska-Kowal"}}"#);
    assert_eq!((layers(&together[0].0).as_slice(), together[0].1), (&["json", "split"][..], Strength::Strong));
    assert_eq!(together[0].0.path[1].at.as_deref(), Some("with json $.user.first"));
    assert_eq!(found("person-name", name, "fn=ZUZANNA&ln=%C5%BB%C3%B3%C5%82kiewska-Kowal").len(), 1);
    assert!(found("person-name", name, r#"[{"first":"Zuzanna"},{"last":"Żółkiewska-Kowal"}]"#).is_empty());
    let page = "https://clinic.example/conditions/early-menopause";
    assert_eq!(found("url", page, r#"{"h":"clinic.example","p":"/conditions/early-menopause"}"#).len(), 1);
    assert!(found("url", page, r#"{"h":"clinic.example","p":"/"}"#).is_empty());
    assert!(found("url", "https://clinic.example/", r#"{"h":"clinic.example","p":"/"}"#).is_empty());
}

#[test]
fn what_was_planted_encoded_is_found_among_digits_as_they_stand() {
    let text: String = values(7).concat().chars().filter(char::is_ascii).take(150).collect();
    let alphabets =
        ["hex", "base64", "base32", "base32 in small letters", "base45", "ascii85", "base85", "z85"].map(|name| {
            let digits = encode(name, text.as_bytes());
            // A piece that begins within a group of digits.
            let piece = String::from_utf8(digits[9..70].to_vec()).unwrap();
            (name, piece, digits)
        });
    let stream = STANDARD.encode_to_string(encode("gzip", text.as_bytes()));
    let whole = [("base64 of gzip", stream.clone(), stream.into_bytes())];
    let missed: Vec<&str> = alphabets
        .into_iter()
        .chain(whole)
        .filter(|(_, planted, digits)| {
            let found = seen(&Planted::new(&truth("text", std::slice::from_ref(planted))), digits);
            !found.iter().any(|(_, strength)| *strength == Strength::Strong)
        })
        .map(|(name, ..)| name)
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn nothing_hides_behind_a_magic_number() {
    let account = "zoe83Lindqvist7";
    let planted = Planted::new(&truth("account-id", &[account.to_owned()]));
    // Base64 that begins as a gzip stream does, and is none; a whole one with more behind it; one that is cut off.
    let gzip = encode("gzip", "nothing of anybody's, at some length and in other words".as_bytes());
    let behind = STANDARD_NO_PAD.encode_to_string(&gzip[..gzip.len() / 3 * 3]);
    let cut = STANDARD_NO_PAD.encode_to_string(&gzip[..gzip.len() / 6 * 3]);
    let padding = "QZxvBn".repeat(9);
    for digits in [format!("H4sI{padding}{padding}"), behind, cut] {
        // Escaped, so that it is seen only where the digits are read, of which there are four times as many.
        let escaped: String = account.bytes().map(|digit| format!("%{digit:02X}")).collect();
        let message = format!("a={digits}{escaped}{padding}QZx&b=1");
        assert!(!seen(&planted, message.as_bytes()).is_empty(), "{message}");
    }
}

#[test]
fn two_halves_of_a_place_say_more_than_one() {
    let value = |kind: &'static str, value: &str| Value { name: kind.into(), kind, value: value.into() };
    let values = vec![value("latitude", "52.2296756"), value("longitude", "21.0122287")];
    let planted = Planted::new(&GroundTruth { values, ..GroundTruth::default() });
    let both = seen(&planted, br#"{"lat":52.2297,"lon":21.0122}"#);
    assert_eq!(both.len(), 2);
    let one = seen(&planted, br#"{"lat":52.2297,"x":"21.5122"}"#);
    assert!(one.len() == 1 && one[0].0.odds.bits < both[0].0.odds.bits, "{one:?}");
    assert_eq!(seen(&planted, b"ll=52.2297%2C21.0122").len(), 2);
}

fn audited(query: &str, headers: &str) -> tattletale_core::model::Report {
    let har = format!(
        r#"{{"log":{{"version":"1.2","entries":[{{"request":{{"method":"GET","url":"https://t.example/p?{query}","headers":[{headers}]}}}}]}}}}"#
    );
    let capture = Capture { name: "salted.har".into(), origin: None, open: Box::new(|| Ok(Box::new(har.as_bytes()))) };
    let truth = truth("email", &["Ann.Lee@mail.example".to_owned(), "bob@mail.example".to_owned()]);
    audit::audit(&[capture], Some(truth), &audit::Options::default()).unwrap()
}

#[test]
fn salts_of_the_same_message() {
    fn mac<M: Mac + KeyInit>(key: &str, text: &str) -> String {
        let mac = <M as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
        hex(&mac.chain_update(text.as_bytes()).finalize().into_bytes())
    }
    const SALT: &str = "1588000000000";
    const TEXT: &str = "ann.lee@mail.example";
    let mut cases = vec![
        ("hmac-md5", mac::<Hmac<Md5>>(SALT, TEXT)),
        ("hmac-sha1", mac::<Hmac<Sha1>>(SALT, TEXT)),
        ("hmac-sha256", mac::<Hmac<Sha256>>(SALT, TEXT)),
        ("hmac-sha512", mac::<Hmac<Sha512>>(SALT, TEXT)),
    ];
    for between in ["", ":", "|", "-", "_", ".", ",", "&"] {
        for joined in [format!("{SALT}{between}{TEXT}"), format!("{TEXT}{between}{SALT}")] {
            cases.extend([0, 1, 3, 5].map(|at: usize| (DIGESTS[at].0, hex(&(DIGESTS[at].1)(joined.as_bytes())))));
        }
    }
    for (layer, digest) in cases {
        let places = [
            (format!("ts={SALT}&em={digest}"), String::new()),
            (format!("em={digest}"), format!(r#"{{"name":"X-Nonce","value":"{SALT}"}}"#)),
        ];
        for (query, headers) in places {
            let report = audited(&query, &headers);
            let found: Vec<_> = report.findings.iter().map(|finding| finding.path.last().unwrap().layer).collect();
            assert_eq!(found, [layer], "{query}");
            assert_eq!((report.coverage.hashes.seen, report.coverage.hashes.explained), (1, 1));
        }
    }
}

#[test]
fn what_no_salt_explains_is_counted() {
    let digest = hex(&Sha256::digest("somebody else"));
    let report = audited(&format!("ts=1588000000000&em={digest}"), "");
    assert!(report.findings.is_empty() && report.weak.is_empty());
    let hashes = report.coverage.hashes;
    assert_eq!((hashes.seen, hashes.explained, hashes.tried, hashes.untried), (1, 0, 1, 0));
}

#[test]
fn what_a_control_capture_has_is_never_strong() {
    let har = r#"{"log":{"version":"1.2","entries":[{"request":{"method":"GET","url":"https://t.example/p?e=ann.lee@mail.example","headers":[]}}]}}"#;
    let capture = || Capture { name: "a.har".into(), origin: None, open: Box::new(|| Ok(Box::new(har.as_bytes()))) };
    let truth = truth("email", &["ann.lee@mail.example".to_owned()]);
    let options = audit::Options::default();
    let alone = audit::audit(&[capture()], Some(truth.clone()), &options).unwrap();
    assert_eq!((alone.findings.len(), alone.in_control.len()), (1, 0));
    let controlled = audit::audit_against(&[capture()], &[capture()], Some(truth), &options).unwrap();
    assert_eq!((controlled.findings.len(), controlled.weak.len()), (0, 1));
    assert_eq!(controlled.in_control, [Subject::Value(0)]);
}
