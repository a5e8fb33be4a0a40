//! The ClientHello of TLS and of QUIC, which the proxy reads from whoever connects.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tattletale_core::codec::hello::{Carrier, ClientHello, Start};
use tattletale_core::codec::quic::{LongHeader, Opening};

fuzz_target!(|data: &[u8]| {
    if let Start::Hello(hello) = ClientHello::start(data) {
        hello.ja4(Carrier::Tcp);
    }
    ClientHello::read(data);
    if let Some(header) = LongHeader::read(data) {
        header.refusal();
    }
    let mut opening = Opening::default();
    opening.add(data);
    opening.hello();
});
