//! The registry of layers. Order matters: what proves itself (a magic number, a grammar) is asked before what
//! merely fits (an alphabet), and the first that opens a node beyond doubt ends the asking.

mod auth;
mod base32;
mod base45;
mod base58;
mod base64;
mod base85;
mod bplist;
mod brotli;
mod bzip2;
mod carved;
mod cbor;
mod cipher;
mod dataurl;
mod deflate;
mod dns;
mod embedded;
mod entities;
mod envelope;
mod escapes;
mod form;
mod grpc;
mod guarded;
mod gzip;
mod hex;
mod http;
mod json;
mod jwt;
mod labels;
mod latin1;
mod lz4;
mod lzstring;
mod msgpack;
mod multipart;
mod ndjson;
mod outline;
mod params;
mod path;
mod percent;
mod protobuf;
mod punycode;
mod qp;
mod snappy;
mod sse;
mod tar;
mod thrift;
mod turned;
mod url;
mod utf16;
mod xml;
mod xz;
mod zip;
mod zlib;
mod zstd;

use super::Layer;

/// All layers, in the order in which they are asked.
pub static LAYERS: &[&dyn Layer] = &[
    // Bytes with a magic number or a frame that proves itself.
    &gzip::Gzip,
    &zlib::Zlib,
    &deflate::Deflate,
    &zstd::Zstd,
    &lz4::Lz4,
    &snappy::Snappy,
    &bzip2::Bzip2,
    &xz::Xz,
    &zip::Zip,
    &tar::Tar,
    &bplist::Bplist,
    &dns::Dns,
    &multipart::Multipart,
    &http::Http,
    &thrift::Thrift,
    &grpc::Grpc,
    // Bytes without: a whole message, or a whole stream, or nothing.
    &protobuf::Protobuf,
    &msgpack::MessagePack,
    &cbor::Cbor,
    // A message that is mostly UTF-16 is a message first.
    &utf16::Utf16,
    &latin1::Latin1,
    &brotli::Brotli,
    // What nothing opens without a key: those with a tag first.
    &cipher::Cipher::AesGcm,
    &cipher::Cipher::ChaCha20Poly1305,
    &cipher::Cipher::AesCbc,
    &cipher::Cipher::AesEcb,
    &cipher::Cipher::AesCtr,
    &cipher::Cipher::ChaCha20,
    // Texts with a grammar.
    &json::Json,
    // Before the layer that would cut its binary items at line breaks.
    &envelope::Envelope,
    &ndjson::Ndjson,
    &guarded::Guarded,
    &xml::Xml,
    &sse::Sse,
    &jwt::Jwt,
    &punycode::Punycode,
    &auth::Auth,
    &dataurl::DataUrl,
    // Escapes around such texts: they need as much as one telling escape. Before forms, whose values have `=` too.
    &escapes::Escapes,
    &entities::Entities,
    &qp::QuotedPrintable,
    // Their alphabets have the separators of what follows.
    &base45::Base45,
    &base85::Base85,
    &url::Url,
    &params::Params,
    &form::Form,
    // Alphabets.
    &hex::Hex,
    &base32::Base32,
    // Before base64, of whose letters it consists.
    &turned::Backwards,
    // Its base64 is base64 of its bytes too, but for one letter.
    &lzstring::LzString,
    &base64::Base64,
    // After base64, which may start with a slash too: what came out then is never text, so it is asked in vain.
    &path::Path,
    &base58::Radix::Base58,
    &base58::Radix::Base62,
    &base58::Radix::Base36,
    // After base64, where `+` is a digit: here it is taken for a blank.
    &percent::Percent,
    // What is left: a text in which something else stands.
    &embedded::Embedded,
    &labels::Labels,
    // Binary in which something else stands. After the layers of texts, which open what is not quite one as well.
    &carved::Carved,
    // On request: every text may be one of these.
    &turned::Reversed,
    &turned::Rot,
];
