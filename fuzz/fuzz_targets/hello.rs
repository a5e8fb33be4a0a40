//! The ClientHello of TLS, which the proxy reads from whoever connects.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tattletale_core::codec::hello::{Carrier, ClientHello, Start};

fuzz_target!(|data: &[u8]| {
    if let Start::Hello(hello) = ClientHello::start(data) {
        hello.ja4(Carrier::Tcp);
    }
    ClientHello::read(data);
});
