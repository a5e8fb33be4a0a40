//! A real Chromium that is used as a person uses it: addresses, keys and the mouse, and closed when done.
//!
//! It is driven over the DevTools protocol on a pipe (`--remote-debugging-pipe`: JSON messages that end in a zero byte,
//! read from descriptor 3 and written to 4; a shell puts our pipes there). Nothing else can reach that pipe, and no
//! driver has to fit the browser's version. Keys and clicks are trusted events, so what follows from them is the
//! user's doing for the browser too.
//!
//! Every name leads to the given server, so whatever the browser asks for by itself cannot leave the machine. It is told
//! to keep quiet and does not quite: Chromium 156 asks `clients2.google.com` for the time and `update.googleapis.com`
//! for updates in the clear, which is recorded as any background traffic would be, and `accounts.google.com` sealed,
//! which gets no answer.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

/// For one answer of the browser, its start included.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running browser with one page.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Json>,
    events: VecDeque<String>,
    sent: u64,
    /// Of the page; empty before there is one.
    session: String,
}

impl Browser {
    /// Starts with a profile, in a private window or not; every name is resolved to `server`.
    pub(crate) fn start(command: &str, profile: &Path, incognito: bool, server: SocketAddr) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>&2", command])
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-default-apps", "--disable-extensions", "--disable-quic", "--no-proxy-server"])
            .args(["--no-default-browser-check", "--no-pings", "--disable-domain-reliability", "--lang=pl-PL"])
            .args(incognito.then_some("--incognito"))
            .arg(format!("--host-resolver-rules=MAP * {server}"))
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let messages = BufReader::new(from).split(0).map_while(Result::ok);
            let mut messages = messages.filter_map(|message| serde_json::from_slice(&message).ok());
            messages.try_for_each(|message| sender.send(message))
        });
        let (events, session) = (VecDeque::new(), String::new());
        let mut browser = Self { child, to, from: receiver, events, sent: 0, session };
        browser.attach();
        browser
    }

    /// Takes the page of the first window, which is a private one if the browser was started so. (A page that the
    /// protocol makes would be one of the ordinary profile.)
    fn attach(&mut self) {
        let until = Instant::now() + PATIENCE;
        let page = loop {
            let targets = self.call("Target.getTargets", json!({}));
            let targets = targets["targetInfos"].as_array().unwrap();
            if let Some(page) = targets.iter().find(|target| target["type"] == "page") {
                break page["targetId"].clone();
            }
            assert!(Instant::now() < until, "no window opened");
            std::thread::sleep(Duration::from_millis(20));
        };
        let attached = self.call("Target.attachToTarget", json!({ "targetId": page, "flatten": true }));
        self.session = attached["sessionId"].as_str().unwrap().to_owned();
        self.call("Page.enable", json!({}));
    }

    /// Types an address into the address bar, so to speak, and waits until the page is there.
    pub(crate) fn open(&mut self, url: &str) {
        self.events.clear();
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert!(opened["errorText"].is_null(), "{url}: {opened}");
        self.loaded();
    }

    /// Types into a field.
    pub(crate) fn write(&mut self, field: &str, text: &str) {
        self.evaluate(&format!("document.querySelector({}).focus()", json!(field)));
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses Enter, and waits for the page that this leads to.
    pub(crate) fn enter(&mut self) {
        self.events.clear();
        for kind in ["keyDown", "keyUp"] {
            let key =
                json!({ "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
            self.call("Input.dispatchKeyEvent", key);
        }
        self.loaded();
    }

    /// Clicks a link, and waits for its page.
    pub(crate) fn follow(&mut self, link: &str) {
        self.click(link);
        self.loaded();
    }

    /// Clicks into the middle of an element.
    pub(crate) fn click(&mut self, element: &str) {
        self.events.clear();
        let middle = format!(
            "(box => [box.x + box.width / 2, box.y + box.height / 2])\
             (document.querySelector({}).getBoundingClientRect())",
            json!(element)
        );
        let middle = self.evaluate(&middle);
        for kind in ["mousePressed", "mouseReleased"] {
            let button = json!({ "type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", button);
        }
    }

    /// Waits until the page that the last step led to is there.
    fn loaded(&mut self) {
        while !self.events.drain(..).any(|event| event == "Page.loadEventFired") {
            let message = self.next("a page");
            self.events.extend(message["method"].as_str().map(str::to_owned));
        }
    }

    /// What an expression gives in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Json {
        let result = self.call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }));
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Closes the browser as its user would, so that it keeps what it would keep.
    pub(crate) fn close(mut self) {
        self.session.clear();
        self.call("Browser.close", json!({}));
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "the browser does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn call(&mut self, method: &str, params: Json) -> Json {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        write!(self.to, "{message}\0").unwrap();
        loop {
            let mut answer = self.next(method);
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.events.extend(answer["method"].as_str().map(str::to_owned));
        }
    }

    fn next(&self, what: &str) -> Json {
        self.from.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("Chromium gave no answer to {what}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Both fail only where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
