//! The ClientHello of TLS (RFC 8446 and older): the name that is asked for, what is offered, and its JA4 fingerprint.
//!
//! It is the one message that every TLS client sends in the clear, so it is what remains of a connection that cannot be
//! opened. Importers read it from captures and the proxy from the first bytes of a connection, before it decides
//! anything. It comes from the party under test: lengths are only believed as far as bytes follow.
//!
//! JA4 is FoxIO's of 2023 (the TLS client fingerprint, which is under BSD-3; its siblings are not and are not here).

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Bytes that are looked at for a ClientHello; RFC 8446 allows 16 MiB for a handshake message, nobody sends that.
pub const MOST: usize = 64 << 10;

const SERVER_NAME: u16 = 0;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;
const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;

/// What a ClientHello says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// Highest version on offer, as on the wire (0x0304 is TLS 1.3).
    pub version: u16,
    /// Server name (RFC 6066), if it is text.
    pub sni: Option<String>,
    /// Protocols on offer (RFC 7301), as bytes.
    pub alpn: Vec<Vec<u8>>,
    /// Cipher suites in order, GREASE (RFC 8701) left out.
    pub ciphers: Vec<u16>,
    /// Extensions in order, GREASE left out.
    pub extensions: Vec<u16>,
    /// Signature algorithms in order, GREASE left out.
    pub signatures: Vec<u16>,
}

/// What the first bytes of a connection are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A ClientHello.
    Hello(Box<ClientHello>),
    /// It may be one when more has come.
    Unfinished,
    /// Something else.
    Other,
}

/// What carries the handshake: a letter of JA4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// TLS over TCP.
    Tcp,
    /// QUIC.
    Quic,
}

impl ClientHello {
    /// Looks at the first bytes that a client sent: TLS records, of which the handshake may take several.
    pub fn start(bytes: &[u8]) -> Start {
        let mut handshake = Vec::new();
        let mut rest = bytes;
        loop {
            // A record: type 22, version 3.x, length.
            match rest {
                [22, 3, _, high, low, body @ ..] => {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    if length == 0 || length > 16 << 10 || handshake.len() > MOST {
                        return Start::Other;
                    }
                    handshake.extend_from_slice(&body[..length.min(body.len())]);
                    rest = &body[length.min(body.len())..];
                }
                [] | [22] | [22, 3, ..] if bytes.len() < MOST => {
                    return if handshake.first().is_none_or(|&kind| kind == 1) {
                        Start::Unfinished
                    } else {
                        Start::Other
                    };
                }
                _ => return Start::Other,
            }
            match handshake[..] {
                [1, a, b, c, ..] => {
                    let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                    if length > MOST {
                        return Start::Other;
                    }
                    if let Some(hello) = handshake.get(4..4 + length) {
                        return Self::read(hello).map_or(Start::Other, |hello| Start::Hello(Box::new(hello)));
                    }
                }
                [] | [1] | [1, _] | [1, _, _] => {}
                _ => return Start::Other,
            }
        }
    }

    /// Reads the body of the handshake message, without its type and length; none if it is cut or no ClientHello.
    pub fn read(body: &[u8]) -> Option<Self> {
        let mut body = Bytes(body);
        let mut hello = Self { version: body.number()?, ..Self::default() };
        body.take(32)?;
        body.short()?;
        hello.ciphers = body.long()?.numbers()?;
        body.short()?;
        // Before TLS 1.2 there need not be extensions.
        let Some(mut extensions) = body.long() else { return Some(hello) };
        while !extensions.0.is_empty() {
            let kind = extensions.number()?;
            let mut value = extensions.long()?;
            if is_grease(kind) {
                continue;
            }
            hello.extensions.push(kind);
            match kind {
                SERVER_NAME => hello.sni = server_name(value),
                SIGNATURE_ALGORITHMS => hello.signatures = value.long()?.numbers()?,
                SUPPORTED_VERSIONS => {
                    let offered = value.short()?.numbers()?;
                    hello.version = offered.into_iter().max().unwrap_or(hello.version);
                }
                ALPN => {
                    let mut names = value.long()?;
                    while !names.0.is_empty() {
                        hello.alpn.push(names.short()?.0.to_vec());
                    }
                }
                _ => {}
            }
        }
        Some(hello)
    }

