//! The requests of one client connection, one after the other: whom each is for, and what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tattletale_core::model::{BlindKind, Connection};
use tokio::io::AsyncWriteExt;

use super::head::{self, Framing, RequestHead};
use super::relay::{self, Ended};
use super::target::{Origin, Target, To, host_of, path_of, target};
use super::{Bad, Broken, Side};
use crate::dial::split_authority;
use crate::page::{self, Question};
use crate::record::{Notice, Open};
use crate::stream::BoxStream;
use crate::tunnel;
use crate::visit::Visit;

/// Bodies that we answer ourselves are forms of one field.
const MOST_FORM: u64 = 4 << 10;

/// Methods that may be done twice (RFC 9110, 9.2.2).
const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"];

/// How long, and for how many bytes, a client is heard out that was told no.
const LINGER: Duration = Duration::from_secs(2);
const MOST_DRAINED: usize = 1 << 20;

/// Whom the requests are for.
pub(crate) enum Route {
    /// One server, which is connected.
    Tunnel(Tunnel),
    /// Whoever each request names.
    Forward,
    /// One server, whatever requests name.
    Reverse(Arc<Origin>),
    /// Nobody: everything is answered with this page.
    Nobody(Vec<u8>),
}

/// What a tunnel leads to.
pub(crate) struct Tunnel {
    pub(crate) server: BoxStream,
    pub(crate) connection: Arc<Connection>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// For requests that name no host.
    pub(crate) authority: String,
}

/// What the client asked for at last.
pub(crate) enum Asked {
    Nothing,
    /// A tunnel; the client waits for an answer.
    Tunnel {
        host: String,
        port: u16,
        client: Side,
    },
}

/// A server that is connected.
struct Server {
    side: Side,
    connection: Arc<Connection>,
    /// What it was connected for.
    key: String,
    /// Whether it took a request before.
    used: bool,
}

/// Serves a client until it, its server or a doubt about where messages end closes the connection.
pub(crate) async fn serve(visit: &Visit, stream: BoxStream, route: Route) -> Asked {
    let mut client = Side::new(stream);
    let (mut server, route) = match route {
        Route::Tunnel(tunnel) => {
            let (connection, key) = (tunnel.connection, String::new());
            let server = Server { side: Side::new(tunnel.server), connection, key, used: false };
            (Some(server), To::Tunnel { scheme: tunnel.scheme, authority: tunnel.authority })
        }
        Route::Forward => (None, To::Forward),
        Route::Reverse(origin) => (None, To::Reverse(origin)),
        Route::Nobody(page) => (None, To::Nobody(page)),
    };
    loop {
        let raw = match next(&mut client, &mut server, &route).await {
            Ok(Some(raw)) => raw,
            Ok(None) => break,
            Err(broken) => {
                refuse(visit, &mut client, &broken, server.as_ref()).await;
                break;
            }
        };
        let head = match head::request(&raw) {
            Ok(head) => head,
            Err(bad) => {
                refuse(visit, &mut client, &bad.into(), server.as_ref()).await;
                break;
            }
        };
        if let Some(pairing) = visit.unpaired() {
            let host = host_of(&head);
            let body = form(&mut client, &head).await;
            let question = visit.question(&head.method, &host, path_of(&head.target), &body);
            answer(visit, &mut client, page::pair(pairing, &question)).await;
            break;
        }
        if matches!(route, To::Forward) && head.method == "CONNECT" {
            match split_authority(&head.target) {
                Some((host, Some(port))) => return Asked::Tunnel { host, port, client },
                _ => refuse(visit, &mut client, &Bad::Target.into(), None).await,
            }
            break;
        }
        if own_page(visit, &mut client, &head, &route).await {
            break;
        }
        let target = match target(&head, &raw, &route) {
            Ok(target) => target,
            Err(bad) => {
                refuse(visit, &mut client, &bad.into(), server.as_ref()).await;
                break;
            }
        };
        match pass(visit, &mut client, &mut server, &head, raw, target, &route).await {
            Next::Request => {}
            Next::Close => break,
            Next::Upgraded(upgraded, server) => {
                tunnel::upgraded(visit, client, server, upgraded).await;
                return Asked::Nothing;
            }
        }
    }
    close(client).await;
    Asked::Nothing
}

