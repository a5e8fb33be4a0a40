//! `kill -9` under load: whatever was acknowledged is there.
//!
//! The lab runs in a child process: this test binary, started again for the one ignored test below.

use crate::client::Client;
use crate::forms::{android, event};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tattletale_lab::lab::{Lab, Options};
use tattletale_lab::store::{DATABASE, read_events};

const FOLDER: &str = "TATTLETALE_TEST_STORE";

#[test]
#[ignore = "the child of the test below"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let lab = Lab::up(Options { keep: true, store: Some(folder.into()), ..Options::default() }).unwrap();
    println!("\nready {} {}", lab.endpoints().plain, lab.endpoints().token.as_str());
    std::thread::sleep(Duration::from_secs(60));
}

fn start(folder: &Path) -> (Child, SocketAddr, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines.map_while(Result::ok).find(|line| line.starts_with("ready ")).expect("the child started");
    let mut words = ready.split(' ').skip(1);
    let address = words.next().unwrap().parse().unwrap();
    (child, address, words.next().unwrap().to_owned())
}

#[test]
fn nothing_acknowledged_is_lost() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("store");
    let acknowledged = Mutex::new(HashSet::new());
    for round in 0..3i64 {
        let (mut child, address, token) = start(&folder);
        let before = acknowledged.lock().unwrap().len();
        std::thread::scope(|scope| {
            for sender in 0..8i64 {
                let (acknowledged, token) = (&acknowledged, &token);
                scope.spawn(move || {
                    let Ok(mut client) = Client::plain(address) else { return };
                    for batch in 0.. {
                        let first = ((round * 8 + sender) << 32) + batch * 20;
                        let events: Vec<_> = (first..first + 20).map(|number| event("x", number)).collect();
                        let target = format!("/sa?lab_token={token}");
                        match client.send("POST", &target, &[], android(&events).as_bytes()) {
                            Ok(answer) if answer.status == 200 => {
                                acknowledged.lock().unwrap().extend(first..first + 20)
                            }
                            _ => return,
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(700));
            child.kill().unwrap(); // SIGKILL
            child.wait().unwrap();
        });
        let new = acknowledged.lock().unwrap().len() - before;
        assert!(new > 500, "too little load to say anything: {new}");
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let stored: HashSet<i64> =
        read_events(&folder.join(DATABASE), u32::MAX).unwrap().iter().filter_map(|event| event.track_id).collect();
    let lost = acknowledged.difference(&stored).count();
    println!("acknowledged {}, stored {}, lost {lost}, in 3 kills", acknowledged.len(), stored.len());
    assert_eq!(lost, 0);
}
