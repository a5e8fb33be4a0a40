//! HTTP/2 as it passes: every stream of the client becomes one towards the server, with its own flow control, and what
//! either side resets is reset on the other.
//!
//! Frames cannot be passed on untouched, since both sides compress headers with a state of their own. What is
//! recorded is therefore put together anew in the form of HTTP/1.1 ([`form`]) and marked as such.

mod form;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use tattletale_core::model::Connection;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::stream::BoxStream;
use crate::visit::Visit;

/// Windows in bytes: of a stream, and of a connection.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 2 << 20;
/// Headers of one message, in bytes as HPACK counts.
const MOST_HEADERS: u32 = 256 << 10;
/// Streams of a client at once.
const MOST_STREAMS: u32 = 256;
/// What is waiting to be sent on a stream, in bytes.
const MOST_WAITING: usize = 64 << 10;
/// How long streams may go on once the server said that it takes no more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a connection leads.
pub(crate) struct To {
    pub(crate) connection: Arc<Connection>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// For requests that name no host.
    pub(crate) authority: String,
}

/// Serves both sides to their ends.
pub(crate) async fn serve(visit: &Visit, client: BoxStream, server: BoxStream, to: To) {
    let mut outward = h2::client::Builder::new();
    outward
        .enable_push(false)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MOST_HEADERS)
        .max_send_buffer_size(MOST_WAITING);
    let mut inward = h2::server::Builder::new();
    inward
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MOST_HEADERS)
        .max_concurrent_streams(MOST_STREAMS)
        .max_send_buffer_size(MOST_WAITING);
    let both = tokio::join!(outward.handshake::<_, Bytes>(server), inward.handshake::<_, Bytes>(client));
    let (Ok((send, connection)), Ok(mut accept)) = both else { return };
    let to = Arc::new(to);
    // Set when the server takes no more streams.
    let ended = Arc::new(Notify::new());
    let mut streams = JoinSet::new();
    let mut driver = std::pin::pin!(connection);
    let mut driven = false;
    let mut ending = false;
    loop {
        tokio::select! {
            result = &mut driver, if !driven => {
                driven = true;
                // Streams that still wait learn it from their own handles.
                match result {
                    Ok(()) => accept.graceful_shutdown(),
                    Err(error) => accept.abrupt_shutdown(error.reason().unwrap_or(Reason::INTERNAL_ERROR)),
                }
            }
            () = ended.notified(), if !ending => {
                ending = true;
                accept.graceful_shutdown();
            }
            accepted = std::future::poll_fn(|cx| accept.poll_accept(cx)) => match accepted {
                Some(Ok((request, respond))) => {
                    let log = visit.log().clone();
                    let (to, send, ended) = (Arc::clone(&to), send.clone(), Arc::clone(&ended));
                    streams.spawn(async move { stream::serve(&log, &to, send, request, respond, &ended).await });
                }
                Some(Err(_)) | None => break,
            },
            Some(_) = streams.join_next(), if !streams.is_empty() => {}
        }
    }
    // The client is gone, or has taken everything: what it left behind is reset towards the server as tasks end.
    drop(send);
    let rest = async { while streams.join_next().await.is_some() {} };
    if driven {
        let _ = tokio::time::timeout(PATIENCE, rest).await;
    } else {
        tokio::select! {
            () = rest => {
                // One more turn, so that resets leave.
                let _ = tokio::time::timeout(Duration::from_millis(100), driver).await;
            }
            _ = &mut driver => {}
        }
    }
}

/// Waits until the server takes another stream.
async fn ready(send: SendRequest<Bytes>) -> Result<SendRequest<Bytes>, h2::Error> {
    send.ready().await
}
