//! Firmware images made by the real tools and by the formats' documentation: every file that went in is found with the
//! same SHA-256, and images that are cut or damaged end in faults, never in a panic or without a word.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "says what it skipped")]

mod damage;
mod limits;
mod made;
mod parts;

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use made::Files;
use sha2::{Digest, Sha256};
use tattletale_app::Fault;
use tattletale_app::image::{self, ImageError, Options};

/// Path and SHA-256 of every file, path and target of every link.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    files: BTreeMap<String, Vec<u8>>,
    links: BTreeMap<String, String>,
    /// Files with a path that was told before.
    again: Vec<(String, Vec<u8>)>,
}

/// Every path is told once.
fn walk(bytes: Vec<u8>, name: &str, options: &Options<'_>) -> (Found, Result<Vec<Fault>, ImageError>) {
    let (found, result) = walk_damaged(bytes, name, options);
    assert!(found.again.is_empty(), "{:?}", found.again);
    (found, result)
}

/// The same where a folder may have come to name two files alike.
fn walk_damaged(bytes: Vec<u8>, name: &str, options: &Options<'_>) -> (Found, Result<Vec<Fault>, ImageError>) {
    let mut found = Found::default();
    let result = image::walk(Arc::new(bytes), name, options, &mut |entry, stream| {
        let mut content = Vec::new();
        let read = stream.take(64 << 20).read_to_end(&mut content);
        match &entry.link {
            Some(target) => drop(found.links.insert(entry.path.clone(), target.clone())),
            None if read.is_ok() => {
                assert_eq!(content.len() as u64, entry.size, "{}", entry.path);
                let before = found.files.insert(entry.path.clone(), digest(&content));
                found.again.extend(before.map(|before| (entry.path.clone(), before)));
            }
            None => {}
        }
        ControlFlow::Continue(())
    });
    (found, result)
}

fn digest(content: &[u8]) -> Vec<u8> {
    Sha256::digest(content).to_vec()
}

/// What should be found of these files below a path.
fn wanted(files: &Files, below: &str) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(path, content)| (format!("{below}/{path}"), digest(content))).collect()
}

/// One image of the table.
struct Case {
    name: &'static str,
    image: Vec<u8>,
    /// Where the files are found, more than once in images with several file systems.
    below: &'static [&'static str],
    /// Whether checksums cover all of it, so that damage is either told or harmless.
    checked: bool,
}

/// Every way that an image may come; `None` where a tool is missing.
fn cases(files: &Files) -> Option<Vec<Case>> {
    let ext4 = made::ext4(files, "^metadata_csum")?;
    let erofs = made::erofs(files, &["-zlz4hc"])?;
    let super_image = made::super_image(&[("system_a", &ext4), ("product_a", &erofs)]);
    let sparse_super = made::sparse(&super_image)?;
    let payload = made::payload(&[("system", &ext4), ("vendor", &erofs)], None);
    let (list, data) = made::transfer(&ext4);
    let compressed_data = made::brotli(&data);
    let old = |name, data: &[u8]| made::zip(&[("system.transfer.list", &list), (name, data)], false);
    let case = |name, image, below| Case { name, image, below, checked: false };
    let checked = |name, image, below| Case { name, image, below, checked: true };
    let system = &["image/system_a", "image/product_a"];
    Some(vec![
        case("ext4 with a journal", made::ext4(files, "metadata_csum,has_journal")?, &["image"]),
        case(
            "ext4 without extents",
            made::ext4(files, "^extent,^64bit,^flex_bg,^has_journal,^metadata_csum")?,
            &["image"],
        ),
        case("EROFS", made::erofs(files, &[])?, &["image"]),
        case("EROFS in chunks", made::erofs(files, &["--chunksize=8192"])?, &["image"]),
        case("EROFS with long inodes", made::erofs(files, &["-Eforce-inode-extended"])?, &["image"]),
        case("EROFS lz4", made::erofs(files, &["-zlz4"])?, &["image"]),
        case(
            "EROFS lz4 as the first kernels read it",
            made::erofs(files, &["-zlz4", "-Elegacy-compress"])?,
            &["image"],
        ),
        case("EROFS lz4hc in big clusters", made::erofs(files, &["-zlz4hc,9", "-C65536"])?, &["image"]),
        case("EROFS big and legacy", made::erofs(files, &["-zlz4", "-C16384", "-Elegacy-compress"])?, &["image"]),
        case("EROFS with inline tails", made::erofs(files, &["-zlz4hc", "-Eztailpacking"])?, &["image"]),
        case("EROFS big with inline tails", made::erofs(files, &["-zlz4hc", "-C65536", "-Eztailpacking"])?, &["image"]),
        case("super.img", super_image, system),
        case("sparse super.img", sparse_super.clone(), system),
        checked("payload.bin", payload.clone(), &["image/system", "image/vendor"]),
        case(
            "OTA zip",
            made::zip(&[("META-INF/metadata", b"x"), ("payload.bin", &payload)], false),
            &["image/payload.bin/system", "image/payload.bin/vendor"],
        ),
        checked(
            "zip with a deflated image",
            made::zip(&[("images/system.img", &ext4)], true),
            &["image/images/system.img"],
        ),
        checked(
            "zip in a zip",
            made::zip(&[("image-1.zip", &made::zip(&[("a.img", &erofs)], true))], true),
            &["image/image-1.zip/a.img"],
        ),
        case("blocks and their list", old("system.new.dat", &data), &["image/system"]),
        case("compressed blocks and their list", old("system.new.dat.br", &compressed_data), &["image/system"]),
        checked(
            "fastboot tgz",
            made::gzip(&made::tar(&[("rom/flash_all.sh", b"x"), ("rom/images/super.img", &sparse_super)])),
            &["image/rom/images/super.img/system_a", "image/rom/images/super.img/product_a"],
        ),
        checked("xz", made::xz(&erofs), &["image"]),
        checked("bzip2", made::bzip2(&erofs), &["image"]),
        case(
            "zstd",
            ruzstd::encoding::compress_to_vec(&erofs[..], ruzstd::encoding::CompressionLevel::Fastest),
            &["image"],
        ),
    ])
}

#[test]
fn every_file_is_found_with_the_same_digest() {
    let files = made::files();
    let Some(cases) = cases(&files) else { return skipped() };
    for case in cases {
        let (found, faults) = walk(case.image, "image", &Options::default());
        assert_eq!(faults.unwrap(), [], "{}", case.name);
        for below in case.below {
            for (path, digest) in wanted(&files, below) {
                assert_eq!(found.files.get(&path), Some(&digest), "{}: {path}", case.name);
            }
            let link = format!("{below}/system/app/link");
            assert_eq!(found.links.get(&link).map(String::as_str), Some("../etc/text.txt"), "{}", case.name);
        }
        // Beside them there is nothing but what stands around the images.
        let others =
            found.files.keys().filter(|path| !case.below.iter().any(|below| path.starts_with(&format!("{below}/"))));
        let others: Vec<_> = others.collect();
        assert!(others.len() <= 1, "{}: {others:?}", case.name);
        assert_eq!(found.files.len() - others.len(), case.below.len() * files.len(), "{}", case.name);
    }
}

fn skipped() {
    eprintln!(
        "skipped: images need mkfs.ext4, mkfs.erofs and img2simg (Debian: e2fsprogs erofs-utils android-sdk-libsparse-utils)"
    );
}
