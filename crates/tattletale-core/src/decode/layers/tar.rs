//! tar archives: headers of 512 bytes, each with a checksum, and the members behind them.

use crate::decode::{At, Layer, Needs, Opening, View};

pub(super) struct Tar;

const BLOCK: usize = 512;

impl Layer for Tar {
    fn name(&self) -> &'static str {
        "tar"
    }

    fn about(&self) -> &'static str {
        "tar archives (POSIX.1-2017, pax; `ustar`), members by name; debug reports of Android and Linux are made so."
    }

    fn example(&self) -> &'static [u8] {
        EXAMPLE
    }

    fn needs(&self) -> Needs {
        Needs::NOTHING.from(64).binary()
    }

    fn open(&self, view: &View<'_>, out: &mut Opening<'_, '_>) {
        let bytes = view.bytes;
        let mut at = 0;
        while let Some(header) = bytes.get(at..at + BLOCK) {
            let (true, Some(size)) = (is_header(header), octal(&header[124..136])) else { return };
            let name = header[..100].iter().take_while(|&&byte| byte != 0).count();
            let start = at + BLOCK;
            let end = start.saturating_add(size).min(bytes.len());
            if name > 0 {
                out.name(At::Whole, at..at + name, None);
            }
            if start < end {
                out.piece(At::Name(&header[..name]), start..end);
            }
            at = end.next_multiple_of(BLOCK);
        }
    }
}

/// The mark of the format, and the sum of all bytes with the sum's own field as blanks.
fn is_header(header: &[u8]) -> bool {
    if !header[257..].starts_with(b"ustar") {
        return false;
    }
    let sum: usize = header.iter().map(|&byte| usize::from(byte)).sum();
    let field: usize = header[148..156].iter().map(|&byte| usize::from(byte)).sum();
    octal(&header[148..156]) == Some(sum - field + 8 * usize::from(b' '))
}

fn octal(field: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    usize::from_str_radix(digits, 8).ok()
}

/// One member, `mail.txt`, with an address in it.
static EXAMPLE: &[u8] = &{
    let mut tar = [0u8; 1024];
    let pieces: [(usize, &[u8]); 5] =
        [(0, b"mail.txt"), (124, b"00000000015"), (148, b"004326\0 "), (257, b"ustar\x0000"), (512, b"zoe@mail.test")];
    let mut piece = 0;
    while piece < pieces.len() {
        let mut at = 0;
        while at < pieces[piece].1.len() {
            tar[pieces[piece].0 + at] = pieces[piece].1[at];
            at += 1;
        }
        piece += 1;
    }
    tar
};
