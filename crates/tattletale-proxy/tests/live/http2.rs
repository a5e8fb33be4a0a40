//! HTTP/2 from end to end: streams side by side, resets, trailers, and servers that go away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, Request, Response};
use rustls::pki_types::ServerName;
use tattletale_proxy::Trust;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::stage::{Live, PATIENCE, Site, client};

/// What a server does with one stream.
type Serve = fn(Request<RecvStream>, SendResponse<Bytes>) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server of `localhost` that speaks HTTP/2 only, and its port.
async fn server(site: &Site, serve: Serve) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tokio_rustls::TlsAcceptor::from(site.config(&["localhost"], &["h2"]));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, respond))) = connection.accept().await {
                    if request.uri().path() == "/last" {
                        connection.graceful_shutdown();
                    }
                    tokio::spawn(serve(request, respond));
                }
            });
        }
    });
    port
}

fn with_site(site: &Site) -> Live {
    let root = site.root();
    Live::with(move |options| options.trust = Trust { also: vec![root], only: true, ..Trust::default() })
}

/// A client of that server through the proxy.
async fn connect(live: &Live, port: u16) -> SendRequest<Bytes> {
    let mut stream = TcpStream::connect(live.address()).await.unwrap();
    let ask = format!("CONNECT localhost:{port} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = [0; 256];
    let count = stream.read(&mut answer).await.unwrap();
    assert!(answer[..count].starts_with(b"HTTP/1.1 200 "));
    let connector = tokio_rustls::TlsConnector::from(client(&[live.authority.der()], &["h2", "http/1.1"]));
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (send, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    send
}

fn post(path: &str) -> Request<()> {
    let uri = format!("https://localhost{path}");
    Request::post(uri).header("cookie", "a=1").header("x-one", "1").header("cookie", "b=2").body(()).unwrap()
}

async fn body(mut from: RecvStream) -> Result<(Vec<u8>, Option<HeaderMap>), h2::Error> {
    let mut all = Vec::new();
    while let Some(piece) = from.data().await {
        let piece = piece?;
        from.flow_control().release_capacity(piece.len()).unwrap();
        all.extend_from_slice(&piece);
    }
    Ok((all, from.trailers().await?))
}

async fn send_all(to: &mut h2::SendStream<Bytes>, mut bytes: Bytes, last: bool) {
    while !bytes.is_empty() {
        to.reserve_capacity(bytes.len());
        let Some(Ok(room)) = std::future::poll_fn(|cx| to.poll_capacity(cx)).await else { return };
        let now = bytes.split_to(room.min(bytes.len()));
        if to.send_data(now, last && bytes.is_empty()).is_err() {
            return;
        }
    }
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE * 3, test).await.expect("the test hangs") })
}

/// Echoes the body behind the path, with a checksum of sorts as trailer.
fn echo(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let path = request.uri().path().to_owned();
        let Ok((got, _)) = body(request.into_body()).await else { return };
        let mut out = respond.send_response(Response::new(()), false).unwrap();
        let sum: u64 = got.iter().map(|byte| u64::from(*byte)).sum();
        send_all(&mut out, [path.as_bytes(), b" ", &got].concat().into(), false).await;
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", sum.into());
        let _ = out.send_trailers(trailers);
    })
}

