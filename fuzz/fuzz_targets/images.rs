//! Firmware images: any bytes are walked inside their limits, and what is told is no more than was allowed. By
//! themselves, and as two parts of one image that lie beside one another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;
use tattletale_app::image::{self, Options};
use tattletale_app::source::Source;

const MOST: u64 = 8 << 20;
const MOST_ENTRIES: u64 = 500;

fuzz_target!(|data: &[u8]| {
    let (told, entries) = (Cell::new(0), Cell::new(0));
    let options = Options { most_unpacked: MOST, most_entries: MOST_ENTRIES, ..Options::default() };
    let middle = data.first().map_or(0, |byte| data.len() * usize::from(*byte) / 256);
    let (first, second) = data.split_at(middle);
    for images in [vec![("image", data)], vec![("image.zip", data)], vec![("image.0", first), ("image.1", second)]] {
        told.set(0);
        entries.set(0);
        let images = images.into_iter().map(|(name, data)| (Arc::new(data.to_vec()) as Arc<dyn Source>, name.to_owned()));
        let result = image::walk_together(images.collect(), &options, &mut |entry, stream| {
            let mut chunk = [0; 4096];
            let mut size = 0;
            while let Ok(count @ 1..) = stream.read(&mut chunk) {
                size += count as u64;
            }
            assert!(size <= entry.size);
            told.set(told.get() + size);
            entries.set(entries.get() + 1);
            ControlFlow::Continue(())
        });
        assert!(told.get() <= MOST && entries.get() <= MOST_ENTRIES, "{result:?}");
    }
});
