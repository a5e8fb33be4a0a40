//! One packet as tshark tells it: the fields that are asked for, in their order.

use std::net::{IpAddr, SocketAddr};
use tattletale_core::model::Timestamp;

macro_rules! fields {
    ($($position:ident $name:literal),* $(,)?) => {
        /// What tshark is asked for.
        pub(super) const FIELDS: &[&str] = &[$($name),*];
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy)]
        enum Position { $($position),* }
    };
}

fields![
    Time "frame.time_epoch", Comment "frame.comment", Trailer "eth.trailer",
    Ip4From "ip.src", Ip4To "ip.dst", Ip6From "ipv6.src", Ip6To "ipv6.dst",
    TcpNumber "tcp.stream", TcpFrom "tcp.srcport", TcpTo "tcp.dstport", TcpFlags "tcp.flags", TcpSeq "tcp.seq_raw",
    TcpLength "tcp.len", TcpPayload "tcp.payload",
    UdpNumber "udp.stream", UdpFrom "udp.srcport", UdpTo "udp.dstport", UdpLength "udp.length",
    Protocols "frame.protocols",
    TlsContent "tls.record.content_type",
    TlsOpaque "tls.record.opaque_type", Alert "tls.alert_message.desc", Handshake "tls.handshake.type",
    Sni "tls.handshake.extensions_server_name", Versions "tls.handshake.extensions.supported_version",
    Version "tls.handshake.version", Alpn "tls.handshake.extensions_alpn_str",
    Plain "data.data",
    H2Stream "http2.streamid", H2Type "http2.type", H2Flags "http2.flags", H2Length "http2.length",
    H2Count "http2.header.count", H2Name "http2.header.name", H2Value "http2.header.value", H2Data "http2.data.data",
    DnsName "dns.qry.name", DnsResponse "dns.flags.response", DnsA "dns.a", DnsAaaa "dns.aaaa",
];

/// The row of one packet.
pub(super) struct Row<'l> {
    fields: Vec<&'l [u8]>,
}

impl<'l> Row<'l> {
    /// None when the line does not have as many fields as were asked for: a value had a line break in it.
    pub(super) fn of(line: &'l [u8]) -> Option<Self> {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == 0x1e).collect();
        (fields.len() == FIELDS.len()).then_some(Self { fields })
    }

    fn all(&self, position: Position) -> impl Iterator<Item = &'l [u8]> + use<'l> {
        let field = self.fields[position as usize];
        field.split(|&byte| byte == 0x1f).take(if field.is_empty() { 0 } else { usize::MAX })
    }

