//! WebSockets: bytes pass untouched, messages are recorded as they were meant, fragments and compression and all.

use std::io::{Read, Write};

use tattletale_core::model::BlindKind;

use crate::stage::{Live, exactly, head, server};

fn frame(first: u8, payload: &[u8], mask: bool) -> Vec<u8> {
    let mut frame = vec![first, payload.len() as u8 | if mask { 0x80 } else { 0 }];
    let key = if mask { [9, 8, 7, 6] } else { [0; 4] };
    frame.extend(key.iter().filter(|_| mask));
    frame.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]));
    frame
}

const UPGRADE: &str = "GET /socket HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

#[test]
fn fragmented_and_compressed() {
    // "Hello" of RFC 7692, 7.2.3.1, and the same again out of the history.
    let (first, second) = (b"\xf2\x48\xcd\xc9\xc9\x07\x00", b"\xf2\x00\x11\x00\x00");
    let said = [
        frame(0x41, &first[..3], true),
        frame(0x89, b"", true),
        frame(0x80, &first[3..], true),
        frame(0x82, b"raw", true),
    ];
    let said = said.concat();
    let back = [frame(0xc1, first, false), frame(0xc1, second, false), frame(0x88, b"\x03\xe8", false)].concat();
    let (expected, answer) = (said.clone(), back.clone());
    let to = server(move |mut stream| {
        let _ = head(&mut stream).unwrap();
        let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                      Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        // The first message may come with the answer itself.
        stream.write_all(&[switch.as_bytes(), &answer[..3]].concat()).unwrap();
        assert_eq!(exactly(&mut stream, expected.len()), expected);
        stream.write_all(&answer[3..]).unwrap();
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    client.write_all(UPGRADE.as_bytes()).unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 101 "));
    said.chunks(2).for_each(|piece| client.write_all(piece).unwrap());
    let mut got = Vec::new();
    client.read_to_end(&mut got).unwrap();
    assert_eq!(got, back);
    drop(client);
    let taken = live.end();
    assert_eq!(taken.urls(), ["http://chat.example/socket"]);
    let messages = &taken.exchanges[0].messages;
    let of = |sent: bool| -> Vec<(bool, &[u8])> {
        messages.iter().filter(|message| message.sent == sent).map(|message| (message.text, &*message.bytes)).collect()
    };
    assert_eq!(of(true), [(true, &b"Hello"[..]), (false, b"raw")]);
    assert_eq!(of(false), [(true, &b"Hello"[..]), (true, b"Hello")]);
}

#[test]
fn a_switch_that_nobody_asked_for() {
    let to = server(|mut stream| {
        let _ = head(&mut stream).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\nbytes");
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty());
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    write!(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 502 "));
    let taken = live.end();
    assert_eq!(taken.kinds(), [BlindKind::UpstreamFailed]);
}

#[test]
fn another_protocol_is_counted() {
    let to = server(|mut stream| {
        let _ = head(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: print\r\nConnection: upgrade\r\n\r\n").unwrap();
        assert_eq!(exactly(&mut stream, 5), b"PAGE1");
    });
    let live = Live::start();
    let mut client = live.tunnel(&to.to_string());
    write!(client, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: print\r\n\r\n").unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 101 "));
    client.write_all(b"PAGE1").unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    drop(client);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let taken = live.end();
    assert_eq!((taken.exchanges.len(), taken.kinds()), (1, vec![BlindKind::OpaqueTcp]));
    assert_eq!(taken.blind[0].detail.as_deref(), Some("upgraded to print"));
}
