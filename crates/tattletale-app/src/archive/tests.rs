//! Archives as they should not be: every way that is known to show two readers two archives, and what costs too much.

use super::*;
use std::io::Write;

/// One entry, with what its local header and the directory say.
#[derive(Clone)]
struct Made {
    name: &'static str,
    own_name: Option<&'static str>,
    bytes: Vec<u8>,
    method: u16,
    own_method: Option<u16>,
    flags: u16,
    crc: Option<u32>,
    size: Option<u64>,
    /// Sizes and offset in the 64-bit field of the directory.
    long: bool,
    /// Points to the data of the first entry.
    shares: bool,
}

fn entry(name: &'static str, bytes: &[u8], method: u16) -> Made {
    let bytes = bytes.to_vec();
    let (own_name, own_method, crc, size) = (None, None, None, None);
    Made { name, own_name, bytes, method, own_method, flags: 0, crc, size, long: false, shares: false }
}

fn packed(method: u16, bytes: &[u8]) -> Vec<u8> {
    if method != DEFLATED {
        return bytes.to_vec();
    }
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The directory and the end of an archive.
#[derive(Default)]
struct Ending {
    count: Option<u16>,
    comment: Vec<u8>,
    behind: Vec<u8>,
    long: Option<(u64, u64, u64)>,
}

fn archive(entries: &[Made], end: &Ending) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for made in entries {
        let data = packed(made.method, &made.bytes);
        let mut sum = Crc::new();
        sum.update(&made.bytes);
        let crc = made.crc.unwrap_or(sum.sum());
        let size = made.size.unwrap_or(made.bytes.len() as u64);
        let header = if made.shares { 0 } else { out.len() as u64 };
        let streamed = made.flags & 8 != 0;
        let own_name = made.own_name.unwrap_or(made.name);
        out.extend([&b"PK\x03\x04\x14\0"[..], &made.flags.to_le_bytes()].concat());
        out.extend(made.own_method.unwrap_or(made.method).to_le_bytes());
        out.extend([0; 4]);
        let said = if streamed { [0; 3] } else { [crc, data.len() as u32, size as u32] };
        said.iter().for_each(|number| out.extend(number.to_le_bytes()));
        out.extend((own_name.len() as u16).to_le_bytes());
        out.extend([3, 0]);
        out.extend(own_name.as_bytes());
        out.extend([0, 0, 0]);
        out.extend(&data);
        if streamed {
            out.extend(b"PK\x07\x08");
            [crc, data.len() as u32, size as u32].iter().for_each(|number| out.extend(number.to_le_bytes()));
        }
        directory.extend([&b"PK\x01\x02\x14\0\x14\0"[..], &made.flags.to_le_bytes()].concat());
        directory.extend(made.method.to_le_bytes());
        directory.extend([0; 4]);
        directory.extend(crc.to_le_bytes());
        let numbers = [data.len() as u64, size, header];
        let short = numbers.map(|number| if made.long { u32::MAX } else { number as u32 });
        [short[0], short[1]].iter().for_each(|number| directory.extend(number.to_le_bytes()));
        directory.extend((made.name.len() as u16).to_le_bytes());
        directory.extend(if made.long { [28, 0] } else { [0, 0] });
        directory.extend([0; 10]);
        directory.extend(short[2].to_le_bytes());
        directory.extend(made.name.as_bytes());
        if made.long {
            directory.extend([1, 0, 24, 0]);
            [size, data.len() as u64, header].iter().for_each(|number| directory.extend(number.to_le_bytes()));
        }
    }
    let (start, count) = (out.len() as u64, end.count.unwrap_or(entries.len() as u16));
    out.extend(&directory);
    if let Some((count, size, at)) = end.long {
        let record = out.len() as u64;
        out.extend([&b"PK\x06\x06"[..], &[0; 28]].concat());
        [count, size, at].iter().for_each(|number| out.extend(number.to_le_bytes()));
        out.extend([&b"PK\x06\x07\0\0\0\0"[..], &record.to_le_bytes(), &[1, 0, 0, 0]].concat());
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    [count, count].iter().for_each(|number| out.extend(number.to_le_bytes()));
    [directory.len() as u32, start as u32].iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend((end.comment.len() as u16).to_le_bytes());
    [out, end.comment.clone(), end.behind.clone()].concat()
}

/// Everything that can be read of an archive, and everything that is wrong with it. Bytes and stream have to agree.
fn read(bytes: &[u8]) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let source = bytes.to_vec();
    let archive = match Archive::open(&source) {
        Ok(archive) => archive,
        Err(fault) => return (Vec::new(), vec![fault.message]),
    };
    let mut faults: Vec<String> = archive.faults.iter().map(|fault| fault.message.clone()).collect();
    let mut files = Vec::new();
    for member in &archive.members {
        match archive.read(member, 1 << 20) {
            Ok(entry) => {
                faults.extend(entry.faults.into_iter().map(|fault| fault.message));
                let mut streamed = Vec::new();
                if let Ok(mut contents) = archive.stream(member, 1 << 20) {
                    let _ended = contents.read_to_end(&mut streamed);
                    assert!(entry.bytes.starts_with(&streamed), "{}", member.name);
                }
                files.push((member.name.clone(), entry.bytes));
            }
            Err(fault) => faults.push(fault.message),
        }
    }
    (files, faults)
}

const TEXT: &[u8] = b"the same, the same, the same, the same";

