//! Input that is made to cost more than it weighs: work is counted, not timed, so that the test means the same on
//! every machine. What is counted are the places that a visitor is told of and the bytes that were made for them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[allow(dead_code, reason = "the encoders serve several tests")]
mod encoders;

use encoders::DISGUISES;
use tattletale_core::decode::{Ending, Hint, Limits, Node, Visitor, Walked, walk};
use tattletale_core::model::FaultKind;

#[derive(Default)]
struct Work {
    places: usize,
    made: usize,
}

impl Visitor for Work {
    fn enter(&mut self, node: &Node<'_>) {
        self.places += 1;
        self.made += if node.fresh { node.bytes.len() } else { 0 };
    }

    fn leave(&mut self, _: &Node<'_>, _: &Ending) {}
}

fn work(bytes: &[u8], limits: &Limits) -> (Work, Walked) {
    let mut work = Work::default();
    let walked = walk(bytes, Hint::default(), limits, &mut work);
    (work, walked)
}

/// Eight megabytes of one letter by every compressor, where one may be made.
#[test]
fn a_bomb_of_every_compressor_ends_at_the_limit_and_says_so() {
    let letters = "a".repeat(8 << 20).into_bytes();
    let limits = Limits { made: 1 << 20, ..Limits::default() };
    let compressors = [
        "gzip",
        "zlib",
        "raw deflate",
        "brotli",
        "zstd",
        "lz4",
        "snappy",
        "bzip2",
        "xz",
        "zip, deflated",
        "gzip members",
    ];
    for name in compressors {
        let disguise = DISGUISES.iter().find(|disguise| disguise.name == name).unwrap();
        let bomb = (disguise.encode)(&letters);
        let coding = (name == "brotli").then_some("br").or((name == "raw deflate").then_some("deflate"));
        let mut work = Work::default();
        let hint = Hint { content_encoding: coding, ..Hint::default() };
        let walked = walk(&bomb, hint, &limits, &mut work);
        assert!(walked.faults.iter().any(|fault| fault.kind == FaultKind::Limit), "{name}: {:?}", walked.faults);
        assert!(work.made <= bomb.len() + limits.made, "{name}: {} bytes were made", work.made);
    }
}

/// Twice the input may cost twice the work and no more.
#[test]
fn work_grows_with_the_input_and_not_faster() {
    let runs: [(&str, &[u8]); 12] = [
        ("percent signs", b"%"),
        ("percent-encoded percent signs", b"%25"),
        ("references to the ampersand", b"&amp;"),
        ("ends of references", b"&#38;"),
        ("backslashes", b"\\\\"),
        ("escaped quotes", b"\\\""),
        ("arrays", b"["),
        ("empty arrays", b"[],"),
        ("elements", b"<a>"),
        ("groups of protobuf", b"\x13"),
        ("labels", b"0123456789abcdef0."),
        ("letters of base64", b"eyJ9"),
    ];
    for (name, run) in runs {
        let cost = |length: usize| {
            let (work, _) = work(&run.repeat(length / run.len()), &Limits::default());
            (work.places, work.made)
        };
        let (small, large) = (cost(64 << 10), cost(256 << 10));
        assert!(large.0 <= 5 * small.0 + 64, "{name}: {} places, then {}", small.0, large.0);
        assert!(large.1 <= 5 * small.1 + 64, "{name}: {} bytes, then {}", small.1, large.1);
    }
}

#[test]
fn a_million_levels_are_a_stated_limit() {
    for open in ["[", "{\"a\":"] {
        let (work, walked) = work(open.repeat(1_000_000).as_bytes(), &Limits::default());
        assert!(walked.faults.iter().any(|fault| fault.kind == FaultKind::Limit), "{open}: {:?}", walked.faults);
        assert!(work.places < 10_000, "{open}: {}", work.places);
    }
}
