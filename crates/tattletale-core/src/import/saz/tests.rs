//! Archives as Fiddler writes them, and as they get damaged.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::model::{Captured, Fidelity};

/// An entry: name, content, and how it is kept.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    Stored,
    Deflated,
    /// Deflated, sizes behind the data.
    Streamed,
    Encrypted,
}

fn entry(name: &str, content: &[u8], kept: Kept) -> Vec<u8> {
    let packed = match kept {
        Kept::Stored | Kept::Encrypted => content.to_vec(),
        Kept::Deflated | Kept::Streamed => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        }
    };
    let (flags, method) = match kept {
        Kept::Stored => (0u16, 0u16),
        Kept::Deflated => (0, 8),
        Kept::Streamed => (8, 8),
        Kept::Encrypted => (1, 99),
    };
    let size = if kept == Kept::Streamed { 0 } else { packed.len() as u32 };
    let mut bytes = LOCAL.to_vec();
    [20, flags, method, 0, 0].iter().for_each(|number: &u16| bytes.extend(number.to_le_bytes()));
    [0, size, content.len() as u32].iter().for_each(|number: &u32| bytes.extend(number.to_le_bytes()));
    [name.len() as u16, 0].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes.extend(name.bytes());
    bytes.extend(&packed);
    if kept == Kept::Streamed {
        bytes.extend(b"PK\x07\x08");
        [0, packed.len() as u32, content.len() as u32].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    }
    bytes
}

const ABOUT: &str = "<?xml version=\"1.0\"?>\r\n<Session SID=\"1\"><SessionTimers ClientConnected=\"0001-01-01T00:00:00\" \
    ClientBeginRequest=\"2014-07-23T10:08:52.1234567+02:00\" /><SessionFlags>\r\n<SessionFlag N=\"x-clientIP\" \
    V=\"127.0.0.1\" /><SessionFlag N=\"x-clientport\" V=\"50000\" /><SessionFlag N=\"x-hostIP\" V=\"192.0.2.7\" />\
    <SessionFlag N=\"x-processinfo\" V=\"a&amp;b:123\" /></SessionFlags></Session>";

