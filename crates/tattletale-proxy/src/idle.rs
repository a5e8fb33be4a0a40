//! Connections that nobody ends: peers that vanished are asked for by TCP, and tunnels in which nothing passes for long
//! are closed, so that a recording of days does not fill up with them.
//!
//! Only tunnels: servers of HTTP end idle connections themselves, and we follow. Generous, since push connections of
//! phones are silent for minutes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use crate::stream::Count;

/// A tunnel in which nothing passes for so long is closed.
pub(crate) const MOST: Duration = Duration::from_secs(15 * 60);
/// The peer is asked whether it is still there when nothing came for so long, and then this often.
const ASK_AFTER: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_secs(20);
/// How often it is looked whether anything passed, within the time that is allowed.
const LOOKS: u32 = 10;

/// Has the system ask for a silent peer.
pub(crate) fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let asking = TcpKeepalive::new().with_time(ASK_AFTER).with_interval(ASK_EVERY);
    SockRef::from(stream).set_tcp_keepalive(&asking)
}

/// Comes back when nothing passed on the client's side in either direction for `most`, give or take a tenth.
pub(crate) async fn silence(count: &Arc<Count>, most: Duration) {
    let (mut last, mut silent) = (None, 0);
    loop {
        let now = Some((count.sent(), count.received()));
        silent = if now == last { silent + 1 } else { 0 };
        last = now;
        if silent >= LOOKS {
            return;
        }
        tokio::time::sleep(most / LOOKS).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn peers_are_asked_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        assert!(!SockRef::from(&stream).keepalive().unwrap());
        keep_alive(&stream).unwrap();
        assert!(SockRef::from(&stream).keepalive().unwrap());
    }
}
