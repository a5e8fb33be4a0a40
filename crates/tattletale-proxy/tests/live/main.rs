//! The proxy over real sockets: servers that do what servers do, clients that do what clients do, and the recording
//! read back.

mod http1;
mod http2;
mod safety;
mod stage;
mod tls;
mod websocket;
