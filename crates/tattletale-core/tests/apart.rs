//! Long fields are searched by themselves: what stands in them, before them and across their ends is found as ever.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use base64_simd::STANDARD;
use sha2::{Digest, Sha256};
use tattletale_core::decode::{Hint, Limits, Walked};
use tattletale_core::detect::{Places, Planted, look};
use tattletale_core::model::{GroundTruth, Value, display_path};

const MAIL: &str = "marta.4711@example.org";

/// The layers to each sighting, with what was found.
fn seen(kind: &'static str, value: &str, message: &str, limits: &Limits) -> (Vec<(String, String)>, Walked) {
    let value = Value { name: kind.into(), kind, value: value.into() };
    let truth = GroundTruth { values: vec![value], ..GroundTruth::default() };
    let (seen, walked) =
        look(&Planted::new(&truth), message.as_bytes(), Hint::default(), limits, &mut Places::default());
    let told = seen
        .sightings
        .iter()
        .map(|sighting| (display_path(&sighting.path), String::from_utf8_lossy(&sighting.excerpt.found).into_owned()));
    (told.collect(), walked)
}

fn found(value: &str, message: &str) -> Vec<(String, String)> {
    seen("email", value, message, &Limits::default()).0
}

fn told(path: &str) -> Vec<(String, String)> {
    vec![(path.into(), MAIL.into())]
}

/// So many words that nobody planted.
fn words(count: usize) -> String {
    ["lorem ipsum dolor "; 8].concat().repeat(count / 24 + 1)
}

#[test]
fn a_field_may_be_as_long_as_it_likes() {
    for count in [0, 300, 3000] {
        let (before, after) = (words(count), words(count / 2));
        assert_eq!(found(MAIL, &format!("a=1&text={before}{MAIL} {after}&b=2")), told("form text"));
        assert_eq!(found(MAIL, &format!("a=1&text={before}%21{MAIL} {after}&b=2")), told("form text"));
        assert_eq!(found(MAIL, &format!("a=1&text={before}&{MAIL}={after}&b=2")), told("form › key"));
        assert_eq!(found(MAIL, &format!(r#"{{"text":"{before}","to":"{MAIL}","more":"{after}"}}"#)), told("json $.to"));
        assert_eq!(found(MAIL, &format!(r#"{{"text":"{before}\n{MAIL} {after}","x":1}}"#)), told("json $.text"));
        let inside = STANDARD.encode_to_string(format!(r#"{{"text":"{before}{MAIL} {after}"}}"#));
        assert_eq!(found(MAIL, &format!("a=1&data={inside}&b=2")), told("form data › base64 › json $.text"));
        assert_eq!(found(MAIL, &format!(r#"{{"data":"{inside}"}}"#)), told("json $.data › base64 › json $.text"));
        let escaped = inside.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        assert_eq!(found(MAIL, &format!("a=1&data={escaped}&b=2")), told("form data › base64 › json $.text"));
    }
}

#[test]
fn a_text_across_the_end_of_a_long_field_is_seen() {
    for value in ["hat=4711b0c2d4", "b0c2d4&next=4711"] {
        let (first, rest) = value.split_once('=').unwrap();
        let message = format!("x={}{first}={rest}{}&b=2", words(600).replace(' ', "-"), words(600));
        let message = message.replace("-hat=", "&hat=");
        let seen = seen("token", value, &message, &Limits::default()).0;
        assert_eq!(seen.iter().map(|(_, found)| found.as_str()).collect::<Vec<_>>(), [value], "{seen:?}");
    }
}

/// Digests, what no digest explains, keys of one byte and of several, forms in forms: a byte more makes no difference.
#[test]
fn what_is_searched_by_itself_is_told_like_any_other() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (known, unknown) = (hex(&Sha256::digest(MAIL)), hex(&Sha256::digest("nobody@mail.test")));
    let turned: String = MAIL.bytes().map(|byte| char::from(byte ^ 1)).collect();
    let key = [1, 2, 4];
    let repeated: String = MAIL.bytes().zip(key.iter().cycle()).map(|(byte, key)| char::from(byte ^ key)).collect();
    let planted = {
        let value = Value { name: "email".into(), kind: "email", value: MAIL.into() };
        Planted::new(&GroundTruth { values: vec![value], ..GroundTruth::default() })
    };
    let limits = Limits { deep: true, ..Limits::default() };
    let told = |message: &str| {
        let (seen, walked) = look(&planted, message.as_bytes(), Hint::default(), &limits, &mut Places::default());
        assert!(walked.complete(), "{:?}", walked.faults);
        let mut paths: Vec<String> = seen
            .sightings
            .iter()
            .map(|sighting| {
                display_path(&sighting.path.iter().filter(|step| step.layer != "xor").cloned().collect::<Vec<_>>())
            })
            .collect();
        paths.sort();
        (paths, seen.hashes.seen, seen.hashes.explained, seen.unexplained.len())
    };
    for inside in [known, unknown, turned, repeated, format!("u={MAIL}&v=1")] {
        for wrap in [|text: &str| format!("a=1&t={text}&z=2"), |text: &str| format!(r#"{{"t":"{text}","z":2}}"#)] {
            let fill = |length: usize| {
                wrap(&format!("{} {inside} ", "lorem ".repeat(200)[..length - inside.len() - 2].to_owned()))
            };
            let short = told(&fill(511));
            assert!(!short.0.is_empty() || short.1 > 0, "{inside}");
            assert_eq!(short, told(&fill(512)), "{inside}");
        }
    }
}

/// What stands in digits of base64 that mean nothing was not encoded.
#[test]
fn digits_that_open_into_nothing_are_searched() {
    let digits = "Zq7Lw0Xn".repeat(90);
    let seen =
        seen("token", "x4Kd9QpT0LmZ", &format!("a=1&data={digits}x4Kd9QpT0LmZ{digits}&b=2"), &Limits::default()).0;
    assert_eq!(seen, [("form data".to_owned(), "x4Kd9QpT0LmZ".to_owned())]);
}

#[test]
fn what_the_limits_leave_folded_is_searched_as_it_is() {
    let limits = Limits { made: 100, ..Limits::default() };
    let message = format!("a=1&text={}%21{MAIL} b&next={}%21", words(600), words(600));
    let (seen, walked) = seen("email", MAIL, &message, &limits);
    assert!(!walked.complete());
    assert_eq!(seen.len(), 1, "{seen:?}");
}
