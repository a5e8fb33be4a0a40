//! One exchange between a client and a server: the request goes out while the answer already comes back.

use std::pin::pin;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncWriteExt, WriteHalf};

use super::chunked::Chunked;
use super::head::{self, Framing, RequestHead, ResponseHead};
use super::{Bad, Broken, Reader, Side};
use crate::record::{Open, Tap};
use crate::stream::BoxStream;

/// Head and first piece of a body are written at once up to so many bytes.
const TOGETHER: usize = 32 << 10;

/// How an exchange ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Both messages passed; whether both sides want to go on.
    Passed { keeps: bool },
    /// The connection speaks another protocol from now on.
    Upgraded(ResponseHead),
    /// The server was gone before it said anything.
    Stale,
    /// Nothing of an answer was passed on, and this is why.
    Unanswered(Broken),
    /// The request itself could not be read to its end, or not be passed on.
    Refused(Broken),
    /// An answer was cut off.
    Cut,
}

/// What became of the response.
enum Answer {
    Whole(ResponseHead),
    Switched(ResponseHead),
    /// Before or after something of it was passed on.
    Broken(Broken, bool),
    /// The request broke off.
    NoRequest(Broken),
    /// The server closed without a byte.
    Nothing,
}

/// Passes on a request, its head in `raw`, and what is answered.
pub(super) async fn exchange(
    client: &mut Side,
    server: &mut Side,
    head: &RequestHead,
    raw: BytesMut,
    open: &mut Open,
) -> Ended {
    let (mut request, mut response) = open.halves();
    request.head(&raw);
    let outcome = {
        let sending = async {
            let sent = pump(&mut client.reader, &mut server.writer, head.framing, raw, &mut request).await;
            if sent.is_ok() {
                request.whole();
            }
            sent
        };
        let answering = answer(&mut server.reader, &mut client.writer, head, &mut response);
        let (mut sending, mut answering) = (pin!(sending), pin!(answering));
        let mut sent = None;
        let answer = loop {
            tokio::select! {
                biased;
                result = &mut sending, if sent.is_none() => match result {
                    // The client is gone or sent what cannot be passed on: no answer is worth waiting for.
                    Err(broken @ (Broken::Source(_) | Broken::Bad(_) | Broken::Disk)) => break Answer::NoRequest(broken),
                    // The server takes no more; it may have said why.
                    other => sent = Some(other),
                },
                answer = &mut answering => break answer,
            }
        };
        // An answer may come before the request is over; most servers then take the rest all the same.
        let early = matches!(&answer, Answer::Whole(found) if sent.is_none() && found.keeps && !head.expects);
        if early {
            sent = Some(sending.await);
        }
        (answer, matches!(sent, Some(Ok(()))))
    };
    match outcome {
        (Answer::Whole(found), sent) => {
            response.whole();
            Ended::Passed { keeps: sent && head.keeps && found.keeps }
        }
        (Answer::Switched(found), true) => {
            response.whole();
            Ended::Upgraded(found)
        }
        (Answer::Switched(_), false) => Ended::Unanswered(Bad::Switch.into()),
        (Answer::Nothing, _) => Ended::Stale,
        (Answer::NoRequest(broken), _) => Ended::Refused(broken),
        (Answer::Broken(broken, false), _) => Ended::Unanswered(broken),
        (Answer::Broken(_, true), _) => Ended::Cut,
    }
}

async fn answer(
    server: &mut Reader,
    client: &mut WriteHalf<BoxStream>,
    request: &RequestHead,
    tap: &mut Tap<'_>,
) -> Answer {
    let mut begun = false;
    loop {
        let raw = match server.head().await {
            Ok(Some(raw)) => raw,
            Ok(None) if !begun => return Answer::Nothing,
            Ok(None) => return Answer::Broken(Broken::Source(std::io::ErrorKind::UnexpectedEof.into()), begun),
            // A connection that was kept too long answers a request with a reset.
            Err(Broken::Source(error)) if !begun && error.kind() == std::io::ErrorKind::ConnectionReset => {
                return Answer::Nothing;
            }
            Err(broken) => return Answer::Broken(broken, begun),
        };
        let found = match head::response(&raw, &request.method) {
            Ok(found) => found,
            Err(bad) => return Answer::Broken(bad.into(), begun),
        };
        let switched = found.status == 101;
        if switched && request.upgrade.is_none() {
            return Answer::Broken(Bad::Switch.into(), begun);
        }
        tap.head(&raw);
        let interim = found.status < 200 && !switched;
        let framing = if interim { Framing::None } else { found.framing };
        begun = true;
        let passed = pump(server, client, framing, raw, tap).await;
        match passed {
            Ok(()) if interim => {}
            Ok(()) if switched => return Answer::Switched(found),
            Ok(()) => return Answer::Whole(found),
            Err(broken) => return Answer::Broken(broken, true),
        }
    }
}

/// Passes on a head and the body behind it.
async fn pump(
    from: &mut Reader,
    to: &mut WriteHalf<BoxStream>,
    framing: Framing,
    head: BytesMut,
    tap: &mut Tap<'_>,
) -> Result<(), Broken> {
    let mut chunked = Chunked::new();
    let mut left = match framing {
        Framing::None => 0,
        Framing::Length(length) => length,
        Framing::Chunked | Framing::UntilClose => u64::MAX,
    };
    let mut head = Some(head);
    loop {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(from.buffer.len());
        let count = match framing {
            Framing::Chunked => chunked.follow(&from.buffer[..most])?,
            _ => most,
        };
        let piece = &from.buffer[..count];
        tap.body(piece).map_err(|_| Broken::Disk)?;
        write(to, head.take(), piece).await.map_err(|_| Broken::Sink)?;
        from.buffer.advance(count);
        if framing != Framing::UntilClose {
            left -= count as u64;
        }
        if left == 0 || chunked.is_over() {
            return Ok(());
        }
        if from.fill().await.map_err(Broken::Source)? == 0 {
            return match framing {
                Framing::UntilClose => Ok(()),
                _ => Err(Broken::Source(std::io::ErrorKind::UnexpectedEof.into())),
            };
        }
    }
}

async fn write(to: &mut WriteHalf<BoxStream>, head: Option<BytesMut>, piece: &[u8]) -> std::io::Result<()> {
    match head {
        Some(mut head) if piece.len() <= TOGETHER => {
            head.extend_from_slice(piece);
            to.write_all(&head).await?;
        }
        Some(head) => {
            to.write_all(&head).await?;
            to.write_all(piece).await?;
        }
        None => to.write_all(piece).await?,
    }
    to.flush().await
}