    fn text(&self, position: Position) -> Option<&'l str> {
        self.all(position).next().and_then(|text| std::str::from_utf8(text).ok()).filter(|text| !text.is_empty())
    }

    fn number(&self, position: Position) -> Option<u64> {
        number(self.text(position)?)
    }

    fn numbers(&self, position: Position) -> impl Iterator<Item = u64> + use<'l> {
        self.all(position).filter_map(|text| number(std::str::from_utf8(text).ok()?))
    }

    /// When it was captured.
    pub(super) fn at(&self) -> Option<Timestamp> {
        let (seconds, fraction) = self.text(Position::Time)?.split_once('.')?;
        let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
        Timestamp::new(seconds.parse().ok()?, digits.parse().ok()?).ok()
    }

    /// Android's user number, as PCAPdroid notes it in a pcapng, or with the app's name in a trailer of a pcap.
    pub(super) fn app(&self) -> Option<(u32, Option<String>)> {
        const MAGIC: &[u8] = &[0x01, 0x07, 0x20, 0x21];
        if let Some(uid) = self.text(Position::Comment).and_then(|comment| comment.strip_prefix("u-")) {
            return Some((uid.parse().ok()?, None));
        }
        let trailer = hex(self.all(Position::Trailer).next()?)?;
        let start = trailer.windows(4).position(|bytes| bytes == MAGIC)?;
        let trailer = trailer.get(start + 4..)?;
        let uid = u32::from_be_bytes(trailer.get(..4)?.try_into().ok()?);
        let name = trailer.get(4..24)?.split(|&byte| byte == 0).next()?;
        let name = String::from_utf8_lossy(name).into_owned();
        Some((uid, (!name.is_empty()).then_some(name)))
    }

    fn ends(&self, from: Position, to: Position) -> Option<(SocketAddr, SocketAddr)> {
        let address = |four, six| self.text(four).or_else(|| self.text(six))?.parse::<IpAddr>().ok();
        let port = |position| u16::try_from(self.number(position)?).ok();
        let from = SocketAddr::new(address(Position::Ip4From, Position::Ip6From)?, port(from)?);
        Some((from, SocketAddr::new(address(Position::Ip4To, Position::Ip6To)?, port(to)?)))
    }

    /// The TCP segment, if it is one.
    pub(super) fn tcp(&self) -> Option<Segment> {
        let (from, to) = self.ends(Position::TcpFrom, Position::TcpTo)?;
        let flags = self.number(Position::TcpFlags)?;
        Some(Segment {
            stream: u32::try_from(self.number(Position::TcpNumber)?).ok()?,
            from,
            to,
            syn: flags & 2 != 0,
            ack: flags & 16 != 0,
            fin: flags & 1 != 0,
            rst: flags & 4 != 0,
            seq: u32::try_from(self.number(Position::TcpSeq)?).ok()?,
            length: self.number(Position::TcpLength).unwrap_or(0),
            payload: self.all(Position::TcpPayload).next().and_then(hex).unwrap_or_default(),
        })
    }

    /// UDP: number of the stream, ends, bytes with the header.
    pub(super) fn udp(&self) -> Option<(u32, SocketAddr, SocketAddr, u64)> {
        let (from, to) = self.ends(Position::UdpFrom, Position::UdpTo)?;
        let stream = u32::try_from(self.number(Position::UdpNumber)?).ok()?;
        Some((stream, from, to, self.number(Position::UdpLength).unwrap_or(0)))
    }

    /// Whether tshark saw that protocol in the packet.
    pub(super) fn has(&self, protocol: &str) -> bool {
        self.text(Position::Protocols).is_some_and(|all| all.split(':').any(|found| found == protocol))
    }

    pub(super) fn tls(&self) -> Tls<'l> {
        let numbers = |position| self.numbers(position).collect::<Vec<_>>();
        Tls {
            application_data: self.numbers(Position::TlsContent).any(|kind| kind == 23),
            sealed: self.numbers(Position::TlsOpaque).any(|kind| kind == 23),
            alerts: numbers(Position::Alert),
            handshakes: numbers(Position::Handshake),
            sni: self.text(Position::Sni),
            version: self.number(Position::Versions).or_else(|| self.number(Position::Version)),
            alpn: self.text(Position::Alpn),
        }
    }

    /// What is not read by any dissector; behind TLS that is the decrypted content.
    pub(super) fn plain(&self) -> Vec<u8> {
        self.all(Position::Plain).filter_map(hex).flatten().collect()
    }

    /// The frames of HTTP/2 in the packet, each with its part of the lists.
    pub(super) fn http2(&self) -> Vec<Frame> {
        let mut counts = self.numbers(Position::H2Count);
        let mut pairs = self.all(Position::H2Name).zip(self.all(Position::H2Value));
        let mut data = self.all(Position::H2Data);
        let kinds = self.numbers(Position::H2Type).zip(self.numbers(Position::H2Length));
        let filled = kinds.filter(|(kind, length)| *kind == 0 && *length > 0).count();
        // An empty last frame may come with the whole body.
        let whole_at_end = self.all(Position::H2Data).count() > filled;
        let streams = self.numbers(Position::H2Stream).zip(self.numbers(Position::H2Type));
        let rest = self.numbers(Position::H2Flags).zip(self.numbers(Position::H2Length));
        let frame = |((stream, kind), (flags, length))| {
            // HEADERS, PUSH_PROMISE and CONTINUATION, where their block is whole.
            let headers = match matches!(kind, 1 | 5 | 9) && flags & 4 != 0 {
                true => pairs
                    .by_ref()
                    .take(counts.next().unwrap_or(0) as usize)
                    .map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()))
                    .collect(),
                false => Vec::new(),
            };
            let end = matches!(kind, 0 | 1) && flags & 1 != 0;
            let bytes = match kind == 0 && (length > 0 || (end && whole_at_end)) {
                true => data.next().and_then(hex).unwrap_or_default(),
                false => Vec::new(),
            };
            let whole = kind == 0 && end && !bytes.is_empty() && bytes.len() as u64 != length;
            Frame { stream, kind, end, headers, bytes, whole }
        };
        streams.zip(rest).map(frame).collect()
    }

    /// Names that were asked for, if it is a question; else names with their addresses.
    pub(super) fn dns(&self) -> Option<Dns> {
        let names: Vec<String> =
            self.all(Position::DnsName).map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        let is_answer = self.text(Position::DnsResponse).is_some_and(|flag| matches!(flag, "1" | "True"));
        let addresses = [Position::DnsA, Position::DnsAaaa].into_iter().flat_map(|position| self.all(position));
        let addresses = addresses.filter_map(|text| std::str::from_utf8(text).ok()?.parse().ok()).collect();
        (!names.is_empty()).then_some(Dns { names, is_answer, addresses })
    }
}

