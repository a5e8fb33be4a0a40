//! What holds for every import: recognition, hash and count, errors with a way out.

use super::*;
use crate::model::Exchange;

const SMALL: &str = r#"{"log":{"entries":[{"request":{"method":"GET","url":"http://a.example/"}},
    {"request":{"method":"GET","url":"http://b.example/"}}]}} "#;

fn all(file: &[u8]) -> Result<(Imported, Vec<Exchange>), ImportError> {
    let mut exchanges = Vec::new();
    let imported = read(file, Wanted::ALL, |captured| {
        exchanges.extend(captured.exchange());
        ControlFlow::Continue(())
    })?;
    Ok((imported, exchanges))
}

#[test]
fn hashes_and_counts_the_whole_input() {
    let (imported, exchanges) = all(SMALL.as_bytes()).unwrap();
    assert_eq!((imported.format, imported.exchanges, imported.bytes), ("har", 2, SMALL.len() as u64));
    assert_eq!(exchanges[1].request.url, "http://b.example/");
    let digest = <sha2::Sha256 as sha2::Digest>::digest(SMALL.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(imported.sha256, Some(hex));
    assert_eq!(imported.faults, []);
}

#[test]
fn breaking_off_leaves_no_hash() {
    let mut seen = 0;
    let imported = read(SMALL.as_bytes(), Wanted::ALL, |_| {
        seen += 1;
        ControlFlow::Break(())
    })
    .unwrap();
    assert_eq!((seen, imported.exchanges, imported.sha256), (1, 1, None));
}

#[test]
fn marks_and_utf16_pass() {
    let mut files = vec![format!("\u{feff}\r\n {SMALL}").into_bytes()];
    files.push(format!("\u{feff}{SMALL}").encode_utf16().flat_map(u16::to_le_bytes).collect());
    files.push(SMALL.encode_utf16().flat_map(u16::to_be_bytes).collect());
    for file in files {
        let (imported, exchanges) = all(&file).unwrap();
        assert_eq!((exchanges.len(), imported.bytes), (2, file.len() as u64));
        assert_eq!(imported.faults, []);
    }
}

#[test]
fn says_what_it_is_not() {
    let cases: [(&[u8], &str); 12] = [
        (b"", "the file is empty"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04raw/", "ZIP"),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0", "a pcap"),
        (b"\n\r\r\n\x1c\0\0\0", "pcapng"),
        (b"WARC/0.18\r\n", "WARC"),
        (b"<?xml version=\"1.0\"?><a/>", "XML"),
        (b" <!DOCTYPE html><p>", "web page"),
        (br#"{"info":{"log":[]},"item":[]}"#, "JSON, but not a HAR (has info, item)"),
        (b"[1,2]", "JSON, but not a HAR"),
        (b"GET / HTTP/1.1\r\n", "plain text"),
        (b"\0\x01\x02", "binary"),
    ];
    for (file, wanted) in cases {
        let error = all(file).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(!error.help().is_empty() && !error.to_string().contains('\n'));
        assert_eq!(error.offset(), 0);
    }
}

#[test]
fn names_hostile_json_keys_without_control_characters() {
    let error = all(br#"{"\u001b[31mred\n":1}"#).unwrap_err();
    assert!(error.to_string().contains("(has [31mred)"), "{error}");
}

#[test]
fn a_failing_reader_is_told_with_its_place() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    let padded = format!("{}{}", &SMALL[..SMALL.len() - 4], " ".repeat(PEEK));
    let mut seen = 0;
    let error = read(padded.as_bytes().chain(Failing), Wanted::ALL, |_| {
        seen += 1;
        ControlFlow::Continue(())
    })
    .unwrap_err();
    assert_eq!(seen, 2);
    assert!(matches!(error, ImportError::Io { entry: 2, offset, .. } if offset > 0), "{error}");
}

#[test]
fn every_importer_says_what_it_is() {
    for importer in IMPORTERS {
        assert!(importer.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
        assert!(!importer.about().is_empty());
        assert!(!importer.sniff(b""));
    }
}
