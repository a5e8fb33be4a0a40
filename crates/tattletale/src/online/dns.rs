//! DNS (RFC 1035): one question over UDP, over TCP where the answer does not fit.

use super::{Server, now};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question as Asked, TYPE};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;
use tattletale_core::attribute::evidence::{Answer, Question, Record};

/// For one message to come back.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Datagrams get lost.
const ATTEMPTS: usize = 2;
/// Datagrams that are no answer to the question, before they count as none.
const STRAYS: usize = 8;

/// A resolver at that address.
pub(super) struct Resolver(pub(super) SocketAddr);

impl Server for Resolver {
    fn is_here(&self) -> bool {
        self.0.ip().is_loopback()
    }

    fn ask(&self, question: &Question) -> Result<Answer, String> {
        let Question::Records { name, record } = question else { return Err("is no question to DNS".to_owned()) };
        let query = query(name, *record)?;
        let mut last = io::ErrorKind::TimedOut.into();
        for _ in 0..ATTEMPTS {
            match self.exchange(&query) {
                Ok(message) => {
                    // The code has four bits, the lowest of the fourth byte.
                    let code = u16::from(message.get(3).copied().unwrap_or_default() & 0xf);
                    return Ok(Answer::new(now(), question.clone(), self.0.to_string(), code, &message));
                }
                Err(error) => last = error,
            }
        }
        Err(last.to_string())
    }
}

impl Resolver {
    fn exchange(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        let any = match self.0 {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(self.0)?;
        socket.set_read_timeout(Some(TIMEOUT))?;
        socket.send(query)?;
        let mut buffer = vec![0; usize::from(u16::MAX)];
        for _ in 0..STRAYS {
            let length = socket.recv(&mut buffer)?;
            if let Some(whole) = answers(query, &buffer[..length]) {
                return if whole { Ok(buffer[..length].to_vec()) } else { self.over_tcp(query) };
            }
        }
        Err(io::ErrorKind::InvalidData.into())
    }

    /// Each message with its length in two bytes before it.
    fn over_tcp(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect_timeout(&self.0, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let length = u16::try_from(query.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), query].concat())?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut message)?;
        match answers(query, &message) {
            Some(_) => Ok(message),
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn query(name: &str, record: Record) -> Result<Vec<u8>, String> {
    let mut id = [0; 2];
    getrandom::fill(&mut id).map_err(|error| error.to_string())?;
    let kind = match record {
        Record::A => TYPE::A,
        Record::Aaaa => TYPE::AAAA,
    };
    let name = Name::new(name).map_err(|error| error.to_string())?;
    let mut packet = Packet::new_query(u16::from_be_bytes(id));
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(Asked::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false));
    packet.build_bytes_vec().map_err(|error| error.to_string())
}

/// Whether a message answers the query (same number, same question), and whether it is whole.
fn answers(query: &[u8], message: &[u8]) -> Option<bool> {
    let (asked, answer) = (Packet::parse(query).ok()?, Packet::parse(message).ok()?);
    let question = |packet: &Packet<'_>| {
        let question = packet.questions.first()?;
        Some((question.qname.to_string().to_ascii_lowercase(), question.qtype, question.qclass))
    };
    let same = asked.id() == answer.id() && question(&asked) == question(&answer);
    (same && answer.has_flags(PacketFlag::RESPONSE)).then(|| !answer.has_flags(PacketFlag::TRUNCATION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_number_and_the_question() {
        let asked = query("Miui.com", Record::Aaaa).unwrap();
        let mut reply = asked.clone();
        assert_eq!(answers(&asked, &reply), None, "a query is no answer");
        reply[2] |= 0x80;
        assert_eq!(answers(&asked, &reply), Some(true));
        reply[2] |= 0x02;
        assert_eq!(answers(&asked, &reply), Some(false));
        let mut other = reply.clone();
        other[0] ^= 1;
        assert_eq!(answers(&asked, &other), None);
        let mut other = reply.clone();
        other[13] ^= 1;
        assert_eq!(answers(&asked, &other), None, "another name");
        assert!((0..reply.len()).all(|end| answers(&asked, &reply[..end]).is_none()));
    }
}
