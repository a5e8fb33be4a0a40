//! QUIC that the firewall sends here: what can be seen of it is recorded, and it is refused, so that apps fall back to
//! TCP, where they can be opened.
//!
//! Only in transparent mode, on the port of the TCP listener. Nothing is ever passed on. A datagram's original address
//! is not known here (the kernel tells it by means that take unsafe code), but its ClientHello names the server. What
//! one client port sends is one connection, recorded when it has been silent for a moment.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, UdpSocket as Bound};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tattletale_core::codec::hello::Carrier;
use tattletale_core::codec::quic::{LongHeader, Opening};
use tattletale_core::model::{Blind, BlindKind, Connection, Timestamp};
use tokio::net::UdpSocket;

use crate::proxy::Shared;
use crate::record::Notice;
use crate::record::log::Entry;

/// The port that QUIC is sent to.
const PORT: u16 = 443;
/// A datagram is no larger.
const LARGEST: usize = 64 << 10;
/// Connections that are collected at once; the oldest is recorded when more come.
const MOST: usize = 256;
/// What sends nothing for so long is over.
const QUIET: Duration = Duration::from_secs(2);

/// What one port of a client sent.
struct Attempt {
    at: Timestamp,
    last: Timestamp,
    heard: Instant,
    opening: Opening,
    /// Version of the first packet with a long header.
    version: Option<u32>,
    datagrams: u64,
    sent: u64,
    received: u64,
}

/// A socket beside the TCP listener.
pub(crate) fn bind(address: SocketAddr) -> io::Result<Bound> {
    let socket = Bound::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Listens until it is dropped, and then records what is open.
pub(crate) async fn listen(shared: Arc<Shared>, socket: UdpSocket) {
    let mut attempts = Attempts { shared, open: HashMap::new(), number: 0 };
    let mut datagram = vec![0; LARGEST];
    loop {
        tokio::select! {
            received = socket.recv_from(&mut datagram) => {
                // A client that is gone is told by an error of the next call, which is about nobody else.
                let Ok((length, client)) = received else { continue };
                if let Some(answer) = attempts.add(client, &datagram[..length]) {
                    // Who does not get it gives up by itself, only later.
                    let _ = socket.send_to(&answer, client).await;
                }
            }
            () = tokio::time::sleep(QUIET / 4), if !attempts.open.is_empty() => {}
        }
        attempts.record(|attempt| attempt.heard.elapsed() >= QUIET);
    }
}

struct Attempts {
    shared: Arc<Shared>,
    open: HashMap<SocketAddr, Attempt>,
    number: u64,
}

impl Attempts {
    /// Takes a datagram; what it is answered with, if anything.
    fn add(&mut self, client: SocketAddr, datagram: &[u8]) -> Option<Vec<u8>> {
        if let Some(pairing) = self.shared.pairing.as_ref().filter(|pairing| !pairing.serves(client.ip())) {
            if pairing.asked(client.ip()) {
                self.shared.log.notice(Notice::WaitsForPairing(client.ip()));
            }
            return None;
        }
        if self.open.len() >= MOST && !self.open.contains_key(&client) {
            let oldest = self.open.values().map(|attempt| attempt.heard).min();
            self.record(|attempt| Some(attempt.heard) == oldest);
        }
        let now = self.shared.log.now();
        let attempt = self.open.entry(client).or_insert_with(|| Attempt {
            at: now,
            last: now,
            heard: Instant::now(),
            opening: Opening::default(),
            version: None,
            datagrams: 0,
            sent: 0,
            received: 0,
        });
        (attempt.last, attempt.heard) = (now, Instant::now());
        attempt.datagrams += 1;
        attempt.sent += datagram.len() as u64;
        let header = LongHeader::read(datagram)?;
        attempt.version.get_or_insert(header.version);
        attempt.opening.add(datagram);
        // Answered when the name is known, or will not be: a ClientHello of two datagrams comes whole before the answer.
        let told = attempt.opening.hello().is_some() || attempt.datagrams > 2;
        let answer = header.refusal().filter(|_| told)?;
        attempt.received += answer.len() as u64;
        Some(answer)
    }

    /// Records those that are over.
    fn record(&mut self, over: impl Fn(&Attempt) -> bool) {
        let over: Vec<_> = self.open.extract_if(|_, attempt| over(attempt)).collect();
        for (client, attempt) in over {
            let id = format!("u{}", self.number);
            self.number += 1;
            self.shared.log.enter(Entry::Blind(Box::new(attempt.blind(client, id))));
        }
    }
}

impl Drop for Attempts {
    fn drop(&mut self) {
        self.record(|_| true);
    }
}

impl Attempt {
    fn blind(self, client: SocketAddr, id: String) -> Blind {
        let hello = self.opening.hello();
        let sni = hello.as_ref().and_then(|hello| hello.sni.clone());
        let connection = Connection {
            id: Some(id),
            client: Some(client),
            port: Some(PORT),
            ja4: hello.as_ref().map(|hello| hello.ja4(Carrier::Quic)),
            ech: hello.is_some_and(|hello| hello.offers_ech()),
            sni: sni.clone(),
            ..Connection::default()
        };
        let (kind, version) = match self.version {
            Some(version) => (BlindKind::Quic, format!("version {version:#x}, refused")),
            None => (BlindKind::OpaqueUdp, "no QUIC that starts here, not passed on".to_owned()),
        };
        let count = match self.datagrams {
            1 => "1 datagram".to_owned(),
            count => format!("{count} datagrams"),
        };
        Blind {
            at: Some(self.at),
            until: Some(self.last),
            connection: Arc::new(connection),
            host: sni,
            sent: self.sent,
            received: self.received,
            detail: Some(format!("{count}, {version}")),
            ..Blind::new(kind)
        }
    }
}
