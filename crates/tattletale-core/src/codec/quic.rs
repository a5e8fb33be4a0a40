//! What a QUIC client sends first (RFC 9000, RFC 9001, RFC 9369): sealed with keys that anybody can derive, so that the
//! ClientHello inside can be read by whoever sees the packet, as that of TLS over TCP can.
//!
//! A ClientHello may take several packets, whose frames browsers shuffle on purpose, so [`Opening`] collects. Only the
//! client's Initial packets are read; everything after them is for the two ends alone. Input is hostile: a length is
//! believed only as far as bytes follow, and [`MOST`] bounds what is kept.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes128Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::hello::{Bytes, ClientHello, MOST};

/// Versions that are read: their number, salt of the initial secret, prefix of labels and type of an Initial packet.
const VERSIONS: [Version; 2] = [
    Version {
        number: 1,
        salt: *b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
        labels: "quic",
        initial: 0,
    },
    Version {
        number: 0x6b33_43cf,
        salt: *b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
        labels: "quicv2",
        initial: 1,
    },
];
/// Bytes of the longest connection id (RFC 9000, 17.2).
const LONGEST_ID: usize = 20;
/// Bytes of an AES-GCM tag.
const TAG: usize = 16;
/// Pieces of the ClientHello that are kept while one before them is missing.
const MOST_PIECES: usize = 64;

struct Version {
    number: u32,
    salt: [u8; 20],
    labels: &'static str,
    initial: u8,
}

/// Start of a packet with a long header, which every version of QUIC has (RFC 8999, 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongHeader<'b> {
    /// Version; 0 is a negotiation.
    pub version: u32,
    /// Id of the connection at the receiver.
    pub destination: &'b [u8],
    /// Id of the connection at the sender.
    pub source: &'b [u8],
    rest: &'b [u8],
}

impl<'b> LongHeader<'b> {
    /// Reads it; none for anything else.
    pub fn read(packet: &'b [u8]) -> Option<Self> {
        let [first, a, b, c, d, rest @ ..] = packet else { return None };
        let mut rest = Bytes(rest);
        let destination = rest.short()?.0;
        let source = rest.short()?.0;
        (first & 0x80 != 0).then_some(Self {
            version: u32::from_be_bytes([*a, *b, *c, *d]),
            destination,
            source,
            rest: rest.0,
        })
    }

    /// Says that none of the client's versions is spoken (RFC 9000, 17.2.1), so that it gives up at once: the only
    /// version on offer is one of those reserved to be unknown (section 15). Not for a packet that is such an answer.
    pub fn refusal(&self) -> Option<Vec<u8>> {
        let id = |id: &[u8]| [&[id.len() as u8][..], id].concat();
        let short = self.destination.len().max(self.source.len()) <= LONGEST_ID;
        (self.version != 0 && short)
            .then(|| [&[0x80 | 0x40, 0, 0, 0, 0][..], &id(self.source), &id(self.destination), &[0x1a; 4]].concat())
    }
}

/// What a client has sent of its ClientHello so far.
#[derive(Debug, Default)]
pub struct Opening {
    /// From the start on, without a gap.
    stream: Vec<u8>,
    /// What came ahead of its turn.
    ahead: Vec<(usize, Vec<u8>)>,
    /// The id that the first packet chose, from which all keys follow.
    chosen: Option<Vec<u8>>,
}

impl Opening {
    /// Adds a datagram of the client. False when it is no Initial packet that can be opened.
    pub fn add(&mut self, datagram: &[u8]) -> bool {
        let mut rest = datagram;
        let mut opened = false;
        // Several packets may share a datagram.
        while let Some((packet, behind)) = Initial::cut(rest) {
            let chosen = self.chosen.get_or_insert_with(|| packet.header.destination.to_vec());
            let Some(frames) = packet.open(chosen) else { break };
            self.frames(&frames);
            opened = true;
            rest = behind;
        }
        opened
    }

    /// The ClientHello, once all of it is there.
    pub fn hello(&self) -> Option<ClientHello> {
        let [1, a, b, c, body @ ..] = &self.stream[..] else { return None };
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        ClientHello::read(body.get(..length)?)
    }

    /// CRYPTO frames among those that an Initial packet may have (RFC 9000, 12.4); at any other one reading ends.
    fn frames(&mut self, frames: &[u8]) {
        let mut frames = Bytes(frames);
        while let Some(kind) = frames.varint() {
            match kind {
                0 | 1 => {}
                6 => {
                    let (Some(offset), Some(length)) = (frames.size(), frames.size()) else { return };
                    let Some(bytes) = frames.take(length) else { return };
                    self.piece(offset, bytes);
                }
                _ => return,
            }
        }
    }

    fn piece(&mut self, offset: usize, bytes: &[u8]) {
        if offset.saturating_add(bytes.len()) > MOST {
            return;
        }
        if offset > self.stream.len() {
            if self.ahead.len() < MOST_PIECES {
                self.ahead.push((offset, bytes.to_vec()));
            }
            return;
        }
        self.join(offset, bytes);
        while let Some(next) = self.ahead.iter().position(|(offset, _)| *offset <= self.stream.len()) {
            let (offset, bytes) = self.ahead.swap_remove(next);
            self.join(offset, &bytes);
        }
    }

