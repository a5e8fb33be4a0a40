//! The proxy's request path: heads, chunks, ClientHellos and WebSocket frames, whole and in two pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| tattletale_proxy::read_as_anything(input.1, usize::from(input.0)));
