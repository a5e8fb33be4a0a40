//! HTTP/1 as it passes: bytes are relayed as they came, and every message is told apart before one is passed on.
//!
//! There is no library between the two sides that would put messages together anew: order, case and spelling of
//! fields are evidence. What is not unmistakable is refused and recorded as refused, since a server that reads other
//! messages than we do would make the recording a lie.

pub(crate) mod chunked;
pub(crate) mod head;
mod relay;
pub(crate) mod serve;
pub(crate) mod target;

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, ReadHalf, WriteHalf};

use crate::stream::BoxStream;

/// Why a message is not passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bad {
    /// CR or LF alone.
    #[error("a line that does not end with CR LF")]
    LineEnd,
    /// A line that goes on (obs-fold, RFC 9112, 5.2).
    #[error("a folded line")]
    Folded,
    /// Not HTTP/1.
    #[error("no HTTP/1 message")]
    Syntax,
    /// Head or number of fields over a bound.
    #[error("a head that is too large")]
    TooLarge,
    /// Both `Content-Length` and `Transfer-Encoding`.
    #[error("Content-Length and Transfer-Encoding at once")]
    BothLengths,
    /// A length that is no number, or more than one.
    #[error("a Content-Length that is no single number")]
    Length,
    /// A transfer coding that does not say where the body ends.
    #[error("a Transfer-Encoding that does not end with chunked, once")]
    Transfer,
    /// No `Host`, or several.
    #[error("not exactly one Host")]
    Host,
    /// Chunks that are no chunks.
    #[error("a chunk that is not well-formed")]
    ChunkSize,
    /// Trailers that are no fields, or too many.
    #[error("a trailer that is not well-formed")]
    Trailer,
    /// A target that no server could be meant with.
    #[error("a target that names no server")]
    Target,
    /// A change of protocol that nobody asked for.
    #[error("a change of protocol that was not asked for")]
    Switch,
}

/// One side of a connection.
pub(crate) struct Side {
    pub(crate) reader: Reader,
    pub(crate) writer: WriteHalf<BoxStream>,
}

impl Side {
    pub(crate) fn new(stream: BoxStream) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self { reader: Reader { stream: reader, buffer: BytesMut::new(), wish: LEAST_READ }, writer }
    }

    /// The stream, and what was read ahead of it.
    pub(crate) fn into_stream(self) -> (BoxStream, Bytes) {
        (self.reader.stream.unsplit(self.writer), self.reader.buffer.freeze())
    }
}

/// Asked for at first, and once a read has filled that.
const LEAST_READ: usize = 8 << 10;
const MOST_READ: usize = 64 << 10;

/// A stream with what was read ahead.
pub(crate) struct Reader {
    stream: ReadHalf<BoxStream>,
    pub(crate) buffer: BytesMut,
    wish: usize,
}

impl Reader {
    /// Reads more behind what is there; 0 at the end.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        if self.buffer.is_empty() && self.buffer.capacity() < self.wish {
            self.buffer = BytesMut::with_capacity(self.wish);
        }
        self.buffer.reserve(LEAST_READ.min(self.wish));
        let count = self.stream.read_buf(&mut self.buffer).await?;
        self.wish = if count >= self.wish { MOST_READ } else { self.wish };
        Ok(count)
    }

    /// A whole head; nothing when the stream ends before its first byte.
    pub(crate) async fn head(&mut self) -> Result<Option<BytesMut>, Broken> {
        loop {
            // Looked at anew each time: heads come in one read, or are so small that it does not matter.
            if let Some(end) = head::end(&self.buffer)? {
                return Ok(Some(self.buffer.split_to(end)));
            }
            if self.fill().await.map_err(Broken::Source)? == 0 {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(Broken::Source(io::ErrorKind::UnexpectedEof.into())),
                };
            }
        }
    }
}

/// Why a message did not pass to its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Whom it came from.
    Source(io::Error),
    /// Whom it went to.
    Sink,
    /// It is refused.
    Bad(Bad),
    /// It cannot be recorded.
    Disk,
}

impl From<Bad> for Broken {
    fn from(bad: Bad) -> Self {
        Self::Bad(bad)
    }
}
