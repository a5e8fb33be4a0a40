//! Members of gzip, also of blocks that are too long for memory and are compressed while they pass.
//!
//! A record's header states length and digest of the block that follows it, which are known last. So a long block is
//! compressed on its own while it passes, into a spool; its member is then the header's deflate data, the spool's and
//! an end, one behind the other: each part starts without a history and ends at a byte, and CRCs can be combined.

use std::fmt;
use std::io::{self, Read, Write};

use flate2::{Compress, Compression, Crc, FlushCompress};
use sha2::{Digest, Sha256};

use super::{in_base32, states_transfer_encoding};

/// Identification, deflate, no time, fastest, unknown system (RFC 1952, 2.3).
const START: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff];
/// What ends every record.
const END: &[u8] = b"\r\n\r\n";

/// Makes members, one after the other, and keeps the compressor's memory between them.
pub struct Encoder {
    deflate: Compress,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self { deflate: Compress::new(Compression::fast(), false) }
    }
}

impl Encoder {
    /// One whole member of a record with its block.
    pub(super) fn member(&mut self, header: &str, block: &[u8]) -> io::Result<Vec<u8>> {
        let mut member = Vec::with_capacity(START.len() + 512 + block.len() / 2);
        member.extend_from_slice(&START);
        let mut crc = Crc::new();
        self.deflate.reset();
        for (part, flush) in
            [(header.as_bytes(), FlushCompress::None), (block, FlushCompress::None), (END, FlushCompress::Finish)]
        {
            crc.update(part);
            deflate(&mut self.deflate, part, flush, &mut member)?;
        }
        trailer(&crc, &mut member);
        Ok(member)
    }

    /// What comes before and behind the deflate data of a packed block.
    pub(super) fn around(&mut self, header: &str, packed: &Packed) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let (mut before, mut behind) = (START.to_vec(), Vec::new());
        self.deflate.reset();
        deflate(&mut self.deflate, header.as_bytes(), FlushCompress::Sync, &mut before)?;
        self.deflate.reset();
        deflate(&mut self.deflate, END, FlushCompress::Finish, &mut behind)?;
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
    deflate: Compress,
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
            deflate: Compress::new(Compression::fast(), false),
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
        for piece in bytes.chunks(32 << 10) {
            deflate(&mut self.deflate, piece, FlushCompress::None, &mut self.out)?;
            if self.out.len() >= 32 << 10 {
                self.hand_over()?;
            }
        }
        Ok(())
    }

    /// The message is over.
    pub fn finish(mut self) -> io::Result<(Packed, W)> {
        deflate(&mut self.deflate, b"", FlushCompress::Sync, &mut self.out)?;
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