#[test]
fn streams_side_by_side_are_not_mixed_up() {
    let site = Site::new();
    let live = with_site(&site);
    run(async {
        let port = server(&site, echo).await;
        let send = connect(&live, port).await;
        let mut tasks = tokio::task::JoinSet::new();
        for at in 0..60_usize {
            let send = send.clone();
            tasks.spawn(async move {
                let mut send = send.ready().await.unwrap();
                let (answer, mut out) = send.send_request(post(&format!("/{at}")), false).unwrap();
                let payload = vec![at as u8; 1 + at * 3000];
                let sum: usize = payload.iter().map(|byte| usize::from(*byte)).sum();
                send_all(&mut out, payload.clone().into(), true).await;
                let (got, trailers) = body(answer.await.unwrap().into_body()).await.unwrap();
                assert_eq!(got, [format!("/{at} ").as_bytes(), &payload].concat());
                assert_eq!(trailers.unwrap()["x-sum"], sum.to_string());
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
    let taken = live.end();
    assert_eq!(taken.exchanges.len(), 60);
    for at in 0..60_usize {
        let wanted = [format!("/{at} ").as_bytes(), &vec![at as u8; 1 + at * 3000]].concat();
        assert_eq!(taken.answer(&format!("localhost/{at}")), wanted, "{at}");
    }
    let first = &taken.exchanges[0];
    assert!(first.reserialised);
    let cookies: Vec<&str> = first.request.cookies.iter().map(|cookie| &*cookie.name).collect();
    assert_eq!(cookies, ["a", "b"]);
    let connection = first.connection.as_ref().unwrap();
    assert_eq!((connection.http.as_deref(), connection.alpn.as_deref()), (Some("h2"), Some("h2")));
}

#[test]
fn resets_pass_both_ways() {
    fn resets(
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            match request.uri().path() {
                "/at-once" => respond.send_reset(Reason::ENHANCE_YOUR_CALM),
                "/half" => {
                    let mut out = respond.send_response(Response::new(()), false).unwrap();
                    send_all(&mut out, Bytes::from_static(b"half"), false).await;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    out.send_reset(Reason::INTERNAL_ERROR);
                }
                // Until the client has enough.
                _ => {
                    let mut out = respond.send_response(Response::new(()), false).unwrap();
                    send_all(&mut out, Bytes::from_static(b"event"), false).await;
                    let reason = std::future::poll_fn(|cx| out.poll_reset(cx)).await.unwrap();
                    assert_eq!(reason, Reason::CANCEL);
                    *CANCELLED.lock().unwrap() = true;
                }
            }
        })
    }
    static CANCELLED: std::sync::Mutex<bool> = std::sync::Mutex::new(false);
    let site = Site::new();
    let live = with_site(&site);
    run(async {
        let port = server(&site, resets).await;
        let mut send = connect(&live, port).await;
        let (answer, _) = send.send_request(post("/at-once"), true).unwrap();
        assert_eq!(answer.await.unwrap_err().reason(), Some(Reason::ENHANCE_YOUR_CALM));
        let (answer, _) = send.send_request(post("/half"), true).unwrap();
        let error = body(answer.await.unwrap().into_body()).await.unwrap_err();
        assert_eq!(error.reason(), Some(Reason::INTERNAL_ERROR));
        let (answer, mut out) = send.send_request(post("/events"), true).unwrap();
        let mut events = answer.await.unwrap().into_body();
        assert_eq!(events.data().await.unwrap().unwrap(), &b"event"[..]);
        out.send_reset(Reason::CANCEL);
        while !*CANCELLED.lock().unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let taken = live.end();
    assert_eq!(taken.exchanges.len(), 3);
    assert_eq!(taken.answer("/half"), b"half");
    assert_eq!(taken.answer("/events"), b"event");
}

/// A server that goes away finishes what it has; what it did not take may be asked again elsewhere.
#[test]
fn going_away() {
    let site = Site::new();
    let live = with_site(&site);
    run(async {
        let port = server(&site, echo).await;
        let mut send = connect(&live, port).await;
        let (early, mut out) = send.send_request(post("/early"), false).unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (last, _) = send.send_request(post("/last"), true).unwrap();
        assert_eq!(body(last.await.unwrap().into_body()).await.unwrap().0, b"/last ");
        send_all(&mut out, Bytes::from_static(b"late"), true).await;
        assert_eq!(body(early.await.unwrap().into_body()).await.unwrap().0, b"/early late");
        // The client is told before long, and finds the next connection good.
        let refused = loop {
            match send.clone().ready().await {
                Err(error) => break error,
                Ok(mut ready) => match ready.send_request(post("/refused"), true) {
                    Err(error) => break error,
                    Ok((answer, _)) => {
                        if let Err(error) = answer.await {
                            break error;
                        }
                    }
                },
            }
        };
        assert!(
            refused.is_go_away() || refused.reason().is_none_or(|reason| reason == Reason::REFUSED_STREAM),
            "{refused}"
        );
        let mut send = connect(&live, port).await;
        let (answer, _) = send.send_request(post("/again"), true).unwrap();
        assert_eq!(body(answer.await.unwrap().into_body()).await.unwrap().0, b"/again ");
    });
    let taken = live.end();
    let mut urls = taken.urls();
    urls.sort_unstable();
    assert_eq!(urls, ["https://localhost/again", "https://localhost/early", "https://localhost/last"]);
}

#[test]
fn interim_answers_and_early_ends() {
    fn hints(
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let early = Response::builder().status(103).header("link", "</style.css>").body(()).unwrap();
            respond.send_informational(early).unwrap();
            let answer = Response::builder().status(413).body(()).unwrap();
            // Without reading the body.
            respond.send_response(answer, true).unwrap();
            drop(request);
        })
    }
    let site = Site::new();
    let live = with_site(&site);
    run(async {
        let port = server(&site, hints).await;
        let mut send = connect(&live, port).await;
        let (mut answer, mut out) = send.send_request(post("/hints"), false).unwrap();
        send_all(&mut out, Bytes::from_static(b"part"), false).await;
        let early = std::future::poll_fn(|cx| answer.poll_informational(cx)).await.unwrap().unwrap();
        assert_eq!(
            (early.status(), early.headers()["link"].as_bytes()),
            (http::StatusCode::EARLY_HINTS, &b"</style.css>"[..])
        );
        assert_eq!(answer.await.unwrap().status(), 413);
    });
    let taken = live.end();
    assert_eq!(taken.exchanges[0].response.as_ref().unwrap().status, 413);
    assert_eq!(taken.exchanges[0].request.body.bytes, b"part");
}

/// Prior knowledge in the clear, within a tunnel.
#[test]
fn in_the_clear() {
    let live = Live::start();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((request, respond))) = connection.accept().await {
                tokio::spawn(echo(request, respond));
            }
        });
        let mut stream = TcpStream::connect(live.address()).await.unwrap();
        stream.write_all(format!("CONNECT {address} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = [0; 256];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
        let (mut send, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get("http://a.example/clear").body(()).unwrap();
        let (answer, _) = send.send_request(request, true).unwrap();
        assert_eq!(body(answer.await.unwrap().into_body()).await.unwrap().0, b"/clear ");
    });
    assert_eq!(Arc::new(live.end()).urls(), ["http://a.example/clear"]);
}
