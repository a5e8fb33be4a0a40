//! Bounded readers of encodings that both importers and layers need: decompression, JSON tokens, base64, ciphers, the
//! ClientHello of TLS and of QUIC, WebSocket frames.
//!
//! Decompression happens here and nowhere else (a lint holds that): only this module can promise that no input,
//! however hostile, makes more bytes than the caller allowed.

pub mod base32;
pub mod base64;
pub mod cipher;
pub mod decompress;
pub(crate) mod digits;
pub mod ecies;
pub(crate) mod hashing;
pub mod hello;
pub mod inflate;
mod inflow;
pub mod json;
pub mod lz4;
pub mod members;
pub mod probe;
pub mod quic;
pub(crate) mod simd;
pub mod stream;
pub mod websocket;
pub(crate) mod window;

pub use inflow::{Inflow, NotDeflate};
