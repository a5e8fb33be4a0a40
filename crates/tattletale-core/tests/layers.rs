//! What must hold for every layer of the registry, and for every walk whatever the input.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use proptest::prelude::*;
use std::sync::Arc;
use tattletale_core::codec::inflate::{End, Framing, inflate};
use tattletale_core::decode::keys::{Key, Secret};
use tattletale_core::decode::{Hint, LAYERS, Limits, Tree, tree};
use tattletale_core::detect::{Places, Planted, SEARCHED, look};
use tattletale_core::model::{FaultKind, GroundTruth, Value};

fn planted(values: &[&str]) -> Planted {
    let value = |value: &&str| Value { name: (*value).into(), kind: "text", value: (*value).into() };
    Planted::new(&GroundTruth { values: values.iter().map(value).collect(), ..GroundTruth::default() })
}

fn opened_by(tree: &Tree) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = tree.children.iter().flat_map(opened_by).collect();
    names.extend(tree.step.as_ref().map(|step| step.layer));
    names
}

/// What the examples of ciphers are encrypted with.
fn example_keys(wanted: bool) -> Arc<Vec<Key>> {
    let key = |name: &str, secret| Key { name: name.into(), secret };
    let keys = vec![key("aes", Secret::Aes(vec![0x11; 16])), key("chacha", Secret::ChaCha20(vec![0x11; 32]))];
    Arc::new(if wanted { keys } else { Vec::new() })
}

#[test]
fn without_keys_or_request_nothing_of_theirs_is_opened() {
    for layer in LAYERS.iter().filter(|layer| layer.keyed() || layer.deep()) {
        let (tree, _) = tree(layer.example(), Hint::default(), &Limits::default());
        assert_eq!(opened_by(&tree), [""; 0], "{}", layer.name());
    }
}

#[test]
fn every_layer_opens_its_own_example() {
    let mut closed = Vec::new();
    for layer in LAYERS {
        let coding = if layer.name() == "brotli" { "br" } else { layer.name() };
        let hint = Hint { content_encoding: Some(coding), ..Hint::default() };
        let limits = Limits { deep: layer.deep(), keys: example_keys(layer.keyed()), ..Limits::default() };
        let (tree, walked) = tree(layer.example(), hint, &limits);
        if !opened_by(&tree).contains(&layer.name()) {
            closed.push((layer.name(), opened_by(&tree)));
        }
        assert!(walked.faults.is_empty(), "{}: {:?}", layer.name(), walked.faults);
        assert!(layer.about().ends_with('.') && layer.name().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    }
    assert!(closed.is_empty(), "these do not open their example, what does instead: {closed:?}");
    let mut names: Vec<_> = LAYERS.iter().map(|layer| layer.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), LAYERS.len(), "two layers share a name");
}

#[test]
fn every_example_of_the_search_is_found() {
    let values = ["zoe@mail.test", "zoe.lindqvist83@mail.test"];
    let value = |value: &str| Value { name: value.into(), kind: "email", value: value.into() };
    let planted = Planted::new(&GroundTruth { values: values.map(value).into(), ..GroundTruth::default() });
    for searched in SEARCHED {
        let seen = |deep: bool| {
            let limits = Limits { deep, ..Limits::default() };
            look(&planted, searched.example, Hint::default(), &limits, &mut Places::default()).0.sightings.len()
        };
        assert_eq!((seen(true), seen(false)), (1, usize::from(!searched.deep)), "{}", searched.name);
        assert!(searched.about.ends_with('.'));
    }
}

/// As Sensors Analytics' newer clients send it: an event under a key of AES, and that key in an envelope for a private
/// one. The envelope was made by Bouncy Castle, as Android's clients make it.
#[test]
fn an_envelope_of_a_curve_gives_the_key_for_what_is_beside_it() {
    const ENVELOPE: &str = "04d9d21fe0de227d8f213fc841beb6db0d949a795d6be4a69d8aecdc3a044600d17670e83012b488c2b73209e319b6b6c24bc7f3778d19703e6f7c231f671e0897c7fbdc62f0c6c3441e7f367e6f48a17da3fc2fe74b18fc3307cee202ea9b55dc35f02aab";
    const KEYS: &str = "[[key]]\nname = \"server\"\nkind = \"ec-private\"\npem = \"\"\"\n-----BEGIN PRIVATE KEY-----\n\
        MIGTAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBHkwdwIBAQQg0fNpYv6JU6/zwvvenCNEI02c6JSLeNWSNZaGiSGdERigCgYIKoZIzj0DAQeh\n\
        RANCAARtuEpj7NqROmokv9SLqAwsJudVAcDcd8iDagUwIPUx7Swcl/WN0k41Dhc/KhGWKhIXRVzuVro7Gxly3g8nGjO7\n\
        -----END PRIVATE KEY-----\n\"\"\"\n";
    let envelope: Vec<u8> =
        (0..ENVELOPE.len()).step_by(2).map(|at| u8::from_str_radix(&ENVELOPE[at..at + 2], 16).unwrap()).collect();
    let sealed = LAYERS.iter().find(|layer| layer.name() == "aes-cbc").unwrap().example();
    let base64 = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    let message = format!("[{{\"ekey\":\"{}\",\"pkv\":1,\"payloads\":[\"{}\"]}}]", base64(&envelope), base64(sealed));
    let keys = Arc::new(tattletale_core::decode::keys::parse(KEYS).unwrap());
    let seen = |keys| {
        let limits = Limits { keys, ..Limits::default() };
        look(&planted(&["zoe@mail.test"]), message.as_bytes(), Hint::default(), &limits, &mut Places::default()).0
    };
    assert_eq!(seen(keys).sightings.len(), 1);
    assert!(seen(Arc::default()).sightings.is_empty());
}

