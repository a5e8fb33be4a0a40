//! Gzip as a stream: one member after the other, bounded, and able to go on behind a damaged one.
//!
//! [`super::inflate`] is for bytes in memory; this is for files of any size. Recordings are written one member a
//! record so that damage stays in its record: after damage the next thing that looks like a member is looked for,
//! from just behind where the damaged one began (a cut member swallows the start of its successor). How often bytes
//! are read again that way is bounded, so hostile files cost linear time too.

use std::io::{self, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::window::Window;

/// Compressed bytes of a member that stay for going back after damage.
const MOST_KEPT: usize = 1 << 20;
/// A member's header is as long as its optional name, comment and extra field; longer than this is no header.
const MOST_HEADER: usize = 128 << 10;
/// What may come out of any file, however small it is.
const GRACE: u64 = 1 << 30;
/// What may come out for every byte that went in. Deflate can do 1032; recordings of text do 5 to 50.
const MOST_EXPANSION: u64 = 250;

/// What one call of [`Members::read`] brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes, all of the member that starts at this offset of the file.
    Bytes {
        /// At least 1.
        count: usize,
        /// Offset of the member's first byte.
        member: u64,
    },
    /// The member that starts there ends too early or contradicts its format; reading on goes to the next.
    Broken {
        /// Offset of the member's first byte.
        member: u64,
        /// Whether the file ends inside it, which is how an interrupted recording ends.
        truncated: bool,
    },
    /// More would come out than files of this size have in them; nothing more will.
    Limit,
    /// The file is over.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// A member's header should follow.
    Between,
    Inside,
    /// The eight bytes behind the data should follow.
    Trailer,
    /// A member has to be looked for.
    Lost,
}

/// The members of a file.
pub struct Members<'r> {
    window: Window<'r>,
    inflate: Decompress,
    crc: Crc,
    state: State,
    /// Where the member that is being read begins.
    member: u64,
    /// Whether its start can still be gone back to.
    kept: bool,
    made: u64,
    gone_back: u64,
}

impl std::fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Members").field("state", &self.state).field("member", &self.member).finish_non_exhaustive()
    }
}

impl<'r> Members<'r> {
    /// The members of what the reader gives.
    pub fn new(input: &'r mut dyn Read) -> Self {
        Self::over(Window::new(input))
    }

    /// The members of what a window has ahead.
    pub(crate) fn over(window: Window<'r>) -> Self {
        Self {
            window,
            inflate: Decompress::new(false),
            crc: Crc::new(),
            state: State::Between,
            member: 0,
            kept: false,
            made: 0,
            gone_back: 0,
        }
    }

    /// Reads some bytes into `out`, which must not be empty. What came out before damage was noticed stands.
    pub fn read(&mut self, out: &mut [u8]) -> io::Result<Piece> {
        loop {
            let piece = match self.state {
                State::Between => self.start()?,
                State::Inside => self.data(out)?,
                State::Trailer => self.trailer()?,
                State::Lost => self.find()?,
            };
            if let Some(piece) = piece {
                return Ok(piece);
            }
        }
    }

    /// Gives up the member that is being read; the next call looks for another, without inflating what is left.
    pub fn abandon(&mut self) {
        self.release();
        self.state = State::Lost;
    }

    fn start(&mut self) -> io::Result<Option<Piece>> {
        self.member = self.window.offset();
        loop {
            match header(self.window.ahead()) {
                Header::Whole(length) => {
                    self.window.keep();
                    self.kept = true;
                    self.window.pass(length);
                    break;
                }
                Header::None => return Ok(Some(self.broken(false))),
                Header::Unfinished => {}
            }
            if self.window.ahead().len() > MOST_HEADER {
                return Ok(Some(self.broken(false)));
            }
            if !self.window.fill()? {
                let nothing = self.window.ahead().is_empty();
                return Ok(Some(if nothing { Piece::End } else { self.broken(true) }));
            }
        }
        self.inflate.reset(false);
        self.crc.reset();
        self.state = State::Inside;
        Ok(None)
    }

