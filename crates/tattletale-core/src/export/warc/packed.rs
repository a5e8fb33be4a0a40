//! Members of gzip, also of blocks that are too long for memory and are compressed while they pass.
//!
//! A record's header states length and digest of the block that follows it, which are known last. So a long block is
//! compressed on its own while it passes, into a spool; its member is then the header's deflate data, the spool's and
//! an end, one behind the other: each part starts without a history and ends at a byte, and CRCs can be combined.
//!
//! What is compressed or encrypted already (pictures, films, gzip) is stored as it is, 32 KiB at a time (RFC 1951,
//! 3.2.4): compressing it once more would cost most of the time of a recording and save nothing.

use std::fmt;
use std::io::{self, Read, Write};

use flate2::{Compress, Compression, Crc, FlushCompress};
use sha2::{Digest, Sha256};

use super::{in_base32, states_transfer_encoding};

/// Identification, deflate, no time, fastest, unknown system (RFC 1952, 2.3).
const START: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff];
/// Bytes that are compressed, or stored, at a time; a stored block may have 65,535.
const PIECE: usize = 32 << 10;
/// Bytes of a piece that are looked at before that is decided; shorter pieces are always compressed.
const SAMPLE: usize = 4 << 10;
/// What ends every record.
const END: &[u8] = b"\r\n\r\n";

/// Makes members, one after the other, and keeps the compressor's memory between them.
#[derive(Default)]
pub struct Encoder {
    packing: Packing,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl Encoder {
    /// One whole member of a record with its block.
    pub(super) fn member(&mut self, header: &str, block: &[u8]) -> io::Result<Vec<u8>> {
        let stored = block.chunks(PIECE).next().is_some_and(is_packed_already);
        let room = if stored { block.len() + block.len() / 1024 } else { block.len() / 2 };
        let mut member = Vec::with_capacity(START.len() + 1024 + room);
        member.extend_from_slice(&START);
        let mut crc = Crc::new();
        [header.as_bytes(), block, END].into_iter().for_each(|part| crc.update(part));
        self.packing.begin();
        self.packing.add(header.as_bytes(), &mut member)?;
        for piece in block.chunks(PIECE) {
            self.packing.add(piece, &mut member)?;
        }
        self.packing.end(END, FlushCompress::Finish, &mut member)?;
        trailer(&crc, &mut member);
        Ok(member)
    }

    /// What comes before and behind the deflate data of a packed block.
    pub(super) fn around(&mut self, header: &str, packed: &Packed) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let (mut before, mut behind) = (START.to_vec(), Vec::new());
        self.packing.begin();
        self.packing.end(header.as_bytes(), FlushCompress::Sync, &mut before)?;
        self.packing.begin();
        self.packing.end(END, FlushCompress::Finish, &mut behind)?;
        let (mut crc, mut end) = (Crc::new(), Crc::new());
        crc.update(header.as_bytes());
        crc.combine(&packed.crc);
        end.update(END);
        crc.combine(&end);
        trailer(&crc, &mut behind);
        Ok((before, behind))
    }
}

/// Compresses a message while it passes: first its head, then the body as it comes.
///
/// Memory is that of one compressor, whatever passes. The sink gets raw deflate data (RFC 1951), which
/// [`WarcWriter::append_packed`](super::WarcWriter::append_packed) takes over as it is.
pub struct Packer<W> {
    sink: W,
    packing: Packing,
    crc: Crc,
    block: Sha256,
    payload: Option<Sha256>,
    length: u64,
    out: Vec<u8>,
    packed: u64,
}

impl<W> fmt::Debug for Packer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packer").field("length", &self.length).field("packed", &self.packed).finish_non_exhaustive()
    }
}

/// A block that lies compressed in a spool.
#[derive(Debug)]
pub struct Packed {
    /// Bytes of the block.
    pub length: u64,
    /// Bytes of its deflate data in the spool.
    pub packed: u64,
    crc: Crc,
    pub(super) block_digest: String,
    pub(super) payload_digest: Option<String>,
}

impl<W: Write> Packer<W> {
    /// A message whose head is `head`: start line and fields with the empty line, interim responses before it
    /// included.
    pub fn new(sink: W, head: &[u8]) -> io::Result<Self> {
        let payload = (!states_transfer_encoding(head)).then(Sha256::new);
        let mut packer = Self {
            sink,
            packing: Packing::default(),
            crc: Crc::new(),
            block: Sha256::new(),
            payload: None,
            length: 0,
            out: Vec::with_capacity(64 << 10),
            packed: 0,
        };
        packer.body(head)?;
        packer.payload = payload;
        Ok(packer)
    }

    /// More of the body, with its framing and coding.
    pub fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.length += bytes.len() as u64;
        self.crc.update(bytes);
        self.block.update(bytes);
        if let Some(payload) = &mut self.payload {
            payload.update(bytes);
        }
        for piece in bytes.chunks(PIECE) {
            self.packing.add(piece, &mut self.out)?;
            if self.out.len() >= PIECE {
                self.hand_over()?;
            }
        }
        Ok(())
    }

    /// The message is over.
    pub fn finish(mut self) -> io::Result<(Packed, W)> {
        self.packing.end(b"", FlushCompress::Sync, &mut self.out)?;
        self.hand_over()?;
        self.sink.flush()?;
        let packed = Packed {
            length: self.length,
            packed: self.packed,
            crc: self.crc,
            block_digest: in_base32(self.block),
            payload_digest: self.payload.map(in_base32),
        };
        Ok((packed, self.sink))
    }

    fn hand_over(&mut self) -> io::Result<()> {
        self.sink.write_all(&self.out)?;
        self.packed += self.out.len() as u64;
        self.out.clear();
        Ok(())
    }
}