/// Gzip members of zeros behind one another: 10 MB that want to become 10 GB.
fn bomb() -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 10 << 20]).unwrap();
    encoder.finish().unwrap().repeat(1000)
}

#[test]
fn a_bomb_of_ten_gigabytes_ends_inside_the_limits() {
    let bomb = bomb();
    assert!(bomb.len() < 12 << 20);
    let limits = Limits::default();
    let (_, walked) = look(&planted(&["needle"]), &bomb, Hint::default(), &limits, &mut Places::default());
    let fault = walked.faults.first().expect("a stated fault");
    assert_eq!(fault.kind, FaultKind::Limit);
    assert!(fault.message.contains(&limits.made.to_string()), "{fault}");
    let mut out = Vec::new();
    assert_eq!(inflate(Framing::Gzip, &bomb, &mut out, 1000), End::Limit);
    assert_eq!(out.len(), 1000);
}

#[test]
fn what_was_found_before_a_limit_stands() {
    let limits = Limits { nodes: 50, ..Limits::default() };
    let fields: Vec<String> = (0..100).map(|number| format!("\"field{number}\":\"value{number}\"")).collect();
    let json = format!("{{\"first\":\"needle-1\",{}}}", fields.join(","));
    let (seen, walked) =
        look(&planted(&["needle-1"]), json.as_bytes(), Hint::default(), &limits, &mut Places::default());
    assert_eq!(walked.faults.len(), 1);
    assert_eq!(seen.sightings[0].path[0].at.as_deref(), Some("$.first"));
}

#[test]
fn depth_is_bounded_and_said() {
    let planted = planted(&["needle-needle"]);
    let faults = |bytes: &[u8], depth: usize| {
        let limits = Limits { depth, ..Limits::default() };
        let (seen, walked) = look(&planted, bytes, Hint::default(), &limits, &mut Places::default());
        (seen.sightings.len(), walked.faults)
    };
    let nested = (0..10).fold(b"needle-needle".to_vec(), |bytes, _| base64(&bytes));
    assert_eq!(faults(&nested, 10), (1, vec![]));
    let (found, stated) = faults(&nested, 9);
    assert_eq!((found, stated.len(), stated[0].kind), (0, 1, FaultKind::Limit));
    let (_, stated) = faults("[".repeat(1_000_000).as_bytes(), 48);
    assert_eq!((stated.len(), stated[0].kind), (1, FaultKind::Limit));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn trouble_inside_a_guess_that_came_to_nothing_is_none() {
    // Starts like zlib, and forty bytes come out before it breaks off: random all the same.
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &(0..60u8).map(|n| n.wrapping_mul(167) ^ 0x91).collect::<Vec<_>>())
        .unwrap();
    let mut random = encoder.finish().unwrap();
    random.truncate(random.len() - 8);
    let faults = |bytes: &[u8]| tree(bytes, Hint::default(), &Limits::default());
    for text in [hex(&random), String::from_utf8(base64(&random)).unwrap()] {
        let (tree, walked) = faults(format!("{{\"id\":\"{text}\"}}").as_bytes());
        assert!(walked.faults.is_empty(), "{text}: {:?}", walked.faults);
        assert!(!opened_by(&tree).contains(&"zlib"), "{text}: {:?}", opened_by(&tree));
    }
    // The same bytes as a body, where nothing was guessed, and a text cut off inside guesses.
    let (_, walked) = faults(&random);
    assert_eq!(walked.faults.first().map(|fault| fault.kind), Some(FaultKind::Truncated));
    let cut = gzip(&(0..200).map(|n| format!("line {n} of a log\n")).collect::<String>().into_bytes());
    let cut = &cut[..cut.len() * 3 / 4];
    for text in [hex(cut), String::from_utf8(base64(cut)).unwrap()] {
        let (tree, walked) = faults(text.as_bytes());
        assert!(opened_by(&tree).contains(&"gzip"));
        assert_eq!(walked.faults.first().map(|fault| fault.kind), Some(FaultKind::Truncated));
    }
}

#[test]
fn a_hundred_thousand_random_identifiers_are_no_trouble() {
    // A linear congruential generator is random enough to look like identifiers.
    let mut state = 0x7f3a_91c4_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    for length in [16, 20, 32, 48, 64] {
        let mut ids = String::from("[");
        for number in 0..20_000 {
            let id: Vec<u8> = (0..length).map(|_| byte()).collect();
            let id = if number % 2 == 0 { hex(&id) } else { String::from_utf8(base64(&id)).unwrap() };
            ids += &format!("\"{id}\",");
        }
        ids += "0]";
        let (tree, walked) = tree(ids.as_bytes(), Hint::default(), &Limits::default());
        assert!(walked.faults.is_empty(), "{:?}", walked.faults);
        let mut opened = opened_by(&tree);
        opened.retain(|layer| *layer == "path" || *layer == "zlib" || *layer == "gzip");
        assert_eq!(opened, [""; 0], "{length} bytes");
    }
}

