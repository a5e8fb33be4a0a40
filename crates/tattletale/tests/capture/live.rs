//! Recording, ending, being killed, running out of disk, and leaks as they happen.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tattletale_core::import::{self, Wanted};

use crate::running::{Capture, get, head, server, skipped};

/// URLs with answers that a recording holds, and whether all of it could be read.
fn recorded(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let bytes = std::fs::read(path).unwrap();
    import::read(Cursor::new(bytes), Wanted::ALL, |captured| {
        if let Some(exchange) = captured.exchange()
            && let Some(response) = exchange.response
        {
            all.push((exchange.request.url, response.body.bytes));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    all
}

fn echo(path: &str, _: &[u8]) -> (&'static str, Vec<u8>) {
    ("text/plain", format!("answer to {path}").into_bytes())
}

#[test]
fn recorded_until_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let to = server(|stream| stream, echo);
    let capture = Capture::start(folder.path(), &["--allow-local"]);
    let mut client = capture.connect();
    for at in 0..3 {
        assert_eq!(get(&mut client, &format!("http://{to}/{at}")).unwrap(), format!("answer to /{at}").as_bytes());
    }
    let recording = capture.recording.clone();
    let (code, ended) = capture.interrupt();
    assert_eq!((code, ended["exchanges"].as_u64(), ended["complete"].as_bool()), (0, Some(3), Some(true)));
    assert_eq!(recorded(&recording).len(), 3);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for file in [recording.clone(), folder.path().join("project/authority/authority.key")] {
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let again = Command::new(env!("CARGO_BIN_EXE_tattletale"))
        .args(["capture", "--listen", "127.0.0.1:0", "--project"])
        .arg(folder.path().join("project"))
        .arg("--out")
        .arg(&recording)
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(2), "a recording that is there stays as it is");
    let audit = Command::new(env!("CARGO_BIN_EXE_tattletale")).arg("audit").arg(&recording).output().unwrap();
    assert_eq!(audit.status.code(), Some(0), "{}", String::from_utf8_lossy(&audit.stdout));
    let forgotten = Command::new(env!("CARGO_BIN_EXE_tattletale"))
        .args(["capture", "--forget", "--project"])
        .arg(folder.path().join("project"))
        .output()
        .unwrap();
    assert!(forgotten.status.success() && String::from_utf8_lossy(&forgotten.stdout).contains("is deleted"));
    assert!(!folder.path().join("project/authority/authority.key").exists());
}

/// What the client saw completed more than a second ago is there, whatever happens.
#[test]
fn killed_while_it_records() {
    let folder = tempfile::tempdir().unwrap();
    let to = server(|stream| stream, echo);
    let capture = Capture::start(folder.path(), &["--allow-local"]);
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let mut client = capture.connect();
            std::thread::spawn(move || {
                let mut completed = Vec::new();
                for at in 0.. {
                    let url = format!("http://{to}/{number}/{at}");
                    match get(&mut client, &url) {
                        Some(_) => completed.push((url, Instant::now())),
                        None => return completed,
                    }
                }
                completed
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(2500));
    let recording = capture.recording.clone();
    let killed = Instant::now();
    capture.kill();
    let found: std::collections::HashSet<String> = recorded(&recording).into_iter().map(|(url, _)| url).collect();
    let mut old = 0;
    for (url, at) in clients.into_iter().flat_map(|client| client.join().unwrap()) {
        if killed.duration_since(at) > Duration::from_secs(1) {
            old += 1;
            assert!(found.contains(&url), "{url} is lost");
        }
    }
    assert!(old > 10, "only {old} were that old");
}

#[test]
fn leaks_as_they_happen() {
    let folder = tempfile::tempdir().unwrap();
    let truth = folder.path().join("truth.toml");
    let text = "first_party = [\"clinic.example\"]\n[[value]]\nname = \"email\"\nkind = \"email\"\n\
                value = \"marta.eaea5ae2@example.org\"\n";
    std::fs::write(&truth, text).unwrap();
    let to = server(|stream| stream, echo);
    let mut capture = Capture::start(folder.path(), &["--allow-local", "--truth", truth.to_str().unwrap()]);
    let mut client = capture.connect();
    // base64 of the address.
    get(&mut client, &format!("http://{to}/pixel?d=bWFydGEuZWFlYTVhZTJAZXhhbXBsZS5vcmc=")).unwrap();
    let leak = capture.wait("leak");
    assert_eq!((leak["name"].as_str(), leak["host"].as_str()), (Some("email"), Some("127.0.0.1")));
    assert!(!leak.to_string().contains("marta"), "JSON is a written report");
    // A name that leads nowhere has told its resolver: hexadecimal of the address, cut into labels.
    let hex: String = "marta.eaea5ae2@example.org".bytes().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("{}.{}.t.invalid", &hex[..30], &hex[30..]);
    let mut client = capture.connect();
    write!(client, "CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n").unwrap();
    assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 502 "));
    let leak = capture.wait("leak");
    assert_eq!((leak["name"].as_str(), leak["host"].as_str()), (Some("email"), Some(&*name)));
    assert_eq!(capture.interrupt().0, 1);
}

/// A disk that is full is said, ends the recording with a whole file, and nothing passes any more.
#[test]
fn a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(&small).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        skipped("a full disk: a small one cannot be mounted here (needs root)");
        return;
    }
    let noise = |path: &str, _: &[u8]| {
        let mut state = path.len() as u64 + 1;
        let body = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        ("application/octet-stream", body.take(40_000).collect())
    };
    let to = server(|stream| stream, noise);
    let capture = Capture::start(&small, &["--allow-local"]);
    let mut completed = 0;
    for at in 0..200 {
        let mut client = capture.connect();
        match get(&mut client, &format!("http://{to}/{at}")) {
            Some(_) => completed += 1,
            None => break,
        }
    }
    assert!((10..60).contains(&completed), "{completed}");
    let recording = capture.recording.clone();
    let (code, ended) = capture.finish();
    let found = recorded(&recording).len();
    let _ = Command::new("umount").arg(&small).status();
    assert_eq!((code, ended["complete"].as_bool()), (2, Some(false)));
    assert!(ended["failure"].as_str().unwrap().contains("No space left"));
    assert!(found + 5 >= completed && found > 5, "{found} of {completed}");
}

#[test]
fn text_for_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let to = server(|stream| stream, echo);
    let mut child = Command::new(env!("CARGO_BIN_EXE_tattletale"))
        .args(["capture", "--listen", "127.0.0.1:0", "--allow-local", "--project"])
        .arg(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    let address: std::net::SocketAddr =
        first.strip_prefix("listening on ").unwrap().split(';').next().unwrap().parse().unwrap();
    let mut client = std::net::TcpStream::connect(address).unwrap();
    get(&mut client, &format!("http://{to}/x")).unwrap();
    client.flush().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    for wanted in [
        "rooted phone",
        "Ctrl-C ends",
        "127.0.0.1: first told something in the clear",
        "1 exchange",
        "next: tattletale audit",
    ] {
        assert!(rest.contains(wanted), "{wanted}: {rest}");
    }
}
