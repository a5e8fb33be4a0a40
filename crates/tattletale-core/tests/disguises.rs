//! The disguise matrix: values of several scripts and lengths, in every single disguise and in random chains of them.
//!
//! Whatever is hidden must be found, at a path that names the layers; what is not there must not be found, however
//! the bytes look. Everything is seeded, so that a failure can be seen again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod encoders;
mod random;

use encoders::{DISGUISES, Disguise, base64};
use random::Random;
use tattletale_core::decode::{Hint, Limits, tree};
use tattletale_core::detect::{Places, Planted, chance, look};
use tattletale_core::model::{GroundTruth, Strength, Value};

/// A value of about `length` bytes in a script of its own, always with a token that no other has.
fn value(script: usize, length: usize, random: &mut Random) -> String {
    const LETTERS: [&str; 4] =
        ["abcdefghijklmnop@.-", "ąćęłńóśźżabc def", "的一是不了人我在有他这中大来上", "😀😃🚀🌍🎉🧪👩‍🔬🐍"];
    let letters: Vec<char> = LETTERS[script].chars().collect();
    let mut text = format!("{:06x}", random.next() & 0xff_ffff);
    while text.len() < length {
        text.push(letters[random.below(letters.len())]);
    }
    text.trim().to_owned() + "q"
}

fn planted(value: &str) -> Planted {
    let value = Value { name: "value".into(), kind: "text", value: value.into() };
    Planted::new(&GroundTruth { values: vec![value], ..GroundTruth::default() })
}

/// What is wrong, if anything: not found, or not behind the expected layers.
fn seek(value: &str, bytes: &[u8], layers: &[&str]) -> Option<String> {
    let (seen, walked) = look(&planted(value), bytes, Hint::default(), &Limits::default(), &mut Places::default());
    let mut paths =
        seen.sightings.iter().map(|sighting| sighting.path.iter().map(|step| step.layer).collect::<Vec<_>>());
    let in_order = |path: &Vec<&str>| {
        let mut path = path.iter();
        layers.iter().all(|layer| path.any(|found| found == layer))
    };
    let found: Vec<_> = paths.by_ref().collect();
    match found.iter().any(in_order) {
        true => None,
        false => Some(format!("{layers:?} expected, {found:?} found, {:?}", walked.faults)),
    }
}

/// One more disguise around what is there; what is no text goes into base64 first where only text can go.
fn wrap(bytes: Vec<u8>, layers: &mut Vec<&'static str>, disguise: &Disguise) -> Vec<u8> {
    let readable = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control));
    let bytes = match disguise.text && !readable(&bytes) {
        true => {
            layers.insert(0, "base64");
            base64(&bytes)
        }
        false => bytes,
    };
    layers.splice(0..0, disguise.layers.iter().copied());
    // A message in a message is one layer with a longer way.
    layers.dedup_by(|a, b| *a == "protobuf" && a == b);
    // Bytes of LZString in base64 are LZString in base64.
    layers.dedup_by(|a, b| (*a, *b) == ("lzstring", "base64") && std::mem::replace(b, "lzstring") == "base64");
    (disguise.encode)(&bytes)
}

#[test]
fn every_single_disguise_is_seen_through() {
    let mut random = Random(7);
    let mut wrong = Vec::new();
    let mut tried = 0;
    for disguise in DISGUISES {
        for script in 0..4 {
            for length in [8, 12, 16, 25, 40, 77, 120, 200] {
                let value = value(script, length, &mut random);
                if value.len() < disguise.least {
                    continue;
                }
                tried += 1;
                let hidden = (disguise.encode)(value.as_bytes());
                if let Some(why) = seek(&value, &hidden, disguise.layers) {
                    wrong.push(format!("{}: {value:?}: {why}", disguise.name));
                }
            }
        }
    }
    assert!(tried > 1_500, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn chains_of_up_to_six_are_seen_through() {
    const CHAINS: usize = 1_500;
    // What a chain grows by is bounded, or six of them would make megabytes of percent signs.
    const LARGEST: usize = 60_000;
    let mut random = Random(2026);
    let mut wrong = Vec::new();
    for _ in 0..CHAINS {
        let length = 40 + random.below(120);
        let value = value(random.below(4), length, &mut random);
        let (mut bytes, mut layers, mut names) = (value.clone().into_bytes(), Vec::new(), Vec::new());
        for _ in 0..=random.below(6) {
            let disguise = &DISGUISES[random.below(DISGUISES.len())];
            if bytes.len() * 3 > LARGEST || (disguise.name == "base58" && bytes.len() > 200) {
                continue;
            }
            // Without a mark, only text of one script can be told from noise.
            if disguise.name == "UTF-16" && bytes != value.as_bytes() && !bytes.is_ascii() {
                continue;
            }
            // Names of hosts are short, and hold what a person could have written.
            if (disguise.name == "punycode" && bytes != value.as_bytes())
                || (disguise.name == "labels of a name" && bytes.len() > 110)
            {
                continue;
            }
            names.push(disguise.name);
            bytes = wrap(bytes, &mut layers, disguise);
        }
        if let Some(why) = seek(&value, &bytes, &layers) {
            wrong.push(format!("{names:?}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {CHAINS}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Something that is not there must not be found, and noise must not be taken for anything.
#[test]
fn what_is_absent_is_not_found_and_noise_stays_closed() {
    const MESSAGES: usize = 300_000;
    let mut random = Random(41);
    let values: Vec<String> = (0..12).map(|number| value(number % 4, 12 + 6 * number, &mut random)).collect();
    let values = values.iter().map(|value| Value { name: value.clone(), kind: "text", value: value.clone() }).collect();
    let planted = Planted::new(&GroundTruth { values, ..GroundTruth::default() });
    let (mut places, mut opened) = (Places::default(), Vec::new());
    for number in 0..MESSAGES {
        let length = 4 + random.below(if number % 50 == 0 { 2_000 } else { 90 });
        let noise = random.bytes(length);
        let message = match number % 3 {
            0 => noise.clone(),
            1 => base64(&noise),
            _ => DISGUISES[random.below(DISGUISES.len())..]
                .iter()
                .find(|disguise| !disguise.text)
                .map_or(vec![], |d| (d.encode)(&noise)),
        };
        let (seen, _) = look(&planted, &message, Hint::default(), &Limits::default(), &mut places);
        for sighting in seen.sightings {
            let expected = places.expected(&sighting.odds, sighting.range.len());
            assert_eq!(chance::strength(expected), Strength::Weak, "{:?}", sighting.path);
        }
        if number % 3 == 0 && std::str::from_utf8(&noise).is_err() {
            let (tree, _) = tree(&noise, Hint::default(), &Limits::default());
            opened.extend(
                tree.children
                    .iter()
                    .filter(|child| !child.opaque)
                    .filter_map(|child| child.step.clone())
                    .map(|step| (step.layer, noise.clone())),
            );
        }
    }
    assert!(opened.is_empty(), "{} random buffers were opened: {:?}", opened.len(), &opened[..opened.len().min(10)]);
}
