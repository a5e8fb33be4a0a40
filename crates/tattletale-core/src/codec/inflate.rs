//! Gzip (RFC 1952), zlib (RFC 1950) and raw deflate (RFC 1951) under a limit on what may come out.
//!
//! What came out before an error is kept: a truncated upload still tells. Gzip members that follow one another
//! are read as one stream, as the RFC asks, so a bomb of many small members meets the same limit. What stands behind
//! a whole member and begins as none does is not of the stream: signatures, padding, the next message.

use std::io::{self, BufRead, Read};

/// Which of the three framings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 1950.
    Zlib,
    /// RFC 1951 without a frame, so without a checksum.
    Raw,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Complete; checksum correct where the framing has one.
    Complete,
    /// The input stopped too early.
    Truncated,
    /// The input contradicts its format at about this offset.
    Corrupt {
        /// Bytes of input consumed when it was noticed.
        offset: usize,
    },
    /// More than the limit would have come out.
    Limit,
}

/// Inflates `input` onto the end of `out`, at most `limit` bytes; memory is bounded by `limit`.
pub fn inflate(framing: Framing, input: &[u8], out: &mut Vec<u8>, limit: usize) -> End {
    inflate_begin(framing, input, out, limit).0
}

/// The same, and how many bytes of the input the stream had.
pub fn inflate_begin(framing: Framing, input: &[u8], out: &mut Vec<u8>, limit: usize) -> (End, usize) {
    let mut rest = input;
    #[allow(clippy::disallowed_types, reason = "this is the module that bounds them")]
    let result = match framing {
        Framing::Gzip => members(&mut rest, out, limit),
        Framing::Zlib => bounded(flate2::bufread::ZlibDecoder::new(&mut rest), out, limit),
        Framing::Raw => bounded(flate2::bufread::DeflateDecoder::new(&mut rest), out, limit),
    };
    let offset = input.len() - rest.len();
    let end = match result {
        // Without a frame, only the end of the input tells that this was a stream at all.
        Ok(true) if framing == Framing::Raw && !rest.is_empty() => End::Corrupt { offset },
        Ok(true) => End::Complete,
        Ok(false) => End::Limit,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => End::Truncated,
        // Out of input without an end of stream is reported as corrupt by raw deflate.
        Err(_) if rest.fill_buf().is_ok_and(<[u8]>::is_empty) && framing != Framing::Gzip => End::Truncated,
        Err(_) => End::Corrupt { offset },
    };
    (end, offset)
}

/// Members behind one another, until what follows does not even begin as one.
#[allow(clippy::disallowed_types, reason = "this is the module that bounds them")]
fn members(rest: &mut &[u8], out: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    let start = out.len();
    loop {
        let room = limit - (out.len() - start);
        if !bounded(flate2::bufread::GzDecoder::new(&mut *rest), out, room)? {
            return Ok(false);
        }
        if !matches!(**rest, [0x1f] | [0x1f, 0x8b] | [0x1f, 0x8b, 8, ..]) {
            return Ok(true);
        }
    }
}

/// Reads to the end (true) or to the limit (false).
pub(super) fn bounded(mut decoder: impl Read, out: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    const CHUNK: usize = 64 * 1024;
    // Most bodies are small, and the buffer is cleared before it is read into: begin small.
    let mut chunk = 2 * 1024;
    let start = out.len();
    loop {
        let made = out.len() - start;
        let room = chunk.min(limit - made);
        chunk = CHUNK.min(chunk * 2);
        let at = out.len();
        // One byte beyond the limit tells "exactly full" from "more to come".
        let wanted = if room == 0 { 1 } else { room };
        out.resize(at + wanted, 0);
        let read = match decoder.read(&mut out[at..]) {
            Ok(read) => read,
            Err(error) => {
                out.truncate(at);
                return Err(error);
            }
        };
        out.truncate(at + if room == 0 { 0 } else { read });
        if read == 0 {
            return Ok(true);
        }
        if room == 0 {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_are_joined_and_the_limit_is_exact() {
        let two = [gzip(b"hello "), gzip(b"world")].concat();
        for (limit, end, text) in
            [(100, End::Complete, "hello world"), (11, End::Complete, "hello world"), (10, End::Limit, "hello worl")]
        {
            let mut out = Vec::new();
            assert_eq!(inflate(Framing::Gzip, &two, &mut out, limit), end);
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn what_came_out_before_the_trouble_is_kept() {
        let whole = gzip(&b"abcdefgh".repeat(50_000));
        let mut out = Vec::new();
        assert_eq!(inflate(Framing::Gzip, &whole[..whole.len() / 2], &mut out, 1 << 20), End::Truncated);
        assert!(out.len() > 1000);
        let mut broken = whole.clone();
        let last = broken.len() - 6;
        broken[last] ^= 0xff; // the checksum
        let mut out = Vec::new();
        assert!(matches!(inflate(Framing::Gzip, &broken, &mut out, 1 << 20), End::Corrupt { .. }));
        assert_eq!(out.len(), 400_000);
    }

    #[test]
    fn what_is_behind_a_whole_member_is_not_of_it() {
        let member = gzip(b"hello");
        let end = |behind: &[u8]| {
            let mut out = Vec::new();
            let input = [member.as_slice(), behind].concat();
            let (end, used) = inflate_begin(Framing::Gzip, &input, &mut out, 100);
            (end, used == member.len(), out == b"hello")
        };
        assert_eq!(end(b"sha1=0123"), (End::Complete, true, true));
        assert_eq!(end(b"\0\0\0\0"), (End::Complete, true, true));
        for cut in 1..12 {
            assert_eq!(end(&member[..cut]).0, End::Truncated, "{cut} bytes of a second member");
        }
    }

    #[test]
    fn zlib_and_raw() {
        let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"some text some text").unwrap();
        let zlib = encoder.finish().unwrap();
        let mut out = Vec::new();
        assert_eq!(inflate(Framing::Zlib, &zlib, &mut out, 100), End::Complete);
        assert_eq!(inflate(Framing::Raw, &zlib[2..zlib.len() - 4], &mut out, 100), End::Complete);
        assert_eq!(out, b"some text some textsome text some text");
        assert_eq!(inflate(Framing::Zlib, &zlib[..8], &mut Vec::new(), 100), End::Truncated);
    }
}