/// What makes careless decoders quadratic: a megabyte of beginnings that never end.
#[test]
fn megabytes_of_beginnings_take_no_time() {
    let beginnings: [&[u8]; 29] = [
        b"%",
        b"%41",
        b"&",
        b"&#",
        b"&amp;",
        b"<a>",
        b"<a b='",
        b"<![CDATA[",
        b"</",
        b"\\u",
        b"\\\"",
        b"=\r\n",
        b"=C3",
        b"a=b;",
        b"--x\nContent-",
        b"\x0a\x02",
        b"\x0a\x80\x80\x04",
        b"\x91",
        b"\x81",
        b"\x9f",
        b"PK\x03\x04",
        b"data:\n",
        b"eyJ.",
        b"\0\0\0\0\0",
        b"\0\x1f\x8b\x08\0",
        b"\0x\x9c",
        b"\0{\"a\":",
        b"\0bplist00",
        b"v1.eJyr",
    ];
    for beginning in beginnings {
        let input = beginning.repeat((1 << 20) / beginning.len());
        let started = std::time::Instant::now();
        tree(&input, Hint::default(), &Limits::default());
        // Seconds would do; the machine may be busy with other tests.
        assert!(started.elapsed().as_secs() < 20, "{beginning:?} takes {:?}", started.elapsed());
    }
}

/// Inputs that tend to be opened: encodings of encodings, and pieces of them.
fn nested() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        "[ -~]{0,40}".prop_map(String::into_bytes),
        "\\PC{0,20}".prop_map(String::into_bytes),
    ];
    leaf.prop_recursive(6, 64, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|bytes| base64(&bytes)),
            inner.clone().prop_map(|bytes| bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into_bytes()),
            inner.clone().prop_map(|bytes| gzip(&bytes)),
            inner.clone().prop_map(|bytes| bytes
                .iter()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
                .into_bytes()),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|fields| {
                let fields: Vec<_> = fields.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
                serde_json::json!({ "list": fields, "n": 1 }).to_string().into_bytes()
            }),
            (inner.clone(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes.truncate(at);
                }
                bytes
            }),
            inner.prop_map(|bytes| [b"a=1&data=".to_vec(), bytes, b"&z=2".to_vec()].concat()),
        ]
    })
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    base64_simd::STANDARD.encode_to_string(bytes).into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    /// Whatever comes in, a walk ends, inside its limits, and accounts for what it saw.
    #[test]
    fn a_walk_ends_inside_its_limits(input in nested(), nodes in 1u64..200, made in 0usize..4096, depth in 0usize..12) {
        let limits = Limits { depth, nodes, made, ..Limits::default() };
        let mut places = Places::default();
        let (seen, walked) = look(&planted(&["needle", "aaa"]), &input, Hint::default(), &limits, &mut places);
        prop_assert!(places.bytes <= (input.len() + made) as u64);
        prop_assert!(walked.faults.iter().filter(|fault| fault.path.len() > 2 * depth + 2).count() == 0);
        for sighting in &seen.sightings {
            prop_assert!(sighting.range.start < sighting.range.end);
        }
    }

    /// The tree of `decode` and the search see the same places.
    #[test]
    fn spans_lie_inside_what_is_around_them(input in nested()) {
        fn check(tree: &Tree) {
            for child in &tree.children {
                assert!(child.span.end <= tree.bytes.len(), "{:?} in {} bytes", child.span, tree.bytes.len());
                check(child);
            }
        }
        check(&tree(&input, Hint::default(), &Limits::default()).0);
    }

    /// A value is found again under any nesting that hides it.
    #[test]
    fn what_was_hidden_is_found(steps in prop::collection::vec(0..5usize, 0..6), value in "[a-zżółć]{4,8}-[0-9a-f]{8}@[a-z]{3,9}\\.example") {
        let mut bytes = value.clone().into_bytes();
        for step in &steps {
            bytes = match step {
                0 => base64(&bytes),
                1 => gzip(&bytes),
                2 => [b"id=7&data=".to_vec(), bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>().into_bytes()].concat(),
                // Bytes that are no text cannot stand in a JSON string: a client would encode them first.
                3 => serde_json::json!({ "list": [1, match String::from_utf8(bytes.clone()) {
                    Ok(text) => text,
                    Err(_) => String::from_utf8(base64(&bytes)).unwrap(),
                }] }).to_string().into_bytes(),
                _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
            };
        }
        let (seen, walked) = look(&planted(&[&value]), &bytes, Hint::default(), &Limits::default(), &mut Places::default());
        prop_assert_eq!(seen.sightings.len(), 1, "{:?} by {:?}: {:?}", value, steps, walked);
    }
}
