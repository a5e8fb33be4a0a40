//! Makes images: the file systems by their own tools, what is around them as the formats are documented.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

/// Path and content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Bytes that look random and are the same in every run (xorshift).
pub(crate) fn random(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(count)
    .collect()
}

/// Files of all the sizes and kinds that file systems treat differently, an archive shaped like an app among them.
pub(crate) fn files() -> Files {
    let mut files = Files::new();
    for (index, size) in [0, 1, 100, 4095, 4096, 4097, 8192, 70_001, 300_000].into_iter().enumerate() {
        files.insert(format!("system/etc/random-{size}.bin"), random(index as u64 + 1, size));
    }
    let line = b"Settings.Secure.getString(resolver, ANDROID_ID);\n";
    files.insert("system/etc/text.txt".into(), line.repeat(9_000));
    files.insert("system/etc/short.txt".into(), line.repeat(3));
    let mixed: Vec<u8> = (0..40).flat_map(|part| [random(part, 3_000), vec![part as u8; 9_000]].concat()).collect();
    files.insert("system/framework/mixed.jar".into(), mixed);
    files.insert("system/etc/zeros".into(), vec![0; 40_000]);
    let dex = [b"dex\n039\0", &random(77, 20_000)[..]].concat();
    let members = [("AndroidManifest.xml", &b"\x03\0\x08\0manifest"[..]), ("classes.dex", &dex)];
    files.insert("system/app/Browser/Browser.apk".into(), zip(&members, true));
    for number in 0..150 {
        files.insert(
            format!("system/many/a file with a long name, number {number:03}"),
            number.to_string().into_bytes(),
        );
    }
    files
}

/// Runs a tool; `None` when it is missing.
fn run(tool: &str, arguments: &[&str]) -> Option<()> {
    let places = [tool.to_owned(), format!("/usr/sbin/{tool}"), format!("/sbin/{tool}")];
    let output = places.iter().find_map(|place| Command::new(place).args(arguments).output().ok())?;
    assert!(output.status.success(), "{tool} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

/// Writes the files into a folder, with a link beside them.
pub(crate) fn folder(files: &Files) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::create_dir_all(folder.path().join("system/app")).unwrap();
    std::os::unix::fs::symlink("../etc/text.txt", folder.path().join("system/app/link")).unwrap();
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An ext4 image with these features switched (`mkfs.ext4 -O`).
pub(crate) fn ext4(files: &Files, features: &str) -> Option<Vec<u8>> {
    let (folder, out) = (folder(files), tempfile::NamedTempFile::new().unwrap());
    let (source, image) = (text(folder.path()), text(out.path()));
    run("mkfs.ext4", &["-q", "-F", "-b", "4096", "-O", features, "-d", source, image, "8M"])?;
    Some(fs::read(out.path()).unwrap())
}

/// An EROFS image made with these arguments of `mkfs.erofs`.
pub(crate) fn erofs(files: &Files, arguments: &[&str]) -> Option<Vec<u8>> {
    let (folder, out) = (folder(files), tempfile::NamedTempFile::new().unwrap());
    run("mkfs.erofs", &[arguments, &[text(out.path()), text(folder.path())]].concat())?;
    Some(fs::read(out.path()).unwrap())
}

/// A sparse image.
pub(crate) fn sparse(raw: &[u8]) -> Option<Vec<u8>> {
    let (mut source, out) = (tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap());
    source.write_all(raw).unwrap();
    run("img2simg", &[text(source.path()), text(out.path())])?;
    Some(fs::read(out.path()).unwrap())
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zip, deflated or stored.
pub(crate) fn zip(entries: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let packed = if deflated { deflate(content) } else { content.to_vec() };
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut fixed = vec![20, 0, 0, 0, if deflated { 8 } else { 0 }, 0, 0, 0, 0, 0];
        for number in [crc.sum(), packed.len() as u32, content.len() as u32] {
            fixed.extend(number.to_le_bytes());
        }
        fixed.extend((name.len() as u16).to_le_bytes());
        fixed.extend([0, 0]);
        let offset = (bytes.len() as u32).to_le_bytes();
        directory.extend([&b"PK\x01\x02\x14\0"[..], &fixed, &[0; 10], &offset, name.as_bytes()].concat());
        bytes.extend([&b"PK\x03\x04"[..], &fixed, name.as_bytes(), &packed].concat());
    }
    let (start, count) = ((bytes.len() as u32).to_le_bytes(), (entries.len() as u16).to_le_bytes());
    bytes.extend(&directory);
    let size = (directory.len() as u32).to_le_bytes();
    bytes.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &start, &[0, 0]].concat());
    bytes
}