    /// Whether it has the extension for an encrypted ClientHello. Browsers send it with random bytes when they have
    /// no key (GREASE), so this does not tell that the name is hidden.
    pub fn offers_ech(&self) -> bool {
        self.extensions.contains(&ENCRYPTED_CLIENT_HELLO)
    }

    /// The JA4 fingerprint, e.g. `t13d1516h2_8daaf6152771_e5627efa2ab1`.
    pub fn ja4(&self, carrier: Carrier) -> String {
        let mut ja4 = String::with_capacity(36);
        ja4.push(if carrier == Carrier::Quic { 'q' } else { 't' });
        ja4.push_str(match self.version {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            0x0002 => "s2",
            _ => "00",
        });
        ja4.push(if self.extensions.contains(&SERVER_NAME) { 'd' } else { 'i' });
        let _ = write!(ja4, "{:02}{:02}", self.ciphers.len().min(99), self.extensions.len().min(99));
        ja4.push_str(&ends(self.alpn.first().map_or(&b""[..], |first| first)));

        let mut ciphers = self.ciphers.clone();
        ciphers.sort_unstable();
        let named = |kind: &u16| *kind != SERVER_NAME && *kind != ALPN;
        let mut extensions: Vec<u16> = self.extensions.iter().copied().filter(named).collect();
        extensions.sort_unstable();
        let mut rest = list(&extensions);
        if !self.signatures.is_empty() {
            rest = format!("{rest}_{}", list(&self.signatures));
        }
        let _ = write!(ja4, "_{}", digest(&list(&ciphers)));
        let _ = write!(ja4, "_{}", digest(if self.extensions.is_empty() { "" } else { &rest }));
        ja4
    }
}

/// RFC 8701: both bytes the same, each ending in the digit A.
fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 15 == 10
}

/// The first `host_name` of the list.
fn server_name(mut value: Bytes<'_>) -> Option<String> {
    let mut names = value.long()?;
    while let (Some([kind]), Some(name)) = (names.take(1), names.long()) {
        if *kind == 0 {
            let name = std::str::from_utf8(name.0).ok()?;
            return (!name.is_empty() && !name.chars().any(char::is_control)).then(|| name.to_owned());
        }
    }
    None
}

/// First and last character of the protocol's name; of its hexadecimal form where they are no letters or digits.
fn ends(name: &[u8]) -> String {
    let (Some(&first), Some(&last)) = (name.first(), name.last()) else { return "00".to_owned() };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(first), char::from(last)].iter().collect();
    }
    let (first, last) = (format!("{first:02x}"), format!("{last:02x}"));
    format!("{}{}", &first[..1], &last[1..])
}

fn list(numbers: &[u16]) -> String {
    numbers.iter().map(|number| format!("{number:04x}")).collect::<Vec<_>>().join(",")
}

