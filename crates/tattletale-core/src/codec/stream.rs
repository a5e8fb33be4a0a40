//! Decompression of what does not fit into memory: readers over readers, for archives and firmware of gigabytes.
//!
//! [`super::inflate`] and [`super::decompress`] fill a buffer; a partition image is longer than any buffer should be.
//! The promise is the same: no more comes out than the caller allowed, and what a format wants as window or
//! dictionary is refused above [`MOST_MEMORY`]. Damage is an error of kind `InvalidData`, a missing end is
//! `UnexpectedEof`, the limit is `FileTooLarge`; what came out before stands.

use std::io::{self, BufRead, Read};

/// The checksum of gzip and zip (CRC-32 of ISO 3309).
pub use flate2::Crc;
use ruzstd::decoding::BlockDecodingStrategy;
#[allow(clippy::disallowed_types, reason = "this is a module that bounds them")]
use ruzstd::decoding::FrameDecoder;

use super::decompress::MOST_MEMORY;

/// Which compression a stream is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// RFC 1952, any number of members.
    Gzip,
    /// RFC 1951 without a frame, as in zip.
    Deflate,
    /// bzip2, any number of streams.
    Bzip2,
    /// The .xz file format, any number of streams.
    Xz,
    /// RFC 8878, any number of frames.
    Zstd,
    /// RFC 7932.
    Brotli,
}

/// What comes out of `input`, at most `most` bytes of it.
#[allow(clippy::disallowed_types, reason = "this is a module that bounds them")]
pub fn unpack<'r>(packing: Packing, input: impl BufRead + 'r, most: u64) -> Box<dyn Read + 'r> {
    let most_kib = (MOST_MEMORY >> 10) as u32;
    match packing {
        Packing::Gzip => bounded(flate2::bufread::MultiGzDecoder::new(input), most),
        Packing::Deflate => bounded(flate2::bufread::DeflateDecoder::new(input), most),
        Packing::Bzip2 => bounded(bzip2::bufread::MultiBzDecoder::new(input), most),
        Packing::Xz => bounded(lzma_rust2::XzReader::new_mem_limit(input, true, most_kib), most),
        Packing::Zstd => bounded(Frames { input, frame: None }, most),
        Packing::Brotli => {
            let inner = brotli_decompressor::Decompressor::new(Watched { input, ended: false }, 64 << 10);
            bounded(Brotli(inner), most)
        }
    }
}

fn bounded<'r>(inner: impl Read + 'r, left: u64) -> Box<dyn Read + 'r> {
    Box::new(Bounded { inner, left, failed: None })
}

/// Passes on so many bytes and then insists on the end. A decoder that failed is never asked again: its state is
/// whatever it was, and that of bzip2 ends the process then.
struct Bounded<R> {
    inner: R,
    left: u64,
    failed: Option<io::ErrorKind>,
}

impl<R: Read> Bounded<R> {
    fn next(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, "more comes out than is allowed")),
            };
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let count = self.inner.read(&mut into[..room])?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.failed {
            Some(kind) => Err(kind.into()),
            None if into.is_empty() => Ok(0),
            None => self.next(into).map_err(damage).inspect_err(|error| {
                let kind = error.kind();
                self.failed = Some(kind).filter(|&kind| kind != io::ErrorKind::Interrupted);
            }),
        }
    }
}

/// The decoders name damage in as many ways as there are of them; three kinds are enough.
fn damage(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::Interrupted | io::ErrorKind::FileTooLarge => error,
        _ => io::Error::new(io::ErrorKind::InvalidData, error),
    }
}

/// An input that remembers whether it was read to its end.
struct Watched<R> {
    input: R,
    ended: bool,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.ended |= count == 0 && !into.is_empty();
        Ok(count)
    }
}

/// The decoder does not tell a missing end from damage; the input does.
#[allow(clippy::disallowed_types, reason = "this is a module that bounds them")]
struct Brotli<R: Read>(brotli_decompressor::Decompressor<Watched<R>>);

impl<R: Read> Read for Brotli<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| match self.0.get_ref().ended {
            true => io::ErrorKind::UnexpectedEof.into(),
            false => error,
        })
    }
}

/// Zstd frames behind one another, since the decoder knows one.
#[allow(clippy::disallowed_types, reason = "this is a module that bounds them")]
struct Frames<R> {
    input: R,
    /// The frame that is being read.
    frame: Option<Box<FrameDecoder>>,
}

