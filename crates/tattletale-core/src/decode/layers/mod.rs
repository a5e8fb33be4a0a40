//! The registry of layers. Order matters: what proves itself (a magic number, a grammar) is asked before what
//! merely fits (an alphabet), and the first that opens a node beyond doubt ends the asking.

mod base64;
mod brotli;
mod bzip2;
mod deflate;
mod form;
mod grpc;
mod gzip;
mod hex;
mod json;
mod lz4;
mod ndjson;
mod path;
mod percent;
mod protobuf;
mod snappy;
mod url;
mod xz;
mod zlib;
mod zstd;

use super::Layer;

/// All layers, in the order in which they are asked.
pub static LAYERS: &[&dyn Layer] = &[
    &gzip::Gzip,
    &zlib::Zlib,
    &deflate::Deflate,
    &zstd::Zstd,
    &lz4::Lz4,
    &snappy::Snappy,
    &bzip2::Bzip2,
    &xz::Xz,
    &grpc::Grpc,
    &protobuf::Protobuf,
    // Without magic number, so after everything that proves itself.
    &brotli::Brotli,
    &json::Json,
    &ndjson::Ndjson,
    &url::Url,
    &form::Form,
    &path::Path,
    &hex::Hex,
    &base64::Base64,
    // After base64, where `+` is a digit: here it is taken for a blank.
    &percent::Percent,
];
