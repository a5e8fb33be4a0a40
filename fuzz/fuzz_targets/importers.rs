//! Every importer of the registry, on the bytes as they are and behind the recognition of formats.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ops::ControlFlow;
use tattletale_core::import::{self, IMPORTERS, Wanted};

fuzz_target!(|data: &[u8]| {
    let _ = import::read(data, Wanted::ALL, |_| ControlFlow::Continue(()));
    for importer in IMPORTERS {
        importer.sniff(data);
        let _ = importer.read(&mut &*data, Wanted::ALL, &mut |_| ControlFlow::Continue(()));
    }
});