fn session(number: usize, path: &str, kept: Kept) -> Vec<u8> {
    let request = format!("POST https://t.example{path} HTTP/1.1\r\nHost: t.example\r\nContent-Length: 3\r\n\r\nabc");
    let parts = [
        ("c.txt", request.as_bytes()),
        ("m.xml", ABOUT.as_bytes()),
        ("s.txt", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ];
    parts.into_iter().flat_map(|(part, content)| entry(&format!("raw/{number}_{part}"), content, kept)).collect()
}

fn import(mut file: &[u8]) -> (Vec<Exchange>, Vec<Blind>, Vec<Fault>) {
    let (mut all, mut unseen) = (Vec::new(), Vec::new());
    let faults = Saz.read(&mut file, Wanted::ALL, &mut |captured| {
        match captured {
            Captured::Exchange(exchange) => all.push(exchange),
            Captured::Blind(blind) => unseen.push(blind),
        }
        ControlFlow::Continue(())
    });
    (all, unseen, faults.unwrap())
}

#[test]
fn sessions_however_they_are_kept() {
    for kept in [Kept::Stored, Kept::Deflated, Kept::Streamed] {
        let sessions: Vec<u8> = (1..200).flat_map(|number| session(number, &format!("/{number}"), kept)).collect();
        let file =
            [&entry("raw/", b"", Kept::Stored), &sessions, &entry("_index.htm", b"<p>", kept), &b"PK\x01\x02"[..]];
        let file = file.concat();
        assert!(Saz.sniff(&file));
        let (all, _, faults) = import(&file);
        assert_eq!((all.len(), faults), (199, vec![]));
        for (index, exchange) in all.iter().enumerate() {
            assert_eq!((exchange.index, &*exchange.request.method), (index, "POST"));
            assert_eq!(exchange.request.url, format!("https://t.example/{}", index + 1));
            assert_eq!(exchange.at.unwrap().to_string(), "2014-07-23T08:08:52.1234567Z");
            assert_eq!(exchange.response.as_ref().unwrap().body.bytes, b"ok");
            let connection = exchange.connection.as_ref().unwrap();
            assert_eq!((connection.app.as_deref(), connection.server), (Some("a&b"), "192.0.2.7".parse().ok()));
            assert_eq!(connection.client.unwrap().port(), 50_000);
            assert_eq!(exchange.faults, []);
        }
    }
    assert!(!Saz.sniff(&entry("word/document.xml", b"", Kept::Stored)));
}

#[test]
fn tunnels_that_were_not_opened_are_told() {
    let about = |flags: &str| ABOUT.replace("</SessionFlags>", &format!("{flags}</SessionFlags>"));
    let connect = |number: usize, flags: &str| {
        let request = b"CONNECT pinned.example:443 HTTP/1.1\r\nHost: pinned.example:443\r\n\r\n";
        let client = entry(&format!("raw/{number}_c.txt"), request, Kept::Stored);
        [client, entry(&format!("raw/{number}_m.xml"), about(flags).as_bytes(), Kept::Stored)].concat()
    };
    let refused = "<SessionFlag N=\"X-HTTPS-Decryption-Error\" V=\"client handshake: unknown CA\" />";
    let file = [connect(1, ""), connect(2, "<SessionFlag N=\"x-no-decrypt\" V=\"1\" />"), connect(3, refused)].concat();
    let (all, unseen, faults) = import(&file);
    assert_eq!((all.len(), faults), (0, vec![]));
    let kinds: Vec<_> = unseen.iter().map(|blind| (blind.kind, blind.receiver(), blind.connection.port)).collect();
    let host = || "pinned.example".to_owned();
    assert_eq!(kinds, [(BlindKind::PassedThrough, host(), Some(443)), (BlindKind::TlsRefused, host(), Some(443))]);
}

#[test]
fn websocket_frames() {
    let masked =
        [&[0x81, 0x85, 1, 2, 3, 4][..], &b"hello".iter().zip([1, 2, 3, 4, 1]).map(|(a, b)| a ^ b).collect::<Vec<u8>>()]
            .concat();
    let frame = |which: &str, frame: &[u8]| {
        let head = format!("{which}-Length: {}\r\nID: 1\r\nDoneRead: 2014-07-23T10:08:53+02:00\r\n\r\n", frame.len());
        [head.as_bytes(), frame, b"\r\n"].concat()
    };
    let frames = [
        frame("Request", &masked),
        frame("Response", &[0x02, 1, 7]),
        frame("Response", &[0x89, 0]),
        frame("Response", &[0x80, 2, 8, 9]),
    ];
    let file = [session(1, "/chat", Kept::Deflated), entry("raw/1_w.txt", &frames.concat(), Kept::Deflated)].concat();
    let (all, _, faults) = import(&file);
    assert_eq!((all.len(), faults), (1, vec![]));
    let messages: Vec<_> = all[0].messages.iter().map(|m| (m.sent, m.text, &m.bytes[..])).collect();
    assert_eq!(messages, [(true, true, &b"hello"[..]), (false, false, &[7, 8, 9])]);
    assert_eq!(all[0].messages[0].at.unwrap().to_string(), "2014-07-23T08:08:53Z");
}

#[test]
fn encrypted_damaged_and_cut_archives_say_so() {
    let encrypted = entry("raw/1_c.txt", b"sealed", Kept::Encrypted);
    let (all, _, faults) = import(&[&encrypted[..], &encrypted, &session(2, "/2", Kept::Stored)].concat());
    assert_eq!((all.len(), faults.len()), (1, 1));
    assert!(faults[0].message.contains("encrypted"));
    let good = session(1, "/1", Kept::Deflated);
    let (all, _, faults) = import(&[&good[..], &[b'x'; 100], &session(2, "/2", Kept::Deflated)].concat());
    assert_eq!((all.len(), faults.len()), (2, 1));
    for end in 1..good.len() {
        let (all, _, faults) = import(&good[..end]);
        let told = faults.len() + all.iter().map(|exchange| exchange.faults.len()).sum::<usize>();
        let whole = all.iter().filter(|exchange| exchange.request.body.fidelity == Fidelity::Exact).count();
        assert!(told > 0 || whole == 1 || end < 4, "{end}");
    }
}

#[test]
fn bombs_end() {
    let bomb = entry("raw/1_c.txt", &vec![0; 300 << 20], Kept::Deflated);
    let (all, _, faults) = import(&bomb);
    assert_eq!(faults[0].kind, FaultKind::Limit);
    assert!(all[0].request.method.len() as u64 <= MOST_ENTRY);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutations_end(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 1..8)) {
        let mut file = [session(1, "/1", Kept::Streamed), session(2, "/2", Kept::Stored)].concat();
        let at = at.index(file.len());
        let end = file.len().min(at + bytes.len());
        file.splice(at..end, bytes);
        import(&file);
    }
}
