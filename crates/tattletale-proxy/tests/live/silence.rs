//! Tunnels in which nothing passes any more are closed, and that is said; those in which a little passes are not.

use std::io::{Read, Write};
use std::time::Duration;

use tattletale_core::model::BlindKind;

use crate::stage::{Live, PATIENCE, exactly, head, server};

const SILENCE: Duration = Duration::from_secs(3);

#[test]
fn silent_tunnels_end() {
    let to = server(|mut stream| {
        // Longer than any tunnel may be silent.
        stream.set_read_timeout(Some(4 * PATIENCE)).unwrap();
        let mut byte = [0];
        while matches!(stream.read(&mut byte), Ok(1)) {
            stream.write_all(&byte).unwrap();
        }
    });
    let live = Live::with(|options| options.silence = SILENCE);
    let mut client = live.tunnel(&to.to_string());
    client.write_all(b"\x01").unwrap();
    for byte in 0..15 {
        assert_eq!(exactly(&mut client, 1).len(), 1);
        std::thread::sleep(SILENCE / 10);
        client.write_all(&[byte]).unwrap();
    }
    // Then nobody says anything.
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, [14]);
    let taken = live.end();
    assert_eq!(taken.kinds(), [BlindKind::OpaqueTcp]);
    assert_eq!(
        (taken.blind[0].sent > 16, taken.blind[0].detail.as_deref()),
        (true, Some("closed after a long silence"))
    );
}

#[test]
fn silent_sockets_end() {
    let to = server(|mut stream| {
        let _ = head(&mut stream).unwrap();
        let switch = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        stream.write_all(switch.as_bytes()).unwrap();
        stream.set_read_timeout(Some(4 * PATIENCE)).unwrap();
        let _ = stream.read(&mut [0]);
    });
    let live = Live::with(|options| options.silence = SILENCE);
    let mut client = live.tunnel(&to.to_string());
    let upgrade = "GET /socket HTTP/1.1\r\nHost: chat.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    client.write_all(upgrade.as_bytes()).unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 101 "));
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
    assert_eq!(live.end().urls(), ["http://chat.example/socket"]);
}
