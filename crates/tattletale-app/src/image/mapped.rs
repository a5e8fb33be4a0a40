//! A source put together from stretches of another: sparse images, logical partitions, block lists. Only the list of
//! stretches is in memory, one piece of 32 bytes for each.

use std::io;
use std::sync::Arc;

use crate::source::Source;

/// Where the bytes of a piece come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// From this offset on.
    Source(u64),
    /// Four bytes over and over.
    Fill([u8; 4]),
    /// They could not be made; reading them fails.
    Lost,
    /// They are in a part of the image that is not here; reading them fails.
    Elsewhere,
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    start: u64,
    end: u64,
    from: From,
}

/// The list; what no piece covers is zeros.
pub(super) struct Mapped {
    of: Arc<dyn Source>,
    /// In order, without overlaps.
    pieces: Vec<Piece>,
    len: u64,
}

impl Mapped {
    /// A source of so many bytes, all zeros yet.
    pub(super) fn new(of: Arc<dyn Source>, len: u64) -> Self {
        Self { of, pieces: Vec::new(), len }
    }

    /// One stretch, cut to what the source has.
    pub(super) fn stretch(of: &Arc<dyn Source>, start: u64, len: u64) -> Self {
        let start = start.min(of.len());
        let len = len.min(of.len() - start);
        let piece = Piece { start: 0, end: len, from: From::Source(start) };
        Self { of: Arc::clone(of), pieces: vec![piece], len }
    }

    /// Adds a piece behind the ones there are; false when it lies before their end or beyond the source's.
    #[must_use]
    pub(super) fn push(&mut self, start: u64, len: u64, from: From) -> bool {
        let Some(end) = start.checked_add(len).filter(|&end| end <= self.len) else { return false };
        let last = self.pieces.last_mut();
        if len == 0 || last.as_ref().is_some_and(|last| last.end > start) {
            return len == 0;
        }
        match last {
            Some(last) if last.end == start && follows(last, from) => last.end = end,
            _ => self.pieces.push(Piece { start, end, from }),
        }
        true
    }

    /// Makes room for so many bytes.
    pub(super) fn extend_to(&mut self, len: u64) {
        self.len = self.len.max(len);
    }
}

/// Whether a piece goes on where the one before ends.
fn follows(last: &Piece, from: From) -> bool {
    match (last.from, from) {
        (From::Source(last_from), From::Source(from)) => last_from + (last.end - last.start) == from,
        (From::Fill(last), From::Fill(fill)) => last == fill,
        (last, from) => last == from,
    }
}

impl Source for Mapped {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(into.len());
        let mut next = self.pieces.partition_point(|piece| piece.end <= offset);
        let mut filled = 0;
        while filled < room {
            let at = offset + filled as u64;
            let piece = self.pieces.get(next);
            let (end, from) = match piece {
                Some(piece) if piece.start <= at => (piece.end, Some(piece.from)),
                Some(piece) => (piece.start, None),
                None => (self.len, None),
            };
            let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(room - filled);
            let part = &mut into[filled..filled + count];
            match (from, piece) {
                (Some(From::Source(start)), Some(piece)) => self.of.read_exact_at(start + (at - piece.start), part)?,
                (Some(From::Fill(pattern)), Some(piece)) => {
                    for (index, byte) in part.iter_mut().enumerate() {
                        *byte = pattern[(at - piece.start + index as u64) as usize % 4];
                    }
                }
                (Some(From::Lost), _) => return Err(lost("lies where the image could not be unpacked")),
                (Some(From::Elsewhere), _) => {
                    return Err(lost("lies in a part of the split image that is not here"));
                }
                _ => part.fill(0),
            }
            filled += count;
            next += usize::from(from.is_some());
        }
        Ok(filled)
    }
}

fn lost(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_holes_and_losses_in_one_source() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut mapped = Mapped::new(Arc::new(bytes), 40);
        assert!(mapped.push(4, 3, From::Source(50)));
        assert!(mapped.push(7, 3, From::Source(53)));
        assert!(mapped.push(10, 6, From::Fill(*b"abcd")));
        assert!(mapped.push(30, 2, From::Lost));
        assert_eq!(mapped.pieces.len(), 3);
        assert!(!mapped.push(31, 2, From::Lost), "an overlap");
        assert!(!mapped.push(39, 2, From::Fill([0; 4])), "beyond the end");
        let mut all = [9; 30];
        assert_eq!(mapped.read_at(0, &mut all).unwrap(), 30);
        assert_eq!(all[..16], [0, 0, 0, 0, 50, 51, 52, 53, 54, 55, b'a', b'b', b'c', b'd', b'a', b'b']);
        assert_eq!(all[16..], [0; 14]);
        let mut two = [9; 2];
        assert_eq!(mapped.read_at(11, &mut two).unwrap(), 2);
        assert_eq!(&two, b"bc");
        assert!(mapped.read_at(29, &mut two).is_err());
        assert_eq!(mapped.read_at(39, &mut two).unwrap(), 1);
        assert_eq!(mapped.read_at(u64::MAX, &mut two).unwrap(), 0);
    }

    #[test]
    fn a_piece_behind_the_end_of_its_source_is_an_error() {
        let mut mapped = Mapped::new(Arc::new(vec![1; 10]), 40);
        assert!(mapped.push(0, 20, From::Source(u64::MAX - 3)));
        assert!(mapped.read_at(0, &mut [0; 2]).is_err());
    }
}
