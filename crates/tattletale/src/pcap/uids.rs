//! PCAPdroid's table of apps: custom blocks of a pcapng that give Android's user numbers their names.
//!
//! Block 0x0BAD with the private enterprise number 62652: version, type, user number, lengths of package and app name,
//! the names. The file is only scanned for such blocks from one block to the next; tshark reads everything else.

use std::collections::HashMap;

/// Names by user number.
pub(super) type Apps = HashMap<u32, String>;

const SECTION: u32 = 0x0a0d_0d0a;
const CUSTOM: u32 = 0x0bad;
const PCAPDROID: u32 = 62_652;
/// Names that are kept.
const MOST: usize = 10_000;
/// Bytes of a block that are looked at: two names of 255 bytes at most.
const LOOKED_AT: usize = 600;

/// Follows the blocks of a file that comes in pieces. Anything but a pcapng has none.
#[derive(Default)]
pub(super) struct Scan {
    /// What of the current block was seen, up to [`LOOKED_AT`].
    block: Vec<u8>,
    /// Bytes of the current block that are still to come, once its length is known.
    left: Option<u64>,
    big_endian: bool,
    over: bool,
    apps: Apps,
}

impl Scan {
    /// More of the file.
    pub(super) fn bytes(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.over {
            let wanted = match self.left {
                // Type, length and the mark of the byte order, which a section starts with.
                None => 12usize.saturating_sub(self.block.len()),
                Some(left) => usize::try_from(left).unwrap_or(usize::MAX),
            };
            let count = wanted.min(bytes.len());
            let (piece, rest) = bytes.split_at(count);
            bytes = rest;
            let room = LOOKED_AT.saturating_sub(self.block.len());
            self.block.extend_from_slice(&piece[..count.min(room)]);
            match &mut self.left {
                None if self.block.len() == 12 => self.start(),
                None => {}
                Some(left) => *left -= count as u64,
            }
            if self.left == Some(0) {
                self.end();
            }
        }
    }

    /// What was found.
    pub(super) fn apps(self) -> Apps {
        self.apps
    }

    fn start(&mut self) {
        if self.number(0) == Some(SECTION) {
            self.big_endian = self.block[8..12] == [0x1a, 0x2b, 0x3c, 0x4d];
        }
        match self.number(4) {
            Some(length) if length >= 12 && length % 4 == 0 => self.left = Some(u64::from(length) - 12),
            _ => self.over = true,
        }
    }

    fn end(&mut self) {
        if self.number(0) == Some(CUSTOM) && self.number(8) == Some(PCAPDROID) {
            self.app();
        }
        self.block.clear();
        self.left = None;
    }

    fn app(&mut self) -> Option<()> {
        let (kind, uid) = (*self.block.get(13)?, self.number(14)?);
        let (package, app) = (usize::from(*self.block.get(18)?), usize::from(*self.block.get(19)?));
        let names = self.block.get(20..20 + package + app)?;
        // The package is what can be looked up; the shown name is anybody's.
        let name = if package > 0 { &names[..package] } else { names };
        let name: String = String::from_utf8_lossy(name).chars().filter(|c| !c.is_control()).collect();
        if kind == 1 && !name.is_empty() && self.apps.len() < MOST {
            self.apps.insert(uid, name);
        }
        Some(())
    }

    fn number(&self, at: usize) -> Option<u32> {
        let bytes: [u8; 4] = self.block.get(at..at + 4)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let padded = [body, &vec![0; body.len().wrapping_neg() % 4]].concat();
        let length = (padded.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &length, &padded, &length].concat()
    }

    pub(crate) fn app(uid: u32, package: &str, name: &str) -> Vec<u8> {
        let lengths = [package.len() as u8, name.len() as u8];
        let body =
            [&PCAPDROID.to_le_bytes()[..], &[1, 1], &uid.to_le_bytes(), &lengths, package.as_bytes(), name.as_bytes()];
        block(CUSTOM, &body.concat())
    }

    #[test]
    fn names_in_pieces_of_any_size() {
        let section = block(SECTION, &[&0x1a2b_3c4du32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
        let packet = block(6, &[7; 5000]);
        let file = [section, app(10123, "org.example", "Example"), packet, app(0, "", "root")].concat();
        for size in [1, 7, 4096, 1 << 20] {
            let mut scan = Scan::default();
            file.chunks(size).for_each(|piece| scan.bytes(piece));
            let apps = scan.apps();
            assert_eq!((apps.len(), &*apps[&10123], &*apps[&0]), (2, "org.example", "root"), "{size}");
        }
    }

    #[test]
    fn other_files_have_none() {
        for file in [&b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0"[..], b"", &[0; 100], &[0xff; 100]] {
            let mut scan = Scan::default();
            scan.bytes(file);
            assert!(scan.apps().is_empty());
        }
    }
}