/// A tar.
pub(crate) fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, content) in entries {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.extend(header);
        bytes.extend(*content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.extend([0; 1024]);
    bytes
}

/// A gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 3, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters).unwrap();
    out
}

/// `super.img` with two slots that describe the same partitions, each in two extents with a zero extent between them
/// where the content has 4 KiB of zeros.
pub(crate) fn super_image(partitions: &[(&str, &[u8])]) -> Vec<u8> {
    const METADATA: usize = 65_536;
    const DATA: usize = 1 << 20;
    let (mut table, mut extents, mut data) = (Vec::new(), Vec::new(), vec![0; DATA]);
    let mut count = 0_u32;
    for (name, content) in partitions {
        let first = count;
        let half = content.len() / 8192 * 4096;
        for part in [&content[..half], &content[half..]] {
            // A gap, so that extents do not happen to follow one another.
            data.resize(data.len() + 8192, 0xee);
            extents.extend((part.len().div_ceil(512) as u64).to_le_bytes());
            extents.extend(0_u32.to_le_bytes());
            extents.extend((data.len() as u64 / 512).to_le_bytes());
            extents.extend(0_u32.to_le_bytes());
            data.extend(part);
            data.resize(data.len().next_multiple_of(512), 0);
            count += 1;
        }
        let mut field = name.as_bytes().to_vec();
        field.resize(36, 0);
        table.extend(field);
        for number in [1, first, count - first, 0] {
            table.extend(u32::to_le_bytes(number));
        }
    }
    let tables = [table, extents].concat();
    let mut header = [&b"0PLA"[..], &[10, 0, 0, 0], &128_u32.to_le_bytes(), &[0; 32]].concat();
    header.extend((tables.len() as u32).to_le_bytes());
    header.extend(Sha256::digest(&tables));
    let rows = partitions.len() as u32;
    let end = tables.len() as u32;
    for (offset, rows, size) in [(0, rows, 52), (rows * 52, count, 24), (end, 0, 48), (end, 0, 64)] {
        for number in [offset, rows, size] {
            header.extend(u32::to_le_bytes(number));
        }
    }
    let sum = Sha256::digest(&header);
    header[12..44].copy_from_slice(&sum);
    let mut geometry = [&b"gDla"[..], &52_u32.to_le_bytes(), &[0; 32]].concat();
    for number in [METADATA as u32, 2, 4096] {
        geometry.extend(number.to_le_bytes());
    }
    let sum = Sha256::digest(&geometry);
    geometry[8..40].copy_from_slice(&sum);
    for at in [4096, 8192] {
        data[at..at + geometry.len()].copy_from_slice(&geometry);
    }
    let metadata = [header, tables].concat();
    for copy in 0..4 {
        let at = 12_288 + copy * METADATA;
        data[at..at + metadata.len()].copy_from_slice(&metadata);
    }
    data
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A message of protocol buffers: numbers as varints, bytes with their length.
fn message(numbers: &[(u64, u64)], bytes: &[(u64, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for &(field, number) in numbers {
        varint(field << 3, &mut out);
        varint(number, &mut out);
    }
    for &(field, bytes) in bytes {
        varint(field << 3 | 2, &mut out);
        varint(bytes.len() as u64, &mut out);
        out.extend(bytes);
    }
    out
}

/// `payload.bin` with operations of 64 KiB: zeros as ZERO, else REPLACE, REPLACE_BZ and REPLACE_XZ in turn, the last
/// ones first. `kind` replaces the kind of every operation.
pub(crate) fn payload(partitions: &[(&str, &[u8])], kind: Option<u64>) -> Vec<u8> {
    const BLOCK: usize = 4096;
    const PIECE: usize = 16 * BLOCK;
    let (mut data, mut manifest) = (Vec::new(), message(&[(3, BLOCK as u64)], &[]));
    for (name, content) in partitions {
        let mut operations = Vec::new();
        for (index, piece) in content.chunks(PIECE).enumerate().rev() {
            let (natural, packed) = match index % 3 {
                _ if piece.iter().all(|&byte| byte == 0) => (6, Vec::new()),
                0 => (0, piece.to_vec()),
                1 => (1, bzip2(piece)),
                _ => (8, xz(piece)),
            };
            let extent = message(&[(1, (index * 16) as u64), (2, piece.len().div_ceil(BLOCK) as u64)], &[]);
            let mut numbers = vec![(1, kind.unwrap_or(natural))];
            let digest = Sha256::digest(&packed);
            let mut bytes = vec![(6, &extent[..])];
            if natural != 6 {
                numbers.extend([(2, data.len() as u64), (3, packed.len() as u64)]);
                bytes.push((8, &digest));
            }
            operations.push(message(&numbers, &bytes));
            data.extend(packed);
        }
        let info = message(&[(1, content.len() as u64)], &[]);
        let mut fields: Vec<(u64, &[u8])> = vec![(1, name.as_bytes()), (7, &info)];
        fields.extend(operations.iter().map(|operation| (8, &operation[..])));
        manifest.extend(message(&[], &[(13, &message(&[], &fields))]));
    }
    let mut bytes = b"CrAU".to_vec();
    bytes.extend(2_u64.to_be_bytes());
    bytes.extend((manifest.len() as u64).to_be_bytes());
    bytes.extend(0_u32.to_be_bytes());
    [bytes, manifest, data].concat()
}

/// A transfer list and its data: the blocks that are not zero, the last half first.
pub(crate) fn transfer(raw: &[u8]) -> (Vec<u8>, Vec<u8>) {
    const BLOCK: usize = 4096;
    let blocks: Vec<&[u8]> = raw.chunks(BLOCK).collect();
    let mut list = format!("4\n{}\n0\n0\nerase 2,0,{}\n", blocks.len(), blocks.len());
    let mut data = Vec::new();
    for half in [blocks.len() / 2..blocks.len(), 0..blocks.len() / 2] {
        let used: Vec<usize> = half.filter(|&at| blocks[at].iter().any(|&byte| byte != 0)).collect();
        let ranges: Vec<String> = used.iter().map(|at| format!("{at},{}", at + 1)).collect();
        list += &format!("new {},{}\n", 2 * used.len(), ranges.join(","));
        data.extend(used.iter().flat_map(|&at| blocks[at]));
    }
    // The last block makes the image as long as it was.
    let last = blocks.len() - 1;
    if blocks[last].iter().all(|&byte| byte == 0) {
        list += &format!("new 2,{last},{}\n", last + 1);
        data.extend([0; BLOCK]);
    }
    (list.into_bytes(), data)
}

/// A sparse image of 16 TB that is one fill of zeros.
pub(crate) fn sparse_zeros() -> Vec<u8> {
    let mut bytes = vec![0x3a, 0xff, 0x26, 0xed, 1, 0, 0, 0, 28, 0, 12, 0];
    for number in [4096, u32::MAX, 1, 0, 0xcac2, u32::MAX, 16, 0] {
        bytes.extend(number.to_le_bytes());
    }
    bytes
}

/// A sparse image in parts of at most so many bytes.
pub(crate) fn split(raw: &[u8], most: usize) -> Option<Vec<Vec<u8>>> {
    let folder = tempfile::tempdir().unwrap();
    let (whole, part) = (folder.path().join("whole"), folder.path().join("part"));
    fs::write(&whole, sparse(raw)?).unwrap();
    run("simg2simg", &[text(&whole), text(&part), &most.to_string()])?;
    let parts = (0..).map_while(|number| fs::read(folder.path().join(format!("part.{number}"))).ok());
    Some(parts.collect())
}
