//! Encoders whose output is binary: compressions and message formats, each written by hand or by a library that is
//! not the one that reads them where there are two.

use super::texts::utf16;
use std::io::Write;

pub(super) fn flate(bytes: &[u8], zlib: bool) -> Vec<u8> {
    let level = flate2::Compression::default();
    if zlib {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
        encoder.write_all(bytes).unwrap();
        return encoder.finish().unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn varint(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

pub(super) fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![number << 3 | 2], varint(bytes.len()), bytes.to_vec()].concat()
}

pub(super) fn protobuf(bytes: &[u8]) -> Vec<u8> {
    [field(1, b"com.example.app"), vec![0x10, 0x96, 0x01], field(3, bytes), field(4, b"page_view")].concat()
}

pub(super) fn grpc(bytes: &[u8], compressed: bool) -> Vec<u8> {
    let message = if compressed { flate(&protobuf(bytes), false) } else { protobuf(bytes) };
    [vec![u8::from(compressed)], (message.len() as u32).to_be_bytes().to_vec(), message].concat()
}

pub(super) fn msgpack(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u16).to_be_bytes();
    let kind = if std::str::from_utf8(bytes).is_ok() { 0xda } else { 0xc5 };
    [b"\x82\xa5event\xa9page_view\xa4mail".to_vec(), vec![kind, length[0], length[1]], bytes.to_vec()].concat()
}

pub(super) fn cbor(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u16).to_be_bytes();
    let kind = if std::str::from_utf8(bytes).is_ok() { 0x79 } else { 0x59 };
    [b"\xa2\x65event\x69page_view\x64mail".to_vec(), vec![kind, length[0], length[1]], bytes.to_vec()].concat()
}

pub(super) fn thrift(bytes: &[u8], compact: bool) -> Vec<u8> {
    match compact {
        true => [b"\x82\x21\x07\x04send\x18".to_vec(), varint(bytes.len()), bytes.to_vec(), b"\x16\x0e\x00".to_vec()]
            .concat(),
        false => {
            let length = (bytes.len() as u32).to_be_bytes();
            [b"\x80\x01\0\x01\0\0\0\x04send\0\0\0\x07\x0b\0\x01", &length[..], bytes, b"\0"].concat()
        }
    }
}

pub(super) fn bplist(bytes: &[u8]) -> Vec<u8> {
    // A dictionary with one member; text that is not ASCII is UTF-16 here, and binary is data.
    let mut value = match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => (0x5f, bytes.len(), bytes.to_vec()),
        Ok(text) => (0x6f, text.encode_utf16().count(), utf16(bytes, true)),
        Err(_) => (0x4f, bytes.len(), bytes.to_vec()),
    };
    let mut out = b"bplist00\xd1\x01\x02Tmail".to_vec();
    let length = (value.1 as u16).to_be_bytes();
    out.extend([value.0, 0x11, length[0], length[1]]);
    out.append(&mut value.2);
    let table = out.len() as u64;
    out.extend([8, 11, 16]);
    out.extend([0, 0, 0, 0, 0, 0, 1, 1]);
    for number in [3, 0, table] {
        out.extend(number.to_be_bytes());
    }
    out
}

pub(super) fn zip(bytes: &[u8], deflated: bool) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    let content = if deflated { encoder.finish().unwrap() } else { bytes.to_vec() };
    let size = (content.len() as u32).to_le_bytes();
    let method = if deflated { 8 } else { 0 };
    let head = [b"PK\x03\x04\x0a\0\0\0", &[method, 0][..], &[0; 8], &size, &size, b"\x07\0\0\0log.txt"].concat();
    [head, content, b"PK\x05\x06".to_vec(), vec![0; 18]].concat()
}

pub(super) fn tar(bytes: &[u8]) -> Vec<u8> {
    let mut head = vec![0u8; 512];
    let mut put = |at: usize, text: &[u8]| head[at..at + text.len()].copy_from_slice(text);
    put(0, b"log.txt");
    put(124, format!("{:011o}", bytes.len()).as_bytes());
    put(148, b"        ");
    put(257, b"ustar\x0000");
    let sum: u32 = head.iter().map(|&byte| u32::from(byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    head.extend_from_slice(bytes);
    head.resize(head.len().next_multiple_of(512) + 1024, 0);
    head
}

/// Fields in a group (wire types 3 and 4), as the first version of the format had them.
pub(super) fn protobuf_group(bytes: &[u8]) -> Vec<u8> {
    [field(1, b"com.example.app"), vec![0x13], field(3, bytes), field(4, b"page_view"), vec![0x14]].concat()
}

/// The binary protocol behind the length that Thrift's framed transport puts there.
pub(super) fn thrift_framed(bytes: &[u8]) -> Vec<u8> {
    let message = thrift(bytes, false);
    [(message.len() as u32).to_be_bytes().to_vec(), message].concat()
}

/// Sizes behind the data, as a writer that cannot go back has them.
pub(super) fn zip_streamed(bytes: &[u8]) -> Vec<u8> {
    let content = deflated(bytes);
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let size = |bytes: &[u8]| (bytes.len() as u32).to_le_bytes();
    let head = [&b"PK\x03\x04\x14\0\x08\0\x08\0"[..], &[0; 16], b"\x07\0\0\0log.txt"].concat();
    let behind = [&b"PK\x07\x08"[..], &crc.sum().to_le_bytes(), &size(&content), &size(bytes)].concat();
    [head, content, behind, b"PK\x05\x06".to_vec(), vec![0; 18]].concat()
}

pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two members, cut in the middle of what they hold.
pub(super) fn gzip_members(bytes: &[u8]) -> Vec<u8> {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    [flate(first, false), flate(second, false)].concat()
}

/// A query for a name that hides the bytes in labels of hex.
pub(super) fn dns(labels: &[u8]) -> Vec<u8> {
    let mut out = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    for label in labels.chunks(60).chain([&b"t"[..], b"test"]) {
        out.push(label.len() as u8);
        out.extend_from_slice(label);
    }
    [out, b"\0\0\x01\0\x01".to_vec()].concat()
}
