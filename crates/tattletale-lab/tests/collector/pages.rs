//! The control pages, the registry and lab DNS, over their sockets.

use crate::client::{Answer, Client};
use crate::forms::{android, event};
use crate::sdk::BROWSER;
use crate::{lab, singapore, with_token};
use serde_json::{Value, json};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tattletale_lab::lab::Lab;

fn get(lab: &Lab, at: SocketAddr, path: &str) -> Answer {
    Client::plain(at).unwrap().send("GET", &with_token(lab, path), &[], b"").unwrap()
}

#[test]
fn a_person_can_read_what_is_known() {
    let lab = lab();
    let control = lab.endpoints().control;
    assert!(get(&lab, control, "/").text().contains("Nothing yet"));
    let uuid = "0f1e2d3c-4b5a-4678-9abc-def012345678";
    let signup = json!({
        "_track_id": 2, "time": 1_588_200_060_000i64, "type": "track_signup", "event": "$SignUp", "distinct_id": "10017",
        "original_id": uuid, "properties": {},
    });
    let search = json!({
        "_track_id": 3, "time": 1_588_200_090_000i64, "type": "track", "event": "search", "distinct_id": "10017",
        "properties": { "search_word": "ból w klatce", "incognito": true, "used_searchengine": "google" },
    });
    let body = android(&[event(uuid, 1), signup, search]);
    assert_eq!(singapore(&lab).send("POST", &with_token(&lab, "/sa"), &[], body.as_bytes()).unwrap().status, 200);
    let people = lab.people().unwrap();
    assert_eq!((people.len(), people[0].account(), people[0].events), (1, Some("10017"), 3));
    assert!(get(&lab, control, "/people").text().contains("Person 1, account 10017"));
    let page = get(&lab, control, "/people/1");
    for expected in [
        "made-up people",
        "ból w klatce",
        "private browsing",
        "https://clinic.localhost/ż?n=1",
        uuid,
        "Health",
        "<svg",
        "Wednesday 29 April 2020",
    ] {
        assert!(page.text().contains(expected), "{expected}");
    }
    for header in ["content-security-policy: default-src 'none'; style-src 'sha256-", "referrer-policy: no-referrer"] {
        assert!(page.head.contains(header), "{}", page.head);
    }
    for forbidden in ["<script", " style=", "javascript:", " onclick"] {
        assert!(!page.text().contains(forbidden), "{forbidden}");
    }
    for missing in ["/people/0", "/people/2", "/people/x", "/other"] {
        assert_eq!(get(&lab, control, missing).status, 404, "{missing}");
    }
}

#[test]
fn the_registry_tells_who_runs_the_servers() {
    let lab = lab();
    let rdap = lab.endpoints().rdap;
    let domain = get(&lab, rdap, "/rdap/domain/singapore-collector.localhost");
    assert!(domain.head.contains("content-type: application/rdap+json"));
    let domain: Value = serde_json::from_slice(&domain.body).unwrap();
    assert_eq!(domain["objectClassName"], "domain");
    assert!(domain.to_string().contains("Beijing"));
    let network: Value = serde_json::from_slice(&get(&lab, rdap, "/rdap/ip/127.0.0.2").body).unwrap();
    assert_eq!((&network["objectClassName"], &network["country"]), (&json!("ip network"), &json!("SG")));
    assert!(network.to_string().contains("Alibaba"));
    assert_eq!(get(&lab, rdap, "/rdap/domain/example.org").status, 404);
}

#[test]
fn lab_dns_answers_over_udp() {
    let lab = lab();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x10russia-collector\x09localhost\0\0\x01\0\x01";
    socket.send_to(query, lab.endpoints().dns).unwrap();
    let mut reply = [0; 512];
    let length = socket.recv(&mut reply).unwrap();
    assert_eq!((&reply[..2], &reply[length - 4..length]), (&query[..2], &[127, 0, 0, 3][..]));
}

/// The policy must refuse nothing that the page needs: a browser says so on its error stream.
#[test]
fn a_browser_shows_the_page_as_it_is_meant() {
    if !Path::new(BROWSER).exists() {
        println!("skipped: no {BROWSER}");
        return;
    }
    let lab = lab();
    let body = android(&[event("0f1e2d3c-4b5a-4678-9abc-def012345678", 1)]);
    assert_eq!(singapore(&lab).send("POST", &with_token(&lab, "/sa"), &[], body.as_bytes()).unwrap().status, 200);
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(BROWSER)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--no-proxy-server"])
        .args(["--window-size=390,800", "--enable-logging=stderr", "--v=0", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://{}{}", lab.endpoints().control, with_token(&lab, "/people/1")))
        .output()
        .unwrap();
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("Person 1, no account known"), "{shown}");
    assert!(!said.contains("Content Security Policy") && !said.contains("Refused to"), "{said}");
}
