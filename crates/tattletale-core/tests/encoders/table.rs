//! The single disguises, in the order of the registry's families.

use super::formats::*;
use super::lzstring::*;
use super::texts::*;
use super::{Disguise, of};
use base64_simd::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::io::Write;

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
    of("raw deflate", &["deflate"], 40, true, deflated),
    of("brotli", &["brotli"], 16, true, |b| {
        let mut out = Vec::new();
        brotli::BrotliCompress(&mut &b[..], &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
        out
    }),
    of("zstd", &["zstd"], 1, false, |b| {
        ruzstd::encoding::compress_to_vec(b, ruzstd::encoding::CompressionLevel::Fastest)
    }),
    of("lz4", &["lz4"], 1, false, |b| {
        let info = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB);
        let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
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
    of("multipart", &["multipart"], 1, false, |b| multipart("form-data; name=\"a\"", "text/plain", b)),
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
    // The same in the shapes that clients, proxies and their mistakes give it.
    of("base64 with half its padding", &["base64"], 8, false, |b| {
        let mut out = base64(b);
        out.truncate(out.len() - usize::from(out.ends_with(b"==")));
        out
    }),
    of("base64 for URLs, padded", &["form", "base64"], 8, false, |b| {
        around("d=", text(&base64(b)).replace('+', "-").replace('/', "_").replace('=', "%3D").as_bytes(), "&v=1")
    }),
    of("base64 escaped twice", &["form", "percent", "base64"], 8, false, |b| {
        around("data=", percent(percent(&base64(b)).as_bytes()).as_bytes(), "&v=1")
    }),
    of("base64 with its plus gone", &["form", "base64"], 8, false, |b| around("v=1&data=", &base64(b), "&e=1")),
    of("base64 with line feeds", &["base64"], 8, false, |b| {
        base64(b).chunks(64).flat_map(|line| [line, b"\n"].concat()).collect()
    }),
    of("base64 three times", &["base64", "base64", "base64"], 8, false, |b| base64(&base64(&base64(b)))),
    of("base64 behind letters", &["embedded", "base64"], 40, true, |b| around("u:zX9", &base64(b), "")),
    of("base64 behind a version", &["embedded", "base64"], 24, true, |b| around("v2.", &base64(b), ".1700000000")),
    of("gzip in base64 behind a prefix", &["embedded", "base64", "gzip"], 24, false, |b| {
        around("gz:", &base64(&flate(b, false)), "")
    }),
    of("hex with colons", &["hex"], 8, false, |b| separated(b, ":").into_bytes()),
    of("hex with blanks", &["hex"], 8, false, |b| separated(b, " ").into_bytes()),
    of("hex behind 0x", &["hex"], 8, false, |b| around("0x", hex(b).as_bytes(), "")),
    of("base32 with padding", &["base32"], 14, false, |b| {
        let mut out = base32(b);
        out.resize(out.len().next_multiple_of(8), b'=');
        out
    }),
    of("health certificate", &["base45", "zlib"], 14, false, |b| around("HC1:", &base45(&flate(b, true)), "")),
    of("percent in small letters", &["percent"], 2, false, |b| percent(b).to_lowercase().into_bytes()),
    of("percent where needed", &["form"], 1, false, |b| around("d=", sparingly(b, false).as_bytes(), "&n=1")),
    of("plus", &["form"], 1, false, |b| around("q=", sparingly(b, true).as_bytes(), "&n=1")),
    of("percent three times", &["percent", "percent", "percent"], 2, false, |b| {
        percent(percent(percent(b).as_bytes()).as_bytes()).into_bytes()
    }),
    of("form in form", &["form", "form"], 1, false, |b| {
        around("p=", sparingly(&around("a=1&d=", percent(b).as_bytes(), ""), false).as_bytes(), "&n=1")
    }),
    of("json in form", &["form", "json"], 1, true, |b| {
        around("e=", sparingly(format!("{{\"a\":{}}}", json(b)).as_bytes(), true).as_bytes(), "&n=1")
    }),
    of("name of a field", &["form", "key"], 6, false, |b| around("n=1&", percent(b).as_bytes(), "=1")),
    of("quoted-printable", &["qp"], 40, true, quoted_printable),
    of("json in an attribute", &["entities", "json"], 1, true, |b| {
        named_references(&format!("{{\"a\":{}}}", json(b))).into_bytes()
    }),
    of("punycode", &["punycode"], 1, true, |b| around("xn--", punycode(&marked(b)).as_bytes(), "")),
    of("json with escaped slashes", &["json", "url"], 1, true, |b| {
        let url = format!("https://a.test/x?d={}", sparingly(b, false));
        format!("{{\"u\":\"{}\"}}", url.replace('/', "\\/")).into_bytes()
    }),
    of("json text alone", &["json"], 1, true, |b| json(b).into_bytes()),
    of("json with a mark", &["json"], 1, true, |b| format!("\u{feff}{{\"a\":{}}}", json(b)).into_bytes()),
    of("json three times", &["json", "json", "json"], 1, true, |b| {
        json(json(format!("[{}]", json(b)).as_bytes()).as_bytes()).into_bytes()
    }),
    of("json in UTF-16", &["utf16", "json"], 1, true, |b| {
        utf16(format!("{{\"a\":{},\"event\":\"page_view\"}}", json(b)).as_bytes(), false)
    }),
    of("name of a member", &["json", "key"], 6, true, |b| format!("{{\"n\":1,{}:true}}", json(b)).into_bytes()),
    of("socket.io", &["guarded", "json"], 1, true, |b| format!("42[\"event\",{{\"a\":{}}}]", json(b)).into_bytes()),
    of("sockjs", &["guarded", "json", "json"], 1, true, |b| {
        format!("a[{}]", json(format!("{{\"a\":{}}}", json(b)).as_bytes())).into_bytes()
    }),
    of("gzip members", &["gzip"], 4, false, gzip_members),
    of("snappy block", &["snappy"], 32, true, |b| snap::raw::Encoder::new().compress_vec(b).unwrap()),
    of("lz4 block with its size", &["lz4"], 32, true, lz4_flex::block::compress_prepend_size),
    of("lz4 block", &["lz4"], 40, true, lz4_flex::block::compress),
    of("zip, streamed", &["zip"], 1, false, zip_streamed),
    of("tar in gzip", &["gzip", "tar"], 1, false, |b| flate(&tar(b), false)),
    of("multipart in multipart", &["multipart", "multipart"], 1, false, |b| {
        multipart("attachment", "multipart/mixed", &multipart("form-data; name=\"a\"", "text/plain", b))
    }),
    of("http in a batch", &["multipart", "http", "json"], 1, true, |b| {
        let inner = format!("POST /v1 HTTP/1.1\r\nHost: a.test\r\n\r\n{{\"a\":{}}}", json(b));
        multipart("attachment", "application/http", inner.as_bytes())
    }),
    of("request line", &["http", "url", "form"], 1, false, |b| {
        around("GET /v1?d=", percent(b).as_bytes(), " HTTP/1.1\r\nHost: a.test\r\n\r\n")
    }),
    of("fragment", &["url", "form"], 1, false, |b| around("https://a.test/#t=1&d=", percent(b).as_bytes(), "")),
    of("server-sent event in lines", &["sse", "json"], 1, true, |b| {
        format!("id: 1\ndata: {{\"a\":\ndata: {}}}\n\n", json(b)).into_bytes()
    }),
    of("jwt without signature", &["jwt", "json"], 1, true, |b| {
        let jwt = text(&jwt(b));
        jwt.as_bytes()[..=jwt.rfind('.').unwrap()].to_vec()
    }),
    of("jwt in a cookie list", &["params", "jwt", "json"], 1, true, |b| around("a=1; t=", &jwt(b), "; v=1")),
    of("protobuf group", &["protobuf"], 1, false, protobuf_group),
    of("grpc-web text", &["base64", "grpc", "protobuf"], 1, false, |b| {
        base64(&[grpc(b, false), b"\x80\0\0\0\x10grpc-status: 0\r\n".to_vec()].concat())
    }),
    of("thrift, framed", &["thrift"], 8, true, thrift_framed),
    of("labels of a name", &["dns", "hex"], 14, false, |b| dns(hex(b).as_bytes())),
];