/// One TCP segment.
pub(super) struct Segment {
    pub(super) stream: u32,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) syn: bool,
    pub(super) ack: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) seq: u32,
    pub(super) length: u64,
    pub(super) payload: Vec<u8>,
}

/// What is said of TLS in a packet.
pub(super) struct Tls<'l> {
    pub(super) application_data: bool,
    /// Records of TLS 1.3 that were not opened, or not before.
    pub(super) sealed: bool,
    pub(super) alerts: Vec<u64>,
    pub(super) handshakes: Vec<u64>,
    pub(super) sni: Option<&'l str>,
    pub(super) version: Option<u64>,
    pub(super) alpn: Option<&'l str>,
}

/// One frame of HTTP/2.
pub(super) struct Frame {
    pub(super) stream: u64,
    pub(super) kind: u64,
    /// Whether it ends its side of the stream.
    pub(super) end: bool,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) bytes: Vec<u8>,
    /// Whether these bytes are the whole body: tshark gives it again with the last frame, decompressed if it can.
    pub(super) whole: bool,
}

/// One DNS message.
pub(super) struct Dns {
    pub(super) names: Vec<String>,
    pub(super) is_answer: bool,
    pub(super) addresses: Vec<IpAddr>,
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    // Short fields have colons between their bytes.
    let digits: Vec<u8> = text
        .iter()
        .filter(|byte| **byte != b':')
        .map(|&byte| char::from(byte).to_digit(16).map(|d| d as u8))
        .collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> Vec<u8> {
        let value = |name: &&str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        FIELDS.iter().map(value).collect::<Vec<_>>().join("\x1e").into_bytes()
    }

    #[test]
    fn frames_get_their_part_of_the_lists() {
        let line = row(&[
            ("http2.streamid", "1\x1f3\x1f3\x1f1"),
            ("http2.type", "1\x1f1\x1f0\x1f0"),
            ("http2.flags", "0x04\x1f0x05\x1f0x00\x1f0x01"),
            ("http2.length", "9\x1f9\x1f2\x1f0"),
            ("http2.header.count", "2\x1f1"),
            ("http2.header.name", ":method\x1fx\x1f:status"),
            ("http2.header.value", "GET\x1f\x1f200"),
            ("http2.data.data", "6869"),
        ]);
        let frames = Row::of(&line).unwrap().http2();
        let shown: Vec<_> = frames.iter().map(|f| (f.stream, f.headers.len(), &f.bytes[..], f.end)).collect();
        assert_eq!(shown, [(1, 2, &b""[..], false), (3, 1, b"", true), (3, 0, b"hi", false), (1, 0, b"", true)]);
        assert_eq!(frames[0].headers[1], ("x".to_owned(), b"".to_vec()));
    }

    #[test]
    fn apps_of_pcapdroid() {
        let line = row(&[("frame.comment", "u-10123")]);
        assert_eq!(Row::of(&line).unwrap().app(), Some((10123, None)));
        let trailer = "0000:01072021:0000278b:6f72672e6578616d706c65000000000000000000:deadbeef";
        let line = row(&[("eth.trailer", trailer)]);
        assert_eq!(Row::of(&line).unwrap().app(), Some((10123, Some("org.example".to_owned()))));
        assert_eq!(Row::of(&row(&[])).unwrap().app(), None);
        assert!(Row::of(b"half a row").is_none());
    }

    #[test]
    fn times_to_the_nanosecond() {
        let line = row(&[("frame.time_epoch", "1795268986.291622001")]);
        assert_eq!(Row::of(&line).unwrap().at().unwrap().as_nanosecond(), 1_795_268_986_291_622_001);
    }
}
