//! QUIC that the firewall sends here: named, refused, recorded; what is something else is counted.

use std::net::UdpSocket;

use tattletale_core::model::BlindKind;
use tattletale_proxy::Mode;

use crate::safety::own_address;
use crate::stage::{Live, PATIENCE, skipped};

/// The client's first packet of RFC 9001, A.2.
const INITIAL: &[u8] = include_bytes!("client-initial.bin");

#[test]
fn named_and_refused() {
    let live = Live::with(|options| options.mode = Mode::Transparent);
    let client = || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.connect(live.address()).unwrap();
        socket
    };
    let (quic, other) = (client(), client());
    other.send(&[0x17; 100]).unwrap();
    quic.send(INITIAL).unwrap();
    let mut answer = [0; 1500];
    let length = quic.recv(&mut answer).unwrap();
    // No version but one that nobody speaks, with the client's ids the other way round.
    let id = &INITIAL[5..14];
    assert_eq!(answer[5..length], [&[0][..], id, &[0x1a; 4]].concat());
    assert_eq!(answer[1..5], [0; 4]);
    let taken = live.end();
    assert!(taken.exchanges.is_empty() && taken.faults.is_empty());
    let of = |kind| taken.blind.iter().find(|blind| blind.kind == kind).unwrap();
    let quic = of(BlindKind::Quic);
    assert_eq!((quic.host.as_deref(), quic.sent, quic.received), (Some("example.com"), 1200, length as u64));
    assert_eq!((quic.connection.sni.as_deref(), quic.connection.port), (Some("example.com"), Some(443)));
    assert!(quic.connection.ja4.as_deref().unwrap().starts_with("q13d"), "{quic:?}");
    assert_eq!(quic.detail.as_deref(), Some("1 datagram, version 0x1, refused"));
    assert_eq!((of(BlindKind::OpaqueUdp).sent, of(BlindKind::OpaqueUdp).received), (100, 0));
}

#[test]
fn a_device_that_is_not_paired_gets_nothing_and_is_not_recorded() {
    let live = Live::with(|options| {
        options.mode = Mode::Transparent;
        options.listen = ([0, 0, 0, 0], 0).into();
    });
    // As a device, not as this machine.
    let Some(own) = own_address() else {
        skipped("this machine has no address beyond loopback");
        return;
    };
    let stranger = UdpSocket::bind((own, 0)).unwrap();
    stranger.set_read_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
    stranger.connect((own, live.address().port())).unwrap();
    stranger.send(INITIAL).unwrap();
    assert!(stranger.recv(&mut [0; 1500]).is_err());
    let taken = live.end();
    assert!(taken.exchanges.is_empty() && taken.blind.is_empty());
}