    fn join(&mut self, offset: usize, bytes: &[u8]) {
        let known = self.stream.len() - offset;
        self.stream.extend_from_slice(bytes.get(known..).unwrap_or_default());
    }
}

/// An Initial packet (RFC 9000, 17.2.2), still protected.
struct Initial<'b> {
    version: &'static Version,
    header: LongHeader<'b>,
    /// All of the packet.
    bytes: &'b [u8],
    /// Where its number begins.
    number: usize,
}

impl<'b> Initial<'b> {
    /// The first packet, and what follows it in the datagram.
    fn cut(datagram: &'b [u8]) -> Option<(Self, &'b [u8])> {
        let header = LongHeader::read(datagram)?;
        let version = VERSIONS.iter().find(|version| version.number == header.version)?;
        if (datagram[0] >> 4 & 3) != version.initial || header.destination.len() > LONGEST_ID {
            return None;
        }
        let mut rest = Bytes(header.rest);
        let token = rest.size()?;
        rest.take(token)?;
        let length = rest.size()?;
        let number = datagram.len() - rest.0.len();
        rest.take(length)?;
        let (bytes, behind) = datagram.split_at(number + length);
        Some((Self { version, header, bytes, number }, behind))
    }

    /// Takes off both protections (RFC 9001, 5.3 and 5.4); none when the tag is wrong.
    fn open(&self, chosen: &[u8]) -> Option<Vec<u8>> {
        let keys = Keys::of_client(self.version, chosen)?;
        let sample = self.bytes.get(self.number + 4..self.number + 4 + 16)?;
        let mask = keys.mask(sample)?;
        let mut header = self.bytes[..self.number].to_vec();
        header[0] ^= mask[0] & 0x0f;
        let length = usize::from(header[0] & 3) + 1;
        let masked = &self.bytes[self.number..self.number + length];
        header.extend(masked.iter().zip(&mask[1..]).map(|(byte, mask)| byte ^ mask));
        let sealed = self.bytes.get(self.number + length..)?;
        let nonce = keys.nonce(&header[self.number..])?;
        let cipher = Aes128Gcm::new_from_slice(&keys.key).ok()?;
        let payload = Payload { msg: sealed, aad: &header };
        (sealed.len() >= TAG).then(|| cipher.decrypt(&nonce, payload).ok()).flatten()
    }
}

/// Keys of the client's Initial packets (RFC 9001, 5.1 and 5.2).
struct Keys {
    key: [u8; 16],
    iv: [u8; 12],
    header: [u8; 16],
}

impl Keys {
    fn of_client(version: &Version, chosen: &[u8]) -> Option<Self> {
        let initial = hmac(&version.salt, &[chosen])?;
        let client = expand::<32>(&initial, "client in")?;
        let label = |name: &str| format!("{}{name}", version.labels);
        Some(Self {
            key: expand(&client, &label(" key"))?,
            iv: expand(&client, &label(" iv"))?,
            header: expand(&client, &label(" hp"))?,
        })
    }

    fn mask(&self, sample: &[u8]) -> Option<[u8; 16]> {
        let mut block = aes::Block::try_from(sample).ok()?;
        Aes128::new_from_slice(&self.header).ok()?.encrypt_block(&mut block);
        Some(block.into())
    }

    /// The number as it stands: a client's first ones are not cut.
    fn nonce(&self, number: &[u8]) -> Option<Nonce<aes_gcm::aead::consts::U12>> {
        let mut nonce = self.iv;
        let at = nonce.len() - number.len();
        nonce[at..].iter_mut().zip(number).for_each(|(byte, number)| *byte ^= number);
        Nonce::try_from(&nonce[..]).ok()
    }
}

/// HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) without a context, for at most one block of the hash.
fn expand<const LENGTH: usize>(secret: &[u8], label: &str) -> Option<[u8; LENGTH]> {
    let label = [b"tls13 ", label.as_bytes()].concat();
    let info = [&(LENGTH as u16).to_be_bytes()[..], &[label.len() as u8], &label, &[0, 1]].concat();
    hmac(secret, &[&info])?.get(..LENGTH)?.try_into().ok()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac.finalize().into_bytes().into())
}

