//! `WARC-Block-Digest` and `WARC-Payload-Digest`: what was written is held against what was stated then.
//!
//! The standard leaves the algorithm and the notation open: `label:value`, in practice SHA-1 or SHA-256 in base32 or
//! hex. What is in no known notation is not verified, and that is no fault. Writers disagree whether a payload is
//! with or without its chunks, so either will do.

use sha2::Digest;

use super::records::Record;
use crate::codec::base32;
use crate::import::http1::Head;
use crate::model::{Fault, FaultKind};

/// The faults of a whole record. `payload` is the body as it passed; `unchunked` the body without its framing.
pub(super) fn verify(record: &Record, payload: &[u8], unchunked: &[u8], head: &Head) -> Vec<Fault> {
    let mut faults = Vec::new();
    if let Some(stated) = record.field("warc-block-digest")
        && matches(stated, &record.block) == Some(false)
    {
        faults.push(mismatch("block", record));
    }
    let Some(stated) = record.field("warc-payload-digest") else { return faults };
    // That of a revisit is of what it revisits.
    let own = record.kind() != "revisit" && record.field("warc-segment-number").is_none();
    let wrong = |bytes| matches(stated, bytes) == Some(false);
    if own && wrong(payload) && (!head.is_chunked() || wrong(unchunked)) {
        faults.push(mismatch("payload", record));
    }
    faults
}

fn mismatch(which: &str, record: &Record) -> Fault {
    let id = record.field("warc-record-id").unwrap_or("without an id");
    let id: String = id.chars().filter(char::is_ascii_graphic).take(80).collect();
    let message = format!("the {which} digest of record {id} does not match: it was damaged or changed since");
    Fault::new(FaultKind::Corrupt, message).at(record.offset)
}

/// Whether the bytes have that digest; none where the algorithm or the notation is not known.
fn matches(stated: &str, bytes: &[u8]) -> Option<bool> {
    let (label, value) = stated.trim().split_once(':')?;
    let digest: Vec<u8> = match &*label.trim().to_ascii_lowercase().replace('-', "") {
        "sha1" => sha1::Sha1::digest(bytes).to_vec(),
        "sha256" => sha2::Sha256::digest(bytes).to_vec(),
        "sha512" => sha2::Sha512::digest(bytes).to_vec(),
        "md5" => md5::Md5::digest(bytes).to_vec(),
        _ => return None,
    };
    let value = value.trim().trim_end_matches('=');
    let notations = [
        base32::encode(&digest).trim_end_matches('=').to_owned(),
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    ];
    let same_length = |notation: &&String| notation.len() == value.len();
    notations.iter().find(same_length).map(|notation| notation.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation() {
        let right = [
            "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
            "SHA1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "sha256:4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ====",
            "md5:d41d8cd98f00b204e9800998ecf8427e",
        ];
        for stated in right {
            assert_eq!(matches(stated, b""), Some(true), "{stated}");
            assert_eq!(matches(stated, b"x"), Some(false), "{stated}");
        }
        for stated in ["", "sha1", "sha1:", "sha1:abc", "crc32:00000000", "blake3:af13"] {
            assert_eq!(matches(stated, b""), None, "{stated}");
        }
    }
}
