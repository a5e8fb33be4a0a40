//! The compressions beside deflate: brotli, zstd, lz4, snappy, bzip2 and xz, under the same limits.
//!
//! All of them are read in chunks up to the caller's limit, and what came out before an error is kept. The
//! formats that declare how much memory they want (zstd windows, xz dictionaries) are refused above
//! [`MOST_MEMORY`] before any is taken.

use super::inflate::{End, bounded};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use std::io;

/// Most that a stream may ask for as window or dictionary; RFC 8878 wants at least 8 MiB, `xz -9` takes 64 MiB.
pub(super) const MOST_MEMORY: u64 = 72 << 20;

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
    /// One LZ4 block (LZ4 block format), which ends where the input ends.
    Lz4Block,
    /// One Snappy block (`format_description.txt`).
    SnappyBlock,
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
        Compression::Lz4Block => return lz4_block(input, out, limit),
        Compression::SnappyBlock => return snappy_block(input, out, limit),
        Compression::Zstd => zstd(&mut rest, out, limit),
        Compression::Lz4 => lz4(&mut rest, out, limit),
        Compression::Snappy => bounded(snap::read::FrameDecoder::new(&mut rest), out, limit),
        Compression::Bzip2 => bounded(bzip2::bufread::MultiBzDecoder::new(&mut rest), out, limit),
        Compression::Xz => {
            bounded(lzma_rust2::XzReader::new_mem_limit(&mut rest, true, (MOST_MEMORY >> 10) as u32), out, limit)
        }
    };
    end(result, input.len(), rest)
}

/// Decompresses the frame or stream that `input` begins with, where the format allows several, and tells how many bytes
/// of the input it had; of the other formats everything.
#[allow(clippy::disallowed_types, reason = "this is the module that bounds them")]
pub fn decompress_begin(compression: Compression, input: &[u8], out: &mut Vec<u8>, limit: usize) -> (End, usize) {
    let mut rest = input;
    let result = match compression {
        Compression::Zstd => frame(&mut rest, out, limit),
        Compression::Bzip2 => bounded(bzip2::bufread::BzDecoder::new(&mut rest), out, limit),
        Compression::Xz => {
            bounded(lzma_rust2::XzReader::new_mem_limit(&mut rest, false, (MOST_MEMORY >> 10) as u32), out, limit)
        }
        _ => return (decompress(compression, input, out, limit), input.len()),
    };
    (end(result, input.len(), rest), input.len() - rest.len())
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
        if !frame(rest, out, room)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One frame with content.
#[allow(clippy::disallowed_types, reason = "this is the module that bounds them")]
fn frame(rest: &mut &[u8], out: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    let mut decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(&mut *rest, MOST_MEMORY)
        .map_err(io::Error::other)?;
    if !bounded(&mut decoder, out, limit)? {
        return Ok(false);
    }
    let stated = decoder.decoder.get_checksum_from_data();
    match stated.is_some() && stated != decoder.decoder.get_calculated_checksum() {
        true => Err(io::ErrorKind::InvalidData.into()),
        false => Ok(true),
    }
}

/// A block does not say how much comes out, so room is made for little first; nothing is kept of a damaged one.
#[allow(clippy::disallowed_methods, reason = "this is the module that bounds it")]
fn lz4_block(input: &[u8], out: &mut Vec<u8>, limit: usize) -> End {
    const USUAL_RATIO: usize = 16;
    const HIGHEST_RATIO: usize = 255;
    let start = out.len();
    for ratio in [USUAL_RATIO, HIGHEST_RATIO] {
        let room = input.len().saturating_mul(ratio).min(limit);
        out.resize(start + room, 0);
        let result = lz4_flex::block::decompress_into(input, &mut out[start..]);
        out.truncate(start + result.as_ref().map_or(0, |&made| made));
        match result {
            Ok(_) => return End::Complete,
            Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) if room == limit => return End::Limit,
            Err(lz4_flex::block::DecompressError::OutputTooSmall { .. }) => {}
            Err(_) => break,
        }
    }
    End::Corrupt { offset: 0 }
}

/// A block says how much comes out; nothing is kept of a damaged one.
#[allow(clippy::disallowed_types, reason = "this is the module that bounds it")]
fn snappy_block(input: &[u8], out: &mut Vec<u8>, limit: usize) -> End {
    // A copy of 64 bytes takes three.
    const HIGHEST_RATIO: usize = 22;
    let Ok(stated) = snap::raw::decompress_len(input) else { return End::Corrupt { offset: 0 } };
    if stated > input.len().saturating_mul(HIGHEST_RATIO) {
        return End::Corrupt { offset: 0 };
    }
    if stated > limit {
        return End::Limit;
    }
    let start = out.len();
    out.resize(start + stated, 0);
    let made = snap::raw::Decoder::new().decompress(input, &mut out[start..]);
    out.truncate(start + made.as_ref().map_or(0, |&made| made));
    if made.is_ok() { End::Complete } else { End::Corrupt { offset: 0 } }
}

/// Frames behind one another, as the format allows. The decoder takes input that is missing for the end of a frame;
/// but a frame ends with an empty block, and maybe a checksum.
#[allow(clippy::disallowed_types, reason = "this is the module that bounds them")]
fn lz4(rest: &mut &[u8], out: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    const END_MARK: usize = 4;
    let start = out.len();
    while !rest.is_empty() {
        let (room, frame) = (limit - (out.len() - start), *rest);
        if !bounded(lz4_flex::frame::FrameDecoder::new(&mut *rest), out, room)? {
            return Ok(false);
        }
        let read = &frame[..frame.len() - rest.len()];
        let checksum = read.get(4).is_some_and(|flags| flags & 0b100 != 0);
        let end = read.len().saturating_sub(if checksum { 4 } else { 0 });
        if read.is_empty() || !read[..end].ends_with(&[0; END_MARK]) {
            return Err(io::ErrorKind::UnexpectedEof.into());
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
    // Most bytes that are tried are short and no stream: the room is not cleared for nothing.
    let mut chunk = vec![0; CHUNK.min(input.len().saturating_mul(16)).max(256)];
    let start = out.len();
    loop {
        let (mut space, mut filled) = (chunk.len(), 0);
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
    fn blocks_there_and_back_inside_the_limit() {
        let text = "Zażółć gęślą jaźń, 7f3a91. ".repeat(2_000).into_bytes();
        let snappy = snap::raw::Encoder::new().compress_vec(&text).unwrap();
        for (compression, bytes) in
            [(Compression::Lz4Block, lz4_flex::block::compress(&text)), (Compression::SnappyBlock, snappy)]
        {
            let mut out = b"before".to_vec();
            assert_eq!(decompress(compression, &bytes, &mut out, 1 << 20), End::Complete, "{compression:?}");
            assert_eq!(&out[6..], text, "{compression:?}");
            assert_eq!(decompress(compression, &bytes, &mut out, 1000), End::Limit, "{compression:?}");
            let end = decompress(compression, &bytes[..bytes.len() - 5], &mut out, 1 << 20);
            assert!(matches!(end, End::Corrupt { .. }), "{compression:?}: {end:?}");
            assert_eq!(out.len(), 6 + text.len());
        }
        // Four gigabytes stated by five bytes.
        let lie = decompress(Compression::SnappyBlock, b"\xff\xff\xff\xff\x0f\x00a", &mut Vec::new(), usize::MAX);
        assert_eq!(lie, End::Corrupt { offset: 0 });
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
