//! One test for each safety rule of the server side.

use crate::client::Client;
use crate::{forms, lab, singapore, with_token};
use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use tattletale_lab::lab::{Lab, Options, Ports};
use tattletale_lab::tls::Authority;
use tattletale_lab::wire::{RUSSIA, SINGAPORE};

#[test]
fn everything_listens_on_loopback_and_nowhere_else() {
    let lab = lab();
    let at = lab.endpoints();
    let ours = [at.singapore, at.russia, at.plain, at.control, at.rdap, at.dns];
    assert!(ours.iter().all(|address| address.ip().is_loopback()), "{ours:?}");
    assert_eq!(at.singapore.ip().to_string(), "127.0.0.2");
    assert_eq!(at.russia.ip().to_string(), "127.0.0.3");
    assert_eq!(at.resolve("https", RUSSIA), Some(at.russia));
    assert_eq!(at.resolve("http", SINGAPORE), Some(at.plain));
    assert_eq!(at.resolve("https", "sa.api.intl.miui.com"), None);
    assert!(listening().len() >= ours.len());
    for (address, table) in listening() {
        assert!(address.ends_with("7F"), "{address} in {table} is not in 127.0.0.0/8");
    }
}

/// Addresses that this process listens on, as the kernel writes them: hexadecimal, the first byte last.
fn listening() -> Vec<(String, &'static str)> {
    let sockets: HashSet<String> = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/udp", "/proc/net/tcp6", "/proc/net/udp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let listens = table.contains("udp") || columns[3] == "0A";
            if listens && sockets.contains(columns[9]) {
                found.push((columns[1].split(':').next().unwrap_or_default().to_owned(), table));
            }
        }
    }
    found
}

#[test]
fn strangers_are_refused() {
    let lab = lab();
    let body = forms::android(&[forms::event("stranger", 1)]);
    let post = |target: &str, headers: &[&str]| {
        Client::plain(lab.endpoints().plain).unwrap().send("POST", target, headers, body.as_bytes()).unwrap().status
    };
    let right = with_token(&lab, "/sa?project=p");
    for wrong in ["/sa", "/sa?lab_token=", "/sa?lab_token=0123456789abcdef0123456789abcdef", &format!("{right}0")] {
        assert_eq!(post(wrong, &[]), 403, "{wrong}");
    }
    for header in [
        "Forwarded: for=192.0.2.1",
        "X-Forwarded-For: 192.0.2.1",
        "x-forwarded-proto: https",
        "Via: 1.1 proxy",
        "X-Real-IP: 127.0.0.1",
    ] {
        assert_eq!(post(&right, &[header]), 403, "{header}");
    }
    assert_eq!(lab.stored().unwrap().events, 0);
    assert_eq!(post(&right, &[]), 200);
    let get = |at, path: &str| Client::plain(at).unwrap().send("GET", path, &[], b"").unwrap().status;
    for (at, path) in [(lab.endpoints().control, "/people"), (lab.endpoints().rdap, "/rdap/ip/127.0.0.2")] {
        assert_eq!(get(at, path), 403, "{path}");
        assert_eq!(get(at, &with_token(&lab, path)), 200, "{path}");
    }
}

#[test]
fn another_labs_token_is_a_strangers() {
    let (one, other) = (lab(), lab());
    let target = with_token(&other, "/sa");
    let body = forms::android(&[forms::event("x", 1)]);
    assert_eq!(singapore(&one).send("POST", &target, &[], body.as_bytes()).unwrap().status, 403);
}

#[test]
fn the_store_is_its_owners_alone_and_erased_with_the_lab() {
    let lab = lab();
    let folder = lab.folder().to_owned();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let body = forms::android(&[forms::event("x", 1)]);
    assert_eq!(singapore(&lab).send("POST", &with_token(&lab, "/sa"), &[], body.as_bytes()).unwrap().status, 200);
    assert!(folder.join("events.db").exists());
    lab.down();
    assert!(!folder.exists());
}

#[test]
fn what_is_to_be_kept_is_kept() {
    let outer = tempfile::tempdir().unwrap();
    let options = Options { keep: true, store: Some(outer.path().join("kept")), ..Options::default() };
    let lab = Lab::up(options.clone()).unwrap();
    let body = forms::android(&[forms::event("x", 1)]);
    assert_eq!(singapore(&lab).send("POST", &with_token(&lab, "/sa"), &[], body.as_bytes()).unwrap().status, 200);
    lab.down();
    assert_eq!(Lab::up(options).unwrap().stored().unwrap().events, 1);
}

#[test]
fn certificates_are_for_this_lab_alone() {
    let lab = lab();
    let wrong = Authority::new().unwrap().client_config().unwrap();
    let right = || lab.authority().client_config().unwrap();
    let speaks =
        |client: std::io::Result<Client>| client.and_then(|mut client| client.send("GET", "/", &[], b"")).is_ok();
    assert!(speaks(Client::tls(lab.endpoints().singapore, SINGAPORE, right())));
    assert!(!speaks(Client::tls(lab.endpoints().singapore, RUSSIA, right())), "another name");
    assert!(!speaks(Client::tls(lab.endpoints().singapore, SINGAPORE, wrong)), "another authority");
}

#[test]
fn a_lab_goes_down_at_once_and_altogether() {
    let lab = lab();
    let at = lab.endpoints().clone();
    let mut idle = singapore(&lab);
    assert_eq!(idle.send("GET", &with_token(&lab, "/sa"), &[], b"").unwrap().status, 400);
    let _half_open = std::net::TcpStream::connect(at.singapore).unwrap();
    let start = std::time::Instant::now();
    lab.down();
    assert!(start.elapsed().as_secs() < 4, "{:?}", start.elapsed());
    assert!(idle.send("GET", "/sa", &[], b"").is_err());
    for address in [at.singapore, at.russia, at.plain, at.control, at.rdap] {
        assert!(std::net::TcpStream::connect(address).is_err(), "{address}");
    }
}

#[test]
fn a_lab_that_cannot_start_leaves_nothing() {
    let first = lab();
    let outer = tempfile::tempdir().unwrap();
    let store = outer.path().join("store");
    let ports = Ports { rdap: first.endpoints().rdap.port(), ..Ports::default() };
    assert!(Lab::up(Options { store: Some(store.clone()), ports, ..Options::default() }).is_err());
    assert!(!store.exists());
}