#[test]
fn entries_in_every_way_that_is_meant() {
    let long = Made { long: true, ..entry("long.bin", TEXT, DEFLATED) };
    let streamed = Made { flags: 8, ..entry("streamed.bin", TEXT, DEFLATED) };
    let entries = [
        entry("stored.bin", TEXT, STORED),
        entry("deflated.bin", TEXT, DEFLATED),
        entry("empty", b"", STORED),
        entry("folder/", b"", STORED),
        entry("../../etc/passwd", TEXT, DEFLATED),
        // Android takes what it does not know for stored.
        entry("odd.bin", TEXT, 0x4d2),
        streamed,
        long,
    ];
    let (files, faults) = read(&archive(&entries, &Ending { comment: b"a comment".to_vec(), ..Ending::default() }));
    assert_eq!(faults, [""; 0]);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["stored.bin", "deflated.bin", "empty", "../../etc/passwd", "odd.bin", "streamed.bin", "long.bin"]
    );
    assert!(files.iter().all(|(name, bytes)| bytes == TEXT || name == "empty"));
}

#[test]
fn numbers_of_64_bits() {
    let entries = [Made { long: true, ..entry("a", TEXT, STORED) }];
    let plain = archive(&entries, &Ending::default());
    let start = plain.windows(4).position(|window| window == b"PK\x01\x02").unwrap() as u64;
    let size = plain.len() as u64 - 22 - start;
    let said = |long| archive(&entries, &Ending { long: Some(long), ..Ending::default() });
    assert_eq!(read(&said((1, size, start))), (vec![("a".to_owned(), TEXT.to_vec())], Vec::new()));
    // The long record counts where the short one has no room, and is a fault where both speak and differ.
    let mut full = said((1, size, start));
    let end = full.len() - 22;
    full[end + 8..end + 20].fill(0xff);
    assert_eq!(read(&full), (vec![("a".to_owned(), TEXT.to_vec())], Vec::new()));
    let (files, faults) = read(&said((0, 0, start)));
    assert_eq!(files.len(), 1);
    assert!(faults[0].contains("two ends disagree"), "{faults:?}");
    full[end - 12..end - 4].fill(0x77);
    assert!(read(&full).1[0].contains("no zip64 record"));
}

/// What is wrong, and that what can be read is read all the same.
#[test]
fn what_tells_two_stories_is_said_and_read() {
    let plain = || entry("a.bin", TEXT, DEFLATED);
    let second = || entry("b.bin", b"another text", STORED);
    let cases: [(&str, Vec<Made>, Ending); 8] = [
        ("has not the checksum", vec![Made { crc: Some(7), ..plain() }], Ending::default()),
        ("has not the size", vec![Made { size: Some(5), ..plain() }], Ending::default()),
        ("another name in its own header", vec![Made { own_name: Some("x"), ..plain() }], Ending::default()),
        ("compressed otherwise", vec![Made { own_method: Some(STORED), ..plain() }], Ending::default()),
        ("a.bin more than once", vec![plain(), plain()], Ending::default()),
        (
            "shares its bytes",
            vec![plain(), Made { shares: true, own_name: Some("a.bin"), ..second() }],
            Ending::default(),
        ),
        ("lists more entries", vec![plain(), second()], Ending { count: Some(1), ..Ending::default() }),
        ("stands behind the archive's end", vec![plain()], Ending { behind: vec![0; 9], ..Ending::default() }),
    ];
    for (message, entries, end) in cases {
        let (files, faults) = read(&archive(&entries, &end));
        assert!(faults.iter().any(|fault| fault.contains(message)), "{message}: {faults:?}");
        assert!(files.iter().any(|(name, bytes)| name == "a.bin" && bytes == TEXT), "{message}");
    }
    // A second end in the comment of the first, with another directory.
    let hidden = archive(&[second()], &Ending::default());
    let comment = [&hidden[hidden.len() - 22..]].concat();
    let (_, faults) = read(&archive(&[plain()], &Ending { comment, ..Ending::default() }));
    assert!(faults.iter().any(|fault| fault.contains("two ends")), "{faults:?}");
}

#[test]
fn bombs_and_secrets_are_not_opened() {
    let zeros = vec![0; 4 << 20];
    let (files, faults) = read(&archive(&[entry("a", &zeros, DEFLATED)], &Ending::default()));
    assert!(files.is_empty() && faults[0].contains("larger than what is read"), "{faults:?}");
    // One that lies about its size.
    let (files, faults) =
        read(&archive(&[Made { size: Some(10), ..entry("a", &zeros, DEFLATED) }], &Ending::default()));
    assert!(files.is_empty() && faults[0].contains("more comes out"), "{faults:?}");
    // Encrypted, and only said to be.
    let noise: Vec<u8> = (0..200u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 7).collect();
    let mut secret = archive(&[Made { flags: 1, ..entry("a", TEXT, DEFLATED) }], &Ending::default());
    assert_eq!(read(&secret).0[0].1, TEXT, "packers set the flag, and Android ignores it");
    secret[34..44].copy_from_slice(&noise[..10]);
    assert_eq!(read(&secret).1, ["is encrypted"]);
    let (_, faults) = read(&archive(&[], &Ending { count: Some(9), ..Ending::default() }));
    assert_eq!(faults, ["the archive's directory is damaged"]);
}

#[test]
fn whatever_the_bytes_are_the_reader_ends() {
    let entries = [
        entry("a", TEXT, STORED),
        Made { flags: 8, ..entry("b", TEXT, DEFLATED) },
        Made { long: true, ..entry("c", TEXT, DEFLATED) },
    ];
    let whole = archive(&entries, &Ending { long: Some((3, 9, 9)), ..Ending::default() });
    for at in 0..whole.len() {
        for with in [0x01, 0x80, 0xff] {
            let mut turned = whole.clone();
            turned[at] ^= with;
            let _ended = read(&turned);
        }
        assert!(!read(&whole[..at]).1.is_empty(), "cut at {at}");
    }
}
