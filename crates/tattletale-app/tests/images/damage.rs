//! Images that are cut or damaged.

use std::collections::BTreeSet;

use tattletale_app::image::Options;

use super::{cases, made, skipped, walk, walk_damaged};

/// Fewer files than elsewhere, since each image is walked a hundred times.
fn files() -> made::Files {
    let mut files = made::files();
    files.retain(|path, content| content.len() < 100_000 && !path.ends_with('7'));
    files
}

#[test]
fn cut_at_every_fiftieth_it_says_so() {
    let Some(cases) = cases(&files()) else { return skipped() };
    for case in cases {
        for part in 0..50 {
            let length = case.image.len() * part / 50;
            let (_, result) = walk_damaged(case.image[..length].to_vec(), "image", &Options::default());
            assert!(result.is_err() || !result.unwrap().is_empty(), "{} cut at {length} bytes", case.name);
        }
    }
}

#[test]
fn flipped_bytes_are_told_where_there_are_checksums_and_never_a_panic() {
    let Some(cases) = cases(&files()) else { return skipped() };
    for case in cases {
        let (whole, _) = walk(case.image.clone(), "image", &Options::default());
        let whole: BTreeSet<_> = whole.files.into_values().collect();
        for seed in 0..60 {
            let mut image = case.image.clone();
            // Half of them near the start, where the structures are.
            let random = made::random(seed + 1, 12);
            let number =
                |at: usize| u32::from_le_bytes([random[at], random[at + 1], random[at + 2], random[at + 3]]) as usize;
            let room = if seed % 2 == 0 { image.len() } else { image.len().min(20_000) };
            for at in [0, 4] {
                image[number(at) % room] ^= random[8] | 1;
            }
            let (found, result) = walk_damaged(image, "image", &Options::default());
            if case.checked && result.is_ok_and(|faults| faults.is_empty()) {
                let again = found.again.into_iter().map(|(_, content)| content);
                let found: BTreeSet<_> = found.files.into_values().chain(again).collect();
                assert_eq!(found, whole, "{}, seed {seed}: other content without a fault", case.name);
            }
        }
    }
}
