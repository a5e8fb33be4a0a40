//! Browsers through the proxy: a page with two hundred objects over TLS, loaded without an error, by Chromium and by
//! Firefox where it is there (CI does not install it for this).

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::running::{Capture, PATIENCE, server, skipped};

const OBJECTS: usize = 200;

/// Two hundred pictures, and a word to the server on how that went.
fn page() -> Vec<u8> {
    let script = format!(
        "let loaded=0,failed=0;const done=()=>{{if(loaded+failed=={OBJECTS})\
         fetch('/done?loaded='+loaded+'&failed='+failed)}};\
         for(let at=0;at<{OBJECTS};at++){{const picture=new Image();picture.onload=()=>{{loaded++;done()}};\
         picture.onerror=()=>{{failed++;done()}};picture.src='/picture/'+at+'.svg';document.body.append(picture)}}"
    );
    format!("<!doctype html><title>two hundred</title><body><script>{script}</script>").into_bytes()
}

const CHROMIUM: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

fn is_there(names: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}

fn chromium(incognito: bool) {
    match is_there(CHROMIUM) {
        true => visit("chromium", "--headless=new", incognito),
        false => skipped("chromium through the proxy: it is missing"),
    }
}

fn firefox(incognito: bool) {
    match is_there(&["firefox", "firefox-esr"]) && is_there(&["certutil"]) {
        true => visit("firefox", "--headless", incognito),
        false => skipped("firefox through the proxy: it or certutil is missing (firefox-esr, libnss3-tools)"),
    }
}

fn visit(browser: &str, headless: &str, incognito: bool) {
    let folder = tempfile::tempdir().unwrap();
    let (config, root) = site(folder.path());
    let (sender, done) = channel();
    let sender = Mutex::new(sender);
    let to = server(
        move |stream| StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream),
        move |path, _| match path {
            "/" => ("text/html", page()),
            _ if path.starts_with("/picture/") => {
                ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>".to_vec())
            }
            _ => {
                if let Some(said) = path.strip_prefix("/done?") {
                    let _ = sender.lock().unwrap().send(said.to_owned());
                }
                ("text/plain", Vec::new())
            }
        },
    );
    let url = format!("https://localhost:{}/", to.port());
    let mut arguments = vec!["--allow", "localhost", "--upstream-ca", &root, "--browser", browser];
    arguments.extend(["--browser-arg", headless, "--browser-arg", &url]);
    arguments.extend(incognito.then_some("--incognito"));
    let capture = Capture::start(folder.path(), &arguments);
    assert_eq!(done.recv_timeout(PATIENCE).unwrap(), format!("loaded={OBJECTS}&failed=0"));
    let recording = capture.recording.clone();
    let (code, _) = capture.interrupt();
    assert_eq!(code, 0);
    let bytes = std::fs::read(recording).unwrap();
    let (mut pictures, mut offered) = (0, 0);
    tattletale_core::import::read(std::io::Cursor::new(bytes), tattletale_core::import::Wanted::ALL, |captured| {
        if let Some(exchange) = captured.exchange()
            && exchange.request.url.starts_with(&format!("{url}picture/"))
            && exchange.response.is_some_and(|response| response.status == 200)
        {
            pictures += 1;
            offered += usize::from(exchange.connection.is_some_and(|connection| connection.ech));
        }
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(pictures, OBJECTS);
    // Both browsers offer an encrypted ClientHello to everybody, mostly with random bytes.
    assert_eq!(offered, OBJECTS);
}

/// A browser that is told to speak QUIC with a server, whose datagrams a firewall would send to us: its ClientHello takes
/// two of them, with frames in no order.
#[test]
fn quic_of_chromium_is_named_and_refused() {
    if !is_there(CHROMIUM) {
        skipped("QUIC of chromium: it is missing");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut capture = Capture::start(folder.path(), &["--mode", "transparent"]);
    let path = std::env::var_os("PATH").unwrap();
    let mut program =
        std::env::split_paths(&path).flat_map(|folder| CHROMIUM.iter().map(move |name| folder.join(name)));
    let mut command = Command::new(program.find(|program| program.is_file()).unwrap());
    command
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--enable-quic"])
        .arg("--origin-to-force-quic-on=clinic.example:443")
        .arg(format!("--host-resolver-rules=MAP clinic.example:443 {}", capture.address))
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("https://clinic.example/")
        .process_group(0);
    let mut browser = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let seen = capture.wait("blind");
    let group = format!("-{}", browser.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    let _ = browser.wait();
    assert_eq!((&seen["kind"], &seen["host"]), (&"quic".into(), &"clinic.example".into()));
    assert!(seen["sent"].as_u64().unwrap() >= 1200, "{seen}");
    assert_eq!(capture.interrupt().0, 0);
}

/// TLS for `localhost`, and the file of its authority.
fn site(folder: &Path) -> (Arc<ServerConfig>, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let root = folder.join("root.pem");
    std::fs::write(&root, issuer.pem()).unwrap();
    (Arc::new(config), root.to_str().unwrap().to_owned())
}

#[test]
fn two_hundred_objects() {
    chromium(false);
}

#[test]
fn two_hundred_objects_incognito() {
    chromium(true);
}

#[test]
fn two_hundred_objects_in_firefox() {
    firefox(false);
}

#[test]
fn two_hundred_objects_in_firefox_private() {
    firefox(true);
}
