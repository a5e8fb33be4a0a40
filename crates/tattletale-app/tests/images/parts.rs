//! Sparse images in parts, as `simg2simg` and `fastboot` make them: joined wherever they lie beside one another, and
//! never taken for whole when one is missing.

use std::ops::ControlFlow;
use std::sync::Arc;

use tattletale_app::Fault;
use tattletale_app::image::{self, Options};
use tattletale_app::source::Source;

use super::{Found, made, skipped, walk, wanted};

/// Parts of an ext4 image; one of its files spans several.
fn parts() -> Option<(made::Files, Vec<Vec<u8>>)> {
    let mut files = made::files();
    files.insert("system/app/Large/Large.apk".into(), made::random(99, 1_500_000));
    let parts = made::split(&made::ext4(&files, "^metadata_csum")?, 400_000)?;
    assert!(parts.len() > 4, "{} parts", parts.len());
    Some((files, parts))
}

fn named<'p>(parts: &'p [Vec<u8>], name: &str) -> Vec<(String, &'p [u8])> {
    parts.iter().enumerate().map(|(number, part)| (name.replace('#', &number.to_string()), &part[..])).collect()
}

fn borrowed<'n>(named: &'n [(String, &'n [u8])]) -> Vec<(&'n str, &'n [u8])> {
    named.iter().map(|(name, part)| (name.as_str(), *part)).collect()
}

fn together(parts: &[(String, &[u8])]) -> (Found, Vec<Fault>) {
    let images = parts.iter().map(|(name, part)| (Arc::new(part.to_vec()) as Arc<dyn Source>, name.clone())).collect();
    let mut found = Found::default();
    let faults = image::walk_together(images, &Options::default(), &mut |entry, stream| {
        let mut content = Vec::new();
        if entry.link.is_none() && stream.read_to_end(&mut content).is_ok() {
            found.files.insert(entry.path.clone(), super::digest(&content));
        }
        ControlFlow::Continue(())
    });
    (found, faults.unwrap())
}

#[test]
fn parts_beside_one_another_are_one_image() {
    let Some((files, parts)) = parts() else { return skipped() };
    for (name, whole) in [
        ("super.img.#", "super.img"),
        ("system.img_sparsechunk.#", "system.img"),
        ("system.img_sparsechunk#", "system.img"),
        ("super.#.5d3fa1.img", "super"),
        ("system_#.img", "system"),
    ] {
        // Given in any order.
        let mut given = named(&parts, name);
        given.reverse();
        let (found, faults) = together(&given);
        assert_eq!(faults, [], "{name}");
        assert_eq!(found.files, wanted(&files, whole), "{name}");
    }
    let named = named(&parts, "rom/super.img.#");
    let inside = borrowed(&named);
    for (kind, archive) in [
        ("zip", made::zip(&inside, false)),
        ("deflated zip", made::zip(&inside, true)),
        ("tar", made::tar(&inside)),
        ("tgz", made::gzip(&made::tar(&inside))),
    ] {
        let (found, faults) = walk(archive, "image", &Options::default());
        assert_eq!(faults.unwrap(), [], "{kind}");
        assert_eq!(found.files, wanted(&files, "image/rom/super.img"), "{kind}");
    }
    // A super image in parts in a zip in a tar.
    let Some(split) = made::split(&made::super_image(&[("system_a", &made::ext4(&files, "").unwrap())]), 300_000)
    else {
        return skipped();
    };
    let named: Vec<(String, &[u8])> =
        split.iter().enumerate().map(|(number, part)| (format!("super.img.{number}"), &part[..])).collect();
    let zip = made::zip(&borrowed(&named), true);
    let (found, faults) = walk(made::tar(&[("a.zip", &zip), ("super.img.0", b"x")]), "image", &Options::default());
    assert_eq!(faults.unwrap(), []);
    for (path, digest) in wanted(&files, "image/a.zip/super.img/system_a") {
        assert_eq!(found.files.get(&path), Some(&digest), "{path}");
    }
}

#[test]
fn a_missing_part_is_said_and_nothing_is_made_up_in_its_place() {
    let Some((files, parts)) = parts() else { return skipped() };
    let whole = wanted(&files, "super.img");
    let all = named(&parts, "super.img.#");
    for missing in 0..parts.len() {
        let mut some = all.clone();
        some.remove(missing);
        let (found, faults) = together(&some);
        assert!(!faults.is_empty(), "without part {missing}");
        if missing + 1 < parts.len() {
            assert!(faults[0].message.contains("parts of this split image are missing"), "{}", faults[0]);
        }
        // The journal and the last part are only missed by those who read them.
        for (path, digest) in found.files {
            assert_eq!(whole.get(&path), Some(&digest), "without part {missing}: {path}");
        }
    }
    for (name, part) in &all {
        let (found, faults) = together(&[(name.clone(), part)]);
        assert!(!faults.is_empty(), "{name} alone");
        assert!(found.files.len() < files.len(), "{name} alone");
    }
}

#[test]
fn images_that_only_have_names_alike_are_not_joined() {
    let (some, others) = (made::files(), made::Files::from([("a".to_owned(), made::random(5, 50_000))]));
    let image = |files| made::sparse(&made::ext4(files, "")?);
    let (Some(one), Some(two)) = (image(&some), image(&others)) else { return skipped() };
    let both = made::zip(&[("system_1.img", &one), ("system_2.img", &two)], true);
    let (found, faults) = walk(both, "image", &Options::default());
    assert_eq!(faults.unwrap(), []);
    let mut all = wanted(&some, "image/system_1.img");
    all.extend(wanted(&others, "image/system_2.img"));
    assert_eq!(found.files, all);
}

#[test]
fn cut_and_damaged_parts_are_said() {
    let Some((_, parts)) = parts() else { return skipped() };
    for part in 0..parts.len() {
        let mut all = parts.clone();
        let half = all[part].len() / 2;
        all[part].truncate(half);
        let named = named(&all, "super.img.#");
        assert!(!together(&named).1.is_empty(), "part {part} cut");
        // Whatever the bytes are, the walk ends.
        for seed in 0..10 {
            let mut all = parts.clone();
            let at = made::random(seed, 8).iter().fold(0usize, |sum, byte| sum << 2 ^ usize::from(*byte)) % 2000;
            let length = all[part].len();
            all[part][at % length] ^= 0x41;
            let named: Vec<(String, &[u8])> = all.iter().enumerate().map(|(n, p)| (format!("a.{n}"), &p[..])).collect();
            let _ended = together(&named);
        }
    }
}