/// What QUIC writes beside the vectors of TLS.
impl Bytes<'_> {
    /// RFC 9000, 16: the first two bits say how many bytes there are.
    fn varint(&mut self) -> Option<u64> {
        let first = *self.0.first()?;
        let bytes = self.take(1 << (first >> 6))?;
        let number = bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some(number & (u64::MAX >> 2 >> (64 - 8 * bytes.len())))
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::hello::Carrier;
    use crate::codec::hello::tests::chrome;
    use proptest::prelude::*;

    const CHOSEN: &[u8] = b"\x83\x94\xc8\xf0\x3e\x51\x57\x08";
    /// The ClientHello of RFC 9001, A.2, in its CRYPTO frame.
    const FRAME: &str = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c0000\
        0413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d00170018001000070005\
        04616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994\
        ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00024001003900320408ffffff\
        ffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8f03e51570806048000ffff";

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// An Initial packet with a number of four bytes, padded to 1200.
    fn seal(version: &Version, chosen: &[u8], number: u32, frames: &[u8]) -> Vec<u8> {
        let keys = Keys::of_client(version, chosen).unwrap();
        let mut payload = frames.to_vec();
        let before = 1 + 4 + 2 + chosen.len() + 1 + 2 + 4;
        payload.resize(payload.len().max(1200 - before - TAG), 0);
        let length = (0x4000 | (payload.len() + 4 + TAG) as u16).to_be_bytes();
        let first = 0xc3 | version.initial << 4;
        let id = [&[chosen.len() as u8], chosen].concat();
        let mut header = [&[first][..], &version.number.to_be_bytes(), &id, &[0, 0], &length].concat();
        let at = header.len();
        header.extend(number.to_be_bytes());
        let nonce = keys.nonce(&number.to_be_bytes()).unwrap();
        let cipher = Aes128Gcm::new_from_slice(&keys.key).unwrap();
        let sealed = cipher.encrypt(&nonce, Payload { msg: &payload, aad: &header }).unwrap();
        let mask = keys.mask(&sealed[..16]).unwrap();
        header[0] ^= mask[0] & 0x0f;
        header[at..].iter_mut().zip(&mask[1..]).for_each(|(byte, mask)| *byte ^= mask);
        [header, sealed].concat()
    }

    #[test]
    fn the_packet_of_the_specification() {
        let packet = seal(&VERSIONS[0], CHOSEN, 2, &hex(FRAME));
        assert_eq!(packet.len(), 1200);
        // RFC 9001, A.2: its beginning and its tag.
        assert!(packet.starts_with(&hex("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11")));
        assert!(packet.ends_with(&hex("e221af44860018ab0856972e194cd934")));
        let mut opening = Opening::default();
        assert!(opening.hello().is_none() && opening.add(&packet));
        let hello = opening.hello().unwrap();
        assert_eq!(hello.sni.as_deref(), Some("example.com"));
        assert!(hello.ja4(Carrier::Quic).starts_with("q13d02"));
    }

    /// RFC 9369, A.1.
    #[test]
    fn keys_of_the_second_version() {
        let keys = Keys::of_client(&VERSIONS[1], CHOSEN).unwrap();
        assert_eq!(keys.key.to_vec(), hex("8b1a0bc121284290a29e0971b5cd045d"));
        assert_eq!(keys.iv.to_vec(), hex("91f73e2351d8fa91660e909f"));
        assert_eq!(keys.header.to_vec(), hex("45b95e15235d6f45a6b19cbcb0294ba9"));
    }

    fn crypto(offset: usize, bytes: &[u8]) -> Vec<u8> {
        let number = |number: usize| (0x4000 | number as u16).to_be_bytes();
        [&[6][..], &number(offset), &number(bytes.len()), bytes, &[1, 0, 0]].concat()
    }

    #[test]
    fn shuffled_over_packets_and_versions() {
        let hello = chrome();
        for version in &VERSIONS {
            let (first, second) = hello.split_at(100);
            let (second, third) = second.split_at(37);
            let late = seal(version, CHOSEN, 0, &[crypto(137, third), crypto(0, &first[..60])].concat());
            // Another id at the receiver does not change the keys once they are chosen, nor does what came twice.
            let early = seal(version, CHOSEN, 1, &[crypto(50, &hello[50..100]), crypto(100, second)].concat());
            let mut opening = Opening::default();
            assert!(opening.add(&late) && opening.hello().is_none());
            assert!(opening.add(&late) && opening.add(&early));
            assert_eq!(opening.hello().unwrap().sni.as_deref(), Some("t.example"));
        }
    }

    #[test]
    fn a_refusal_is_a_negotiation_the_other_way_round() {
        let packet = seal(&VERSIONS[0], CHOSEN, 0, &[]);
        let refusal = LongHeader::read(&packet).unwrap().refusal().unwrap();
        let read = LongHeader::read(&refusal).unwrap();
        assert_eq!((read.version, read.destination, read.source), (0, &[][..], CHOSEN));
        assert_eq!(read.rest, [0x1a; 4]);
        assert_eq!(read.refusal(), None);
        assert_eq!(LongHeader::read(&[0x40; 100]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn damage_never_panics(at in 0..1200usize, byte in any::<u8>(), junk in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut packet = seal(&VERSIONS[0], CHOSEN, 0, &junk);
            let mut opening = Opening::default();
            opening.add(&packet);
            packet[at] = byte;
            opening.add(&packet);
            opening.add(&junk);
            opening.add(&[&[0xc0, 0, 0, 0, 1][..], &junk].concat());
            opening.hello();
        }
    }
}