    fn data(&mut self, out: &mut [u8]) -> io::Result<Option<Piece>> {
        if self.made > GRACE.saturating_add(self.window.offset().saturating_mul(MOST_EXPANSION)) {
            return Ok(Some(Piece::Limit));
        }
        if self.window.ahead().is_empty() && !self.window.fill()? {
            return Ok(Some(self.broken(true)));
        }
        let (read, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(self.window.ahead(), out, FlushDecompress::None);
        let read = (self.inflate.total_in() - read) as usize;
        let count = (self.inflate.total_out() - made) as usize;
        self.window.pass(read);
        self.crc.update(&out[..count]);
        self.made += count as u64;
        if self.kept && self.window.kept().len() > MOST_KEPT {
            self.release();
        }
        match status {
            Ok(Status::StreamEnd) => self.state = State::Trailer,
            Ok(_) if read == 0 && count == 0 => return Ok(Some(self.broken(false))),
            Ok(_) => {}
            Err(_) => return Ok(Some(self.broken(false))),
        }
        Ok((count > 0).then_some(Piece::Bytes { count, member: self.member }))
    }

    fn trailer(&mut self) -> io::Result<Option<Piece>> {
        while self.window.ahead().len() < 8 {
            if !self.window.fill()? {
                return Ok(Some(self.broken(true)));
            }
        }
        let ahead = self.window.ahead();
        let number = |at: usize| u32::from_le_bytes([ahead[at], ahead[at + 1], ahead[at + 2], ahead[at + 3]]);
        let right = number(0) == self.crc.sum() && number(4) == self.crc.amount();
        if !right {
            return Ok(Some(self.broken(false)));
        }
        self.window.pass(8);
        self.release();
        self.state = State::Between;
        Ok(None)
    }

    fn broken(&mut self, truncated: bool) -> Piece {
        self.state = State::Lost;
        Piece::Broken { member: self.member, truncated }
    }

    fn release(&mut self) {
        self.window.release();
        self.kept = false;
    }

    /// Goes to the next three bytes that start a member with deflate in it.
    fn find(&mut self) -> io::Result<Option<Piece>> {
        if self.kept {
            let back = self.window.kept().len().saturating_sub(1);
            if self.gone_back <= self.window.offset().saturating_mul(4) {
                self.gone_back += back as u64;
                self.window.back(back);
            }
            self.release();
        } else if self.window.offset() == self.member {
            // Nothing of it was passed: it had no header.
            self.window.pass(1);
        }
        loop {
            if let Some(at) = memchr::memmem::find(self.window.ahead(), MAGIC) {
                self.window.pass(at);
                self.state = State::Between;
                return Ok(None);
            }
            let tail = self.window.ahead().len().min(MAGIC.len() - 1);
            self.window.pass(self.window.ahead().len() - tail);
            if !self.window.fill()? {
                self.window.pass(tail);
                self.state = State::Between;
                return Ok(Some(Piece::End));
            }
        }
    }
}

/// Identification and the one method there is (RFC 1952, 2.3).
pub(crate) const MAGIC: &[u8] = b"\x1f\x8b\x08";

enum Header {
    Whole(usize),
    Unfinished,
    None,
}

/// The length of a member's header.
fn header(bytes: &[u8]) -> Header {
    let start = &bytes[..bytes.len().min(MAGIC.len())];
    match bytes {
        _ if !MAGIC.starts_with(start) => return Header::None,
        [_, _, _, flags, ..] if flags & 0xe0 != 0 => return Header::None,
        _ => {}
    }
    whole_header(bytes).map_or(Header::Unfinished, Header::Whole)
}

fn whole_header(bytes: &[u8]) -> Option<usize> {
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    }
    for text in [8, 16] {
        if flags & text != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (bytes.len() >= at).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, GzBuilder, write};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What comes out, with the members' starts, and how many were broken.
    fn read(mut file: &[u8]) -> (Vec<(u64, Vec<u8>)>, usize) {
        let mut members = Members::new(&mut file);
        let (mut all, mut broken) = (Vec::<(u64, Vec<u8>)>::new(), 0);
        let mut out = [0; 700];
        loop {
            match members.read(&mut out).unwrap() {
                Piece::Bytes { count, member } => match all.last_mut() {
                    Some((last, bytes)) if *last == member => bytes.extend(&out[..count]),
                    _ => all.push((member, out[..count].to_vec())),
                },
                Piece::Broken { .. } => broken += 1,
                Piece::Limit => panic!(),
                Piece::End => return (all, broken),
            }
        }
    }

    #[test]
    fn members_with_their_places() {
        let mut named =
            GzBuilder::new().filename("a.warc").comment("c").extra([1; 300]).write(Vec::new(), Compression::fast());
        named.write_all(b"second").unwrap();
        let (first, second) = (gzip(&b"first".repeat(1000)), named.finish().unwrap());
        let third = first.len() + second.len();
        let (all, broken) = read(&[&first[..], &second, &gzip(b"third")].concat());
        assert_eq!(broken, 0);
        let wanted =
            [(0, b"first".repeat(1000)), (first.len() as u64, b"second".to_vec()), (third as u64, b"third".to_vec())];
        assert_eq!(all, wanted);
        assert_eq!(read(b""), (vec![], 0));
    }

    #[test]
    fn a_cut_member_hides_no_successor() {
        let first = gzip(&(0..20_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
        for cut in (1..first.len()).step_by(first.len() / 200) {
            let (all, broken) = read(&[&first[..cut], &gzip(b"second"), &gzip(b"third")].concat());
            assert!(broken >= 1, "{cut}");
            let last: Vec<&[u8]> = all.iter().rev().take(2).map(|(_, bytes)| &bytes[..]).collect();
            assert_eq!(last, [&b"third"[..], b"second"], "{cut}");
        }
    }

    #[test]
    fn damage_anywhere_ends_and_is_told() {
        let file = [gzip(b"first first first"), gzip(b"second"), gzip(b"third")].concat();
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 0x55;
            read(&bad);
            read(&file[..at]);
        }
        let mut checksum = gzip(b"first");
        let last = checksum.len() - 6;
        checksum[last] ^= 1;
        assert_eq!(read(&[checksum, gzip(b"second")].concat()).1, 1);
    }

    #[test]
    fn a_bomb_meets_the_limit() {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&vec![0; 16 << 20]).unwrap();
        let file = encoder.finish().unwrap().repeat(128);
        let mut input = &file[..];
        let mut members = Members::new(&mut input);
        let (mut out, mut made) = (vec![0; 1 << 16], 0u64);
        let end = loop {
            match members.read(&mut out).unwrap() {
                Piece::Bytes { count, .. } => made += count as u64,
                other => break other,
            }
        };
        assert_eq!(end, Piece::Limit);
        assert!(made < GRACE + 2 * MOST_EXPANSION * file.len() as u64);
    }
}