#[allow(clippy::disallowed_types, reason = "this is a module that bounds them")]
impl<R: BufRead> Frames<R> {
    /// Begins the next frame; false at the end. Skippable frames are skipped.
    fn start(&mut self) -> io::Result<bool> {
        const SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];
        loop {
            if self.input.fill_buf()?.is_empty() {
                return Ok(false);
            }
            let mut magic = [0; 4];
            self.input.read_exact(&mut magic)?;
            if magic[0] & 0xf0 != 0x50 || magic[1..] != SKIPPABLE {
                let mut frame = Box::new(FrameDecoder::new());
                frame.set_max_window_size(MOST_MEMORY);
                let begun = frame.init((&magic[..]).chain(&mut self.input));
                begun.map_err(|error| self.trouble(error))?;
                self.frame = Some(frame);
                return Ok(true);
            }
            let mut length = [0; 4];
            self.input.read_exact(&mut length)?;
            let length = u64::from(u32::from_le_bytes(length));
            if io::copy(&mut (&mut self.input).take(length), &mut io::sink())? < length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// The decoder does not tell a missing end from damage; the input does.
    fn trouble(&mut self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
        match self.input.fill_buf() {
            Ok([]) => io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => io::Error::other(error),
            Err(error) => error,
        }
    }
}

#[allow(clippy::disallowed_types, reason = "this is a module that bounds them")]
impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(frame) = &mut self.frame else {
                match self.start()? {
                    true => continue,
                    false => return Ok(0),
                }
            };
            let count = frame.read(into)?;
            if count > 0 {
                return Ok(count);
            }
            if frame.is_finished() {
                let stated = frame.get_checksum_from_data();
                if stated.is_some() && stated != frame.get_calculated_checksum() {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum differs"));
                }
                self.frame = None;
                continue;
            }
            let decoded = frame.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
            decoded.map_err(|error| self.trouble(error))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn packed(text: &[u8]) -> Vec<(Packing, Vec<u8>)> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        deflate.write_all(text).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(text).unwrap();
        let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
        xz.write_all(text).unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest);
        let mut brotli = Vec::new();
        brotli::BrotliCompress(&mut &text[..], &mut brotli, &brotli::enc::BrotliEncoderParams::default()).unwrap();
        vec![
            (Packing::Gzip, gzip.finish().unwrap()),
            (Packing::Deflate, deflate.finish().unwrap()),
            (Packing::Bzip2, bzip2.finish().unwrap()),
            (Packing::Xz, xz.finish().unwrap()),
            (Packing::Zstd, [b"\x5f\x2a\x4d\x18\x03\0\0\0abc", &zstd[..]].concat()),
            (Packing::Brotli, brotli),
        ]
    }

    #[test]
    fn there_and_back_never_beyond_the_limit_and_a_missing_end_is_told() {
        let text = "Zażółć gęślą jaźń, 7f3a91. ".repeat(20_000).into_bytes();
        let whole = text.len() as u64;
        for (packing, bytes) in packed(&text) {
            let mut out = Vec::new();
            unpack(packing, &bytes[..], whole).read_to_end(&mut out).unwrap();
            assert_eq!(out, text, "{packing:?}");
            let mut out = Vec::new();
            let error = unpack(packing, &bytes[..], whole - 1).read_to_end(&mut out).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::FileTooLarge, "{packing:?}");
            assert_eq!(out, &text[..text.len() - 1], "{packing:?}");
            let error = unpack(packing, &bytes[..bytes.len() / 2], whole).read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{packing:?}: {error}");
        }
    }

    #[test]
    fn a_decoder_that_failed_is_not_asked_again() {
        let text = "Zażółć gęślą jaźń, 7f3a91. ".repeat(2_000).into_bytes();
        for (packing, bytes) in packed(&text) {
            for at in 0..bytes.len().min(300) {
                let mut damaged = bytes.clone();
                damaged[at] ^= 0xff;
                let mut stream = unpack(packing, &damaged[..], 1 << 20);
                if let Err(first) = stream.read_to_end(&mut Vec::new()) {
                    let again = (0..3).map(|_| stream.read(&mut [0; 100]).unwrap_err().kind());
                    assert!(again.into_iter().all(|kind| kind == first.kind()), "{packing:?}, byte {at}");
                }
            }
        }
    }

    #[test]
    fn frames_and_members_behind_one_another_are_one_stream() {
        for (packing, bytes) in packed(b"one after the other") {
            if matches!(packing, Packing::Deflate | Packing::Brotli) {
                continue;
            }
            let mut out = Vec::new();
            unpack(packing, &[&bytes[..], &bytes].concat()[..], 1000).read_to_end(&mut out).unwrap();
            assert_eq!(out, b"one after the otherone after the other", "{packing:?}");
        }
    }
}
