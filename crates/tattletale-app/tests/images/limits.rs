//! What is not read is said, and what is out of proportion is refused.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use tattletale_app::FaultKind;
use tattletale_app::image::{self, ImageError, Options};

use super::{made, skipped, walk};

/// The only fault of a walk.
fn only_fault(bytes: Vec<u8>, options: &Options<'_>) -> tattletale_app::Fault {
    let faults = walk(bytes, "image", options).1.unwrap();
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.into_iter().next().unwrap()
}

#[test]
fn what_is_no_image_is_unknown() {
    for bytes in [vec![], vec![0; 20_000], made::random(1, 20_000)] {
        assert!(matches!(walk(bytes, "image", &Options::default()).1, Err(ImageError::Unknown)));
    }
}

#[test]
fn f2fs_and_deltas_are_said_not_to_be_read() {
    let mut f2fs = vec![0; 8192];
    f2fs[1024..1028].copy_from_slice(&[0x10, 0x20, 0xf5, 0xf2]);
    let fault = only_fault(made::super_image(&[("userdata_a", &f2fs)]), &Options::default());
    assert_eq!((fault.kind, fault.entry.as_str()), (FaultKind::Limit, "image/userdata_a"));
    assert_eq!(fault.message, "f2fs is not read");

    // SOURCE_BSDIFF.
    let fault = only_fault(made::payload(&[("system", &[1; 9000])], Some(5)), &Options::default());
    assert_eq!((fault.kind, fault.entry.as_str()), (FaultKind::Limit, "image/system"));
    assert!(fault.message.contains("delta"), "{fault}");
}

#[test]
fn images_in_lz4_are_said_not_to_be_read_and_other_files_in_it_are_files() {
    let lz4 = [&[0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7][..], &[0; 600]].concat();
    let tar = made::tar(&[("super.img.lz4", &lz4), ("strings.lz4", &lz4)]);
    let (found, faults) = walk(tar, "AP.tar", &Options::default());
    let [fault] = &faults.unwrap()[..] else { panic!("one of the two is an image") };
    assert_eq!((fault.kind, fault.entry.as_str()), (FaultKind::Limit, "AP.tar/super.img.lz4"));
    assert_eq!(fault.message, "lz4 is not read");
    assert_eq!(found.files.keys().collect::<Vec<_>>(), ["AP.tar/strings.lz4"]);
}

#[test]
fn a_damaged_operation_costs_the_files_in_its_blocks_only() {
    let files = made::files();
    let Some(erofs) = made::erofs(&files, &[]) else { return skipped() };
    let mut payload = made::payload(&[("system", &erofs)], None);
    let last = payload.len() - 70_000;
    payload[last] ^= 1;
    let (found, faults) = walk(payload, "image", &Options::default());
    let faults = faults.unwrap();
    assert!(faults[0].message.contains("SHA-256"), "{}", faults[0]);
    assert!(faults.len() >= 2, "the files that cannot be read are named: {faults:?}");
    assert!(faults[1].entry.starts_with("image/system/system/"), "{}", faults[1]);
    assert!(found.files.len() > files.len() / 2, "only {} files", found.files.len());
    for (path, digest) in super::wanted(&files, "image/system") {
        assert!(found.files.get(&path).is_none_or(|found| *found == digest), "{path} is not what it was");
    }
}

#[test]
fn bombs_meet_the_limit() {
    let options = Options { most_unpacked: 1 << 20, ..Options::default() };
    let bomb = made::gzip(&made::tar(&[("a.img", &made::sparse_zeros()), ("b", &vec![0; 4 << 20])]));
    let (_, faults) = walk(bomb, "image", &options);
    assert!(faults.unwrap().iter().any(|fault| fault.kind == FaultKind::Limit));

    // A raw image of 16 TB in 64 bytes is no work until somebody reads it, and then it meets the limit.
    let (found, faults) = walk(made::sparse_zeros(), "image", &options);
    assert!(found.files.is_empty());
    assert!(faults.unwrap().iter().any(|fault| fault.kind == FaultKind::Limit));

    let many: Vec<(String, &[u8])> = (0..50).map(|number| (number.to_string(), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, content)| (name.as_str(), *content)).collect();
    let (found, faults) = walk(made::zip(&many, true), "image", &Options { most_entries: 20, ..Options::default() });
    assert_eq!(found.files.len(), 20);
    assert_eq!(faults.unwrap().len(), 1);
}

#[test]
fn images_inside_one_another_end() {
    let mut zip = made::zip(&[("a.txt", b"x")], false);
    for _ in 0..40 {
        zip = made::zip(&[("a.zip", &zip)], false);
    }
    let fault = only_fault(zip, &Options::default());
    assert!(fault.message.contains("inside one another"), "{fault}");
}

#[test]
fn apps_in_archives_are_told_whole_and_the_consumer_can_stop() {
    let apk = made::zip(&[("AndroidManifest.xml", b"x"), ("classes.dex", b"y")], true);
    let zip = made::zip(&[("a.apk", &apk), ("../../etc/passwd", b"z"), ("c", b"z")], true);
    let (found, faults) = walk(zip.clone(), "image", &Options::default());
    assert_eq!(faults.unwrap(), []);
    assert_eq!(found.files.keys().collect::<Vec<_>>(), ["image/../../etc/passwd", "image/a.apk", "image/c"]);

    let (mut told, bytes) = (0, Cell::new(0));
    let progress = |count| bytes.set(bytes.get() + count);
    let options = Options { progress: &progress, ..Options::default() };
    let faults = image::walk(Arc::new(zip), "image", &options, &mut |_, stream| {
        told += 1;
        std::io::copy(stream, &mut std::io::sink()).unwrap();
        ControlFlow::Break(())
    });
    assert_eq!((told, faults.unwrap().len()), (1, 0));
    assert!(bytes.get() >= apk.len() as u64, "progress of {} bytes", bytes.get());
}

#[test]
fn a_folder_that_contains_itself_is_entered_once() {
    let mut files = made::Files::new();
    files.insert("a/b/c.txt".into(), b"x".to_vec());
    let Some(mut erofs) = made::erofs(&files, &[]) else { return skipped() };
    // The entry of `b` in `a` is made to point to the root: find the root's number and the 12 bytes before the names.
    let root = u16::from_le_bytes([erofs[1024 + 14], erofs[1024 + 15]]);
    let names = erofs.windows(4).rposition(|window| window == b"...b").unwrap();
    let entry = names - 12;
    erofs[entry..entry + 8].copy_from_slice(&u64::from(root).to_le_bytes());
    let fault = only_fault(erofs, &Options::default());
    assert_eq!(fault.entry, "image/a/b");
    assert!(fault.message.contains("two places"), "{fault}");
}
