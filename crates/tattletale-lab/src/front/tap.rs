//! A tap beneath hyper: a stream that remembers what passed through it.
//!
//! It keeps the bytes that the stream beneath really took or gave, after TLS and before hyper reads them.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tattletale_core::model::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Clock;

/// What passed since it was last taken.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) sent: Vec<u8>,
    /// When the first sent byte passed.
    pub(super) sent_at: Option<Timestamp>,
    pub(super) received: Vec<u8>,
    /// When the first received byte passed.
    pub(super) received_at: Option<Timestamp>,
}

/// What a tap keeps, shared with who records it.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape(Arc<Mutex<Passed>>);

impl Tape {
    /// Takes what passed and forgets it.
    pub(super) fn take(&self) -> Passed {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Passed> {
        // Nothing panics while it is held, and bytes are bytes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream.
pub(super) struct Tap<S> {
    stream: S,
    tape: Tape,
    clock: Clock,
}

impl<S> Tap<S> {
    pub(super) fn new(stream: S, tape: Tape, clock: Clock) -> Self {
        Self { stream, tape, clock }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let got = &buffer.filled()[before..];
        if !got.is_empty() {
            let mut passed = self.tape.lock();
            passed.received_at.get_or_insert_with(|| (self.clock)());
            passed.received.extend_from_slice(got);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let at = (self.clock)();
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count @ 1..)) = result {
            let mut passed = self.tape.lock();
            passed.sent_at.get_or_insert(at);
            passed.sent.extend_from_slice(&bytes[..count]);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
