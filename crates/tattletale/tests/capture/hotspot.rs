//! The recipe of docs/capture.md for all of a phone's traffic, in network namespaces: a phone that knows nothing of a
//! proxy, this machine between it and the net, and a server out there. Needs root, `ip`, `iptables`, curl and Python.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tattletale_core::import::{self, Wanted};
use tattletale_core::model::{BlindKind, Captured};

use crate::running::{Capture, PATIENCE, skipped};

/// Three namespaces and the cables between them, taken down in the end.
struct Net {
    tag: u32,
    running: Vec<Child>,
}

impl Net {
    fn up() -> Result<Self, String> {
        let tag = std::process::id() % 100_000;
        let net = Self { tag, running: Vec::new() };
        let (phone, here, out) = (net.name("phone"), net.name("here"), net.name("out"));
        let lines = [
            format!("ip netns add {phone}"),
            format!("ip netns add {here}"),
            format!("ip netns add {out}"),
            format!("ip link add p{tag} netns {phone} type veth peer name w{tag} netns {here}"),
            format!("ip link add u{tag} netns {here} type veth peer name s{tag} netns {out}"),
            format!("ip -n {phone} addr add 10.99.0.2/24 dev p{tag}"),
            format!("ip -n {here} addr add 10.99.0.1/24 dev w{tag}"),
            format!("ip -n {here} addr add 203.0.113.1/24 dev u{tag}"),
            format!("ip -n {out} addr add 203.0.113.10/24 dev s{tag}"),
            format!("ip -n {phone} link set p{tag} up"),
            format!("ip -n {here} link set w{tag} up"),
            format!("ip -n {here} link set u{tag} up"),
            format!("ip -n {here} link set lo up"),
            format!("ip -n {out} link set s{tag} up"),
            format!("ip -n {phone} route add default via 10.99.0.1"),
            format!("ip -n {out} route add default via 203.0.113.1"),
            // The recipe itself, as docs/capture.md has it with wlan0 for the hotspot.
            format!("ip netns exec {here} sysctl -qw net.ipv4.ip_forward=1"),
            format!("ip netns exec {here} iptables -t nat -A PREROUTING -i w{tag} -p tcp -j REDIRECT --to-ports 8080"),
            format!(
                "ip netns exec {here} iptables -t nat -A PREROUTING -i w{tag} -p udp --dport 443 -j REDIRECT --to-ports 8080"
            ),
        ];
        for line in lines {
            let mut words = line.split(' ');
            let done = Command::new(words.next().unwrap_or_default()).args(words).output();
            let done = done.map_err(|error| format!("{line}: {error}"))?;
            if !done.status.success() {
                return Err(format!("{line}: {}", String::from_utf8_lossy(&done.stderr).trim()));
            }
        }
        Ok(net)
    }

    fn name(&self, part: &str) -> String {
        format!("tt{}-{part}", self.tag)
    }

    fn command(&self, part: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name(part), program]).stdin(Stdio::null());
        command
    }

    /// A server out there that greets, over TLS when it has a certificate.
    fn serve(&mut self, script: &Path, port: &str, pem: Option<&Path>) {
        let mut command = self.command("out", "python3");
        command.arg(script).arg(port).args(pem).stdout(Stdio::null()).stderr(Stdio::null());
        self.running.push(command.spawn().unwrap());
    }

    /// From here, which nothing redirects.
    fn wait_for_servers(&self) {
        for url in ["http://203.0.113.10/", "https://203.0.113.10/"] {
            let begun = std::time::Instant::now();
            while !self.command("here", "curl").args(["-sk", "-m", "5", url]).output().unwrap().status.success() {
                assert!(begun.elapsed() < PATIENCE, "no server at {url}");
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
        }
    }

    fn curl(&self, arguments: &[&str]) -> Output {
        let names = ["--resolve", "clinic.example:443:203.0.113.10", "--resolve", "clinic.example:80:203.0.113.10"];
        let page = ["--resolve", "tattletale.test:80:192.0.2.1", "--resolve", "check.tattletale.test:443:192.0.2.1"];
        self.command("phone", "curl").args(["-sS", "-m", "20"]).args(names).args(page).args(arguments).output().unwrap()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for child in &mut self.running {
            let _ = child.kill();
            let _ = child.wait();
        }
        for part in ["phone", "here", "out"] {
            let _ = Command::new("ip").args(["netns", "del", &self.name(part)]).output();
        }
    }
}

