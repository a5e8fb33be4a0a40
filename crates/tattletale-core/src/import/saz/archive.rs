//! The ZIP around a session archive, read from front to end by its local headers.
//!
//! The directory at the end needs random access and says nothing more. Sizes that are only stated behind an entry are
//! found by following its deflate data; after damage the next header is looked for.

use std::io::{self, BufRead, Read};

use crate::codec::stream::{Packing, unpack};
use crate::import::Faults;
use crate::model::{Fault, FaultKind};

/// A reader that knows how far it is.
pub(super) struct Counted<R> {
    input: R,
    pub(super) passed: u64,
}

impl<R> Counted<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, passed: 0 }
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.passed += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.input.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.passed += count as u64;
        self.input.consume(count);
    }
}

/// A local header (APPNOTE.TXT 6.3.10, 4.3.7).
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) name: String,
    flags: u16,
    method: u16,
    packed: u64,
}

impl Entry {
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }
}

/// The next entry; looks for its signature where something else stands.
pub(super) fn next_entry(input: &mut impl Placed, faults: &mut Faults) -> io::Result<Option<Entry>> {
    let mut window = [0u8; 4];
    let mut filled = 0;
    let (start, mut lost) = (input.passed(), false);
    loop {
        let Some(byte) = one(input)? else { return Ok(None) };
        window.rotate_left(1);
        window[3] = byte;
        filled += 1;
        if filled < 4 {
            continue;
        }
        match &window {
            b"PK\x03\x04" => break,
            // The directory, or its end: no entry follows.
            b"PK\x01\x02" | b"PK\x05\x06" | b"PK\x06\x06" => return Ok(None),
            // Behind an entry whose sizes were not known before there may be a descriptor of up to 24 bytes.
            _ if filled > 28 && !lost => {
                lost = true;
                let message = "what stands here is no entry of the archive; the next one was looked for";
                faults.push(Fault::new(FaultKind::Corrupt, message).at(start));
            }
            _ => {}
        }
    }
    let offset = input.passed() - 4;
    let mut head = [0u8; 26];
    if let Err(error) = input.read_exact(&mut head) {
        return cut(error, offset, faults);
    }
    let short = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    let packed = u32::from_le_bytes([head[14], head[15], head[16], head[17]]);
    let (name_length, extra) = (usize::from(short(22)), usize::from(short(24)));
    let mut rest = vec![0; name_length + extra];
    if let Err(error) = input.read_exact(&mut rest) {
        return cut(error, offset, faults);
    }
    let name = String::from_utf8_lossy(&rest[..name_length]).into_owned();
    Ok(Some(Entry { offset, name, flags: short(2), method: short(4), packed: u64::from(packed) }))
}

/// [`BufRead`] with its place.
pub(super) trait Placed: BufRead {
    fn passed(&self) -> u64;
}

impl<R: BufRead> Placed for Counted<R> {
    fn passed(&self) -> u64 {
        self.passed
    }
}

fn one(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    let byte = input.fill_buf()?.first().copied();
    input.consume(usize::from(byte.is_some()));
    Ok(byte)
}

fn cut(error: io::Error, offset: u64, faults: &mut Faults) -> io::Result<Option<Entry>> {
    if error.kind() != io::ErrorKind::UnexpectedEof {
        return Err(error);
    }
    faults.push(Fault::new(FaultKind::Truncated, "the file ends inside the header of an entry").at(offset));
    Ok(None)
}

/// What an entry holds, and what was wrong with it. Leaves the reader behind it as far as that can be told.
pub(super) fn content(
    input: &mut impl BufRead,
    entry: &Entry,
    most: u64,
    room: u64,
) -> (Vec<u8>, Option<(FaultKind, &'static str)>) {
    const CUT: (FaultKind, &str) = (FaultKind::Truncated, "the file ends inside this entry");
    let mut bytes = Vec::new();
    let streamed = entry.flags & 8 != 0 && entry.packed == 0;
    let most = most.min(room);
    match entry.method {
        // Sealed or of no interest, and its length is known.
        _ if most == 0 && !streamed => match io::copy(&mut input.take(entry.packed), &mut io::sink()) {
            Ok(passed) if passed == entry.packed => (bytes, None),
            _ => (bytes, Some(CUT)),
        },
        0 if streamed => (bytes, Some((FaultKind::Corrupt, "an entry does not say how long it is"))),
        0 => {
            let kept = entry.packed.min(most);
            let read = input.take(kept).read_to_end(&mut bytes).unwrap_or(0) as u64;
            let rest = entry.packed - kept;
            let passed = io::copy(&mut input.take(rest), &mut io::sink()).unwrap_or(0);
            let trouble = match (read < kept || passed < rest, rest > 0) {
                (true, _) => Some(CUT),
                (_, true) => Some((FaultKind::Limit, "an entry is longer than the limit for one entry")),
                _ => None,
            };
            (bytes, trouble)
        }
        8 => {
            let mut limited = input.take(if streamed { u64::MAX } else { entry.packed });
            // What is of no interest is still followed to its end where only that tells where the next one starts.
            let most = if most == 0 { room } else { most };
            let result = unpack(Packing::Deflate, &mut limited, most).read_to_end(&mut bytes);
            if !streamed {
                let _ = io::copy(&mut limited, &mut io::sink());
            }
            let trouble = result.err().map(|error| match error.kind() {
                io::ErrorKind::FileTooLarge => (FaultKind::Limit, "an entry unpacks to more than is read of one"),
                io::ErrorKind::UnexpectedEof => CUT,
                _ => (FaultKind::Corrupt, "an entry is damaged; what could be unpacked is kept"),
            });
            (bytes, trouble)
        }
        _ => {
            let _ = io::copy(&mut input.take(entry.packed), &mut io::sink());
            (bytes, Some((FaultKind::Corrupt, "an entry is compressed in a way that SAZ does not know")))
        }
    }
}
