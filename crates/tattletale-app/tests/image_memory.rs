//! An image of 4 GB is walked in bounded memory. A test of its own process, since the peak is the process's.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stderr, reason = "says what it skipped")]

use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::process::Command;
use std::sync::Arc;

use tattletale_app::image::{self, Options};
use tattletale_app::source::FileSource;

/// The most memory that this process had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn four_gigabytes_take_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let (tree, image) = (folder.path().join("tree"), folder.path().join("system.img"));
    fs::create_dir(&tree).unwrap();
    // Most of the image is one file with a hole in it, so that the disk of the test needs not hold it.
    let big = File::create(tree.join("big.bin")).unwrap();
    big.set_len(3 << 30).unwrap();
    fs::write(tree.join("small.txt"), "small").unwrap();
    let arguments = ["-q", "-F", "-b", "4096", "-d", tree.to_str().unwrap(), image.to_str().unwrap(), "4G"];
    match Command::new("mkfs.ext4").args(arguments).status() {
        Ok(status) => assert!(status.success()),
        Err(_) => return eprintln!("skipped: an image of 4 GB needs mkfs.ext4 (Debian: e2fsprogs)"),
    }
    let before = peak();
    let mut read = 0;
    let source = FileSource::new(File::open(&image).unwrap()).unwrap();
    let faults = image::walk(Arc::new(source), "system.img", &Options::default(), &mut |_, stream| {
        read += io::copy(stream, &mut io::sink()).unwrap();
        ControlFlow::Continue(())
    });
    assert_eq!(faults.unwrap(), []);
    assert_eq!(read, (3 << 30) + 5);
    let grown = peak() - before;
    assert!(grown < 64 << 10, "the walk took {grown} KiB more");
}
