//! Every disguise that the decoder should see through, as an encoder: the way back of the registry's layers.

use base64_simd::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::io::Write;

/// One way to hide bytes.
pub(crate) struct Disguise {
    pub(crate) name: &'static str,
    /// The layers that must be in the path, outermost first.
    pub(crate) layers: &'static [&'static str],
    /// Fewer bytes than this prove nothing in this disguise.
    pub(crate) least: usize,
    /// True when only UTF-8 without control characters can be hidden so.
    pub(crate) text: bool,
    pub(crate) encode: fn(&[u8]) -> Vec<u8>,
}

const fn of(
    name: &'static str,
    layers: &'static [&'static str],
    least: usize,
    text: bool,
    encode: fn(&[u8]) -> Vec<u8>,
) -> Disguise {
    Disguise { name, layers, least, text, encode }
}

pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    STANDARD.encode_to_string(bytes).into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the matrix hides text only in what holds text")
}

fn json(bytes: &[u8]) -> String {
    serde_json::Value::from(text(bytes)).to_string()
}

fn around(before: &str, bytes: &[u8], after: &str) -> Vec<u8> {
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

fn flate(bytes: &[u8], zlib: bool) -> Vec<u8> {
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

fn utf16(bytes: &[u8], big: bool) -> Vec<u8> {
    text(bytes).encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn escaped(bytes: &[u8], mark: &str) -> String {
    text(bytes).encode_utf16().map(|unit| format!("{mark}{unit:04x}")).collect()
}

fn references(bytes: &[u8], hex: bool) -> String {
    text(bytes).chars().map(|c| if hex { format!("&#x{:x};", c as u32) } else { format!("&#{};", c as u32) }).collect()
}

fn jwt(bytes: &[u8]) -> Vec<u8> {
    let part = |text: &str| URL_SAFE_NO_PAD.encode_to_string(text);
    let claims = format!("{{\"sub\":{},\"n\":1}}", json(bytes));
    format!("{}.{}.c2lnbmF0dXJlLW9mLWl0", part("{\"alg\":\"HS256\"}"), part(&claims)).into_bytes()
}

fn base32(bytes: &[u8]) -> Vec<u8> {
    radix_bits(bytes, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
}

fn radix_bits(bytes: &[u8], width: usize, alphabet: &[u8]) -> Vec<u8> {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let digit =
        |bits: &[u8]| bits.iter().chain([&0; 8]).take(width).fold(0usize, |value, bit| value << 1 | *bit as usize);
    bits.chunks(width).map(|bits| alphabet[digit(bits)]).collect()
}

fn base45(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut out = Vec::new();
    for pair in bytes.chunks(2) {
        let mut value = pair.iter().fold(0usize, |value, &byte| value << 8 | byte as usize);
        for _ in 0..=pair.len() {
            out.push(LETTERS[value % 45]);
            value /= 45;
        }
    }
    out
}

fn base58(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut digits: Vec<u32> = Vec::new();
    for &byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    digits.iter().rev().map(|&digit| LETTERS[digit as usize]).collect()
}

fn base85(bytes: &[u8], letter: impl Fn(u32) -> u8) -> Vec<u8> {
    let mut out = Vec::new();
    for group in bytes.chunks(4) {
        let mut word = [0; 4];
        word[..group.len()].copy_from_slice(group);
        let mut value = u32::from_be_bytes(word);
        let mut letters = [0; 5];
        for slot in letters.iter_mut().rev() {
            *slot = letter(value % 85);
            value /= 85;
        }
        out.extend_from_slice(&letters[..=group.len()]);
    }
    out
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![number << 3 | 2], varint(bytes.len()), bytes.to_vec()].concat()
}

fn protobuf(bytes: &[u8]) -> Vec<u8> {
    [field(1, b"com.example.app"), vec![0x10, 0x96, 0x01], field(3, bytes), field(4, b"page_view")].concat()
}

fn grpc(bytes: &[u8], compressed: bool) -> Vec<u8> {
    let message = if compressed { flate(&protobuf(bytes), false) } else { protobuf(bytes) };
    [vec![u8::from(compressed)], (message.len() as u32).to_be_bytes().to_vec(), message].concat()
}

fn msgpack(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u16).to_be_bytes();
    let kind = if std::str::from_utf8(bytes).is_ok() { 0xda } else { 0xc5 };
    [b"\x82\xa5event\xa9page_view\xa4mail".to_vec(), vec![kind, length[0], length[1]], bytes.to_vec()].concat()
}

fn cbor(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u16).to_be_bytes();
    let kind = if std::str::from_utf8(bytes).is_ok() { 0x79 } else { 0x59 };
    [b"\xa2\x65event\x69page_view\x64mail".to_vec(), vec![kind, length[0], length[1]], bytes.to_vec()].concat()
}

fn thrift(bytes: &[u8], compact: bool) -> Vec<u8> {
    match compact {
        true => [b"\x82\x21\x07\x04send\x18".to_vec(), varint(bytes.len()), bytes.to_vec(), b"\x16\x0e\x00".to_vec()]
            .concat(),
        false => {
            let length = (bytes.len() as u32).to_be_bytes();
            [b"\x80\x01\0\x01\0\0\0\x04send\0\0\0\x07\x0b\0\x01", &length[..], bytes, b"\0"].concat()
        }
    }
}

fn bplist(bytes: &[u8]) -> Vec<u8> {
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

fn zip(bytes: &[u8], deflated: bool) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    let content = if deflated { encoder.finish().unwrap() } else { bytes.to_vec() };
    let size = (content.len() as u32).to_le_bytes();
    let method = if deflated { 8 } else { 0 };
    let head = [b"PK\x03\x04\x0a\0\0\0", &[method, 0][..], &[0; 8], &size, &size, b"\x07\0\0\0log.txt"].concat();
    [head, content, b"PK\x05\x06".to_vec(), vec![0; 18]].concat()
}

fn tar(bytes: &[u8]) -> Vec<u8> {
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

/// The compressor of lz-string, for units of `width` bits.
fn lzstring(bytes: &[u8], width: u32) -> Vec<u16> {
    use std::collections::{HashMap, HashSet};
    let mut bits: Vec<bool> = Vec::new();
    let number =
        |bits: &mut Vec<bool>, value: usize, count: u32| (0..count).for_each(|bit| bits.push(value >> bit & 1 == 1));
    let (mut entries, mut fresh): (HashMap<Vec<u16>, usize>, HashSet<Vec<u16>>) = Default::default();
    let (mut word, mut until_wider, mut code_bits) = (Vec::new(), 2usize, 2u32);
    let mut flush =
        |word: &Vec<u16>, entries: &HashMap<Vec<u16>, usize>, fresh: &mut HashSet<Vec<u16>>, bits: &mut Vec<bool>| {
            let mut wider = |code_bits: &mut u32| {
                until_wider -= 1;
                if until_wider == 0 {
                    until_wider = 1 << *code_bits;
                    *code_bits += 1;
                }
            };
            if fresh.remove(word) {
                let wide = word[0] > 255;
                number(bits, usize::from(wide), code_bits);
                number(bits, usize::from(word[0]), if wide { 16 } else { 8 });
                wider(&mut code_bits);
            } else {
                number(bits, entries[word], code_bits);
            }
            wider(&mut code_bits);
            code_bits
        };
    let mut last_bits = 2;
    for unit in text(bytes).encode_utf16() {
        let size = entries.len() + 3;
        if let std::collections::hash_map::Entry::Vacant(entry) = entries.entry(vec![unit]) {
            entry.insert(size);
            fresh.insert(vec![unit]);
        }
        let longer = [word.clone(), vec![unit]].concat();
        if !entries.contains_key(&longer) {
            last_bits = flush(&word, &entries, &mut fresh, &mut bits);
            let size = entries.len() + 3;
            entries.insert(longer, size);
            word = vec![unit];
        } else {
            word = longer;
        }
    }
    if !word.is_empty() {
        last_bits = flush(&word, &entries, &mut fresh, &mut bits);
    }
    number(&mut bits, 2, last_bits);
    bits.push(false);
    while !bits.len().is_multiple_of(width as usize) {
        bits.push(false);
    }
    bits.chunks(width as usize).map(|unit| unit.iter().fold(0, |value, &bit| value << 1 | u16::from(bit))).collect()
}

fn letters(units: &[u16], alphabet: &[u8]) -> Vec<u8> {
    units.iter().map(|&unit| alphabet[unit as usize]).collect()
}

const ORDER64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// All of them.
pub(crate) static DISGUISES: &[Disguise] = &[
    of("base64", &["base64"], 8, false, base64),
    of("base64 for URLs", &["base64"], 8, false, |b| URL_SAFE_NO_PAD.encode_to_string(b).into_bytes()),
    of("base64 without padding", &["base64"], 8, false, |b| STANDARD_NO_PAD.encode_to_string(b).into_bytes()),
    of("base64 in lines", &["base64"], 8, false, |b| {
        base64(b).chunks(76).flat_map(|line| [line, b"\r\n"].concat()).collect()
    }),
    of("base64 with percent-encoded padding", &["base64"], 8, false, |b| {
        around("data=", text(&base64(b)).replace('=', "%3D").as_bytes(), "&v=1")
    }),
    of("hex", &["hex"], 8, false, |b| hex(b).into_bytes()),
    of("hex in capitals", &["hex"], 8, false, |b| hex(b).to_uppercase().into_bytes()),
    of("base32", &["base32"], 14, false, base32),
    of("base32 in small letters", &["base32"], 14, false, |b| base32(b).to_ascii_lowercase()),
    of("base45", &["base45"], 14, false, base45),
    of(
        "base58",
        &["base58"],
        20,
        true,
        |b| if b.len() > 300 { [b"-".to_vec(), b.to_vec()].concat() } else { base58(b) },
    ),
    of("ascii85", &["base85"], 8, false, |b| around("<~", &base85(b, |value| value as u8 + b'!'), "~>")),
    of("base85", &["base85"], 16, true, |b| {
        base85(b, |value| {
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"[value as usize]
        })
    }),
    of("z85", &["base85"], 16, true, |b| {
        base85(b, |value| {
            b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"[value as usize]
        })
    }),
    of("gzip", &["gzip"], 1, false, |b| flate(b, false)),
    of("zlib", &["zlib"], 1, false, |b| flate(b, true)),
    of("raw deflate", &["deflate"], 40, true, |b| {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b).unwrap();
        encoder.finish().unwrap()
    }),
    of("brotli", &["brotli"], 16, true, |b| {
        let mut out = Vec::new();
        brotli::BrotliCompress(&mut &b[..], &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
        out
    }),
    of("zstd", &["zstd"], 1, false, |b| {
        ruzstd::encoding::compress_to_vec(b, ruzstd::encoding::CompressionLevel::Fastest)
    }),
    of("lz4", &["lz4"], 1, false, |b| {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(b).unwrap();
        encoder.finish().unwrap()
    }),
    of("snappy", &["snappy"], 1, false, |b| {
        let mut encoder = snap::write::FrameEncoder::new(Vec::new());
        encoder.write_all(b).unwrap();
        encoder.into_inner().unwrap()
    }),
    of("bzip2", &["bzip2"], 1, false, |b| {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(b).unwrap();
        encoder.finish().unwrap()
    }),
    of("xz", &["xz"], 1, false, |b| {
        let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
        encoder.write_all(b).unwrap();
        encoder.finish().unwrap()
    }),
    of("lzstring in base64", &["lzstring"], 16, true, |b| letters(&lzstring(b, 6), &[ORDER64, b"+/"].concat())),
    of("lzstring for URLs", &["lzstring"], 16, true, |b| letters(&lzstring(b, 6), &[ORDER64, b"+-"].concat())),
    of("lzstring in UTF-16", &["lzstring"], 24, true, |b| {
        String::from_utf16(&lzstring(b, 15).iter().map(|unit| unit + 32).collect::<Vec<_>>()).unwrap().into_bytes()
    }),
    of("lzstring as bytes", &["lzstring"], 16, true, |b| lzstring(b, 8).iter().map(|&unit| unit as u8).collect()),
    of("json", &["json"], 1, true, |b| format!("{{\"user\":{{\"a\":{}}},\"n\":[1]}}", json(b)).into_bytes()),
    of("json escapes", &["json"], 1, true, |b| format!("[\"{}\"]", escaped(b, "\\u")).into_bytes()),
    of("json in json", &["json", "json"], 1, true, |b| {
        format!("{{\"inner\":{}}}", json(format!("{{\"a\":{}}}", json(b)).as_bytes())).into_bytes()
    }),
    of("json behind a guard", &["guarded", "json"], 1, true, |b| format!(")]}}'\n[{}]", json(b)).into_bytes()),
    of("json behind a loop", &["guarded", "json"], 1, true, |b| format!("for(;;);[{}]", json(b)).into_bytes()),
    of("jsonp", &["guarded", "json"], 1, true, |b| format!("/**/cb_1.done([{}]);", json(b)).into_bytes()),
    of("ndjson", &["ndjson", "json"], 1, true, |b| format!("{{\"n\":1}}\n{{\"a\":{}}}\n", json(b)).into_bytes()),
    of("escapes without a string", &["escapes"], 1, true, |b| escaped(b, "\\u").into_bytes()),
    of("json escaped twice", &["escapes", "json"], 1, true, |b| {
        let once = format!("{{\"a\":{}}}", json(b));
        once.replace('\\', "\\\\").replace('"', "\\\"").into_bytes()
    }),
    of("form", &["form"], 1, false, |b| around("v=2&data=", percent(b).as_bytes(), "&e=1")),
    of("percent", &["percent"], 2, false, |b| percent(b).into_bytes()),
    of("percent twice", &["percent", "percent"], 2, false, |b| percent(percent(b).as_bytes()).into_bytes()),
    of("references in decimal", &["entities"], 1, true, |b| references(b, false).into_bytes()),
    of("references in hex", &["entities"], 1, true, |b| references(b, true).into_bytes()),
    of("UTF-16", &["utf16"], 100, true, |b| utf16(b, false)),
    of("UTF-16 with mark", &["utf16"], 4, true, |b| utf16(format!("\u{feff}{}", text(b)).as_bytes(), false)),
    of("UTF-16, big-endian, with mark", &["utf16"], 4, true, |b| {
        utf16(format!("\u{feff}{}", text(b)).as_bytes(), true)
    }),
    of("xml text", &["xml"], 1, true, |b| {
        format!("<?xml version=\"1.0\"?><e><m>{}</m></e>", references(b, false)).into_bytes()
    }),
    of("xml attribute", &["xml"], 1, true, |b| format!("<e><m a=\"{}\"/></e>", references(b, true)).into_bytes()),
    of("xml cdata", &["xml"], 1, false, |b| around("<e><![CDATA[", &base64(b), "]]></e>")),
    of("jwt", &["jwt", "json"], 1, true, jwt),
    of("bearer token", &["auth", "jwt", "json"], 1, true, |b| around("Bearer ", &jwt(b), "")),
    of("basic credentials", &["auth", "base64"], 8, true, |b| around("Basic ", &base64(b), "")),
    of("cookie list", &["params"], 8, false, |b| around("uid=7; data=\"", &base64(b), "\"; v=1")),
    of("list with bars", &["params"], 8, false, |b| around("uid=7|data=", percent(b).as_bytes(), "|v=1")),
    of("multipart", &["multipart"], 1, false, |b| {
        around("--x7\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n", b, "\r\n--x7--\r\n")
    }),
    of("data URL", &["dataurl", "base64"], 8, false, |b| {
        around("data:application/octet-stream;base64,", &base64(b), "")
    }),
    of("data URL with percents", &["dataurl", "percent"], 2, false, |b| around("data:,", percent(b).as_bytes(), "")),
    of("URL in URL", &["url", "form"], 1, false, |b| {
        let inner = around("https://a.test/x?d=", percent(b).as_bytes(), "");
        around("https://b.test/y?u=", percent(&inner).as_bytes(), "&n=1")
    }),
    of("path segment", &["path", "base64"], 12, false, |b| {
        around("/v1/", URL_SAFE_NO_PAD.encode_to_string(b).as_bytes(), "/p.gif")
    }),
    of("embedded", &["embedded", "base64"], 24, true, |b| {
        around("v1.7~", URL_SAFE_NO_PAD.encode_to_string(b).as_bytes(), "~x.1")
    }),
    of("server-sent event", &["sse", "json"], 1, true, |b| format!("event: a\ndata: [{}]\n\n", json(b)).into_bytes()),
    // A payload of JSON on one line is newline-delimited JSON too, and is told as such.
    of("envelope", &[], 1, false, |b| {
        [format!("{{\"id\":1}}\n{{\"type\":\"attachment\",\"length\":{}}}\n", b.len()).as_bytes(), b, b"\n"].concat()
    }),
    of("http", &["http", "json"], 1, true, |b| {
        format!("POST /v1 HTTP/1.1\r\nHost: a.test\r\n\r\n{{\"a\":{}}}", json(b)).into_bytes()
    }),
    of("protobuf", &["protobuf"], 1, false, protobuf),
    of("protobuf in protobuf", &["protobuf"], 1, false, |b| [field(2, &protobuf(b)), vec![0x18, 1]].concat()),
    of("grpc", &["grpc", "protobuf"], 1, false, |b| grpc(b, false)),
    of("grpc with gzip", &["grpc", "gzip", "protobuf"], 1, false, |b| grpc(b, true)),
    of("msgpack", &["msgpack"], 1, false, msgpack),
    of("cbor", &["cbor"], 1, false, cbor),
    of("thrift, compact", &["thrift"], 8, true, |b| thrift(b, true)),
    of("thrift, binary", &["thrift"], 8, true, |b| thrift(b, false)),
    of("binary plist", &["bplist"], 1, false, bplist),
    of("zip", &["zip"], 1, false, |b| zip(b, false)),
    of("zip, deflated", &["zip"], 1, false, |b| zip(b, true)),
    of("tar", &["tar"], 1, false, tar),
];