/// Ends a connection so that what was said last arrives: bytes that were never read would make the system take it
/// back with a reset (RFC 9112, 9.6).
async fn close(mut client: Side) {
    let drain = async {
        client.writer.shutdown().await?;
        let mut left = MOST_DRAINED;
        while left > 0 {
            client.reader.buffer.clear();
            left -= client.reader.fill().await?.clamp(1, left);
            if client.reader.buffer.is_empty() {
                break;
            }
        }
        Ok::<_, std::io::Error>(())
    };
    let _ = tokio::time::timeout(LINGER, drain).await;
}

enum Next {
    Request,
    Close,
    Upgraded(tunnel::Upgrade, Side),
}

/// The next head. A server that closes meanwhile is forgotten, and with a tunnel that is the end.
async fn next(client: &mut Side, server: &mut Option<Server>, route: &To) -> Result<Option<BytesMut>, Broken> {
    loop {
        let Some(kept) = server else { return client.reader.head().await };
        tokio::select! {
            // The server first: what the client asks after its end must not be taken for a request that was passed on.
            biased;
            // Nothing was asked, so this is its end, or words that belong to no request: those are passed on.
            _ = kept.side.reader.fill() => {
                if matches!(route, To::Tunnel { .. }) {
                    let _ = client.writer.write_all(&kept.side.reader.buffer).await;
                    return Ok(None);
                }
                *server = None;
            }
            head = client.reader.head() => return head,
        }
    }
}

/// Passes one request on and its answer back.
async fn pass(
    visit: &Visit,
    client: &mut Side,
    server: &mut Option<Server>,
    head: &RequestHead,
    raw: BytesMut,
    target: Target,
    route: &To,
) -> Next {
    let raw = target.rewritten.unwrap_or(raw);
    let key = format!("{}:{}:{}", target.tls, target.host, target.port);
    let fixed = matches!(route, To::Tunnel { .. });
    // A kept connection may turn out to be closed: a request that may be done twice is then asked anew.
    for attempt in 0..2 {
        if !fixed && server.as_ref().is_some_and(|server| server.key != key) {
            *server = None;
        }
        let mut reached = match server.take() {
            Some(kept) => kept,
            None if fixed => return Next::Close,
            None => match visit.reach(&target.host, target.port, target.tls).await {
                Ok((stream, connection)) => {
                    Server { side: Side::new(stream), connection, key: key.clone(), used: false }
                }
                Err(page) => {
                    say(client, &page).await;
                    return Next::Close;
                }
            },
        };
        let harmless = head.framing == Framing::None && IDEMPOTENT.contains(&&*head.method);
        let again = reached.used && !fixed && attempt == 0 && harmless;
        let mut open = Open::new(visit.log(), &reached.connection, target.url.clone(), false);
        let sent = if again { raw.clone() } else { raw.clone().split() };
        let ended = relay::exchange(client, &mut reached.side, head, sent, &mut open).await;
        reached.used = true;
        match ended {
            Ended::Passed { keeps } => {
                open.finish().await;
                if !keeps {
                    return Next::Close;
                }
                *server = Some(reached);
                return Next::Request;
            }
            Ended::Upgraded(found) => {
                let upgrade = tunnel::Upgrade {
                    of: open.upgraded(),
                    to: found.upgrade.or_else(|| head.upgrade.clone()).unwrap_or_default(),
                    extensions: found.extensions,
                    connection: Arc::clone(&reached.connection),
                };
                open.finish().await;
                return Next::Upgraded(upgrade, reached.side);
            }
            Ended::Stale if again => {
                open.forget();
                continue;
            }
            Ended::Stale if fixed => {
                // As it would be without us: the connection ends, and the client knows what to make of it.
                open.finish().await;
                return Next::Close;
            }
            Ended::Stale => {
                open.finish().await;
                say(client, &page::failure("502 Bad Gateway", "No answer", "The server closed without an answer."))
                    .await;
            }
            Ended::Unanswered(broken) => {
                open.finish().await;
                unanswered(visit, client, &broken, &reached).await;
            }
            Ended::Refused(broken) => {
                open.finish().await;
                refuse(visit, client, &broken, Some(&reached)).await;
            }
            Ended::Cut => open.finish().await,
        }
        return Next::Close;
    }
    Next::Close
}

