//! A small writer of MaxMind DB files, so that tests need no file of anybody else's.
//!
//! As far as tests need it: IPv4, records of 24 bits, maps, texts and numbers. Format: maxmind.github.io/MaxMind-DB,
//! version 2.0.

use serde_json::Value;
use std::net::Ipv4Addr;

const RECORD_BITS: u16 = 24;

/// Where a branch of the tree leads.
#[derive(Clone, Copy)]
enum Branch {
    Nowhere,
    Node(usize),
    /// Offset in the data section.
    Data(usize),
}

/// A database of that type and build time (seconds since 1970) that knows these networks; none inside another.
pub(crate) fn database(kind: &str, built: u64, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Branch::Nowhere; 2]];
    let mut data = Vec::new();
    for (network, record) in networks {
        let (address, bits) = network.split_once('/').unwrap();
        let (address, bits): (Ipv4Addr, u32) = (address.parse().unwrap(), bits.parse().unwrap());
        let bit = |at: u32| (u32::from(address) >> (31 - at) & 1) as usize;
        let mut node = 0;
        for at in 0..bits - 1 {
            node = match nodes[node][bit(at)] {
                Branch::Node(next) => next,
                _ => {
                    nodes.push([Branch::Nowhere; 2]);
                    nodes[node][bit(at)] = Branch::Node(nodes.len() - 1);
                    nodes.len() - 1
                }
            };
        }
        nodes[node][bit(bits - 1)] = Branch::Data(data.len());
        encode(record, &mut data);
    }
    let mut file = Vec::new();
    for branch in nodes.iter().flatten() {
        let pointer = match *branch {
            Branch::Nowhere => nodes.len(),
            Branch::Node(node) => node,
            Branch::Data(offset) => nodes.len() + 16 + offset,
        };
        file.extend(&(pointer as u32).to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    file.push(7 << 5 | 9);
    let mut field = |name: &str, value: &[u8]| {
        encode(&Value::from(name), &mut file);
        file.extend(value);
    };
    field("binary_format_major_version", &number(5, 2));
    field("binary_format_minor_version", &number(5, 0));
    field("build_epoch", &number(9, built));
    field("database_type", &encoded(&Value::from(kind)));
    field("description", &encoded(&serde_json::json!({ "en": "made by a test" })));
    field("ip_version", &number(5, 4));
    field("languages", &[1, 11 - 7, 2 << 5 | 2, b'e', b'n']);
    field("node_count", &number(6, nodes.len() as u64));
    field("record_size", &number(5, u64::from(RECORD_BITS)));
    file
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out);
    out
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) if text.len() < 29 => {
            out.push(2 << 5 | text.len() as u8);
            out.extend(text.as_bytes());
        }
        Value::String(text) => {
            out.extend([2 << 5 | 29, u8::try_from(text.len() - 29).unwrap()]);
            out.extend(text.as_bytes());
        }
        Value::Number(n) => out.extend(number(6, n.as_u64().unwrap())),
        Value::Object(map) => {
            out.push(7 << 5 | map.len() as u8);
            for (name, value) in map {
                encode(&Value::from(name.as_str()), out);
                encode(value, out);
            }
        }
        other => panic!("the test writer does not know {other}"),
    }
}

/// An unsigned number of that type; types above 7 take a byte of their own.
fn number(kind: u8, n: u64) -> Vec<u8> {
    let bytes: Vec<u8> = n.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let size = bytes.len() as u8;
    let head = if kind > 7 { vec![size, kind - 7] } else { vec![kind << 5 | size] };
    [head, bytes].concat()
}
