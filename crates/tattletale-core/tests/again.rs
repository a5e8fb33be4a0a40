//! What was met before is passed over: what is told of a message must not depend on what came before it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proptest::prelude::*;
use std::thread;
use tattletale_core::decode::{Ending, Hint, Limits, Node, Visitor, walk};
use tattletale_core::detect::personal::Recogniser;
use tattletale_core::detect::{Places, Planted, look, look_beside};
use tattletale_core::model::{GroundTruth, Value};

/// Texts that come again: some are opened, some are planted or digests of it, most are neither.
const TEXTS: &[&str] = &[
    "",
    "menu",
    "winter coat",
    "Zoe",
    "Lindqvist",
    "zoe@mail.test",
    "864040504207201",
    "52.011037",
    "21.028079",
    "12.3456",
    "Home Sweet Home 5G",
    "someone@else.example",
    "0f3a9c2b7e8d4f5061728394a5b6c7d8",
    "a8d7f0932c5be17d",
    "8e3cbf2639a0cd7b09f9da35c36b20c6",
    "8E3CBF2639A0CD7B",
    "jjy_JjmgzXsJ-do1w2sgxg",
    "7a6f65406d61696c2e74657374",
    "em9lQG1haWwudGVzdA==",
    "eyJ1c2VyIjoiYSIsIm1haWwiOiJ6b2VAbWFpbC50ZXN0In0=",
    "https://shop.example/menu/account?ref=12345",
    "https://shop.example/0f3a9c2b7e8d4f5061728394a5b6c7d8/a?mail=zoe%40mail.test&x=1",
    "https://shop.example/private/page-of-zoe",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "{\\\"a\\\":[1,2,\\\"menu\\\"],\\\"b\\\":\\\"a8d7f0932c5be17d\\\"}",
    "a=1&b=menu&c=a8d7f0932c5be17d",
    "H4sIAAAAAAAAA6tWKk4tLkmtVLJSKk8sVqoFAGW6cwoSAAAA",
    "H4sIAAAAAAAAA6tWKk4tLkmtVLJSKk8s",
    "zażółć gęślą jaźń",
    "za\\u017c\\u00f3\\u0142\\u0107",
    "1700000123456",
    "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8",
];

/// Names of fields, which are looked into as well.
const NAMES: &[&str] = &[
    "id",
    "distinct_id",
    "page",
    "a8d7f0932c5be17d",
    "zoe@mail.test",
    "latitude",
    "longitude",
    "wifi_ssid",
    "someone@else.example",
    "https://shop.example/menu/account?ref=12345",
    "lat%69tude",
    "in",
];

fn truth() -> GroundTruth {
    let value = |kind, value: &str| Value { name: format!("{kind} {value}"), kind, value: value.to_owned() };
    let values = [
        ("email", "zoe@mail.test"),
        ("person-name", "Zoe Lindqvist"),
        ("imei", "864040504207201"),
        ("latitude", "52.011037"),
        ("longitude", "21.028079"),
        ("url", "https://shop.example/private/page-of-zoe"),
    ];
    GroundTruth { values: values.into_iter().map(|(kind, text)| value(kind, text)).collect(), ..GroundTruth::default() }
}

fn json(fields: &[(usize, usize, usize)]) -> String {
    let field = |&(name, text, depth): &(usize, usize, usize)| {
        let (name, text) = (NAMES[name % NAMES.len()], TEXTS[text % TEXTS.len()]);
        let around = ["\"in\":{", "\"ssid\":{"][depth % 2];
        format!("{}\"{name}\":\"{text}\"{}", around.repeat(depth), "}".repeat(depth))
    };
    format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(","))
}

/// Lets nothing pass.
#[derive(Default)]
struct All {
    nodes: Vec<String>,
}

impl Visitor for All {
    fn enter(&mut self, node: &Node<'_>) {
        self.nodes.push(format!("{node:?}"));
    }

    fn leave(&mut self, _: &Node<'_>, ending: &Ending) {
        self.nodes.push(format!("{ending:?}"));
    }
}

/// Everything that is told of messages that are looked at one after another.
fn told(planted: &Planted, limits: &Limits, messages: &[Vec<u8>], alone: bool) -> Vec<String> {
    let one = |message: &Vec<u8>| {
        let (mut places, mut recogniser) = (Places::default(), Recogniser::new("tracker.example"));
        let (seen, walked) = look(planted, message, Hint::default(), limits, &mut places);
        let beside = look_beside(planted, message, Hint::default(), limits, &mut places, &mut recogniser);
        let mut all = All::default();
        walk(message, Hint::default(), limits, &mut all);
        format!("{seen:?} {walked:?} {beside:?} {:?} {places:?} {:?}", recogniser.recognised(), all.nodes)
    };
    // Each thread has a memory of its own.
    let in_thread = |message| thread::scope(|scope| scope.spawn(|| one(message)).join()).unwrap();
    messages.iter().map(|message| if alone { in_thread(message) } else { one(message) }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_again_says_the_same(
        messages in proptest::collection::vec(
            (proptest::collection::vec((0..NAMES.len(), 0..TEXTS.len(), 0..3usize), 1..8), 0..4u8), 1..24),
        depth in prop_oneof![Just(48usize), 2..8usize],
        made in prop_oneof![Just(256 << 20), 0..200usize],
        nodes in prop_oneof![Just(4_000_000), 1..40u64],
    ) {
        use base64_simd::STANDARD;
        let planted = Planted::new(&truth());
        let limits = Limits { depth, made, nodes, ..Limits::default() };
        let wrapped = |(fields, how): &(Vec<(usize, usize, usize)>, u8)| match how {
            0 => json(fields).into_bytes(),
            1 => format!("data={}&v=2", STANDARD.encode_to_string(json(fields))).into_bytes(),
            2 => {
                let text = |&(name, text, _): &(usize, usize, usize)| format!("{}={}", NAMES[name], TEXTS[text]);
                fields.iter().map(text).collect::<Vec<_>>().join("&").into_bytes()
            }
            _ => {
                let text = |&(_, text, _): &(usize, usize, usize)| {
                    let text = TEXTS[text].as_bytes();
                    [&[0x0a, text.len() as u8][..], text, &[0x10, text.len() as u8]].concat()
                };
                fields.iter().flat_map(text).collect()
            }
        };
        let messages: Vec<Vec<u8>> = messages.iter().map(wrapped).collect();
        let together = thread::scope(|scope| {
            let twice = || { told(&planted, &limits, &messages, false); told(&planted, &limits, &messages, false) };
            scope.spawn(twice).join()
        });
        prop_assert_eq!(together.unwrap(), told(&planted, &limits, &messages, true));
    }
}