const SERVER: &str = "import http.server,ssl,sys\n\
class Greet(http.server.BaseHTTPRequestHandler):\n\
\x20def do_GET(self):\n\
\x20 self.send_response(200);self.send_header('Content-Length','5');self.end_headers();self.wfile.write(b'hello')\n\
server=http.server.ThreadingHTTPServer(('203.0.113.10',int(sys.argv[1])),Greet)\n\
if len(sys.argv)>2:\n\
\x20context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER);context.load_cert_chain(sys.argv[2])\n\
\x20server.socket=context.wrap_socket(server.socket,server_side=True)\n\
server.serve_forever()\n";

/// Certificate and key of `clinic.example` in one file, and its authority in another.
fn certificates(folder: &Path) -> (std::path::PathBuf, String) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["clinic.example".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let (site, root) = (folder.join("site.pem"), folder.join("root.pem"));
    std::fs::write(&site, certificate.pem() + &key.serialize_pem()).unwrap();
    std::fs::write(&root, issuer.pem()).unwrap();
    (site, root.to_str().unwrap().to_owned())
}

#[test]
fn all_of_a_phones_traffic() {
    let mut net = match Net::up() {
        Ok(net) => net,
        Err(why) => {
            skipped(&format!("the hotspot recipe: {why}"));
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let (site, root) = certificates(folder.path());
    let script = folder.path().join("server.py");
    std::fs::write(&script, SERVER).unwrap();
    net.serve(&script, "443", Some(&site));
    net.serve(&script, "80", None);
    net.wait_for_servers();
    let here = net.name("here");
    let arguments = ["--mode", "transparent", "--listen", "10.99.0.1:8080", "--upstream-ca", &root];
    let mut capture = Capture::start_in(Some(&here), folder.path(), &arguments);
    let code = capture.started["code"].as_str().unwrap().to_owned();

    // Before the code: a page for whatever is asked in the clear, and nothing else at all.
    let waits = net.curl(&["http://clinic.example/"]);
    assert!(String::from_utf8_lossy(&waits.stdout).contains("name=\"code\""), "{waits:?}");
    assert!(!net.curl(&["-k", "https://clinic.example/"]).status.success());
    capture.wait("notice");
    let paired = net.curl(&["-d", &format!("code={code}"), "http://tattletale.test/pair"]);
    assert!(String::from_utf8_lossy(&paired.stdout).contains("Paired"), "{paired:?}");

    // The certificate, from the page, and the check.
    let trusted = folder.path().join("trusted.pem");
    let trusted = trusted.to_str().unwrap();
    assert!(net.curl(&["-o", trusted, "http://tattletale.test/tattletale.pem"]).status.success());
    assert!(net.curl(&["--cacert", trusted, "https://check.tattletale.test/"]).status.success());
    // A browser that trusts it, one in the clear, and an app that does not.
    let opened = net.curl(&["--cacert", trusted, "https://clinic.example/secret"]);
    assert_eq!(String::from_utf8_lossy(&opened.stdout), "hello", "{opened:?}");
    assert_eq!(String::from_utf8_lossy(&net.curl(&["http://clinic.example/clear"]).stdout), "hello");
    assert!(!net.curl(&["https://clinic.example/app"]).status.success());
    // QUIC does not get out, and is told so: the client's first packet of RFC 9001, A.2, and the negotiation it gets.
    let packet = concat!(env!("CARGO_MANIFEST_DIR"), "/../tattletale-proxy/tests/live/client-initial.bin");
    let quic = "import socket,sys\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.connect(('203.0.113.10',443))\n\
                s.settimeout(9)\ns.send(open(sys.argv[1],'rb').read())\nprint(s.recv(99)[1:5].hex())";
    let refused = net.command("phone", "python3").args(["-c", quic, packet]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&refused.stdout).trim(), "00000000", "{refused:?}");

    std::thread::sleep(std::time::Duration::from_millis(300));
    let recording = capture.recording.clone();
    assert_eq!(capture.interrupt().0, 0);
    let (mut urls, mut blind) = (Vec::new(), Vec::new());
    import::read(std::fs::File::open(recording).unwrap(), Wanted::ALL, |captured| {
        match captured {
            Captured::Exchange(exchange) => {
                let connection = exchange.connection.unwrap();
                assert_eq!(connection.server, "203.0.113.10".parse().ok());
                assert_eq!(connection.client.unwrap().ip().to_string(), "10.99.0.2");
                urls.push(exchange.request.url);
            }
            Captured::Blind(found) => blind.push((found.kind, found.receiver())),
        }
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(urls, ["https://clinic.example/secret", "http://clinic.example/clear"]);
    let refused = [(BlindKind::TlsRefused, "clinic.example".to_owned()), (BlindKind::Quic, "example.com".to_owned())];
    assert_eq!(blind, refused);
}
