//! Ground truth files: any text is read or refused with a place inside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tattletale_core::model::truth;

fuzz_target!(|text: &str| {
    if let Err(error) = truth::parse(text) {
        assert!(error.offset <= text.len() && error.line >= 1);
    }
});
