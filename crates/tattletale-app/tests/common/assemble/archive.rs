//! An archive around files, and the manifest of an app as Android's binary XML.

/// The checksum of zip (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

/// An archive of these files, stored as they are.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let at = out.len() as u32;
        let mut common = Vec::new();
        for number in [20u16, 0, 0, 0, 0] {
            common.extend(number.to_le_bytes());
        }
        common.extend(crc32(bytes).to_le_bytes());
        common.extend((bytes.len() as u32).to_le_bytes());
        common.extend((bytes.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0u16.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(*bytes);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = out.len() as u32;
    let length = directory.len() as u32;
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((files.len() as u16).to_le_bytes());
    out.extend((files.len() as u16).to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// The manifest of a package: of a split if it has that name. `permission` is one that it asks for.
pub fn manifest(package: &str, split: Option<&str>, version_code: u32, permission: &str) -> Vec<u8> {
    const NAMES: [&str; 6] = ["versionCode", "name", "manifest", "package", "split", "uses-permission"];
    // `android:versionCode` and `android:name` are known by their numbers.
    const NUMBERS: [u32; 2] = [0x0101_021b, 0x0101_0003];
    const TEXT: u8 = 3;
    const NUMBER: u8 = 0x10;
    let strings: Vec<&str> = NAMES.into_iter().chain([package, split.unwrap_or_default(), permission]).collect();
    let mut attributes = vec![(3, TEXT, 6), (0, NUMBER, version_code)];
    attributes.extend(split.map(|_| (4, TEXT, 7)));
    let body = [
        pool(&strings),
        chunk(0x0180, 8, &NUMBERS.map(u32::to_le_bytes).concat()),
        element(0x0102, 2, &attributes),
        element(0x0102, 5, &[(1, TEXT, 8)]),
        element(0x0103, 5, &[]),
        element(0x0103, 2, &[]),
    ];
    chunk(3, 8, &body.concat())
}

fn chunk(kind: u16, header: u16, rest: &[u8]) -> Vec<u8> {
    let size = rest.len() as u32 + 8;
    [&kind.to_le_bytes()[..], &header.to_le_bytes(), &size.to_le_bytes(), rest].concat()
}

/// A pool of strings in UTF-8.
fn pool(strings: &[&str]) -> Vec<u8> {
    let (mut offsets, mut bytes) = (Vec::new(), Vec::new());
    for string in strings {
        offsets.extend((bytes.len() as u32).to_le_bytes());
        bytes.extend([string.len() as u8, string.len() as u8]);
        bytes.extend(string.as_bytes());
        bytes.push(0);
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    let mut fields = Vec::new();
    for number in [strings.len() as u32, 0, 0x100, 28 + offsets.len() as u32, 0] {
        fields.extend(number.to_le_bytes());
    }
    chunk(1, 28, &[fields, offsets, bytes].concat())
}

/// The beginning or end of an element with its attributes: name, type and value, which for texts is its row.
fn element(kind: u16, name: u32, attributes: &[(u32, u8, u32)]) -> Vec<u8> {
    let none = u32::MAX.to_le_bytes();
    let mut body = [&1u32.to_le_bytes()[..], &none, &none, &name.to_le_bytes()].concat();
    if kind == 0x0102 {
        for half in [20u16, 20, attributes.len() as u16, 0, 0, 0] {
            body.extend(half.to_le_bytes());
        }
    }
    for (name, kind, value) in attributes {
        body.extend([&none[..], &name.to_le_bytes(), &none, &[8, 0, 0, *kind], &value.to_le_bytes()].concat());
    }
    chunk(kind, 16, &body)
}