fn digest(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes with lengths in front of them, as TLS writes vectors.
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        let bytes = self.take(2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    /// A vector whose length takes one byte.
    pub(super) fn short(&mut self) -> Option<Bytes<'b>> {
        let length = usize::from(self.take(1)?[0]);
        self.take(length).map(Bytes)
    }

    /// A vector whose length takes two bytes.
    fn long(&mut self) -> Option<Bytes<'b>> {
        let length = usize::from(self.number()?);
        self.take(length).map(Bytes)
    }

    /// All as numbers of two bytes, without GREASE.
    fn numbers(&self) -> Option<Vec<u16>> {
        let pairs = self.0.chunks_exact(2);
        pairs.remainder().is_empty().then(|| {
            pairs.map(|pair| u16::from_be_bytes([pair[0], pair[1]])).filter(|number| !is_grease(*number)).collect()
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vector(length_bytes: usize, content: &[u8]) -> Vec<u8> {
        let length = (content.len() as u32).to_be_bytes();
        [&length[4 - length_bytes..], content].concat()
    }

    fn numbers(numbers: &[u16]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    /// A handshake message with those extensions.
    pub(crate) fn hello(ciphers: &[u16], extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let extensions: Vec<u8> =
            extensions.iter().flat_map(|(kind, value)| [numbers(&[*kind]), vector(2, value)].concat()).collect();
        let body = [
            &[3, 3][..],
            &[7; 32],
            &vector(1, &[9; 32]),
            &vector(2, &numbers(ciphers)),
            &vector(1, &[0]),
            &vector(2, &extensions),
        ]
        .concat();
        [&[1][..], &vector(3, &body)].concat()
    }

    /// The one that FoxIO's description takes apart, with GREASE as Chrome sends it.
    pub(crate) fn chrome() -> Vec<u8> {
        let ciphers = [
            0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
            0x009d, 0x002f, 0x0035,
        ];
        let name = vector(2, &[&[0][..], &vector(2, b"t.example")].concat());
        let signatures = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
        let alpn = vector(2, &[vector(1, b"h2"), vector(1, b"http/1.1")].concat());
        let mut extensions: Vec<(u16, Vec<u8>)> =
            [0x1a1au16, 0x001b, 0x0033, 0x4469, 0x0017, 0x002d, 0x0005, 0x0023, 0x0012, 0x000a, 0x000b, 0xff01, 0x0015]
                .map(|kind| (kind, vec![1, 2, 3]))
                .to_vec();
        extensions.push((SERVER_NAME, name));
        extensions.push((ALPN, alpn));
        extensions.push((SIGNATURE_ALGORITHMS, vector(2, &numbers(&signatures))));
        extensions.push((SUPPORTED_VERSIONS, vector(1, &numbers(&[0x2a2a, 0x0304, 0x0303]))));
        hello(&ciphers, &extensions)
    }

    pub(crate) fn records(message: &[u8], size: usize) -> Vec<u8> {
        message.chunks(size).flat_map(|piece| [&[22, 3, 1][..], &vector(2, piece)].concat()).collect()
    }

    #[test]
    fn the_fingerprint_of_the_description() {
        let Start::Hello(hello) = ClientHello::start(&records(&chrome(), 16_000)) else { panic!() };
        assert_eq!(hello.sni.as_deref(), Some("t.example"));
        assert_eq!(hello.alpn, [b"h2".to_vec(), b"http/1.1".to_vec()]);
        assert!(!hello.offers_ech());
        assert_eq!(hello.ja4(Carrier::Tcp), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(hello.ja4(Carrier::Quic), "q13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn what_little_clients_say() {
        let bare = ClientHello::read(&hello(&[], &[])[4..]).unwrap();
        assert_eq!(bare.ja4(Carrier::Tcp), "t12i000000_000000000000_000000000000");
        let odd = ClientHello { alpn: vec![vec![0xab, 0xcd]], ..ClientHello::default() };
        assert!(odd.ja4(Carrier::Tcp).starts_with("t00i0000ad_"));
    }

    #[test]
    fn cut_or_split_anywhere() {
        let whole = records(&chrome(), 16_000);
        for end in 0..whole.len() {
            assert_eq!(ClientHello::start(&whole[..end]), Start::Unfinished, "{end}");
        }
        for size in [1, 3, 4, 5, 100] {
            assert!(matches!(ClientHello::start(&records(&chrome(), size)), Start::Hello(_)), "{size}");
        }
        for other in [
            &b"GET / HTTP/1.1"[..],
            b"SSH-2.0",
            b"\x16\x03\x01\0\0",
            b"\x16\x02\x01\0\x10",
            b"\x16\x03\x01\0\x04\x02\0\0\0",
        ] {
            assert_eq!(ClientHello::start(other), Start::Other, "{other:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn damage_never_panics(at in 0..400usize, byte in any::<u8>(), junk in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut message = records(&chrome(), 16_000);
            let at = at % message.len();
            message[at] = byte;
            ClientHello::start(&message);
            ClientHello::start(&junk);
            ClientHello::read(&junk);
        }
    }
}