/// Tells a client that its server gave no answer that could be passed on.
async fn unanswered(visit: &Visit, client: &mut Side, broken: &Broken, server: &Server) {
    let why = match broken {
        Broken::Bad(bad) => {
            let detail = format!("its answer was refused: {bad}");
            visit.blind(BlindKind::UpstreamFailed, &server.connection, None, Some(detail));
            format!("Its answer was not passed on, since it has {bad}.")
        }
        Broken::Source(error) => format!("It closed without a whole answer: {error}."),
        Broken::Sink => return,
        Broken::Disk => {
            say(client, &visit.full()).await;
            return;
        }
    };
    say(client, &page::failure("502 Bad Gateway", "No answer from the server", &why)).await;
}

/// A request that is not passed on, or not further.
async fn refuse(visit: &Visit, client: &mut Side, broken: &Broken, server: Option<&Server>) {
    match broken {
        Broken::Bad(bad) => {
            let connection = server.map_or_else(|| visit.connection(None), |server| Arc::clone(&server.connection));
            visit.blind(BlindKind::OpaqueTcp, &connection, None, Some(format!("request refused: {bad}")));
            let text = format!("It was not passed on, since it has {bad}.");
            say(client, &page::failure("400 Bad Request", "Refused request", &text)).await;
        }
        Broken::Disk => say(client, &visit.full()).await,
        // It is gone.
        Broken::Source(_) | Broken::Sink => {}
    }
}

/// Answers requests for our own pages; whether this was one.
async fn own_page(visit: &Visit, client: &mut Side, head: &RequestHead, route: &To) -> bool {
    if let To::Nobody(page) = route
        && host_of(head) != page::CHECK
    {
        say(client, page).await;
        return true;
    }
    let host = host_of(head);
    let asked_here = matches!(route, To::Forward) && head.target.starts_with('/');
    let own = matches!(&*host, page::HOST | page::CHECK) || asked_here;
    if !own || matches!(route, To::Reverse(_)) {
        return false;
    }
    let body = form(client, head).await;
    let host = if asked_here { page::HOST } else { &host };
    let tls = matches!(route, To::Nobody(_));
    let question = visit.question(&head.method, host, path_of(&head.target), &body);
    answer(visit, client, page::own(visit.authority(), &question, tls)).await;
    true
}

async fn answer(visit: &Visit, client: &mut Side, answer: page::Answer) {
    if let Some(notice) = answer.notice {
        visit.log().notice(notice);
    }
    say(client, &answer.bytes).await;
}

async fn say(client: &mut Side, bytes: &[u8]) {
    // A client that does not want to know is gone.
    let _ = client.writer.write_all(bytes).await;
    let _ = client.writer.flush().await;
}

/// The body of a form; nothing for whatever is no form.
async fn form(client: &mut Side, head: &RequestHead) -> Vec<u8> {
    let Framing::Length(length @ 1..=MOST_FORM) = head.framing else { return Vec::new() };
    let length = length as usize;
    while client.reader.buffer.len() < length {
        if !matches!(client.reader.fill().await, Ok(1..)) {
            break;
        }
    }
    let length = length.min(client.reader.buffer.len());
    client.reader.buffer.split_to(length).to_vec()
}

/// What a client is told when a server cannot be reached, with a note for whoever records.
pub(crate) fn not_reached(visit: &Visit, host: &str, error: &crate::dial::DialError) -> Vec<u8> {
    let why = error.to_string();
    let host = host.to_owned();
    let text = format!("{host}: {why}");
    match error {
        crate::dial::DialError::Refused(_) => {
            visit.log().notice(Notice::AddressRefused { host, why });
            page::failure("403 Forbidden", "This server is not reached", &text)
        }
        _ => {
            visit.log().notice(Notice::NotReached { host, why });
            page::failure("502 Bad Gateway", "The server could not be reached", &text)
        }
    }
}

/// A question for one of our own pages.
impl Visit {
    fn question<'a>(&self, method: &'a str, host: &'a str, path: &'a str, body: &'a [u8]) -> Question<'a> {
        Question { client: self.client.ip(), method, host, path, body }
    }
}
