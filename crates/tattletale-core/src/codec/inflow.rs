//! Messages that are compressed one by one with a history in common: permessage-deflate of WebSocket (RFC 7692).

use flate2::{Decompress, FlushDecompress, Status};

/// The four bytes that a sender leaves away (RFC 7692, 7.2.1).
const TAIL: &[u8] = &[0, 0, 0xff, 0xff];

/// Inflates messages of one direction.
#[derive(Debug)]
pub struct Inflow {
    inflate: Decompress,
    keeps: bool,
}

/// A message is not deflate data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no deflate data")]
pub struct NotDeflate;

impl Inflow {
    /// `keeps` when a message may refer to what stood in those before it.
    pub fn new(keeps: bool) -> Self {
        Self { inflate: Decompress::new(false), keeps }
    }

    /// One whole message, at most `limit` bytes of it, and how many bytes it had beyond those. All messages must come,
    /// in order.
    ///
    /// # Errors
    /// When it is not deflate data; what comes after it cannot be read either if a history is kept.
    pub fn message(&mut self, bytes: &[u8], limit: usize) -> Result<(Vec<u8>, u64), NotDeflate> {
        if !self.keeps {
            self.inflate.reset(false);
        }
        let (mut out, mut over) = (Vec::new(), 0);
        let mut piece = [0; 8 << 10];
        for mut input in [bytes, TAIL] {
            loop {
                let (read, made) = (self.inflate.total_in(), self.inflate.total_out());
                let status =
                    self.inflate.decompress(input, &mut piece, FlushDecompress::Sync).map_err(|_| NotDeflate)?;
                input = &input[(self.inflate.total_in() - read) as usize..];
                let made = (self.inflate.total_out() - made) as usize;
                let kept = made.min(limit - out.len());
                out.extend_from_slice(&piece[..kept]);
                over += (made - kept) as u64;
                // Room that is left means that all that came in is out.
                if status == Status::StreamEnd || made < piece.len() {
                    break;
                }
            }
        }
        Ok((out, over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compress, Compression, FlushCompress};

    fn deflated(compress: &mut Compress, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 1024);
        compress.compress_vec(bytes, &mut out, FlushCompress::Sync).unwrap();
        out.truncate(out.len() - TAIL.len());
        out
    }

    #[test]
    fn a_history_in_common() {
        let mut compress = Compress::new(Compression::fast(), false);
        let messages: Vec<Vec<u8>> =
            (0..20).map(|at| format!("message {at} ").repeat(1 + at * 300).into_bytes()).collect();
        let mut inflow = Inflow::new(true);
        for message in &messages {
            let packed = deflated(&mut compress, message);
            assert_eq!(inflow.message(&packed, 1 << 20), Ok((message.clone(), 0)));
        }
    }

    #[test]
    fn bounded_and_typed() {
        let mut compress = Compress::new(Compression::fast(), false);
        let packed = deflated(&mut compress, &vec![0; 1 << 20]);
        assert_eq!(Inflow::new(false).message(&packed, 1000), Ok((vec![0; 1000], (1 << 20) - 1000)));
        assert_eq!(Inflow::new(false).message(b"\xff\xff\xff", 1000), Err(NotDeflate));
        assert_eq!(Inflow::new(false).message(b"", 1000), Ok((Vec::new(), 0)));
    }
}
