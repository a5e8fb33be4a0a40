//! Every compression as traffic has it: declared, undeclared, declared as another, members behind one another, and cut.
//!
//! What came out of a damaged stream is kept, and the damage is stated.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "the encoders serve several tests")]
mod encoders;

use encoders::DISGUISES;
use tattletale_core::decode::{Hint, Limits};
use tattletale_core::detect::{Places, Planted, Seen, look};
use tattletale_core::model::{FaultKind, GroundTruth, Value};

const VALUE: &str = "marta-7f3a91@mail.test";

/// Name of the disguise, its layer, its name in `Content-Encoding`, and whether streams may follow one another.
const COMPRESSIONS: [(&str, &str, &str, bool); 8] = [
    ("gzip", "gzip", "gzip", true),
    ("zlib", "zlib", "deflate", false),
    ("raw deflate", "deflate", "deflate", false),
    ("brotli", "brotli", "br", false),
    ("zstd", "zstd", "zstd", true),
    ("lz4", "lz4", "lz4", true),
    ("bzip2", "bzip2", "bzip2", true),
    ("xz", "xz", "xz", true),
];

fn encoded(name: &str, text: &str) -> Vec<u8> {
    let disguise = DISGUISES.iter().find(|disguise| disguise.name == name).unwrap();
    (disguise.encode)(text.as_bytes())
}

fn seen(bytes: &[u8], coding: Option<&str>) -> (Seen, Vec<FaultKind>) {
    let value = Value { name: "value".into(), kind: "text", value: VALUE.into() };
    let planted = Planted::new(&GroundTruth { values: vec![value], ..GroundTruth::default() });
    let hint = Hint { content_encoding: coding, ..Hint::default() };
    let (seen, walked) = look(&planted, bytes, hint, &Limits::default(), &mut Places::default());
    (seen, walked.faults.iter().map(|fault| fault.kind).collect())
}

fn first_layer(seen: &Seen) -> Option<&'static str> {
    seen.sightings.first().and_then(|sighting| sighting.path.first()).map(|step| step.layer)
}

#[test]
fn whatever_is_declared() {
    let text = format!("{{\"event\":\"page_view\",\"mail\":\"{VALUE}\",\"rest\":\"{}\"}}", "abc".repeat(40));
    for (name, layer, coding, _) in COMPRESSIONS {
        let bytes = encoded(name, &text);
        for declared in
            [Some(coding), None, Some("gzip"), Some("br"), Some("deflate"), Some("identity"), Some("gzip, br")]
        {
            let (seen, faults) = seen(&bytes, declared);
            assert_eq!((first_layer(&seen), faults), (Some(layer), vec![]), "{name} declared as {declared:?}");
        }
        let (plain, faults) = seen(text.as_bytes(), Some(coding));
        assert_eq!((first_layer(&plain), faults), (Some("json"), vec![]), "plain text declared as {coding}");
    }
}

#[test]
fn streams_behind_one_another() {
    for (name, layer, _, follow) in COMPRESSIONS {
        let both =
            [encoded(name, &"first ".repeat(20)), encoded(name, &format!("second {VALUE} {}", "abc".repeat(30)))];
        if follow {
            let (seen, faults) = seen(&both.concat(), None);
            assert_eq!((first_layer(&seen), faults), (Some(layer), vec![]), "{name}");
        }
    }
}

/// The value stands first, so half a stream holds it; formats of blocks give nothing before a block is whole.
#[test]
fn what_came_out_of_half_a_stream_is_kept() {
    let mut noise = 7u64;
    let tail: String = (0..400_000)
        .map(|_| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'a' + ((noise >> 40) % 26) as u8)
        })
        .collect();
    for (name, layer, coding, _) in COMPRESSIONS {
        let bytes = encoded(name, &format!("{VALUE} {tail}"));
        let (seen, faults) = seen(&bytes[..bytes.len() * 4 / 5], Some(coding));
        assert_eq!(first_layer(&seen), Some(layer), "{name}: {faults:?}");
        assert!(
            faults.iter().any(|kind| matches!(kind, FaultKind::Truncated | FaultKind::Corrupt)),
            "{name}: {faults:?}"
        );
    }
}
