//! The proxy over real sockets: servers that do what servers do, clients that do what clients do, and the recording
//! read back.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod http1;
mod http2;
mod quic;
mod safety;
mod silence;
mod stage;
mod tls;
mod websocket;
