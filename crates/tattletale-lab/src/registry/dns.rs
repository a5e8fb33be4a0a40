//! DNS answers over UDP (RFC 1035): A and TXT, for lab names only, everything else refused.
//!
//! Small enough to write by hand: one question, no compression to follow, no recursion, no cache. A name under
//! `.localhost` that is no server is this machine (RFC 6761 section 6.3); a name outside it gets REFUSED, so a lab
//! resolver can never stand in for a real one.

use super::{RECORDS, is_lab_name};
use std::io;
use std::net::Ipv4Addr;
use tokio::net::UdpSocket;
use tokio::sync::watch;

const TYPE_A: u16 = 1;
const TYPE_TXT: u16 = 16;
const CLASS_IN: u16 = 1;
const REFUSED: u8 = 5;
const TTL: u32 = 60;

/// Answers until `down` says so.
pub(crate) async fn run(socket: std::net::UdpSocket, mut down: watch::Receiver<bool>) -> io::Result<()> {
    let socket = UdpSocket::from_std(socket)?;
    let mut query = [0u8; 512];
    loop {
        tokio::select! {
            received = socket.recv_from(&mut query) => {
                // An error here is an earlier answer that nobody waited for.
                let Ok((length, peer)) = received else { continue };
                if peer.ip().is_loopback() && let Some(reply) = answer(&query[..length]) {
                    let _ = socket.send_to(&reply, peer).await;
                }
            }
            _ = down.changed() => return Ok(()),
        }
    }
}

/// The reply to a query; none to what is no query of one question.
fn answer(query: &[u8]) -> Option<Vec<u8>> {
    let header = query.first_chunk::<12>()?;
    let is_query = header[2] & 0xf8 == 0;
    let one_question = header[4..6] == [0, 1];
    if !is_query || !one_question {
        return None;
    }
    let (name, after) = name(&query[12..])?;
    let question = query.get(12..12 + after + 4)?;
    let [kind, class] = [0, 2].map(|at| u16::from_be_bytes([question[after + at], question[after + at + 1]]));
    let data = (class == CLASS_IN && is_lab_name(&name)).then(|| data(&name, kind));
    let mut reply = vec![header[0], header[1], 0x84 | (header[2] & 1), data.as_ref().map_or(REFUSED, |_| 0)];
    let data = data.flatten();
    reply.extend([0, 1, 0, u8::from(data.is_some()), 0, 0, 0, 0]);
    reply.extend_from_slice(question);
    if let Some(data) = data {
        reply.extend([0xc0, 12]); // the name of the question
        reply.extend(kind.to_be_bytes());
        reply.extend(class.to_be_bytes());
        reply.extend(TTL.to_be_bytes());
        reply.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        reply.extend(data);
    }
    Some(reply)
}

/// A name without its final dot, in lower case, and the bytes it takes.
fn name(bytes: &[u8]) -> Option<(String, usize)> {
    let (mut labels, mut at) = (Vec::new(), 0);
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1;
        match length {
            0 => return Some((labels.join("."), at)),
            1..=63 => labels.push(std::str::from_utf8(bytes.get(at..at + length)?).ok()?.to_ascii_lowercase()),
            _ => return None,
        }
        at += length;
    }
}

/// What the lab knows of a name.
fn data(name: &str, kind: u16) -> Option<Vec<u8>> {
    let record = RECORDS.iter().find(|record| record.name == name);
    match kind {
        TYPE_A => Some(record.map_or(Ipv4Addr::LOCALHOST, |record| record.address).octets().to_vec()),
        TYPE_TXT => {
            let text = match record {
                Some(record) => format!("lab specimen; stands for: {}; country: {}", record.stands_for, record.country),
                None => "lab specimen".to_owned(),
            };
            let length = u8::try_from(text.len()).ok()?;
            Some([&[length], text.as_bytes()].concat())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u16) -> Vec<u8> {
        let mut query = vec![7, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(label.len() as u8);
            query.extend(label.as_bytes());
        }
        query.push(0);
        query.extend(kind.to_be_bytes());
        query.extend(CLASS_IN.to_be_bytes());
        query
    }

    #[test]
    fn lab_names_are_answered_and_others_refused() {
        for (name, address) in [
            ("singapore-collector.localhost", [127, 0, 0, 2]),
            ("RUSSIA-collector.localhost", [127, 0, 0, 3]),
            ("clinic.localhost", [127, 0, 0, 1]),
        ] {
            let reply = answer(&query(name, TYPE_A)).unwrap();
            assert_eq!((reply[3], &reply[reply.len() - 4..]), (0, &address[..]), "{name}");
        }
        let reply = answer(&query("singapore-collector.localhost", TYPE_TXT)).unwrap();
        assert!(String::from_utf8_lossy(&reply).contains("country: SG"));
        for name in ["sa.api.intl.miui.com", "example.org", "localhost", "localhost.example.org"] {
            let reply = answer(&query(name, TYPE_A)).unwrap();
            assert_eq!((reply[3], reply[7]), (REFUSED, 0), "{name}");
        }
    }

    #[test]
    fn what_is_no_query_gets_no_answer() {
        let good = query("clinic.localhost", TYPE_A);
        for length in 0..good.len() {
            assert_eq!(answer(&good[..length]), None, "{length}");
        }
        let mut response = good.clone();
        response[2] |= 0x80;
        assert_eq!(answer(&response), None);
        let mut pointer = good;
        pointer[12] = 0xc0;
        assert_eq!(answer(&pointer), None);
    }
}
