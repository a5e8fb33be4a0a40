//! Load for the proxy: a server and clients that write HTTP/1.1 themselves, so that little of what is measured is theirs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Reads one message with a length, and gives its head and body.
pub(crate) async fn message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end + 4]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            let whole = end + 4 + length.unwrap_or(0);
            while buffer.len() < whole {
                if stream.read_buf(buffer).await.ok()? == 0 {
                    return None;
                }
            }
            let body = buffer[end + 4..whole].to_vec();
            buffer.drain(..whole);
            return Some((head, body));
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// A server that answers `/bytes/N` with N bytes that follow from the whole path, and everything else with two.
pub(crate) async fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let mut buffer = Vec::new();
                while let Some((head, _)) = message(&mut stream, &mut buffer).await {
                    let path = head.split(' ').nth(1).unwrap_or_default();
                    let body = answer(path);
                    let start = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                    if stream.write_all(&[start.as_bytes(), &body].concat()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// What the server answers to a path: bytes of no pattern that begin with the path.
pub(crate) fn answer(path: &str) -> Vec<u8> {
    let length = path.strip_prefix("/bytes/").and_then(|rest| rest.split(['/', '?']).next()?.parse().ok());
    let Some(length) = length else { return b"ok".to_vec() };
    noise(path.as_bytes(), length)
}

/// Bytes without a pattern that follow from `seed` (splitmix64).
pub(crate) fn noise(seed: &[u8], length: usize) -> Vec<u8> {
    let mut state = seed.iter().fold(0_u64, |state, byte| state.wrapping_mul(1_099_511_628_211) ^ u64::from(*byte));
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(mixed ^ mixed >> 31).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) p99: Duration,
    pub(crate) failed: u64,
}

/// Asks `through` (a proxy, or the server itself) for `requests` pages over so many kept connections.
pub(crate) async fn load(
    to: SocketAddr,
    through: Option<SocketAddr>,
    connections: usize,
    requests: usize,
    path: &str,
    body: usize,
) -> Figures {
    let begun = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..connections {
        let path = path.to_owned();
        tasks.spawn(async move {
            let (mut times, mut failed) = (Vec::new(), 0_u64);
            let Ok(mut stream) = TcpStream::connect(through.unwrap_or(to)).await else { return (times, 1) };
            let _ = stream.set_nodelay(true);
            let mut buffer = Vec::new();
            let target = if through.is_some() { format!("http://{to}{path}") } else { path };
            let head = format!(
                "POST {target} HTTP/1.1\r\nHost: {to}\r\nContent-Type: text/plain\r\nContent-Length: {body}\r\n\r\n"
            );
            let request = [head.as_bytes(), &vec![b'x'; body]].concat();
            for _ in (connection..requests).step_by(connections) {
                let at = Instant::now();
                let sent = stream.write_all(&request).await;
                match message(&mut stream, &mut buffer).await {
                    Some((head, _)) if sent.is_ok() && head.starts_with("HTTP/1.1 200 ") => times.push(at.elapsed()),
                    _ => {
                        failed += 1;
                        break;
                    }
                }
            }
            (times, failed)
        });
    }
    let (mut times, mut failed) = (Vec::new(), 0);
    while let Some(Ok((more, lost))) = tasks.join_next().await {
        times.extend(more);
        failed += lost;
    }
    let took = begun.elapsed();
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Figures { per_second: times.len() as f64 / took.as_secs_f64(), p99, failed }
}
