//! The walk over every layer of the registry: it ends inside its limits, and tree and search agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use tattletale_core::decode::keys::{Key, Secret};
use tattletale_core::decode::{Hint, LAYERS, Limits, tree};
use tattletale_core::detect::{Places, Planted, look};
use tattletale_core::model::{GroundTruth, Value};

/// The keys of the examples of ciphers.
fn keys(wanted: bool) -> Arc<Vec<Key>> {
    let key = |name: &str, secret| Key { name: name.into(), secret };
    let keys = [key("aes", Secret::Aes(vec![0x11; 16])), key("chacha", Secret::ChaCha20(vec![0x11; 32]))];
    Arc::new(keys.into_iter().filter(|_| wanted).collect())
}

fuzz_target!(|data: &[u8]| {
    let Some((&kind, data)) = data.split_first() else { return };
    let coding = LAYERS.get(usize::from(kind) / 2).map(|layer| match layer.name() {
        "brotli" => "br",
        name => name,
    });
    let hint = Hint { content_encoding: coding, query: kind % 2 == 1, ..Hint::default() };
    // Every other input with everything that can be switched on.
    let all = data.len() % 2 == 0;
    let limits = Limits { made: 1 << 20, nodes: 50_000, deep: all, keys: keys(all), ..Limits::default() };
    let value = |text: &str| Value { name: text.into(), kind: "text", value: text.into() };
    let truth = GroundTruth { values: vec![value("abc"), value("/path")], ..GroundTruth::default() };
    let mut places = Places::default();
    let (seen, walked) = look(&Planted::new(&truth), data, hint, &limits, &mut places);
    assert!(places.bytes <= (data.len() + limits.made) as u64);
    let (_, again) = tree(data, hint, &limits);
    assert_eq!((walked.read, walked.opaque), (again.read, again.opaque));
    for sighting in seen.sightings {
        assert!(!sighting.range.is_empty() && sighting.path.len() <= limits.depth + 1);
    }
});
