//! WARCs as they get damaged, and as nobody should write them.

use std::io::Write;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::tests::{import, import_limited, record};
use super::*;
use crate::model::{Exchange, FaultKind, Fidelity};

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn message(n: usize, body: &str) -> String {
    let (uri, length) = (format!("WARC-Target-URI: https://t.example/{n}"), body.len());
    let block = format!("POST /{n} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}");
    record("request", &["Content-Type: application/http; msgtype=request", &uri], &block)
}

fn small() -> Vec<String> {
    let info = record("warcinfo", &["Content-Type: application/warc-fields"], "software: x\r\n");
    vec![info, message(0, "first body"), message(1, "second body"), message(2, "third body")]
}

fn whole(all: &[Exchange]) -> usize {
    let is_whole = |e: &&Exchange| e.faults.is_empty() && e.request.body.fidelity == Fidelity::Exact;
    all.iter().filter(is_whole).count()
}

/// At every byte: what was whole before the cut is there, and the cut is told exactly once.
fn cut_everywhere(pieces: &[Vec<u8>], slack: usize) {
    let file = pieces.concat();
    for end in 0..file.len() {
        let mut starts = vec![0];
        pieces.iter().for_each(|piece| starts.push(starts.last().unwrap() + piece.len()));
        let before = pieces.iter().enumerate().skip(1).filter(|(at, _)| starts[at + 1] - slack <= end).count();
        let (all, faults) = import(&file[..end]);
        // Of a member whose checksum alone is cut, all is there.
        assert!((before..=before + usize::from(slack == 0)).contains(&whole(&all)), "{end}: {all:?}");
        let told = all.iter().map(|e| e.faults.len()).sum::<usize>() + faults.len();
        let at_edge = starts.iter().any(|&start| start.saturating_sub(slack) <= end && end <= start);
        assert_eq!(told, usize::from(!at_edge), "{end} of {starts:?}: {all:?} {faults:?}");
        let kinds = all.iter().flat_map(|e| &e.faults).chain(&faults).all(|fault| fault.kind == FaultKind::Truncated);
        assert!(kinds, "{end}: {faults:?} {all:?}");
    }
}

#[test]
fn a_cut_anywhere_is_told_once() {
    cut_everywhere(&small().into_iter().map(String::into_bytes).collect::<Vec<_>>(), 4);
    cut_everywhere(&small().iter().map(|text| gzip(text.as_bytes())).collect::<Vec<_>>(), 0);
}

#[test]
fn an_interrupted_and_continued_recording_loses_one_record() {
    let pieces: Vec<Vec<u8>> = small().iter().map(|text| gzip(text.as_bytes())).collect();
    for cut in 1..pieces[1].len() {
        let file = [&pieces[0][..], &pieces[1][..cut], &pieces[2], &pieces[3]].concat();
        let (all, faults) = import(&file);
        // Where only the checksum is cut, all is there.
        assert!(whole(&all) >= 2, "{cut}: {all:?} {faults:?}");
        assert!(all.iter().map(|e| e.faults.len()).sum::<usize>() + faults.len() >= 1, "{cut}");
    }
}

#[test]
fn damage_hides_no_neighbour() {
    let [info, first, second, third] = <[String; 4]>::try_from(small()).unwrap();
    let damaged = [
        first.replace("Content-Length: 5", "Content-Length: x"),
        "not a record at all\r\n".repeat(100),
        first.replace("WARC/1.1", "WORC/1.1"),
        format!("WARC/1.1\r\nX: {}\r\n", "y".repeat(70_000)),
    ];
    for bad in damaged {
        for member in [|text: &str| text.as_bytes().to_vec(), |text: &str| gzip(text.as_bytes())] {
            let file = [member(&info), member(&bad), member(&second), member(&third)].concat();
            let (all, faults) = import(&file);
            assert_eq!((all.len(), whole(&all), faults.len()), (2, 2, 1), "{bad:.90}: {faults:?}");
        }
    }
}

#[test]
fn one_member_for_all_and_members_anywhere() {
    let text = small().concat();
    assert_eq!(whole(&import(&gzip(text.as_bytes())).0), 3);
    for size in [1, 7, 100] {
        let file: Vec<u8> = text.as_bytes().chunks(size).flat_map(gzip).collect();
        let (all, faults) = import(&file);
        assert_eq!((whole(&all), faults), (3, vec![]));
    }
}

#[test]
fn claims_cost_nothing() {
    let text = message(0, "body").replace("Content-Length: 43", "Content-Length: 18446744073709551615");
    assert!(text.contains("18446744073709551615"), "{text}");
    let (all, _) = import(text.as_bytes());
    assert_eq!(all[0].faults[0].kind, FaultKind::Truncated);
    let (all, _) = import(&gzip(text.as_bytes()));
    assert_eq!(all[0].faults.len(), 1);
}

#[test]
fn too_long_keeps_its_start_and_its_neighbours() {
    let long = message(0, &"x".repeat(400_000));
    for member in [|text: &str| text.as_bytes().to_vec(), |text: &str| gzip(text.as_bytes())] {
        let file = [member(&long), member(&message(1, "next"))].concat();
        let (all, faults) = import_limited(&file, 100_000, Wanted::ALL);
        assert_eq!((all.len(), faults), (2, vec![]));
        assert_eq!((all[0].faults[0].kind, all[0].request.body.fidelity), (FaultKind::Limit, Fidelity::Truncated));
        assert!(all[0].request.body.bytes.len() > 90_000);
        assert_eq!(all[1].request.body.bytes, b"next");
    }
}

#[test]
fn bombs_end() {
    let start = Instant::now();
    let zeros = vec![0; 8 << 20];
    for filler in [&zeros[..], &vec![b'\n'; 8 << 20], &b"WARC/1.1\r\n".repeat(400_000)] {
        let bomb = gzip(filler);
        let file = [gzip(message(0, "a").as_bytes()), bomb.repeat(20), gzip(message(1, "b").as_bytes())].concat();
        let (all, _) = import(&file);
        assert_eq!(whole(&all), 2);
    }
    assert!(start.elapsed().as_secs() < 60);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutations_end(
        gzipped in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..8),
    ) {
        let mut file: Vec<u8> = match gzipped {
            true => small().iter().flat_map(|text| gzip(text.as_bytes())).collect(),
            false => small().concat().into_bytes(),
        };
        for (at, byte, kind) in changes {
            let at = at.index(file.len());
            match kind {
                0 => file[at] = byte,
                1 => file.insert(at, byte),
                2 => { file.remove(at); }
                _ => { let tail = file[at..].to_vec(); file.extend(tail); }
            }
        }
        let (all, _) = import(&file);
        prop_assert!(all.iter().enumerate().all(|(at, exchange)| exchange.index == at));
    }
}