/// Deflate data, of which pieces may be stored.
struct Packing {
    deflate: Compress,
    /// Whether the last piece was stored: what is compressed next must not refer to what lies before it.
    stored: bool,
}

impl Default for Packing {
    fn default() -> Self {
        Self { deflate: Compress::new(Compression::fast(), false), stored: false }
    }
}

impl Packing {
    /// Forgets what was compressed before.
    fn begin(&mut self) {
        self.deflate.reset();
        self.stored = false;
    }

    /// More of the data, at most [`PIECE`] bytes where they may be stored.
    fn add(&mut self, piece: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let length = u16::try_from(piece.len()).ok().filter(|_| is_packed_already(piece));
        let Some(length) = length else {
            if self.stored {
                self.begin();
            }
            return deflate(&mut self.deflate, piece, FlushCompress::None, out);
        };
        if !self.stored {
            // Up to a whole byte.
            deflate(&mut self.deflate, b"", FlushCompress::Sync, out)?;
            self.stored = true;
        }
        out.push(0);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(piece);
        Ok(())
    }

    /// The last of the data: compressed, and ended as `flush` says.
    fn end(&mut self, last: &[u8], flush: FlushCompress, out: &mut Vec<u8>) -> io::Result<()> {
        if self.stored {
            self.begin();
        }
        deflate(&mut self.deflate, last, flush, out)
    }
}

/// Whether the middle of a piece has no byte more often than chance has it, as compressed and encrypted bytes do.
///
/// Measured by the sum of squared counts: n + n²/256 is expected of random bytes; base64, the least redundant of texts,
/// has four times that. An eighth more than expected is a gain of about two per cent, which is not worth the time.
fn is_packed_already(piece: &[u8]) -> bool {
    let start = piece.len().saturating_sub(SAMPLE) / 2;
    let Some(sample) = piece.get(start..start + SAMPLE) else { return false };
    let mut counts = [0_u32; 256];
    sample.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let squares: usize = counts.iter().map(|count| (*count as usize).pow(2)).sum();
    let expected = SAMPLE + SAMPLE * SAMPLE / 256;
    squares <= expected + expected / 8
}

/// Compresses all of `bytes` onto `out`.
fn deflate(compress: &mut Compress, mut bytes: &[u8], flush: FlushCompress, out: &mut Vec<u8>) -> io::Result<()> {
    loop {
        out.reserve((bytes.len() / 2).max(256));
        let before = compress.total_in();
        compress.compress_vec(bytes, out, flush).map_err(io::Error::other)?;
        bytes = &bytes[(compress.total_in() - before) as usize..];
        // Room that is left means that nothing more comes.
        if bytes.is_empty() && out.len() < out.capacity() {
            return Ok(());
        }
    }
}

fn trailer(crc: &Crc, member: &mut Vec<u8>) {
    member.extend_from_slice(&crc.sum().to_le_bytes());
    member.extend_from_slice(&crc.amount().to_le_bytes());
}

/// Copies exactly the deflate data of a packed block.
pub(super) fn copy(packed: &Packed, spool: &mut dyn Read, out: &mut impl Write) -> io::Result<()> {
    let copied = io::copy(&mut spool.take(packed.packed), out)?;
    if copied == packed.packed {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the spool of a body is shorter than what was written to it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::inflate::{End, Framing, inflate};
    use proptest::prelude::*;

    /// Bytes without a pattern, always the same.
    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed | 1;
        let step = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(step).collect()
    }

    fn member(block: &[u8]) -> Vec<u8> {
        Encoder::default().member("HEADER\r\n\r\n", block).unwrap()
    }

    #[test]
    fn what_cannot_be_compressed_is_stored() {
        let noise = noise(7, 100 << 10);
        let packed = member(&noise);
        assert!(packed.len() < noise.len() + 200, "{}", packed.len());
        let text = base64_simd::STANDARD.encode_to_string(&noise).into_bytes();
        assert!(!is_packed_already(&text[..PIECE]) && !is_packed_already(&[b'a'; PIECE]));
        assert!(is_packed_already(&packed[1000..PIECE]) && !is_packed_already(&noise[..SAMPLE - 1]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_mixture_comes_back(parts in prop::collection::vec((any::<bool>(), 0..90_000usize, any::<u64>()), 0..6)) {
            let parts: Vec<Vec<u8>> = parts
                .into_iter()
                .map(|(text, length, seed)| match text {
                    true => b"to be or not to be, ".iter().copied().cycle().take(length).collect(),
                    false => noise(seed, length),
                })
                .collect();
            let block = parts.concat();
            let whole = [b"HEADER\r\n\r\n", &block[..], END].concat();
            let mut packer = Packer::new(Vec::new(), b"").unwrap();
            parts.iter().for_each(|part| packer.body(part).unwrap());
            let (packed, spool) = packer.finish().unwrap();
            let (mut around, behind) = Encoder::default().around("HEADER\r\n\r\n", &packed).unwrap();
            copy(&packed, &mut &spool[..], &mut around).unwrap();
            around.extend(behind);
            for member in [member(&block), around] {
                let mut read = Vec::new();
                let end = inflate(Framing::Gzip, &member, &mut read, whole.len() + 1);
                prop_assert!(read == whole && matches!(end, End::Complete));
            }
        }
    }
}
