//! Byte streams: counted, put back in front of, and forgotten of what they are made of.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Any stream. Boxed, so that what relays is compiled once and not for every combination of TLS and TCP.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// Any stream.
pub(crate) type BoxStream = Box<dyn Stream>;

/// Bytes that passed on a connection as they were on the wire, TLS and all.
#[derive(Debug, Default)]
pub(crate) struct Count {
    /// From the client.
    read: AtomicU64,
    /// To the client.
    written: AtomicU64,
}

impl Count {
    /// Bytes that the client sent.
    pub(crate) fn sent(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Bytes that the client was sent.
    pub(crate) fn received(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
}

/// A stream that counts, with what was already read from it put back in front.
pub(crate) struct Counted<S> {
    stream: S,
    count: Arc<Count>,
    front: Bytes,
}

impl<S> Counted<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, count: Arc::default(), front: Bytes::new() }
    }

    pub(crate) fn count(&self) -> Arc<Count> {
        Arc::clone(&self.count)
    }

    /// Gives back what was read; it is not counted a second time.
    pub(crate) fn put_back(&mut self, bytes: Bytes) {
        self.front = match self.front.is_empty() {
            true => bytes,
            false => [bytes, std::mem::take(&mut self.front)].concat().into(),
        };
    }

    /// The stream beneath, without what was put back.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.front.is_empty() {
            let count = self.front.len().min(buffer.remaining());
            buffer.put_slice(&self.front[..count]);
            self.front.advance(count);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.count.read.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = result {
            self.count.written.fetch_add(count as u64, Ordering::Relaxed);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        if let Poll::Ready(Ok(count)) = result {
            self.count.written.fetch_add(count as u64, Ordering::Relaxed);
        }
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
