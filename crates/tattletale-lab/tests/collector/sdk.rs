//! The real SDKs send to the lab's collector, which understands them.
//!
//! Both are fetched by their own package clients into the target folder and used as they are. Where they cannot be had
//! (no network, no client, no browser) the test says so and passes.

use crate::{lab, with_token};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tattletale_lab::lab::Lab;
use tattletale_lab::store::{DATABASE, Event, read_events};

pub(crate) const BROWSER: &str = "/usr/bin/chromium";

fn stored(lab: &Lab) -> Vec<Event> {
    read_events(&lab.folder().join(DATABASE), 1000).unwrap()
}

/// Where packages are kept between runs.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn fetched(marker: &Path, program: &str, arguments: &[&str]) -> bool {
    let quiet = || Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    marker.exists() || (quiet().is_ok_and(|status| status.success()) && marker.exists())
}

#[test]
fn python() {
    let packages = folder("pip");
    let target = packages.to_string_lossy().into_owned();
    let arguments = ["-m", "pip", "install", "--quiet", "--target", &target, "SensorsAnalyticsSDK==1.11.0"];
    if !fetched(&packages.join("sensorsanalytics"), "python3", &arguments) {
        println!("skipped: PyPI SensorsAnalyticsSDK could not be had");
        return;
    }
    let lab = lab();
    let url = format!("http://{}{}", lab.endpoints().plain, with_token(&lab, "/sa?project=p"));
    let script = r#"
import sys, sensorsanalytics
for consumer in (sensorsanalytics.DefaultConsumer(sys.argv[1]), sensorsanalytics.BatchConsumer(sys.argv[1], 10)):
    sa = sensorsanalytics.SensorsAnalytics(consumer, enable_time_free=True)
    for number in range(3):
        sa.track('user-1', 'search', {'search_word': 'ból w klatce', 'n': number}, is_login_id=False)
    sa.track_signup('account-9', 'user-1')
    sa.profile_set('account-9', {'city': 'Kraków'}, is_login_id=True)
    sa.close()
"#;
    let output = Command::new("python3")
        .args(["-c", script, &url])
        .env("PYTHONPATH", &packages)
        .env("NO_PROXY", "*")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let events = stored(&lab);
    let forms: BTreeSet<&str> = events.iter().map(|event| event.form).collect();
    println!("python: {} events, forms {forms:?}", events.len());
    assert_eq!(forms, BTreeSet::from(["gzip list", "gzip one"]));
    assert_eq!(events.len(), 10);
    assert!(events.iter().any(|event| event.properties.get("search_word").is_some_and(|word| word == "ból w klatce")));
    assert!(events.iter().any(|event| event.original_id.as_deref() == Some("user-1")));
    assert_eq!(lab.people().unwrap().len(), 1, "before and after sign-in is one person");
}

#[test]
fn javascript_in_a_browser() {
    let packages = folder("npm");
    let script = packages.join("node_modules/sa-sdk-javascript/sensorsdata.min.js");
    let target = packages.to_string_lossy().into_owned();
    let _ = std::fs::create_dir_all(&packages);
    let arguments = ["install", "--silent", "--ignore-scripts", "--prefix", &target, "sa-sdk-javascript@1.15.5"];
    if !fetched(&script, "npm", &arguments) || !Path::new(BROWSER).exists() {
        println!("skipped: npm sa-sdk-javascript@1.15.5 or {BROWSER} could not be had");
        return;
    }
    let sdk = std::fs::read_to_string(&script).unwrap();
    for (send_type, form) in [("image", "image"), ("ajax", "plain one"), ("beacon", "beacon")] {
        let lab = lab();
        let host = format!("singapore-collector.localhost:{}", lab.endpoints().singapore.port());
        let url = format!("https://{host}{}", with_token(&lab, "/sa?project=p"));
        let page = format!(
            "<!doctype html><meta charset=utf-8><title>clinic</title><script>{sdk}</script><script>
             var sa = window['sensorsDataAnalytic201505'] || window.sensors;
             sa.init({{server_url: '{url}', send_type: '{send_type}', heatmap: {{}}, is_track_single_page: false}});
             sa.quick('autoTrack');
             sa.track('search', {{search_word: 'ból w klatce'}});
             sa.login('account-9');
             </script>"
        );
        browse(&lab, page);
        let events = stored(&lab);
        let names: BTreeSet<&str> = events.iter().filter_map(|event| event.event.as_deref()).collect();
        println!("{send_type}: {} events {names:?}", events.len());
        assert!(events.iter().all(|event| event.form == form), "{send_type}: {events:?}");
        assert!(names.is_superset(&BTreeSet::from(["$pageview", "search"])), "{send_type}: {names:?}");
        let search = events.iter().find(|event| event.event.as_deref() == Some("search")).unwrap();
        assert_eq!((&search.properties["search_word"], &search.lib["$lib"]), (&"ból w klatce".into(), &"js".into()));
        assert_eq!(lab.people().unwrap().len(), 1);
    }
}

/// Serves the page on loopback and shows it to the browser until three events came, or for a while.
fn browse(lab: &Lab, page: String) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = server.accept() {
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
        }
    });
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new(BROWSER)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--ignore-certificate-errors", "--no-proxy-server", "--remote-debugging-port=0"])
        .arg("--host-resolver-rules=MAP singapore-collector.localhost 127.0.0.2, MAP clinic.localhost 127.0.0.1, MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("http://clinic.localhost:{port}/"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(40);
    while lab.stored().unwrap().events < 3 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = browser.kill();
    let _ = browser.wait();
}
