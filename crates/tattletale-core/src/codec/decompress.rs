//! The compressions beside deflate: brotli, zstd, lz4, snappy, bzip2 and xz, under the same limits.
//!
//! All of them are read in chunks up to the caller's limit, and what came out before an error is kept. The
//! formats that declare how much memory they want (zstd windows, xz dictionaries) are refused above
//! [`MOST_MEMORY`] before any is taken.

use super::inflate::{End, bounded};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use std::io;

/// Most that a stream may ask for as window or dictionary; RFC 8878 wants at least 8 MiB, `xz -9` takes 64 MiB.
const MOST_MEMORY: u64 = 72 << 20;

/// Which compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// RFC 7932.
    Brotli,
    /// RFC 8878, any number of frames.
    Zstd,
    /// LZ4 frame format 1.6.4.
    Lz4,
    /// Snappy framing format (`framing_format.txt`).
    Snappy,
    /// bzip2, any number of streams.
    Bzip2,
    /// The .xz file format 1.2.0.
    Xz,
}

/// Decompresses `input` onto the end of `out`, at most `limit` bytes; memory is bounded by `limit` and a window.
#[allow(clippy::disallowed_types, reason = "this is the module that bounds them")]
pub fn decompress(compression: Compression, input: &[u8], out: &mut Vec<u8>, limit: usize) -> End {
    let mut rest = input;
    let result = match compression {
        Compression::Brotli => return brotli(input, out, limit),
        Compression::Zstd => zstd(&mut rest, out, limit),
        Compression::Lz4 => bounded(lz4_flex::frame::FrameDecoder::new(&mut rest), out, limit),
        Compression::Snappy => bounded(snap::read::FrameDecoder::new(&mut rest), out, limit),
        Compression::Bzip2 => bounded(bzip2::bufread::MultiBzDecoder::new(&mut rest), out, limit),
        Compression::Xz => {
            bounded(lzma_rust2::XzReader::new_mem_limit(&mut rest, true, (MOST_MEMORY >> 10) as u32), out, limit)
        }
    };
    end(result, input.len(), rest)
}

fn end(result: io::Result<bool>, len: usize, rest: &[u8]) -> End {
    match result {
        Ok(true) => End::Complete,
        Ok(false) => End::Limit,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => End::Truncated,
        Err(_) if rest.is_empty() => End::Truncated,
        Err(_) => End::Corrupt { offset: len - rest.len() },
    }
}

/// Frames behind one another; skippable ones are skipped, checksums are held.
#[allow(clippy::disallowed_types, reason = "this is the module that bounds them")]
fn zstd(rest: &mut &[u8], out: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    let start = out.len();
    while !rest.is_empty() {
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, tail @ ..] = *rest {
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            *rest = tail.get(length..).ok_or(io::ErrorKind::UnexpectedEof)?;
            continue;
        }
        let room = limit - (out.len() - start);
        let mut decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(&mut *rest, MOST_MEMORY)
            .map_err(io::Error::other)?;
        if !bounded(&mut decoder, out, room)? {
            return Ok(false);
        }
        let stated = decoder.decoder.get_checksum_from_data();
        if stated.is_some() && stated != decoder.decoder.get_calculated_checksum() {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(true)
}

/// Asks the decoder for pieces of output, so that it is known how much input the stream really had.
fn brotli(input: &[u8], out: &mut Vec<u8>, limit: usize) -> End {
    const CHUNK: usize = 16 * 1024;
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new(alloc(), alloc(), alloc());
    let (mut available, mut offset, mut total) = (input.len(), 0, 0);
    let mut chunk = [0; CHUNK];
    let start = out.len();
    loop {
        let (mut space, mut filled) = (CHUNK, 0);
        let result = BrotliDecompressStream(
            &mut available,
            &mut offset,
            input,
            &mut space,
            &mut filled,
            &mut chunk,
            &mut total,
            &mut state,
        );
        let room = limit - (out.len() - start);
        out.extend_from_slice(&chunk[..filled.min(room)]);
        return match result {
            _ if filled > room => End::Limit,
            BrotliResult::ResultSuccess if offset == input.len() => End::Complete,
            BrotliResult::ResultSuccess | BrotliResult::ResultFailure => End::Corrupt { offset },
            BrotliResult::NeedsMoreInput => End::Truncated,
            BrotliResult::NeedsMoreOutput => continue,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// The same text by every encoder that there is.
    fn encoded(text: &[u8]) -> Vec<(Compression, Vec<u8>)> {
        let mut brotli = Vec::new();
        brotli::BrotliCompress(&mut &text[..], &mut brotli, &brotli::enc::BrotliEncoderParams::default()).unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest);
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(text).unwrap();
        let mut snappy = snap::write::FrameEncoder::new(Vec::new());
        snappy.write_all(text).unwrap();
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(text).unwrap();
        let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
        xz.write_all(text).unwrap();
        vec![
            (Compression::Brotli, brotli),
            (Compression::Zstd, zstd),
            (Compression::Lz4, lz4.finish().unwrap()),
            (Compression::Snappy, snappy.into_inner().unwrap()),
            (Compression::Bzip2, bzip2.finish().unwrap()),
            (Compression::Xz, xz.finish().unwrap()),
        ]
    }

    #[test]
    fn there_and_back_and_never_beyond_the_limit() {
        let text = "Zażółć gęślą jaźń, 7f3a91. ".repeat(20_000).into_bytes();
        for (compression, bytes) in encoded(&text) {
            let mut out = Vec::new();
            assert_eq!(decompress(compression, &bytes, &mut out, 1 << 20), End::Complete, "{compression:?}");
            assert_eq!(out, text, "{compression:?}");
            let mut out = Vec::new();
            assert_eq!(decompress(compression, &bytes, &mut out, 1000), End::Limit, "{compression:?}");
            assert_eq!(out, &text[..1000], "{compression:?}");
            let end = decompress(compression, &bytes[..bytes.len() - 5], &mut Vec::new(), 1 << 20);
            assert!(matches!(end, End::Truncated | End::Corrupt { .. }), "{compression:?}: {end:?}");
        }
    }
}
