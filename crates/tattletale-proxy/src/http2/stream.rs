//! One stream of a client, and the one towards the server that it becomes.

use std::future::poll_fn;
use std::task::Poll;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};
use tokio::sync::Notify;

use super::form::Form;
use super::{To, ready};
use crate::dial::split_authority;
use crate::record::Open;
use crate::record::log::Log;

/// Why a stream did not pass to its end: whoever caused it says so with this reason, and the other side is told.
struct Reset(Reason);

impl From<h2::Error> for Reset {
    fn from(error: h2::Error) -> Self {
        Self(error.reason().unwrap_or(Reason::CANCEL))
    }
}

impl From<std::io::Error> for Reset {
    fn from(_: std::io::Error) -> Self {
        Self(Reason::INTERNAL_ERROR)
    }
}

/// Passes on one request and its answer.
pub(super) async fn serve(
    log: &Log,
    to: &To,
    send: SendRequest<Bytes>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    ended: &Notify,
) {
    if log.failure().is_some() || request.method() == http::Method::CONNECT {
        respond.send_reset(Reason::REFUSED_STREAM);
        return;
    }
    // Nothing was passed on yet: a client may ask again on another connection.
    let Ok(mut send) = ready(send).await else {
        ended.notify_one();
        respond.send_reset(Reason::REFUSED_STREAM);
        return;
    };
    let (mut parts, body) = request.into_parts();
    parts.extensions.clear();
    let named = parts.uri.authority().map(|authority| authority.as_str());
    let authority = named.filter(|named| split_authority(named).is_some()).unwrap_or(&to.authority).to_owned();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}://{authority}{path}", to.scheme);
    let ends = body.is_end_stream();
    let mut open = Open::new(log, &to.connection, url, true);
    let (request, response) = open.halves();
    let (mut request, mut response) = (Form::new(request), Form::new(response));
    request.request(&parts, &authority, ends);
    let (answer, mut out) = match send.send_request(Request::from_parts(parts, ()), ends) {
        Ok(sent) => sent,
        Err(error) => {
            respond.send_reset(error.reason().unwrap_or(Reason::REFUSED_STREAM));
            open.forget();
            ended.notify_one();
            return;
        }
    };
    let sending = async {
        if ends {
            request.end(None)?;
            return Ok(());
        }
        pass(body, &mut out, &mut request).await
    };
    let mut back = None;
    let answering = async {
        let result = answer_to(answer, &mut respond, &mut back, &mut response).await;
        if let Err(Reset(reason)) = &result {
            match &mut back {
                Some(back) => back.send_reset(*reason),
                None => respond.send_reset(*reason),
            }
        }
        result
    };
    let passed = both(sending, answering).await;
    if let Err(Reset(reason)) = passed {
        out.send_reset(reason);
    }
    open.finish().await;
}

/// Both directions; the first reset ends the other direction too. A server may end its answer before it has taken the
/// whole request, and then says with a reset that it wants no more of it.
async fn both(
    sending: impl Future<Output = Result<(), Reset>>,
    answering: impl Future<Output = Result<(), Reset>>,
) -> Result<(), Reset> {
    let (mut sending, mut answering) = (std::pin::pin!(sending), std::pin::pin!(answering));
    let mut sent = false;
    loop {
        tokio::select! {
            result = &mut sending, if !sent => match result {
                Ok(()) => sent = true,
                // The server wants no more; its answer may be on the way.
                Err(Reset(Reason::NO_ERROR)) => sent = true,
                Err(reset) => {
                    // Say it to the client too, unless that is who said it.
                    return Err(reset);
                }
            },
            result = &mut answering => {
                result?;
                return if sent { Ok(()) } else { sending.await };
            }
        }
    }
}

async fn answer_to(
    mut answer: ResponseFuture,
    respond: &mut SendResponse<Bytes>,
    back: &mut Option<SendStream<Bytes>>,
    form: &mut Form<'_>,
) -> Result<(), Reset> {
    loop {
        let interim = tokio::select! {
            biased;
            interim = poll_fn(|cx| answer.poll_informational(cx)) => interim,
            reason = poll_fn(|cx| respond.poll_reset(cx)) => return Err(Reset(reason?)),
        };
        let Some(interim) = interim else { break };
        let (parts, ()) = interim?.into_parts();
        form.response(&parts, true);
        respond.send_informational(Response::from_parts(parts, ()))?;
    }
    let answered = tokio::select! {
        biased;
        answered = answer => answered?,
        reason = poll_fn(|cx| respond.poll_reset(cx)) => return Err(Reset(reason?)),
    };
    let (mut parts, body) = answered.into_parts();
    parts.extensions.clear();
    let ends = body.is_end_stream();
    form.response(&parts, ends);
    let out = back.insert(respond.send_response(Response::from_parts(parts, ()), ends)?);
    if ends {
        form.end(None)?;
        return Ok(());
    }
    pass(body, out, form).await
}

/// Passes on a body with its trailers, no faster than it is taken.
async fn pass(mut from: RecvStream, to: &mut SendStream<Bytes>, form: &mut Form<'_>) -> Result<(), Reset> {
    loop {
        let piece = tokio::select! {
            biased;
            piece = from.data() => piece,
            reason = poll_fn(|cx| to.poll_reset(cx)) => return Err(Reset(reason?)),
        };
        let Some(piece) = piece else { break };
        let mut piece = piece?;
        let length = piece.len();
        form.body(&piece)?;
        let over = from.is_end_stream();
        if piece.is_empty() && over {
            to.send_data(Bytes::new(), true)?;
        }
        while !piece.is_empty() {
            to.reserve_capacity(piece.len());
            let room = poll_fn(|cx| match to.poll_capacity(cx) {
                Poll::Ready(Some(Ok(0))) => Poll::Ready(Some(Ok(0))),
                other => other,
            });
            let room = room.await.ok_or(Reset(Reason::CANCEL))??;
            let now = piece.split_to(room.min(piece.len()));
            if !now.is_empty() {
                to.send_data(now, over && piece.is_empty())?;
            }
        }
        from.flow_control().release_capacity(length)?;
        if over {
            form.end(None)?;
            return Ok(());
        }
    }
    let trailers = from.trailers().await?;
    form.end(trailers.as_ref())?;
    match trailers {
        Some(trailers) => to.send_trailers(trailers)?,
        None => to.send_data(Bytes::new(), true)?,
    }
    Ok(())
}
