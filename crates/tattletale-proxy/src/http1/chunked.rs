//! Follows a chunked body (RFC 9112, 7.1) as it passes, without changing a byte of it.
//!
//! Strict where bodies of two readers could come apart: sizes are hexadecimal digits that fit, every line ends with
//! CR LF, extensions and trailers are bounded.

use super::Bad;

/// Bytes of one size line with its extensions, and of the whole trailer section.
const MOST_LINE: usize = 4 << 10;
const MOST_TRAILERS: usize = 64 << 10;

/// Where in the body it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// In the size, of so many digits.
    Size(u8),
    /// In an extension, of so many bytes.
    Extension(usize),
    /// Behind the CR of a size line.
    SizeEnd,
    Data,
    /// Behind the data: CR, then LF.
    DataEnd,
    DataEndLf,
    /// At the start of a trailer line.
    Trailer,
    /// Within one.
    TrailerLine,
    TrailerLf,
    /// Behind the CR of the empty line.
    LastLf,
    Over,
}

/// Follows one body.
#[derive(Debug)]
pub(crate) struct Chunked {
    at: At,
    left: u64,
    trailers: usize,
}

impl Chunked {
    pub(crate) fn new() -> Self {
        Self { at: At::Size(0), left: 0, trailers: 0 }
    }

    /// How many of these bytes belong to the body; all of them, unless it ends.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<usize, Bad> {
        let mut used = 0;
        while used < bytes.len() && self.at != At::Over {
            if self.at == At::Data {
                let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - used);
                used += count;
                self.left -= count as u64;
                if self.left == 0 {
                    self.at = At::DataEnd;
                }
                continue;
            }
            self.at = self.byte(bytes[used])?;
            used += 1;
        }
        Ok(used)
    }

    /// Whether the body is over.
    pub(crate) fn is_over(&self) -> bool {
        self.at == At::Over
    }

    fn byte(&mut self, byte: u8) -> Result<At, Bad> {
        match (self.at, byte) {
            (At::Size(digits), _) if byte.is_ascii_hexdigit() => {
                let value = (byte as char).to_digit(16).unwrap_or_default();
                if digits >= 15 {
                    return Err(Bad::ChunkSize);
                }
                self.left = self.left << 4 | u64::from(value);
                Ok(At::Size(digits + 1))
            }
            (At::Size(1..), b';') => Ok(At::Extension(1)),
            (At::Size(1..) | At::Extension(_), b'\r') => Ok(At::SizeEnd),
            (At::Extension(length), b'\t' | b' '..=b'~' | 0x80..) if length < MOST_LINE => {
                Ok(At::Extension(length + 1))
            }
            (At::Size(_) | At::Extension(_), _) => Err(Bad::ChunkSize),
            (At::SizeEnd, b'\n') => Ok(if self.left == 0 { At::Trailer } else { At::Data }),
            (At::DataEnd, b'\r') => Ok(At::DataEndLf),
            (At::DataEndLf, b'\n') => Ok(At::Size(0)),
            (At::Trailer, b'\r') => Ok(At::LastLf),
            // A line that goes on is what obs-fold is in a head.
            (At::Trailer, b' ' | b'\t' | b'\n') => Err(Bad::Trailer),
            (At::Trailer | At::TrailerLine, b'\t' | b' '..=b'~' | 0x80..) => {
                self.trailers += 1;
                if self.trailers > MOST_TRAILERS { Err(Bad::Trailer) } else { Ok(At::TrailerLine) }
            }
            (At::TrailerLine, b'\r') => Ok(At::TrailerLf),
            (At::TrailerLf, b'\n') => Ok(At::Trailer),
            (At::LastLf, b'\n') => Ok(At::Over),
            (At::Trailer | At::TrailerLine | At::TrailerLf | At::LastLf, _) => Err(Bad::Trailer),
            (At::SizeEnd | At::DataEnd | At::DataEndLf | At::Data | At::Over, _) => Err(Bad::ChunkSize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces of every length, so that no boundary matters.
    fn followed(bytes: &[u8], piece: usize) -> Result<Option<usize>, Bad> {
        let (mut chunked, mut used) = (Chunked::new(), 0);
        for piece in bytes.chunks(piece) {
            used += chunked.follow(piece)?;
            if chunked.is_over() {
                return Ok(Some(used));
            }
        }
        Ok(None)
    }

    #[test]
    fn to_the_end_and_no_further() {
        let good: &[(&[u8], usize)] = &[
            (b"0\r\n\r\nGET", 5),
            (b"5\r\nhello\r\n0\r\n\r\nrest", 15),
            (b"A;name=\"value\"\r\n0123456789\r\n000\r\n\r\n", 35),
            (b"1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\nmore", 21),
        ];
        for (bytes, end) in good {
            for piece in 1..=bytes.len() {
                assert_eq!(followed(bytes, piece), Ok(Some(*end)), "{}", bytes.escape_ascii());
            }
        }
        assert_eq!(followed(b"5\r\nhel", 3), Ok(None));
    }

    #[test]
    fn what_two_readers_could_read_differently() {
        let bad: &[&[u8]] = &[
            b"\r\n",
            b"5\nhello\r\n",
            b"5 \r\nhello\r\n",
            b" 5\r\nhello",
            b"+5\r\nhello",
            b"0x5\r\nhello",
            b"-1\r\n",
            b"5\r\nhello5\r\n",
            b"5\r\nhello\n0\r\n\r\n",
            b"5\r\nhello!\r\n0\r\n\r\n",
            b"fffffffffffffffff\r\n",
            b"5;a\nb\r\nhello",
            b"5;a\rb\r\nhello",
            b"0\r\n folded\r\n\r\n",
            b"0\r\nX: y\n\r\n",
            b"0\r\n\n",
            b"0\r\nX: \x00\r\n\r\n",
        ];
        for bytes in bad {
            for piece in 1..=bytes.len() {
                assert!(followed(bytes, piece).is_err(), "{}", bytes.escape_ascii());
            }
        }
    }
}
