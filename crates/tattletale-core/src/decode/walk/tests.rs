//! A layer that a node is not offered to would have declined: asked here against the walk's advice.

use super::*;
use crate::decode::{LAYERS, Layer};
use proptest::prelude::*;

/// Counts nodes.
struct Count(usize);

impl Visitor for Count {
    fn enter(&mut self, _: &Node<'_>) {
        self.0 += 1;
    }

    fn leave(&mut self, _: &Node<'_>, _: &Ending) {}
}

/// Whether the layer makes anything of the bytes, asked directly.
fn takes(layer: &dyn Layer, bytes: &[u8], hint: Hint<'_>) -> bool {
    let (limits, ring, mut count) = (Limits::default(), Ring::default(), Count(0));
    let view = View { bytes, look: Look::of(bytes), hint };
    let mut walker = Walker {
        limits: &limits,
        ring: &ring,
        usable: 0,
        visitor: &mut count,
        nodes: 0,
        made: 0,
        guesses: 0,
        stopped: false,
        faults: Vec::new(),
        stated: 0,
        dropped: Dropped::default(),
        passing: Passing::of(&limits, None),
    };
    let (span, look, mut entered) = (0..bytes.len(), view.look, false);
    let node = Node::made(&Chain::ROOT, bytes, span, look);
    let mut opening = Opening {
        walker: &mut walker,
        node: &node,
        entered: &mut entered,
        layer: layer.name(),
        radix: layer.digits().is_some(),
        damaged: false,
        ahead: 0,
        apart: Vec::new().into_iter(),
        reach: Reach::default(),
    };
    layer.open(&view, &mut opening);
    let opened = opening.opened();
    walker.passing.finish();
    opened || !walker.faults.is_empty() || count.0 > 0
}

fn overlooked(bytes: &[u8], hint: Hint<'_>) -> Vec<&'static str> {
    if bytes.len() < SHORTEST {
        return Vec::new();
    }
    let view = View { bytes, look: Look::of(bytes), hint };
    let asked = needs::layers(needs::asked(bytes, view.look, hint)).filter(|layer| layer.glance(&view));
    let asked: Vec<&str> = asked.map(Layer::name).collect();
    let wrongly = |layer: &&&dyn Layer| !asked.contains(&layer.name()) && takes(**layer, bytes, hint);
    LAYERS.iter().filter(wrongly).map(|layer| layer.name()).collect()
}

/// Declarations of every kind that a layer may read.
const DECLARED: Hint<'_> = Hint {
    media_type: Some(
        "multipart/mixed; application/json; x-www-form-urlencoded; protobuf; grpc; msgpack; cbor; thrift; xml; text/plain",
    ),
    content_encoding: Some("deflate, gzip, br, zstd"),
    query: true,
};

/// Examples of layers, cut, joined and with bytes changed: what lies near to what they open.
fn near_examples() -> impl Strategy<Value = Vec<u8>> {
    let example = || (0..LAYERS.len(), 0.0..1.0f64, 0.0..1.0f64);
    let change = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (example(), example(), change).prop_map(|((one, from, to), (other, ..), changes)| {
        let of = |share: f64, all: &[u8]| (share * all.len() as f64) as usize;
        let example = LAYERS[one].example();
        let mut bytes = match of(from, example) % 3 {
            0 => example.to_vec(),
            1 => example[..of(to, example)].to_vec(),
            _ => [example, LAYERS[other].example()].concat(),
        };
        for (at, byte) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn who_is_not_asked_would_have_declined(
        near in near_examples(),
        binary in proptest::collection::vec(any::<u8>(), 0..80),
        text in "[ -~\n\t]{0,80}",
        words in "[A-Za-z0-9+/=_%. -]{0,60}",
    ) {
        for bytes in [&near[..], &binary, text.as_bytes(), words.as_bytes()] {
            for hint in [Hint::default(), DECLARED] {
                prop_assert_eq!(overlooked(bytes, hint), [""; 0], "{:?}", String::from_utf8_lossy(bytes));
            }
        }
    }
}

#[test]
fn every_example_reaches_its_layer() {
    for layer in LAYERS {
        let asked = needs::candidates(layer.example(), Look::of(layer.example()));
        // Their examples are too short to be believed undeclared.
        let declared = ["brotli", "deflate"].contains(&layer.name());
        assert!(needs::layers(asked).any(|asked| asked.name() == layer.name()) || declared, "{}", layer.name());
    }
}
