//! Key files: any text is read or refused with a place inside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tattletale_core::decode::keys;

fuzz_target!(|text: &str| {
    if let Err(error) = keys::parse(text) {
        assert!(error.offset <= text.len() && error.line >= 1);
    }
});
